/* SPDX-License-Identifier: Apache-2.0
 *
 * The token for the Hub: the connector's, and that of commands which write there themselves.
 */
#ifndef PROVIDER_HF_TOKEN_H
#define PROVIDER_HF_TOKEN_H

#include "base/arena.h"
#include "base/err.h"

/* The bearer token, "" for none: the file of the options, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the file
 * HF_TOKEN_PATH or $HF_HOME/token. ERR_CONFIG: the options' file can't be read. */
int hf_token(const char *token_file, struct arena *a, const char **ret, struct err *err);

#endif

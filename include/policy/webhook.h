/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of webhooks that go out: which events one wants, what an answer means, when it is tried
 * again. Pure.
 */
#ifndef POLICY_WEBHOOK_H
#define POLICY_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

/* At most so many attempts of one delivery, over three days and a bit. */
enum { WEBHOOK_TRIES = 10 };

/* TAKEN: any 2xx. GONE: 410, nobody is there any more. All else is a failure, redirects too. */
enum webhook_answer { WEBHOOK_TAKEN, WEBHOOK_REFUSED, WEBHOOK_GONE };
enum webhook_answer webhook_answer_of(int status);

/* How long to wait after the `tries`th attempt (1, ...) of the message failed: 5 s, 5 min, 30 min, 2 h,
 * 5 h, 10 h, 14 h, 20 h, 24 h, each longer by up to a fifth, which is the message's own; not less than
 * the receiver asked for (`after`, -1: it did not), up to a day. -1: no attempt is left. */
int64_t webhook_retry_delay(const char *id, int tries, int64_t after);

/* How long a receiver is left alone after so many failures in a row, whatever the messages: 1 s, 2 s,
 * 4 s, ... 5 min. */
int64_t webhook_pause(int failures);

/* "*", "entity.*", or a type. */
bool webhook_type_matches(const char *pattern, const char *type);
/* One of the patterns, which spaces part. */
bool webhook_wants(const char *patterns, const char *type);

#endif

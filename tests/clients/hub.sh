#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Hub stand-in driven by the official client @huggingface/hub
# shellcheck source=tests/support/clients.sh
. ../support/clients.sh
stand_in hub --page 3
node hub.mjs "$url"
status=$?
cat "$TEST_TMP/err"
exit "$status"

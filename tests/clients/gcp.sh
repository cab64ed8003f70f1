#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in for Vertex AI and Cloud Storage driven by @google-cloud/aiplatform and @google-cloud/storage
# shellcheck source=tests/support/clients.sh
. ../support/clients.sh
stand_in gcp --page 3 --folder "$TEST_TMP"
node gcp.mjs "$url" "$TEST_TMP"
status=$?
cat "$TEST_TMP/err"
exit "$status"

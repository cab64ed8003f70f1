#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ingest of N unchanged artifacts (N=10000) from each provider's stand-in: seconds, requests, bytes.
# Runs every other program of this folder. Environment: BUILD, N.
set -u
cd "$(dirname "$0")" || exit 2
failed=0
for script in ./*.sh; do
	[ "$script" = ./run.sh ] || [ ! -x "$script" ] || "$script" || failed=1
done
exit "$failed"

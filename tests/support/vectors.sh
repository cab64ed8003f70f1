#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that run reference cases: the runner, and a check by exit status.
# shellcheck disable=SC2034 # the sourcing script uses them
set -u
: "${BUILD:?}" "${SRC:?}" "${TEST_TMP:?}"
runner=$BUILD/vectors
bad=0

check() { # STATUS WHAT
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		bad=1
	fi
}

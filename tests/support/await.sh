#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced where a script waits for what another program does: for a condition, never for a time.

await() { # COMMAND...: until it holds, a minute at most
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 1200 ] || return 1
		sleep 0.05
	done
}

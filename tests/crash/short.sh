#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at five random moments under load: nothing acknowledged is lost (make crash does 200)
set -eu
N=5 "$(dirname "$0")/run.sh" && echo "ok - five kills, nothing lost, the registry is sound"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lints openapi.json with redocly (npm). Exits 77 when there is no npx to run it with.
set -eu
cd "$(dirname "$0")/.."
command -v npx >/dev/null || {
	echo "lint-openapi: npx is missing" >&2
	exit 77
}
REDOCLY_TELEMETRY=off npx --yes @redocly/cli@2 lint --extends=recommended openapi.json

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes docs/cli.md from what the command line says of itself; a test compares the two.
set -eu
cd "$(dirname "$0")/.."
spiralfed=${BUILD:-build}/spiralfed

{
	printf '# The command line\n\n'
	printf 'Made by scripts/manual.sh from the tables in include/cli.\n\n```\n'
	"$spiralfed" --help
	printf '```\n'
	"$spiralfed" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | while read -r command; do
		printf '\n## %s\n\n```\n' "$command"
		"$spiralfed" "$command" --help
		printf '```\n'
	done
} >docs/cli.md.new
mv docs/cli.md.new docs/cli.md

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Turns files into C: the daemon carries its policy and its pages inside itself.
#   embed.sh -c NAME FILE   writes the definition of embed_NAME (a NUL follows its last byte)
#   embed.sh -h NAME...     writes the header that declares them
set -eu

case ${1-} in
-c)
	printf '/* Made from %s by scripts/embed.sh. */\n#include "embed.h"\n' "${3##*/}"
	printf 'const char embed_%s[] = {\n' "$2"
	od -An -v -tx1 -w16 -- "$3" | sed 's/ \(..\)/(char)0x\1,/g'
	printf '0};\nconst size_t embed_%s_len = sizeof(embed_%s) - 1;\n' "$2" "$2"
	;;
-h)
	shift
	printf '/* Made by scripts/embed.sh. */\n#ifndef EMBED_H\n#define EMBED_H\n#include <stddef.h>\n'
	for name; do
		printf 'extern const char embed_%s[];\nextern const size_t embed_%s_len;\n' "$name" "$name"
	done
	printf '#endif\n'
	;;
*)
	echo "usage: embed.sh -c NAME FILE | -h NAME..." >&2
	exit 2
	;;
esac

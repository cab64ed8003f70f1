#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# each house rule refuses its own bad snippet, and clean code passes
set -u
scratch=${TEST_TMP:-$(mktemp -d)}
check=${SRC:-$(pwd)}/scripts/check-source.sh
licence='/* SPDX-License-Identifier: Apache-2.0 */'
failed=0

say() { # STATUS WHAT
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		sed 's/^/# /' "$scratch/out"
		failed=1
	fi
}

# Runs the check over a tree that holds just this file; every argument but the first is a line.
run() { # PATH LINE...
	rm -rf "$scratch/tree"
	mkdir -p "$scratch/tree/$(dirname "$1")"
	file=$scratch/tree/$1
	shift
	printf '%s\n' "$@" >"$file"
	"$check" "$scratch/tree" >"$scratch/out" 2>&1
}

bad() { # EXPECTED-WORDS PATH LINE...
	expected=$1
	shift
	if run "$@"; then
		say 1 "refused: $expected"
	else
		grep -qF "$1:" "$scratch/out" && grep -qF "$expected" "$scratch/out"
		say $? "refused: $expected ($1)"
	fi
}

good() { # WHAT PATH LINE...
	what=$1
	shift
	run "$@"
	say $? "accepted: $what"
}

bad 'layer base may not include store' src/base/a.c "$licence" '#include "store/release.h"'
bad 'layer engine may not include app' include/engine/a.h "$licence" '#ifndef ENGINE_A_H' \
	'#define ENGINE_A_H' '#include "app/config.h"' '#endif'
bad 'layer api may not include cli' src/api/a.c "$licence" '#include "cli/fuse.h"'
bad 'cli may not include api' src/cli/a.c "$licence" '#include "api/reply.h"'
bad 'cli may not include app' src/cli/a.c "$licence" '#include "app/config.h"'
bad 'an include names its layer' src/base/a.c "$licence" '#include "err.h"'
bad 'is in no layer' src/base/a.c "$licence" '#include "util/err.h"'
bad 'hold layers only' src/util/a.c "$licence" 'int a;'
bad 'no SPDX line' src/base/a.c 'int a;'
bad 'no SPDX line' scripts/a.sh '#!/bin/sh' 'true'
bad 'no SPDX line' sql/a.sql '-- name: a :one ()' 'SELECT 1;'
bad 'include guard must be BASE_A_H' include/base/a.h "$licence" '#pragma once' 'int a(void);'
bad 'include guard must be BASE_A_H' include/base/a.h "$licence" '#ifndef A_H' '#define A_H' '#endif'
for call in sprintf vsprintf strcpy strcat strncpy strtok gets atoi atol atof gmtime localtime \
	system popen alloca; do
	bad "$call() is banned" src/base/a.c "$licence" "int a(void) { return $call(x); }"
done
bad 'atoi() is banned' tests/unit/base/test_a.c "$licence" "int a = 1 + atoi (x);"
bad 'malloc() can fail' src/store/a.c "$licence" 'char *a = malloc(3);'
bad 'strdup() can fail' src/store/a.c "$licence" 'char *a = strdup(b);'
bad 'jansson outside' src/store/a.c "$licence" '#include <jansson.h>'
for name in 'json_t *a;' 'json_auto_t *a = b;' 'a = json_object_get(b, "c");' 'json_array_foreach(a, i, b)' \
	'if (json_is_true(a))' 'json_decref(a);'; do
	bad 'jansson outside' src/policy/a.c "$licence" "$name"
done
bad 'jansson outside' include/store/a.h "$licence" '#ifndef STORE_A_H' '#define STORE_A_H' \
	'int a(const json_t *b);' '#endif'
bad 'SQL belongs' src/store/a.c "$licence" 'run("SELECT id FROM artifact");'
bad 'SQL belongs' src/db/a.c "$licence" 'run("UPDATE artifact SET phase = 1");'
bad 'SQL belongs' src/engine/a.c "$licence" 'run("BEGIN IMMEDIATE");'
bad 'time() outside base/clock' src/engine/a.c "$licence" 'now = time(NULL);'
bad 'clock_gettime() outside' src/engine/a.c "$licence" 'clock_gettime(CLOCK_REALTIME, &ts);'
bad 'gettimeofday() outside' src/api/a.c "$licence" 'gettimeofday(&tv, NULL);'
bad 'usleep() in a test' tests/unit/base/test_a.c "$licence" 'usleep(10);'
bad 'sleep in a test' tests/scenario/a.sh '#!/bin/sh' '# SPDX-License-Identifier: Apache-2.0' 'sleep 2'
bad 'assert() with a side effect' src/base/a.c "$licence" 'assert(n++ < 3);'
bad 'assert() with a side effect' src/base/a.c "$licence" 'assert((p = next()));'
bad 'typedef of a struct' src/base/a.c "$licence" 'typedef struct a { int b; } a;'
for mark in TO""DO FIX""ME XX""X; do
	bad 'unfinished work' README.md "later ($mark)"
done
bad 'README.md does not name it' docs/a.md '# A page'
bad 'a path of one machine' README.md 'see /home/somebody/tree'
# The ceiling is on lines, whatever they hold.
awk 'BEGIN { while (i++ < 800) print "int a" i ";" }' >"$scratch/long"
run src/base/a.c "$licence" "$(cat "$scratch/long")"
[ $? = 1 ] && grep -q '801 lines' "$scratch/out"
say $? 'refused: 801 lines'
run src/base/a.c "$licence" "$(sed 1d "$scratch/long")"
say $? 'accepted: 800 lines'

good 'an include to the left' src/engine/a.c "$licence" '#include "store/release.h"' '#include "db/db.h"'
good 'what the command line may use' src/cli/a.c "$licence" '#include "engine/merge.h"'
good 'generated includes' src/db/a.c "$licence" '#include "embed.h"' '#include "sql_catalogue.def"'
good 'banned words in comments and strings' src/base/a.c "$licence" \
	'/* atoi(x) and' ' * strcpy(a, b) */ int a; // time(NULL)' 'char *b = "system(1) \" gets(2)";' \
	"char c = '\"'; int d = 'x'; /* popen( */"
good 'longer names, members, comparisons' src/base/a.c "$licence" \
	'int a = gmtime_r(b) + my_time(c) + ops->system(d) + ops.time(e);' 'assert(a == b && c >= d);'
good 'HTTP methods and English' src/api/a.c "$licence" 'say("DELETE", "UPDATE the client, please");'
good 'an administrative statement in db' src/db/a.c "$licence" 'run("PRAGMA journal_mode = WAL");'
good 'jansson in its places' src/model/field.c "$licence" '#include <jansson.h>'
good 'jansson by name in its places' src/provider/a.c "$licence" 'a = json_object_get(b, "c");'
good 'names of our own' src/policy/a.c "$licence" 'struct json_writer w; json_member(json_at(a, b), c);' \
	'if (json_is(a, JSON_KIND_OBJECT) || json_is_bool(a, true)) json_tree(a);' '/* json_t */'
good 'jansson in tests' tests/unit/base/test_a.c "$licence" '#include <jansson.h>'
good 'the clock in base/clock' src/base/clock.c "$licence" 'clock_gettime(CLOCK_REALTIME, &ts);'
good 'a template of mktemp' scripts/a.sh '#!/bin/sh' '# SPDX-License-Identifier: Apache-2.0' \
	'mktemp -d /tmp/a.XXXXXX'
exit $failed

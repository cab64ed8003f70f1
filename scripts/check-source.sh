#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the house rules that a compiler does not: which layer may include which, lengths, banned
# calls, where SQL, JSON and the clock may appear. Reads text only; compiles nothing.
#   check-source.sh [TREE]
set -eu
cd "${1:-$(dirname "$0")/..}"

list() {
	if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
		git ls-files -co --exclude-standard
	else
		find . -type f ! -path './.git/*' ! -path './build*' | sed 's|^\./||'
	fi | sort
}

files=$(list | grep -vE '\.(png|svg|ico|gz|bin|db)$' | while read -r f; do [ -f "$f" ] && echo "$f"; done)
# shellcheck disable=SC2086 # no path of ours holds a space
awk '
BEGIN {
	n = split("base db net model policy spiralfed store provider engine api app", order)
	for (i = 1; i <= n; i++) rank[order[i]] = i
	rank["cli"] = n + 1

	ban["sprintf"] = ban["vsprintf"] = "snprintf or strbuf knows the size"
	ban["strcpy"] = ban["strcat"] = ban["strncpy"] = ban["gets"] = "strbuf knows the size"
	ban["strtok"] = "keeps hidden state; use strcspn or strtok_r"
	ban["atoi"] = ban["atol"] = ban["atof"] = "cannot report an error"
	ban["gmtime"] = ban["localtime"] = "not safe in threads; base/clock formats time"
	ban["system"] = ban["popen"] = "runs a shell"
	ban["alloca"] = "has no bound"

	split("malloc calloc realloc reallocarray strdup strndup asprintf vasprintf", raw)
	for (i in raw) unchecked[raw[i]] = 1

	clock["time"] = clock["clock_gettime"] = clock["gettimeofday"] = 1
	wait["sleep"] = wait["usleep"] = wait["nanosleep"] = wait["clock_nanosleep"] = 1

	is_sql = "(^|[^A-Z_])(SELECT |INSERT (OR [A-Z]+ )?INTO |REPLACE INTO |UPDATE [a-z_]+ SET |" \
		"DELETE FROM |(CREATE|DROP|ALTER) (TABLE|INDEX|TRIGGER|VIEW|UNIQUE|TEMP))"
	is_admin_sql = "^(PRAGMA |BEGIN( |;|$)|COMMIT;?$|ROLLBACK;?$|SAVEPOINT |VACUUM|ATTACH )"
	jansson = "(^|[^A-Za-z0-9_])json_(t|int_t|error_t|auto_t|type|typeof|incref|decref|delete|equal|copy|" \
		"deep_copy|v?sprintf|(object|array|string|integer|real|number|boolean|true|false|null|load|" \
		"dump|v?pack|v?unpack)[a-z_]*|is_(object|array|string|integer|real|number|boolean|true|" \
		"false|null))([^A-Za-z0-9_]|$)"
	not_jansson = "jansson outside model/field, model/schema_tree, base/jcs, base/jw*, api/reply and the connectors"
	machine = "(^|[^A-Za-z0-9_.])/(home|Users|root|work)/[A-Za-z]"
}

function complain(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; complaints++ }

# Splits a line of C into code (literals emptied, comments gone) and strings (what literals hold).
function split_line(line,    at, token, rest) {
	code = strings = ""
	while (line != "") {
		if (in_comment) {
			at = index(line, "*/")
			if (!at) return
			line = substr(line, at + 2)
			in_comment = 0
		}
		if (!match(line, /"|\047|\/\*|\/\//)) { code = code line; return }
		token = substr(line, RSTART, RLENGTH)
		code = code substr(line, 1, RSTART - 1)
		rest = substr(line, RSTART + RLENGTH)
		if (token == "//") return
		if (token == "/*") { in_comment = 1; line = rest; code = code " "; continue }
		code = code token token
		if (token == "\"") match(rest, /^([^"\\]|\\.)*"/)
		else match(rest, /^([^\047\\]|\\.)*\047/)
		if (RSTART == 0) return
		if (token == "\"") strings = strings "\n" substr(rest, 1, RLENGTH - 1)
		line = substr(rest, RLENGTH + 1)
	}
}

function calls(    rest, name, before) {
	rest = code
	while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(rest, RSTART, RLENGTH - 1)
		sub(/[ \t]+$/, "", name)
		before = substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART + RLENGTH)
		if (before ~ /(->|\.)$/) continue
		if (name in ban) complain(name "() is banned: " ban[name])
		if ((name in unchecked) && product && layer != "base")
			complain(name "() can fail: the x" name " family of base/arena cannot")
		if ((name in clock) && product && FILENAME != "src/base/clock.c")
			complain(name "() outside base/clock: take the time as an argument or ask base/clock")
		if ((name in wait) && top == "tests")
			complain(name "() in a test: step the fake clock instead")
		if (name == "assert" && (rest ~ /\+\+|--/ || rest ~ /(^|[^=!<>])=([^=]|$)/))
			complain("assert() with a side effect")
	}
}

function include(    name, to) {
	name = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
	if (name ~ /^<jansson\.h>/ && product && FILENAME !~ json_places)
		complain(not_jansson)
	if (name !~ /^"/ || !product) return
	name = substr(name, 2)
	sub(/".*/, "", name)
	if (name !~ /\//) {
		if (name != "config.h" && name != "embed.h" && name !~ /\.def$/)
			complain("an include names its layer: \"" layer "/" name "\"")
		return
	}
	to = name
	sub(/\/.*/, "", to)
	if (!(to in rank)) complain("\"" name "\" is in no layer")
	else if (layer == "cli" && (to == "api" || to == "app"))
		complain("cli may not include " to)
	else if (rank[to] > rank[layer])
		complain("layer " layer " may not include " to ", which is to its right")
}

function finish() {
	if (file == "") return
	if (!licensed) printf "%s:1: no SPDX line at the top\n", file
	if (!licensed) complaints++
	if (guard != "" && guards != 2) {
		printf "%s:1: the include guard must be %s\n", file, guard
		complaints++
	}
	if (is_c && lines > 800) {
		printf "%s:801: %d lines; at 800 a file is two files\n", file, lines
		complaints++
	}
}

FNR == 1 {
	finish()
	file = FILENAME
	files++
	split(file, part, "/")
	top = part[1]
	layer = part[2]
	is_c = file ~ /\.[ch]$/
	is_def = file ~ /\.def$/
	is_shell = file ~ /\.sh$/
	product = (top == "src" || top == "include")
	# base/jw*: tokens and keys of others hold whatever members they like, which no field table allows.
	# schema_tree: a contract is JSON whose shape is its own, which no field table can declare.
	json_places = "^(src|include)/(model/(field|schema_tree)|base/(jcs|jcs_read|jwk|jws|jwt)|api/reply|provider/[a-z_]+)\\.[ch]$"
	licensed = !(is_c || is_def || is_shell || /^#!/ || file ~ /(\.(awk|sql|ac|mk|in|py)|Makefile)$/)
	guard = ""
	guards = in_comment = lines = 0
	if (file ~ /^include\/.*\.h$/) {
		guard = toupper(substr(file, 9))
		gsub(/[^A-Z0-9]/, "_", guard)
	}
	itself = file ~ /check[-_]source\.sh$/
	if (product && is_c && !(layer in rank)) complain("src/ and include/ hold layers only")
}
{ lines = FNR }
FNR <= 2 && /SPDX-License-Identifier: Apache-2\.0/ { licensed = 1 }
!itself && /(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ { complain("a mark of unfinished work") }
!itself && $0 ~ machine { complain("a path of one machine") }
is_shell && top == "tests" && !itself && file !~ /\/run\.sh$/ && /(^|[ \t;&])sleep [1-9]/ {
	complain("sleep in a test: wait for the thing itself")
}
!is_c && !is_def { next }
{ split_line($0) }
guard != "" && (code == "#ifndef " guard || code == "#define " guard) { guards++ }
/^[ \t]*#[ \t]*include/ { include(); next }
is_c { calls() }
# A header of ours may bring it in.
is_c && product && FILENAME !~ json_places && code ~ jansson { complain(not_jansson) }
code ~ /(^|[^A-Za-z0-9_])typedef[ \t]+struct/ { complain("a typedef of a struct: write struct") }
product && strings != "" {
	if (strings ~ is_sql && file != "src/db/migrate.c") complain("SQL belongs under sql/")
	else if (layer != "db") {
		count = split(strings, held, "\n")
		for (i = 1; i <= count; i++)
			if (held[i] ~ is_admin_sql) { complain("SQL belongs under sql/"); break }
	}
}
END {
	finish()
	if (complaints) printf "check-source: %d complaints in %d files\n", complaints, files
	else printf "check-source: %d files, no complaint\n", files
	exit complaints > 0
}' $files

# Who looks for something begins with the README.
unnamed=0
for page in $(echo "$files" | grep -E '^docs/[^/]*\.md$'); do
	grep -qF "\`$page\`" README.md 2>/dev/null && continue
	echo "$page:1: README.md does not name it"
	unnamed=1
done
exit $unnamed

# SPDX-License-Identifier: Apache-2.0
# Makes build/gen/sql_catalogue.def of the named statements in sql/*.sql (see db/catalogue.h):
#   awk -f scripts/sql-catalogue.awk sql/*.sql >build/gen/sql_catalogue.def
# One line each, sorted by name: SQL(name, kind, "p1,p2", "text", scan_ok). Comments are left out.
# Every fault is told with file and line, and any fault makes the exit status 1.

function fault(file, line, text) {
	printf "%s:%d: %s\n", file, line, text >"/dev/stderr"
	faults++
}

# A space where string literals and the comment of the line were, so that `;`, `$1` and `--` inside
# them mean nothing. `quoted` lives on over lines.
function code_of(line, out, i, c, n) {
	out = ""
	cut = 0
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		if (quoted) {
			if (c == "'")
				quoted = 0
			c = " "
		} else if (c == "'") {
			quoted = 1
			c = " "
		} else if (c == "-" && substr(line, i + 1, 1) == "-") {
			cut = i
			break
		}
		out = out c
	}
	return out
}

function escape(text) {
	gsub(/\\/, "&&", text)
	gsub(/"/, "\\\"", text)
	gsub(/\t/, "\\t", text)
	gsub(/\n/, "\\n", text)
	return text
}

function finish(highest, i, rest, n) {
	if (name == "")
		return
	if (!ended)
		fault(file, at, "statement " name " has no `;` at its end")
	rest = code
	while (match(rest, /\$[0-9]+/)) {
		i = substr(rest, RSTART + 1, RLENGTH - 1) + 0
		used[name, i] = 1
		if (i > highest)
			highest = i
		rest = substr(rest, RSTART + RLENGTH)
	}
	n = params == "" ? 0 : split(params, unused_, ",")
	if (n != highest + 0)
		fault(file, at, "statement " name " declares " n " parameters, its highest is $" highest + 0)
	for (i = 1; i < highest; i++)
		if (!((name, i) in used))
			fault(file, at, "statement " name " does not use $" i)
	sub(/[ \t\n]*;[ \t\n]*$/, "", text)
	names[++count] = name
	row[name] = "SQL(" name ", " kind ", \"" params "\", \"" escape(text) "\", " scan_ok ")"
	name = ""
}

# -- name: artifact_by_id :one (provider, id) -- scan ok
function declare(line, i, n, list) {
	finish()
	file = FILENAME
	at = FNR
	ended = quoted = 0
	text = code = params = ""
	sub(/^--[ \t]*name:[ \t]*/, "", line)
	scan_ok = sub(/[ \t]*--[ \t]*scan ok[ \t]*$/, "", line)
	sub(/[ \t]+$/, "", line)
	if (!match(line, /^[a-z][a-z0-9_]*/)) {
		fault(file, at, "`-- name:` wants a name of [a-z0-9_]")
		return
	}
	name = substr(line, 1, RLENGTH)
	line = substr(line, RLENGTH + 1)
	if (name in seen)
		fault(file, at, "statement " name " is declared already at " seen[name])
	seen[name] = file ":" at
	if (!match(line, /^[ \t]+:[a-z]*/)) {
		fault(file, at, "statement " name " has no kind: `-- name: " name " :one (a, b)`")
		return
	}
	kind = substr(line, 1, RLENGTH)
	line = substr(line, RLENGTH + 1)
	sub(/^[ \t]+:/, "", kind)
	if (kind !~ /^(one|many|exec|cas)$/)
		fault(file, at, "statement " name " is of unknown kind `" kind "`: one, many, exec or cas")
	if (line !~ /^[ \t]*(\([a-z0-9_, \t]*\))?$/) {
		fault(file, at, "statement " name ": parameters are written (a, b)")
		return
	}
	gsub(/[() \t]/, "", line)
	params = line
	n = split(params, list, ",")
	for (i = 1; i <= n; i++) {
		if (list[i] !~ /^[a-z][a-z0-9_]*$/)
			fault(file, at, "statement " name ": parameter " i " has no name")
		if ((name, list[i]) in param)
			fault(file, at, "statement " name " has two parameters " list[i])
		param[name, list[i]] = 1
	}
}

FNR == 1 {
	finish()
	quoted = 0
}
!quoted && /^--[ \t]*name:/ {
	declare($0)
	next
}
{
	bare = code_of($0)
	line = cut ? substr($0, 1, cut - 1) : $0
	sub(/^[ \t]+/, " ", line)
	if (!quoted)
		sub(/[ \t]+$/, "", line)
	if (bare line ~ /^[ \t]*$/)
		next
	if (name == "") {
		if (!strays[FILENAME]++)
			fault(FILENAME, FNR, "a statement without `-- name:` above it")
		next
	}
	if (ended) {
		fault(FILENAME, FNR, "text after the `;` of statement " name)
		next
	}
	if (bare ~ /;/) {
		if (bare ~ /;.*[^ \t;]/)
			fault(FILENAME, FNR, "statement " name " holds two statements")
		ended = 1
	}
	text = text == "" ? line : text "\n" line
	code = code "\n" bare
}
END {
	finish()
	print "/* Made from sql/ by scripts/sql-catalogue.awk. */"
	for (i = 2; i <= count; i++) {
		moving = names[i]
		for (j = i - 1; j >= 1 && names[j] > moving; j--)
			names[j + 1] = names[j]
		names[j + 1] = moving
	}
	for (i = 1; i <= count; i++)
		print row[names[i]]
	exit faults > 0
}

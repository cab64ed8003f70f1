# SPDX-License-Identifier: Apache-2.0
# Lists mutants of C files, one a line: FILE TAB LINE TAB COLUMN TAB OLD TAB NEW. One operator or
# constant of the code is another one; comments, strings, preprocessor lines and the declarations of
# constants (enum { ... }, static tables of names) stay as they are. Relies on clang-format's spaces: a
# binary operator has them on both sides, a pointer's star and a sign do not.

function emit(column, old, new) {
	printf "%s\t%d\t%d\t%s\t%s\n", FILENAME, FNR, column, old, new
}

function bump(number) {
	if (number ~ /^0\.?0*$/) return number ~ /\./ ? "1.0" : "1"
	if (number == "1") return "0"
	if (number ~ /[.eE]/) return "(2 * " number ")"
	return "(" number " + 1)"
}

FNR == 1 { in_comment = 0; in_define = 0 }
/^#/ || in_define { in_define = /\\$/; next }
/^enum \{/ { next }
{
	line = $0
	n = length(line)
	for (i = 1; i <= n; i++) {
		two = substr(line, i, 2)
		c = substr(line, i, 1)
		if (in_comment) {
			if (two == "*/") { in_comment = 0; i++ }
			continue
		}
		if (two == "/*") { in_comment = 1; i++; continue }
		if (c == "\"" || c == "\047") {
			for (j = i + 1; j <= n && substr(line, j, 1) != c; j++)
				if (substr(line, j, 1) == "\\") j++
			i = j
			continue
		}
		if (two == "->") { i++; continue }
		if (c ~ /[A-Za-z_]/) {
			match(substr(line, i), /^[A-Za-z_0-9]+/)
			word = substr(line, i, RLENGTH)
			if (word == "true") emit(i, word, "false")
			if (word == "false") emit(i, word, "true")
			i += RLENGTH - 1
			continue
		}
		if (c ~ /[0-9]/) {
			match(substr(line, i), /^[0-9][0-9A-Za-z.]*(e-?[0-9]+)?/)
			word = substr(line, i, RLENGTH)
			emit(i, word, bump(word))
			i += RLENGTH - 1
			continue
		}
		spaced = substr(line, i - 1, 1) ~ /[ \t]/
		if (two == "==") { emit(i, two, "!="); i++; continue }
		if (two == "!=") { emit(i, two, "=="); i++; continue }
		if (two == "<=") { emit(i, two, "<"); emit(i, two, ">"); i++; continue }
		if (two == ">=") { emit(i, two, ">"); emit(i, two, "<"); i++; continue }
		if (two == "&&") { emit(i, two, "||"); i++; continue }
		if (two == "||") { emit(i, two, "&&"); i++; continue }
		if (two == "++") { emit(i, two, "--"); i++; continue }
		if (two == "--") { emit(i, two, "++"); i++; continue }
		if (two == "+=") { emit(i, two, "-="); i++; continue }
		if (two == "-=") { emit(i, two, "+="); i++; continue }
		if (two == "*=") { emit(i, two, "/="); i++; continue }
		if (two == "|=") { emit(i, two, "&="); i++; continue }
		if (c == "!") { emit(i, c, ""); continue }
		if (!spaced || substr(line, i + 1, 1) !~ /^[ \t]?$/) continue
		if (c == "<") { emit(i, c, "<="); emit(i, c, ">=") }
		if (c == ">") { emit(i, c, ">="); emit(i, c, "<=") }
		if (c == "+") emit(i, c, "-")
		if (c == "-") emit(i, c, "+")
		if (c == "*") emit(i, c, "/")
		if (c == "/") emit(i, c, "*")
	}
}

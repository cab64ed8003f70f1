#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# what the makers of SQL code accept and refuse, and the lock of the migrations
# shellcheck disable=SC1003,SC2016,SC2317 # SQL in quotes; the functions are called through check
set -u
LC_ALL=C
export LC_ALL

SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
tmp=$(mktemp -d "${TEST_TMP:-/tmp}/sql.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
bad=0

check() { # WHAT CONDITION...
	what=$1
	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what"
		bad=1
	fi
}

catalogue() { awk -f "$SRC/scripts/sql-catalogue.awk" /dev/null "$@"; }

accepts() { # WANTED, the file on standard input
	cat >a.sql
	catalogue a.sql >out 2>err && [ "$(sed 1d out)" = "$1" ] && [ ! -s err ]
}
refuses() { # LINE WORDS, the file on standard input
	cat >a.sql
	! catalogue a.sql >out 2>err && grep -q "^a.sql:$1: .*$2" err
}

# ---- The catalogue

check "an empty catalogue" accepts "" <<'END'
END
check "name, kind, parameters and text" accepts \
	'SQL(a_b2, one, "p,q_r", "SELECT 1\n WHERE $1 = $2", 0)' <<'END'
-- name: a_b2 :one (p, q_r)
SELECT 1
	WHERE $1 = $2;
END
check "no parameters, with and without brackets" accepts \
	'SQL(a, exec, "", "DELETE FROM t", 0)
SQL(b, many, "", "SELECT 1", 0)' <<'END'
-- name: b :many ()
SELECT 1;
-- name: a :exec
DELETE FROM t;
END
check "a scan that is meant" accepts 'SQL(a, cas, "x", "UPDATE t SET x = $1", 1)' <<'END'
-- name: a :cas (x) -- scan ok
UPDATE t SET x = $1;
END
check "comments go, what looks like one in a string stays" accepts \
	"SQL(a, one, \"x\", \"SELECT '-- ; \$9', 'it''s',\\n \$1\", 0)" <<'END'
-- SPDX
-- name: a :one (x)
-- about it; $7
SELECT '-- ; $9', 'it''s',	-- here; $8
	$1;	-- the end; $9
END
check "quotes and backslashes survive C" accepts \
	'SQL(a, one, "", "SELECT '\''\\n\"\\\\'\'' AS \"b\"", 0)' <<'END'
-- name: a :one
SELECT '\n"\\' AS "b";
END
check "\$10 is not \$1" accepts \
	'SQL(a, one, "a,b,c,d,e,f,g,h,i,j", "SELECT $10,$9,$8,$7,$6,$5,$4,$3,$2,$1", 0)' <<'END'
-- name: a :one (a, b, c, d, e, f, g, h, i, j)
SELECT $10,$9,$8,$7,$6,$5,$4,$3,$2,$1;
END

check "a statement without a name" refuses 2 "without .-- name:" <<'END'
-- SPDX
SELECT 1;
END
check "a missing name" refuses 1 "wants a name" <<'END'
-- name: :one
SELECT 1;
END
check "a name twice" refuses 3 "a is declared already at a.sql:1" <<'END'
-- name: a :one
SELECT 1;
-- name: a :one
SELECT 2;
END
check "a missing kind" refuses 1 "no kind" <<'END'
-- name: a (x)
SELECT $1;
END
check "an unknown kind" refuses 1 "unknown kind .two" <<'END'
-- name: a :two
SELECT 1;
END
check "too few parameters" refuses 1 "declares 1 parameters, its highest is .2" <<'END'
-- name: a :one (x)
SELECT $1, $2;
END
check "too many parameters" refuses 1 "declares 3 parameters, its highest is .2" <<'END'
-- name: a :one (x, y, z)
SELECT $1, $2;
END
check "a parameter that is not used" refuses 1 "does not use .1" <<'END'
-- name: a :one (x, y)
SELECT $2;
END
check "a parameter only in a comment" refuses 1 "highest is .0" <<'END'
-- name: a :one (x)
SELECT 1; -- $1
END
check "a parameter name twice" refuses 1 "two parameters x" <<'END'
-- name: a :one (x, x)
SELECT $1, $2;
END
check "a statement without an end" refuses 1 "no .;. at its end" <<'END'
-- name: a :one
SELECT 1
-- name: b :one
SELECT 2;
END
check "the last statement without an end" refuses 3 "no .;. at its end" <<'END'
-- name: a :one
SELECT 1;
-- name: b :one
SELECT ';'
END
check "two statements in one line" refuses 2 "two statements" <<'END'
-- name: a :one
SELECT 1; SELECT 2;
END
check "two statements" refuses 3 "after the .;" <<'END'
-- name: a :one
SELECT 1;
SELECT 2;
END

# ---- The migrations

migrations() { # FILE... in a folder made anew
	rm -rf sqlite && mkdir sqlite
	for file; do echo "CREATE TABLE t_${file%%_*} (x);" >"sqlite/$file"; done
	"$SRC/scripts/sql-migrations.sh" sqlite >out 2>err
}
migrations_refuse() { # WORDS FILE...
	words=$1
	shift
	! migrations "$@" && grep -q "$words" err
}

check "migrations in order" migrations 0001_one.sql 0002_two_b.sql
sum=$(sha256sum <sqlite/0002_two_b.sql)
check "number, name and checksum" grep -q "{2, \"two_b\", \"${sum%% *}\", text_0002}" out
check "a gap" migrations_refuse "0002 must stand" 0001_a.sql 0003_b.sql
check "a number twice" migrations_refuse "0002 must stand" 0001_a.sql 0001_b.sql
check "a start that is not 1" migrations_refuse "0001 must stand" 0002_a.sql
check "a name that is none" migrations_refuse "NNNN_name.sql" 0001_a.sql 2_b.sql
check "no migration at all" migrations_refuse "NNNN_name.sql"

# ---- The lock

lock() { (cd "$tmp/tree" && scripts/check-migrations.sh "$@" >"$tmp/out" 2>"$tmp/err"); }
lock_refuses() { ! lock && grep -q "$1" err; }
tree_git() { git -C tree -c user.name=t -c user.email=t@localhost "$@" >/dev/null 2>&1; }

mkdir -p tree/scripts tree/sql/sqlite
cp "$SRC/scripts/check-migrations.sh" tree/scripts/
echo 'CREATE TABLE one (x);' >tree/sql/sqlite/0001_one.sql
check "a tree without a lock" lock_refuses "CHECKSUMS is missing"
check "the lock is written" lock --lock
check "and holds" lock
echo '-- more' >>tree/sql/sqlite/0001_one.sql
check "an edited migration" lock_refuses "differs from CHECKSUMS"
lock --lock
echo 'CREATE TABLE two (x);' >tree/sql/sqlite/0002_two.sql
check "a migration that is not locked" lock_refuses "differs from CHECKSUMS"
lock --lock
if command -v git >/dev/null; then
	tree_git init
	tree_git add -A
	tree_git commit -m release
	tree_git tag v1.0.0
	check "a release" lock
	echo 'CREATE TABLE three (x);' >tree/sql/sqlite/0003_three.sql
	lock --lock
	check "a migration after a release" lock
	echo '-- more' >>tree/sql/sqlite/0002_two.sql
	lock --lock
	check "a released migration edited, and the lock with it" lock_refuses "v1.0.0 was edited"
fi

check "this tree's migrations are those of its lock" "$SRC/scripts/check-migrations.sh"
exit "$bad"

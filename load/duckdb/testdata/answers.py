"""Opens the database of the first argument, attaches that of the second one, if
any, as other, and answers each query of standard input, a line each, with the
first column of its rows and an empty line. The first line is the version of
DuckDB."""

import sys

import duckdb

print(duckdb.__version__)
db = duckdb.connect(sys.argv[1], read_only=sys.argv[1] != ":memory:")
if len(sys.argv) > 2:
    db.execute("ATTACH '" + sys.argv[2].replace("'", "''") + "' AS other (READ_ONLY)")
db.execute("SET TimeZone = 'UTC'")
for query in sys.stdin:
    try:
        for row in db.execute(query).fetchall():
            print(row[0])
    except duckdb.Error as e:
        print("error:", str(e).splitlines()[0])
    print()

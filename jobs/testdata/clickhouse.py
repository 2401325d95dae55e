"""Loads the Parquet files of a folder into ClickHouse as the header of the printed DDL
says, and writes what each view latest_… has into a Parquet file of its own.

usage: clickhouse.py PARQUET_FOLDER OUT_FOLDER < DDL
"""

import pathlib
import re
import sys

from chdb import session

folder, out = map(pathlib.Path, sys.argv[1:])
ddl = sys.stdin.read()
server = session.Session(str(out / "server"))
header, _, statements = ddl.partition("\n\n")
insert = re.search(r"-- (INSERT INTO spaces .*)", header).group(1)
script = [s for s in re.split(r";\n+", statements) if s.strip()]
views = []
for statement in script:
    server.query(statement)
    if view := re.match(r"CREATE OR REPLACE VIEW `latest_(\w+)`", statement):
        views.append(view.group(1))
for table in views:
    if any((folder / table).glob("*/*.parquet")):
        server.query(insert.replace("spaces", table).replace("'parquet/", f"'{folder}/"))
for table in views:
    rows = server.query(f"SELECT * FROM latest_{table}", "Parquet")
    (out / f"{table}.parquet").write_bytes(rows.bytes())
print(server.query("SELECT version()").bytes().decode().strip(), len(views))

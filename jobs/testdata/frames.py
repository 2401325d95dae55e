"""Writes what the printed module makes of each table of a folder of Parquet files, with
polars, into a Parquet file of its own.

usage: frames.py PARQUET_FOLDER OUT_FOLDER < MODULE
"""

import pathlib
import sys

import polars

folder, out = map(pathlib.Path, sys.argv[1:])
(out / "spaces_latest.py").write_text(sys.stdin.read())
sys.path.insert(0, str(out))
import spaces_latest  # noqa: E402

for table in spaces_latest.TABLES:
    spaces_latest.latest(folder, table).collect().write_parquet(out / f"{table}.parquet")
print(polars.__version__, len(spaces_latest.TABLES))

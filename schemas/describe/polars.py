"""The rows that count of spacesetl's Parquet files of all runs, with polars 1.31 or later.

    import spaces_latest
    spaces_latest.latest("spaces/parquet", "users").collect()

Printed by `spacesetl schema --format polars > spaces_latest.py`; print it anew with each
new version. Its rows are those of the database, whatever the order of the runs.
"""

from pathlib import Path

import polars as pl

TEXT, INT, FLOAT, BOOL, TIME = pl.String, pl.Int64, pl.Float64, pl.Boolean, pl.Datetime("us", "UTC")

# What is known of each table:
#   key      columns that make a row unique
#   columns  in the order of the files, which is that of the digits in _columns
#   merge    only of tables of objects: what becomes of columns of which sightings do not tell
#            one by one: "newest", "least" or "greatest" of all, "gone" for the first absence
#            after the last sighting
#   list     only of tables of lists: columns that tell the lists apart
#   seen     the tables whose rows tell in the digit of _lists at a place, from 0, that they were
#            asked for such a list, be it empty; and the columns that are the same in all its rows
#   claimed  columns by which to know rows that count one by one, as they are of no list
TABLES = {}

SIGHTING = ["_fetched_at", "_run_id", "_page_id"]  # orders sightings


def latest(folder, table):
    """A LazyFrame of the rows of a table that count, of a folder with a folder of files for each table."""
    t = _known(table)
    if "merge" in t:
        rows = _objects(folder, table)
    elif "list" in t:
        rows = _members(folder, table)
    else:
        rows = _newest(_scan(folder, table), t["key"])
    return rows.select(list(t["columns"]))


def _known(table):
    if table not in TABLES:
        raise ValueError(f"{table!r} is none of the tables: {', '.join(TABLES)}")
    return TABLES[table]


def _scan(folder, table):
    """The rows of all runs. A column that came after a file was made is NULL in it."""
    folder, columns = Path(folder), TABLES[table]["columns"]
    if not any((folder / name).is_dir() for name in TABLES):
        raise FileNotFoundError(f"{folder} has no folder of any table: name the one that has spaces, users, …")
    files = sorted((folder / table).glob("**/*.parquet"))
    if not files:
        return pl.LazyFrame(schema=columns)
    return pl.scan_parquet(
        files, schema=columns, missing_columns="insert", extra_columns="ignore", hive_partitioning=False, glob=False
    )


def _newest(rows, key):
    return rows.sort(SIGHTING).group_by(key).agg(pl.all().last())


def _digit(column, place):
    return pl.col(column).str.slice(place, 1) == "1"


def _objects(folder, table):
    """Each column as the newest sighting has it that tells of it: one with a value, or that says NULL."""
    t, rows, values = TABLES[table], _scan(folder, table), []
    for place, name in enumerate(t["columns"]):
        value, how = pl.col(name), t["merge"].get(name, "told")
        if how == "told" and name not in t["key"]:
            values.append(value.filter(value.is_not_null() | _digit("_columns", place)).last())
        elif how == "newest":
            values.append(value.last())
        elif how == "least":
            values.append(value.min())
        elif how == "greatest":
            values.append(value.max())
    objects = rows.sort(SIGHTING).group_by(t["key"]).agg(values)
    for name, how in t["merge"].items():
        if how == "gone":
            objects = objects.join(_gone(folder, rows, t["key"]).rename({"observed_at": name}), on=t["key"], how="left")
    return objects


def _gone(folder, rows, key):
    """Since when objects are gone: the first absence after the last sighting."""
    last = rows.group_by(key).agg(seen_at=pl.coalesce(pl.col("last_seen_at").max(), pl.col("_fetched_at").max()))
    missed = _scan(folder, "space_absences").select(*key, "observed_at").join(last, on=key)
    return missed.filter(pl.col("observed_at") > pl.col("seen_at")).group_by(key).agg(pl.col("observed_at").min())


def _members(folder, table):
    """Of each list the rows of the newest sighting that tells of it: one with rows, or that says it was asked for."""
    t, rows = TABLES[table], _scan(folder, table)
    claimed = pl.lit(False)
    for same in t.get("claimed", []):
        claimed |= pl.all_horizontal(pl.col(name) == value for name, value in same.items())
    columns = t["list"] + SIGHTING
    told = [rows.filter(~claimed).select(columns)]
    for parent, place, same in t["seen"]:
        key = pl.col(TABLES[parent]["key"][0])
        values = [pl.lit(same[name]).alias(name) if name in same else key.alias(name) for name in t["list"]]
        told.append(_scan(folder, parent).filter(_digit("_lists", place)).select(*values, *SIGHTING))
    members = rows.join(_newest(pl.concat(told), t["list"]), on=columns, how="semi")
    return pl.concat([members, _newest(rows.filter(claimed), t["key"]).select(list(t["columns"]))])

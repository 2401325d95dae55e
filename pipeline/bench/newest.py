# Runs the statements of a JSON file on the DuckDB of the Python that runs it:
# python newest.py TASK. Without a task it prints the version.
import json
import sys

import duckdb

if len(sys.argv) == 1:
    print(duckdb.__version__)
    sys.exit()
with open(sys.argv[1]) as file:
    task = json.load(file)
with duckdb.connect(task["database"] or ":memory:") as connection:
    for statement in task["statements"]:
        connection.execute(statement)

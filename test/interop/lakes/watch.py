"""Reads a lake again and again with Python's DuckDB, and prints one line of JSON for each read.

Takes the settings as JSON in the first argument. Ends when its standard input is closed.
"""

import json
import select
import sys

import duckdb

# One statement, so its parts are of one snapshot.
TOGETHER = """
select (select max_by(state, load_number) from cio__sdc_loads where state is not null),
  (select coalesce(sum((row_counts ->> '$.s')::bigint), 0)::bigint from cio__sdc_loads),
  (select max(load_number) from cio__sdc_loads),
  (select count(*) from cio_s),
  (select md5(string_agg(id::varchar || '=' || v::varchar, ',' order by id)) from cio_s)
"""


def attached(settings):
    database = duckdb.connect(config={"extension_directory": settings["extensions"]})
    for name in ("httpfs", "postgres_scanner", "ducklake"):
        database.execute(f"load {name}")
    database.execute(settings["secret"])
    database.execute(settings["attach"])
    database.execute("use lake.main")
    return database


def facts(database):
    state, loaded, load_number, count, digest = database.execute(TOGETHER).fetchone()
    step = json.loads(state)["step"] if state else -1
    return {"step": step, "loaded": loaded, "load": load_number, "count": count, "digest": digest}


def newest(database):
    return database.execute("select max(load_number) from cio__sdc_loads").fetchone()[0]


def read(database):
    """The facts by one statement alone, and between others in a transaction."""
    one = facts(database)
    database.execute("begin")
    first = newest(database)
    two = facts(database)
    last = newest(database)
    database.execute("commit")
    return [one, {**two, "steady": first == two["load"] == last}]


lake = attached(json.loads(sys.argv[1]))
while not select.select([sys.stdin], [], [], 0)[0]:
    for seen in read(lake):
        print(json.dumps(seen), flush=True)
rows = lake.execute("select id, v, typeof(v) from cio_s order by id").fetchall()
end = {**facts(lake), "rows": [[row[0], str(row[1])] for row in rows], "type": rows[0][2]}
print(json.dumps(end), flush=True)

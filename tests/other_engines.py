"""Reads a lake with DuckDB and pyarrow, and compares the results with voxlake's.

Usage: other_engines.py VOXLAKE LAKE. Needs duckdb and pyarrow from PyPI. The exit code is 1 at the
first difference.
"""

import csv
import io
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.dataset

voxlake, lake = sys.argv[1:3]
files = f"{lake}/voice_calls/*/*.parquet"


def ours(sql):
    answer = subprocess.run(
        [voxlake, "query", "--lake", lake, "--format", "csv", "-c", sql], check=True, capture_output=True, text=True
    ).stdout
    return [tuple(row) for row in list(csv.reader(io.StringIO(answer)))[1:]]


def theirs(sql):
    table = f"read_parquet('{files}', hive_partitioning = true, hive_types = {{'date': DATE}})"
    rows = duckdb.sql(sql.replace("voice_calls", table)).fetchall()
    return [tuple("" if value is None else str(value) for value in row) for row in rows]


# Hive partitions, exact decimals, nested columns, in SQL that both engines accept.
questions = {
    "calls per partition": "SELECT date, count(*) FROM voice_calls GROUP BY date ORDER BY date",
    "exact charges": """
        SELECT charge_currency, count(*), count(charge_amount), sum(charge_amount)
        FROM voice_calls GROUP BY charge_currency ORDER BY charge_currency NULLS LAST""",
    "seconds by result": """
        SELECT result, count(*), sum(total_duration), max(total_duration)
        FROM voice_calls GROUP BY result ORDER BY result NULLS LAST""",
    "calls per queue, of a list of structs": """
        SELECT q.queue_name, count(*) FROM (SELECT unnest(queues) AS q FROM voice_calls)
        GROUP BY q.queue_name ORDER BY q.queue_name""",
    "charges of legs, decimals inside a list of structs": """
        SELECT leg.result, count(*), sum(leg.charge_amount) FROM (SELECT unnest(voice_call_details) AS leg FROM voice_calls)
        GROUP BY leg.result ORDER BY leg.result NULLS LAST""",
}
failed = 0
for name, sql in questions.items():
    mine, other = ours(sql), theirs(sql)
    same = mine == other
    failed += not same
    print(f"{'same' if same else 'DIFFERENT'}: {name}, {len(mine)} rows")
    if not same:
        print(f"  voxlake: {mine[:5]}\n  duckdb:  {other[:5]}")

# pyarrow has its own reader: compare the schema.
data = pyarrow.dataset.dataset(f"{lake}/voice_calls", format="parquet", partitioning="hive")
schema = data.schema
assert schema.field("charge_amount").type == pa.decimal128(18, 6), schema.field("charge_amount")
assert schema.field("start_time").type == pa.timestamp("ms", tz="UTC"), schema.field("start_time")
assert pa.types.is_list(schema.field("queues").type), schema.field("queues")
assert pa.types.is_struct(schema.field("queues").type.value_type), schema.field("queues")
table = data.to_table()
assert table.num_rows == int(ours("SELECT count(*) FROM voice_calls")[0][0])
total = sum(amount for amount in table["charge_amount"].to_pylist() if amount is not None)
assert str(total) == ours("SELECT sum(charge_amount) FROM voice_calls")[0][0], total
print(f"same: pyarrow reads {table.num_rows} calls and {total} of charges")
sys.exit(1 if failed else 0)

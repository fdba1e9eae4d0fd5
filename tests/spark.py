"""Reads the newest version of a published lake with Spark, and compares the results with voxlake's.

Usage: spark.py VOXLAKE LAKE. Needs Java, and pyspark and deltalake from PyPI (400 MB). The Delta
library of Spark is no Python package, so delta-rs lists the files of the version and Spark reads
them. The exit code is 1 at the first difference.
"""

import csv
import io
import subprocess
import sys

from deltalake import DeltaTable
from pyspark.sql import SparkSession

voxlake, lake = sys.argv[1:3]
table = f"{lake}/published/delta/voice_calls"
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
files = [f"{table}/{path}" for path in DeltaTable(table).get_add_actions().column("path").to_pylist()]
spark.read.option("basePath", table).parquet(*files).createOrReplaceTempView("voice_calls")


def ours(sql):
    sql = sql.replace("explode", "unnest")
    answer = subprocess.run(
        [voxlake, "query", "--lake", lake, "--format", "csv", "-c", sql], check=True, capture_output=True, text=True
    ).stdout
    return [tuple(row) for row in list(csv.reader(io.StringIO(answer)))[1:]]


for sql in [
    """SELECT date, count(*), count(DISTINCT engagement_id), min(engagement_id), max(engagement_id), sum(total_duration)
    FROM voice_calls GROUP BY date ORDER BY date""",
    """SELECT date, sum(date_part('hour', start_time) * 3600 + date_part('minute', start_time) * 60)
    FROM voice_calls GROUP BY date ORDER BY date""",
    """SELECT charge_currency, count(*), sum(charge_amount)
    FROM voice_calls GROUP BY charge_currency ORDER BY charge_currency NULLS LAST""",
    """SELECT leg.result, count(*), sum(leg.charge_amount) FROM (SELECT explode(voice_call_details) AS leg FROM voice_calls)
    GROUP BY leg.result ORDER BY leg.result NULLS LAST""",
]:
    theirs = [tuple("" if value is None else str(value) for value in row) for row in spark.sql(sql).collect()]
    if ours(sql) != theirs:
        print(f"DIFFERENT: {sql}\n  voxlake: {ours(sql)[:3]}\n  spark:   {theirs[:3]}")
        sys.exit(1)
    print(f"same: {' '.join(sql.split())[:70]} …, {len(theirs)} rows")

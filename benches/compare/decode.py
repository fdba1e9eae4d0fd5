"""Calls per second that one core decodes from JSON, by Voxlake and by DuckDB's read_json.

    pip install duckdb==2.0.1 pyarrow==26.0.1
    python3 benches/compare/decode.py [--calls 50000] [--rounds 7] [--folder DIR]

Both decode the same bytes into Arrow batches, which are dropped: one call per line, with all column
types given to DuckDB. Voxlake also decodes the same calls as pages of 100, as the API sends them.
That is compared with DuckDB's lines, too, because unnesting pages takes DuckDB ten to twenty times
as long. Voxlake decodes more: each charge also as a decimal and its currency.

The two run in turn. The fastest round counts, in CPU seconds, so that other load matters less. Both
have to agree on the number of calls and on the sums of durations and charges first.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
BATCH = 100_000

FLAGS = {name: "BOOLEAN" for name in ("recorded", "monitored", "inbox")}


def texts(*names):
    return {name: "VARCHAR" for name in names}


def struct(fields):
    return "STRUCT(" + ", ".join(f"{name} {kind}" for name, kind in fields.items()) + ")"


TIMES = {"start_time": "TIMESTAMPTZ", "end_time": "TIMESTAMPTZ", "total_duration": "BIGINT"}
NUMBERS = texts("caller_number", "caller_number_type", "callee_number", "callee_number_type")
CONSUMER = texts("consumer_number", "consumer_display_name", "country_name")
FLOW = texts("flow_id", "flow_name")
AGENT = texts(
    "user_id", "display_name", "user_email", "user_ip_address", "user_device_mac_address",
    "user_registered_sip_zone", "sip_zone_ip_address", "user_region",
) | {"team_ids": "VARCHAR[]", "team_names": "VARCHAR[]"}
CONTROLLER = texts(
    "session_border_controller_name", "session_border_controller_ip_address",
    "consumer_zoom_trunk_name", "consumer_sbc_ip_address",
)
LEG = (
    texts("engagement_id", "call_leg", "distribution", "type")
    | NUMBERS | TIMES | CONSUMER | FLAGS
    | {"queue": struct(texts("cc_queue_id", "queue_name"))}
    | {"agents": struct(AGENT) + "[]", "flow": struct(FLOW)}
    | texts("result", "caller_id", "calling_party", "charge", "rate", "charge_type")
)
CALL = (
    texts("engagement_id", "direction")
    | NUMBERS | TIMES | CONSUMER | FLAGS
    | {name: "VARCHAR[]" for name in ("call_legs", "distributions", "types", "rates", "sub_types")}
    | {"queues": struct(texts("queue_id", "queue_name", "cc_queue_id")) + "[]"}
    | {"agents": struct(AGENT) + "[]", "flows": struct(FLOW) + "[]"}
    | texts("result", "caller_id", "calling_party", "charge", "charge_type")
    | {"session_border_controller_list": struct(CONTROLLER) + "[]"}
    | {"voice_call_details": struct(LEG) + "[]"}
)


def columns(fields):
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in fields.items()) + "}"


class DuckDB:
    """DuckDB on one thread, reading one call per line."""

    def __init__(self, file):
        self.connection = duckdb.connect()
        self.connection.execute("PRAGMA threads=1")
        columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in CALL.items()) + "}"
        self.calls = f"read_json('{file}', format='newline_delimited', columns={columns})"

    def seconds(self):
        began = time.process_time()
        for _ in self.connection.sql(f"SELECT * FROM {self.calls}").to_arrow_reader(BATCH):
            pass
        return time.process_time() - began

    def answer(self):
        # All simulated charges are in dollars.
        [(count, durations, charges)] = self.connection.execute(
            "SELECT count(*), sum(total_duration), sum(translate(nullif(charge, ''), '$,', '')::DECIMAL(18, 6))"
            f" FROM {self.calls}"
        ).fetchall()
        return count, int(durations), int(Decimal(charges) * 1_000_000)


def build():
    """Builds Voxlake's decoder and returns its path."""
    command = ["cargo", "build", "--release", "--workspace", "--example", "decode_files"]
    messages = subprocess.run(
        [*command, "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    for message in map(json.loads, messages.stdout.splitlines()):
        if message.get("target", {}).get("name") == "decode_files" and message.get("executable"):
            return message["executable"]
    sys.exit("cargo has built no decode_files")


def voxlake(program, file):
    """Returns the sums, and the seconds of one round after a warm-up round."""
    found = json.loads(subprocess.check_output([program, "read", file, "2"]))
    return (found["calls"], found["durations"], found["micros"]), found["seconds"][-1]


def compare(program, folder, view, count, rounds):
    subprocess.run([program, "write", folder, str(count), view], check=True)
    lines, pages = folder / "calls.ndjson", folder / "pages.ndjson"
    duck = DuckDB(lines)
    expected = duck.answer()
    took = {"DuckDB, lines": [], "Voxlake, lines": [], "Voxlake, pages": []}
    for _ in range(rounds):
        took["DuckDB, lines"].append(duck.seconds())
        for name, file in (("Voxlake, lines", lines), ("Voxlake, pages", pages)):
            answer, seconds = voxlake(program, file)
            if answer != expected:
                sys.exit(f"{view}: {name} says {answer}, DuckDB {expected}")
            took[name].append(seconds)
    calls, beside = expected[0], min(took["DuckDB, lines"])
    print(f"{view}: {calls} calls of {lines.stat().st_size // calls} bytes")
    for name, seconds in took.items():
        least = min(seconds)
        print(f"  {name:15} {calls / least / 1e6:6.3f} M calls/s  {beside / least:5.2f} x DuckDB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the files go; a temporary one unless told")
    arguments = parser.parse_args()
    program = build()
    print(f"DuckDB {duckdb.__version__}, one thread each")
    with tempfile.TemporaryDirectory() as temporary:
        for view in ("summary", "detail"):
            folder = (arguments.folder or Path(temporary)) / view
            compare(program, folder, view, arguments.calls, arguments.rounds)


if __name__ == "__main__":
    main()

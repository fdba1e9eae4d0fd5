"""Kills every command that writes at random times, and checks that no data is lost or half written.

Usage: run.py --voxlake BIN [--kills N] [--seed S]

Each command runs once to its end and is then killed (SIGKILL) repeatedly, at times spread over that
duration. After each kill `verify` has to find no error in the lake, and output files have to be
complete or absent. Finally the command runs to its end, and the lake has to equal the first one.

`migrate` needs day files of an earlier version, which pyarrow writes; without pyarrow it is left out.

Prints one line per command; the exit code is 1 if a check failed.
"""

import argparse
import base64
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

try:
    import pyarrow
    from pyarrow import parquet
except ImportError:
    pyarrow = None

PERIOD = ("2026-10-01", "2026-10-15")
DAMAGED = "2026-10-05"
QUESTION = "SELECT * FROM calls ORDER BY start_time, engagement_id"
SCHEDULE = """
[[schedule]]
report = "weekly-queues"
cron = "0 7 * * *"
timezone = "UTC"
formats = ["html", "csv"]
[[schedule.deliver]]
folder = "{folder}"
"""


@dataclass
class Program:
    """The binary under test, and the simulated API that it fetches from."""

    binary: str
    environment: dict = field(default_factory=lambda: dict(os.environ))

    def command(self, *args):
        return [self.binary, *map(str, args)]

    def run(self, *args):
        """Runs to the end; raises an error if it fails."""
        ran = subprocess.run(self.command(*args), env=self.environment, capture_output=True, check=False)
        if ran.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, args))}: exit {ran.returncode}: {ran.stderr.decode()[-2000:]}")
        return ran.stdout

    def killed(self, delay, *args):
        """Kills a run after `delay` seconds. Returns whether it was still running."""
        with subprocess.Popen(
            self.command(*args), env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                return True
            return False

    def checksum(self, lake):
        """Returns the checksum of a lake by `verify`, which fails on an error in the lake."""
        said = json.loads(self.run("verify", "--lake", lake, "--format", "json"))
        return said["calls"], said["checksum"]


@dataclass
class Writer:
    """A command that writes: preparation of its lake, arguments, and the final comparison."""

    name: str
    prepare: object
    args: tuple
    # Whether the next run continues after a kill.
    goes_on: bool = True
    check: object = None
    result: object = None


def simulated(program, folder):
    """Starts the simulated API and sets the environment variables that it prints."""
    command = program.command("sim", "--port", 0, "--calls-per-day", 400, "--seed", 5, "--plan", "unlimited")
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(folder / "sim.log", "wb"))
    settings = {}
    while "ZOOM_CLIENT_SECRET" not in settings:
        line = server.stdout.readline().decode()
        settings |= dict(re.findall(r"(\w+)=(\S+)", line))
    # No rate limit.
    program.environment |= settings | {"VOXLAKE_REQUESTS_PER_SECOND": "2000", "VOXLAKE_REQUESTS_PER_DAY": "10000000"}
    return server


def saved_pages(program, file):
    """Saves the API's pages of the period, as another extractor would."""
    environment = program.environment
    secret = f"{environment['ZOOM_CLIENT_ID']}:{environment['ZOOM_CLIENT_SECRET']}"
    asked = {"grant_type": "account_credentials", "account_id": environment["ZOOM_ACCOUNT_ID"]}
    request = urllib.request.Request(
        f"{environment['VOXLAKE_OAUTH_URL']}/oauth/token?{urllib.parse.urlencode(asked)}",
        headers={"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["access_token"]
    query = {"from": f"{PERIOD[0]}T00:00:00Z", "to": f"{PERIOD[1]}T00:00:00Z", "page_size": 100, "view_type": "detail"}
    with file.open("wb") as pages:
        while True:
            url = f"{environment['VOXLAKE_API_URL']}/contact_center/voice_calls?{urllib.parse.urlencode(query)}"
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request) as answer:
                page = answer.read()
            pages.write(page + b"\n")
            query["next_page_token"] = json.loads(page).get("next_page_token")
            if not query["next_page_token"]:
                return


def former_type(of):
    """Returns a type with list children named as earlier versions did."""
    if pyarrow.types.is_list(of):
        return pyarrow.list_(of.value_field.with_name("item").with_type(former_type(of.value_type)))
    if pyarrow.types.is_struct(of):
        return pyarrow.struct([of.field(at).with_type(former_type(of.field(at).type)) for at in range(of.num_fields)])
    return of


def make_former(file):
    """Rewrites a day file as earlier versions wrote it, with its coverage."""
    table = parquet.ParquetFile(file).read()
    fields = [field.with_type(former_type(field.type)) for field in table.schema]
    kept = {name: text for name, text in table.schema.metadata.items() if name == b"voxlake.coverage"}
    former = table.cast(pyarrow.schema(fields, metadata=kept))
    parquet.write_table(former, file, use_compliant_nested_type=False)


def writers(program, folder, whole, pages):
    """Returns the commands that write."""
    period = ("--from", PERIOD[0], "--to", PERIOD[1])
    bad = folder / "bad.ndjson"
    records = ({"engagement_id": f"r{at}", "start_time": "never"} for at in range(400))
    bad.write_text("".join(json.dumps(record) + "\n" for record in records))

    def empty(lake):
        del lake

    def copy(lake):
        shutil.copytree(whole, lake)

    def unsummarized(lake):
        copy(lake)
        shutil.rmtree(lake / "summaries", ignore_errors=True)

    def damaged(lake):
        copy(lake)
        file = lake / f"voice_calls/date={DAMAGED}/calls.parquet"
        file.write_bytes(file.read_bytes()[:1000])

    def rejecting(lake):
        copy(lake)
        program.run("import", "--lake", lake, bad)

    def of_some(lake):
        program.run("sync", "--lake", lake, *period, "--direction", "inbound")

    def without_a_day(lake):
        copy(lake)
        shutil.rmtree(lake / f"voice_calls/date={DAMAGED}")

    def former(lake):
        copy(lake)
        for file in sorted(lake.glob("voice_calls/*/calls.parquet")):
            make_former(file)

    def published(lake):
        status = json.loads(program.run("status", "--lake", lake, "--format", "json"))["published"]
        return status["calls"], status["changed_days"]

    def rejects(lake):
        return program.run("rejects", "list", "--lake", lake)

    def named_from_summaries(lake):
        ask = ("query", "abandonment_rate", "--lake", lake, *period, "--format", "csv")
        answer = program.run(*ask)
        if answer != program.run(*ask, "--no-summaries"):
            raise RuntimeError("summaries and calls differ")
        return answer

    def whole_or_absent(*names):
        def check(lake, known):
            for name in names:
                file = lake.parent / "out" / name
                if file.exists() and file.read_bytes() != known[name]:
                    raise RuntimeError(f"{name} is half written")

        return check

    def files(lake):
        out = lake.parent / "out"
        # Hidden files of a killed run stay for a day.
        return {file.name: file.read_bytes() for file in out.iterdir() if not file.name.startswith(".")}

    out, config = "{out}", "{config}"
    made = ("generate", "--lake", "{lake}", "--calls", 30000, "--days", 20, "--until", "2026-10-15")
    shown = ("demo", "--lake", "{lake}", "--days", 10, "--calls-per-day", 300, "--until", "2026-10-15")
    return [
        Writer("sync", empty, ("sync", "--lake", "{lake}", *period, "--commit-calls", 300)),
        Writer("import", empty, ("import", "--lake", "{lake}", pages, "--covers", "/".join(PERIOD))),
        Writer("import of rejects", copy, ("import", "--lake", "{lake}", bad), result=rejects),
        Writer("rejects replay", rejecting, ("rejects", "replay", "--lake", "{lake}"), result=rejects),
        Writer("summarize", unsummarized, ("summarize", "--lake", "{lake}"), result=named_from_summaries),
        *([Writer("migrate", former, ("migrate", "--lake", "{lake}"))] if pyarrow else []),
        Writer("publish", copy, ("publish", "--lake", "{lake}"), result=published),
        Writer("sync --repair", damaged, ("sync", "--lake", "{lake}", *period, "--repair"), goes_on=False),
        Writer("sync of some calls", empty, ("sync", "--lake", "{lake}", *period, "--direction", "inbound")),
        Writer("rescope", of_some, ("rescope", "--lake", "{lake}", "--all")),
        Writer("verify --api", copy, ("verify", "--api", "--lake", "{lake}", "--max-requests", 300)),
        Writer("lookup --save", without_a_day, ("lookup", "--lake", "{lake}", *period, "--direction", "inbound", "--save")),
        Writer("generate", empty, made),
        Writer("demo", empty, shown),
        Writer(
            "query -o",
            copy,
            ("query", "--lake", "{lake}", "-c", QUESTION, "--format", "csv", "-o", f"{out}/calls.csv"),
            check=whole_or_absent("calls.csv"),
            result=files,
        ),
        Writer(
            "report run",
            copy,
            ("report", "run", "weekly-queues", "--lake", "{lake}", *period, "--format", "csv", "-o", out),
            check=None,
            result=lambda lake: sorted(files(lake)),
        ),
        Writer(
            "schedule due",
            copy,
            ("schedule", "due", "--lake", "{lake}", "--config", config),
            result=lambda lake: sorted(files(lake)),
        ),
    ]


def kill_again_and_again(program, writer, folder, kills, chance):
    """Kills one command repeatedly. Returns how often it was still running."""
    home = folder / writer.name.replace(" ", "_")
    lake, out, config = home / "lake", home / "out", home / "voxlake.toml"

    def fresh():
        shutil.rmtree(home, ignore_errors=True)
        out.mkdir(parents=True)
        config.write_text(SCHEDULE.format(folder=out))
        writer.prepare(lake)

    args = [str(arg).format(lake=lake, out=out, config=config) for arg in writer.args]
    fresh()
    started = time.monotonic()
    program.run(*args)
    took = time.monotonic() - started
    right = program.checksum(lake)
    result = writer.result(lake) if writer.result else None
    known = {file.name: file.read_bytes() for file in out.iterdir()}
    fresh()
    struck = 0
    while struck < kills:
        if not program.killed(took * chance.random(), *args):
            fresh()
            continue
        struck += 1
        if (lake / "voice_calls").exists() and writer.goes_on:
            program.checksum(lake)
        if writer.check:
            writer.check(lake, known)
    program.run(*args)
    if program.checksum(lake) != right:
        raise RuntimeError(f"{program.checksum(lake)} and not {right}")
    if writer.result and writer.result(lake) != result:
        raise RuntimeError("another result than that of a run to the end")
    return struck


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--voxlake", required=True, metavar="BIN", help="voxlake binary")
    parser.add_argument("--kills", type=int, default=500, metavar="N", help="kills, over all commands [default: 500]")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the moments [default: 1]")
    parser.add_argument("--only", metavar="NAME", help="one command, by its name")
    args = parser.parse_args()
    program, chance, failed, total = Program(str(Path(args.voxlake).resolve())), random.Random(args.seed), False, 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.chdir(folder)
        server = simulated(program, folder)
        try:
            whole, pages = folder / "whole", folder / "pages.json"
            program.run("sync", "--lake", whole, "--from", PERIOD[0], "--to", PERIOD[1])
            program.run("summarize", "--lake", whole)
            saved_pages(program, pages)
            if pyarrow is None:
                print("migrate: left out, because pyarrow is not installed", flush=True)
            chosen = [w for w in writers(program, folder, whole, pages) if args.only in (None, w.name)]
            for at, writer in enumerate(chosen):
                kills = args.kills // len(chosen) + (at < args.kills % len(chosen))
                try:
                    struck = kill_again_and_again(program, writer, folder, kills, chance)
                    total += struck
                    print(f"{writer.name}: {struck} kills, nothing lost", flush=True)
                except RuntimeError as error:
                    failed = True
                    print(f"{writer.name}: FAILED: {error}", flush=True)
        finally:
            server.kill()
            server.wait()
    print(f"{total} kills")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

"""Runs the binary with mutated configuration or query files: each is accepted or refused clearly.

Only the binary reads settings, schedules and deliveries, so it runs once per file. A finding is a
panic, an undefined exit code, a timeout, an empty error, or the secret of the environment in the
output.

    python3 tests/fuzz_settings/run.py target/release/voxlake --seconds 600 --seed 1
    python3 tests/fuzz_settings/run.py target/release/voxlake --kind query --seconds 600
"""

import argparse
import multiprocessing
import os
import pathlib
import random
import resource
import subprocess
import tempfile
import time

SEED = """\
lake = "lake"
timezone = "Europe/Berlin"
settle = "24h"
daily_budget = "80%"
list_form = "repeated"
summaries = true
memory_limit = "2GB"
[charges]
"$" = "USD"
[result_classes]
missed = "abandoned"
[sync.filter]
queue = ["Billing", "Sales"]
direction = "inbound"
[mail]
host = "localhost"
port = 2525
tls = "starttls"
from = "Reports <reports@example.org>"
user = "voxlake"
password = { env = "MAIL_PASSWORD" }
[[schedule]]
name = "weekly"
report = "weekly-queues"
period = "previous-week"
cron = "0 7 * * 1"
timezone = "America/New_York"
since = "2026-01-01"
catch_up = 2
wait = "30h"
formats = ["html", "xlsx"]
parameters = { queue = ["Billing"] }
alert = [{ section = "abandonment-by-queue", when = "abandonment_rate > 0.1" }]
[[schedule.deliver]]
email = ["Ann <ann@example.org>", "bob@example.org"]
subject = "{{ title }}, {{ period_words }}"
[[schedule.deliver]]
webhook = { env = "HOOK" }
headers = { x-team = "a" }
body = '{"text": {{ text | tojson }}}'
link = "https://reports.example.org/{{ file }}"
timeout = "20s"
[[schedule.deliver]]
folder = "out"
"""
# Replacements for parts of a file.
PIECES = [
    '""', "0", "-1", "1e999", "nan", "true", "[]", "{}", "[[]]", "'", '"', "=", "\n", "\\u0000", "é", "\x1b[31m", "9" * 30,
    "9999-12-31", "0000-00-00", "{{", "{% for x in range(100000000) %}a{% endfor %}", "* * * * * *", "*/0 0 31 2 *", "-1h",
    "99999999999999999999h", "../../etc/passwd", "s3://", "file://", "http://", "A" * 5000, "[[schedule]]", "[schedule]",
    "{ env = \"\" }", "{ file = \"/dev/zero\" }", "[" * 300, "\ufeff", "\r", "\t", "%", "101%", "Mars/Olympus", "UTC",
]
# Query files: the built-in ones are the seeds.
QUERIES = pathlib.Path(__file__).resolve().parents[2] / "queries"
QUERY_COMMANDS = [
    ["query", "--list", "--queries", "queries"],
    ["query", "--describe", "mine", "--queries", "queries"],
    ["query", "mine", "--queries", "queries", "--last", "7d"],
]
COMMANDS = [["schedule", "list"], ["status"], ["report", "list"], ["query", "--list"]]
PASSWORD = "correct-horse-battery"
CODES = {0, 1, 2, 75}
ADDRESS_BYTES = 8 << 30
TIMEOUT_S = 20


def mutated(rng, text):
    """Returns a text with some changes of bytes, tokens and lines."""
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(6)
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        if kind == 0:
            before, separator, _ = lines[at].partition("=" if "=" in lines[at] else ":")
            lines[at] = before + (separator or "=") + " " + rng.choice(PIECES)
        elif kind == 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif kind == 2:
            del lines[at]
        elif kind == 3 and lines[at]:
            place = rng.randrange(len(lines[at]))
            lines[at] = lines[at][:place] + rng.choice(PIECES) + lines[at][place + rng.randrange(3) :]
        elif kind == 4:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = lines[at].replace("e", rng.choice("aé3_\"")) if rng.random() < 0.5 else lines[at].upper()
        text = "\n".join(lines)
    return text


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))


def problem(binary, file, text, command):
    """Returns the problem with the reaction to a file, or None."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    folder = file.parent if file.name == "voxlake.toml" else file.parent.parent
    environment = {"PATH": os.environ["PATH"], "MAIL_PASSWORD": PASSWORD, "HOOK": "http://127.0.0.1:9/" + PASSWORD}
    environment["VOXLAKE_TEST_NOW"] = "2026-11-20T12:00:00Z"
    try:
        ran = subprocess.run(
            [binary, *command], cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT_S, preexec_fn=limit
        )
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT_S} s"
    said = (ran.stdout + ran.stderr).decode("utf-8", "replace")
    if ran.returncode not in CODES:
        return f"exit code {ran.returncode}: {said[-300:]}"
    if "panicked" in said or "internal error" in said:
        return said[-300:]
    if PASSWORD in said:
        return "the secret is told"
    if ran.returncode == 2 and "error: " not in said:
        return f"an error without words: {said[-300:]}"
    if "\x1b" in said:
        return "a control character is told as it is"
    return None


def work(arguments):
    binary, seed, seconds, kind = arguments
    rng = random.Random(seed)
    ends, runs, found = time.monotonic() + seconds, 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "lake/voice_calls").mkdir(parents=True)
        while time.monotonic() < ends:
            if kind == "query":
                seed_text = rng.choice(sorted(QUERIES.glob("*.sql"))).read_text(encoding="utf-8")
                file, command = folder / "queries" / "mine.sql", rng.choice(QUERY_COMMANDS)
            else:
                seed_text, file, command = SEED, folder / "voxlake.toml", rng.choice(COMMANDS)
            text = mutated(rng, seed_text)
            runs += 1
            wrong = problem(binary, file, text, command)
            if wrong and wrong not in [other for _, _, other in found]:
                found.append((command, text, wrong))
    return runs, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--kind", choices=["settings", "query"], default="settings")
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    if problem(binary, pathlib.Path(tempfile.mkdtemp()) / "voxlake.toml", SEED, ["report", "list"]):
        parser.error("the seed itself is not taken")
    work_of = [(binary, arguments.seed * 1000 + worker, arguments.seconds, arguments.kind) for worker in range(arguments.workers)]
    with multiprocessing.Pool(arguments.workers) as pool:
        results = pool.map(work, work_of)
    for _, found in results:
        for command, text, wrong in found:
            print(f"--- {' '.join(command)}: {wrong}\n{text}\n")
    findings = sum(len(found) for _, found in results)
    print(f"{sum(runs for runs, _ in results)} files, {findings} findings")
    raise SystemExit(1 if findings else 0)


if __name__ == "__main__":
    main()

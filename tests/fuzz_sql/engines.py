"""The two engines: a voxlake shell in a process of its own, and DuckDB in this one.

Each answers a statement with an `Answer`. The shell writes answers as Arrow streams, which keep types.
"""

import contextlib
import os
import resource
import select
import subprocess
import threading
import time
from dataclasses import dataclass

import duckdb
import pyarrow as pa

# Cross joins without a filter have hundreds of millions of rows, which no comparison needs.
MAX_ANSWER_BYTES = 64 << 20
TOO_LARGE = "too large"
MARKER = b"<<end of statement>>\n"
# A healthy statement takes milliseconds of CPU time; on a busy machine it may wait long for them.
TIMEOUT_CPU_SECONDS = 30
TIMEOUT_SECONDS = 900
POLL_SECONDS = 5
TIMEOUT_DUCKDB_SECONDS = 40
STARTS = 3
# A statement that takes more ends the process, and not the machine.
MAX_BYTES = 8 << 30


@dataclass(frozen=True)
class Answer:
    """What an engine said of a statement: `status` is rows, error, crash, timeout or too large."""

    status: str
    rows: tuple = ()
    error: str = ""


def rows_of(table):
    """The rows of an Arrow table as tuples of Python values."""
    columns = [column.to_pylist() for column in with_microseconds(table).columns]
    return tuple(zip(*columns, strict=True)) if columns else ()


def with_microseconds(table):
    """The table with timestamps and durations as Python has them."""
    for place, field in enumerate(table.schema):
        kind = microseconds(field.type)
        if kind != field.type:
            table = table.set_column(place, field.name, table[place].cast(kind))
    return table


def microseconds(kind):
    """The type with microseconds in place of nanoseconds."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_list(kind):
        return pa.list_(microseconds(kind.value_type))
    return kind


class DuckDb:
    """DuckDB with the tables loaded."""

    def __init__(self):
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.sql("SET TimeZone = 'UTC'")
        self.connection.sql("SET enable_progress_bar = false")

    def ask(self, sql):
        """Answers one statement."""
        timer = threading.Timer(TIMEOUT_DUCKDB_SECONDS, self.connection.interrupt)
        timer.start()
        try:
            return Answer("rows", rows_of(self.connection.sql(sql).to_arrow_table()))
        except duckdb.InterruptException:
            return Answer("timeout")
        except (duckdb.Error, pa.ArrowException, OverflowError, ValueError) as error:
            return Answer("error", error=str(error))
        finally:
            timer.cancel()

    def explain(self, sql):
        """The plan of a statement."""
        try:
            return self.connection.sql(f"EXPLAIN {sql}").fetchall()[0][1]
        except duckdb.Error as error:
            return str(error)


class Voxlake:
    """A `voxlake sql` process of one profile, started again when it ends."""

    def __init__(self, binary, lake, profile, attached, setup=()):
        self.command = [
            str(binary),
            "sql",
            "-X",
            "--keep-going",
            "--no-pager",
            "--format",
            "arrow",
            "--lake",
            str(lake),
        ]
        self.command += profile.flags
        self.environment = {**os.environ, **dict(profile.environment)}
        self.setup = [f"\\attach {name} {file}" for name, file in attached]
        self.setup += [f"{statement};" for statement in (*setup, *profile.settings)]
        self.refused = set()
        self.process = None

    def ask(self, sql):
        """Answers one statement."""
        if self.process is None:
            self.start()
        output, error = self.exchange(f"{sql}\n;")
        if output is None:
            return self.ended(error)
        if error:
            return Answer("error", error=error)
        try:
            with pa.ipc.open_stream(output) as stream:
                return Answer("rows", rows_of(stream.read_all()))
        except (pa.ArrowException, OverflowError, ValueError) as failure:
            return Answer("error", error=f"unreadable answer: {failure}")

    def explain(self, sql):
        """The plan of a statement."""
        answer = self.ask(f"EXPLAIN {sql}")
        return "\n".join(f"{kind}:\n{plan}" for kind, plan in answer.rows) or answer.error

    def start(self):
        """Starts the process, attaches tables and changes settings; those that it refuses are left out."""
        for attempt in range(1, STARTS + 1):
            try:
                self.start_once()
                return
            except RuntimeError:
                self.close()
                if attempt == STARTS:
                    raise

    def start_once(self):
        """Starts the process; an error where its setup fails."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES)),
        )
        os.set_blocking(self.process.stderr.fileno(), False)
        os.set_blocking(self.process.stdout.fileno(), False)
        for line in self.setup:
            output, error = self.exchange(line)
            if error and line.upper().startswith("SET "):
                self.refused.add(line)
            elif error or output is None:
                raise RuntimeError(f"{line}: {error}")

    def exchange(self, text):
        """Writes a piece and reads what it says: standard output, None where the process ended; and errors."""
        try:
            self.process.stdin.write(f"{text}\n\\echo {MARKER.decode()}".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return None, self.errors()
        output, deadline, cpu_limit = bytearray(), time.monotonic() + TIMEOUT_SECONDS, self.cpu_seconds() + TIMEOUT_CPU_SECONDS
        while not output.endswith(MARKER):
            if not select.select([self.process.stdout], [], [], POLL_SECONDS)[0]:
                if time.monotonic() > deadline or self.cpu_seconds() > cpu_limit:
                    self.process.kill()
                    return None, "timeout"
                continue
            part = self.process.stdout.read()
            if part == b"":
                return None, self.errors()
            output += part or b""
            if len(output) > MAX_ANSWER_BYTES:
                self.process.kill()
                return None, TOO_LARGE
        return bytes(output[: -len(MARKER)]), self.errors()

    def cpu_seconds(self):
        """The CPU time that the process has used, where the system tells; else 0."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as stat:
                user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
        except OSError:
            return 0
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def errors(self):
        """What standard error says, warnings aside."""
        text = (self.process.stderr.read() or b"").decode(errors="replace").strip()
        return "\n".join(line for line in text.split("\n") if not line.startswith("warning: "))

    def ended(self, error):
        """The answer of a process that ended."""
        code, more = self.process.wait(), self.errors()
        self.close()
        if error in ("timeout", TOO_LARGE):
            return Answer(error, error=error)
        return Answer("crash", error=f"exit {code}: {error}{more}")

    def close(self):
        """Ends the process."""
        if self.process is not None:
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
            self.process.kill()
            self.process.wait()
            self.process = None

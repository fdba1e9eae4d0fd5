"""An engine in a child process that runs one query at a time, and its peak memory."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent


class Child:
    """An engine that stays warm between queries. `greeting` is its description of itself."""

    def __init__(self, command, threads, first_line=None, environment=None):
        # As many cores as threads, so that additional threads of an engine give it no advantage.
        cores = sorted(os.sched_getaffinity(0))[:threads]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=HERE,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        if first_line is not None:
            self._write(first_line)
        self.greeting = self._read()

    def ask(self, question):
        """Returns `seconds`, `answer` and `peak_memory_bytes`, or `error`."""
        self._forget_peak()
        self._write(question)
        return {**self._read(), "peak_memory_bytes": self._peak()}

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.wait()}")
        return json.loads(line, parse_float=Decimal)

    def _forget_peak(self):
        # proc(5): 5 resets the peak to the current resident set.
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _peak(self):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def voxlake(binary, lake, threads):
    binary = str(Path(binary).resolve())
    return Child([binary, "bench", "--serve", "--lake", lake, "--threads", str(threads)], threads)


def peer(name, lake, threads, params):
    # Polars reads the number of threads from the environment only.
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    command = [sys.executable, "worker.py", name, lake, str(threads)]
    return Child(command, threads, json.dumps(params), environment)

"""An engine in a process of its own, asked a question at a time, and the memory that it takes meanwhile."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent


class Child:
    """An engine that stays warm between questions. `greeting` is what it said of itself."""

    def __init__(self, command, threads, first_line=None, environment=None):
        # As many cores as threads: what an engine starts beside its threads for answers gains it nothing.
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
        """What it answered: `seconds`, `answer`, `peak_memory_bytes`; or `error`."""
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
        # proc(5): 5 sets the peak back to what is resident now.
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _peak(self):
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def voxlake(binary, lake, threads):
    binary = str(Path(binary).resolve())
    return Child([binary, "bench", "--serve", "--lake", lake, "--threads", str(threads)], threads)


def peer(name, lake, threads, params):
    # Polars takes its threads from the environment alone.
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    command = [sys.executable, "worker.py", name, lake, str(threads)]
    return Child(command, threads, json.dumps(params), environment)

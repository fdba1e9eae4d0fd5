"""A scheduler and executors on this machine, and the profiles of sessions that use them."""

import contextlib
import socket
import subprocess
from dataclasses import replace

from profiles import Profile, settings

TASKS = 2
# Options in the URL of the cluster. Statements without calls stay in the session with min_bytes=1.
PROFILES = (
    Profile("4 partitions", ("partitions=4&min_bytes=0",)),
    Profile("4 partitions, calls only", ("partitions=4&min_bytes=1",)),
    Profile("4 partitions, batches of 7", ("partitions=4&min_bytes=0",), settings=settings(execution__batch_size=7)),
    Profile(
        "4 partitions, partitioned hash joins",
        ("partitions=4&min_bytes=1",),
        settings=settings(
            optimizer__hash_join_single_partition_threshold=0,
            optimizer__hash_join_single_partition_threshold_rows=0,
            execution__batch_size=33,
        ),
    ),
    Profile("1 partition", ("partitions=1&min_bytes=0",)),
    Profile(
        "7 partitions, small files split",
        ("partitions=7&min_bytes=1",),
        settings=settings(optimizer__repartition_file_min_size=1),
    ),
)
DEADLINE_SECONDS = 60


def session(profile, engine):
    """The profile of a session that runs its statements on the engine."""
    (options,) = profile.flags
    url = f"{engine}?{options}&deadline={DEADLINE_SECONDS}"
    return replace(profile, flags=("--no-summaries", "--engine", url))


def local(profile):
    """The profile of a session with the same settings and no engine."""
    return replace(profile, flags=("--no-summaries",))


@contextlib.contextmanager
def started(binary, folder, executors):
    """Starts a scheduler and executors; gives the URL of the engine, and ends them."""
    processes = []
    try:
        scheduler = subprocess.Popen(
            [binary, "cluster", "scheduler", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(scheduler)
        line = scheduler.stdout.readline()
        engine = next(word for word in line.split() if word.startswith("ballista://")).rstrip(";")
        for number in range(executors):
            processes.append(executor(binary, folder / f"executor{number}", engine))
        yield engine
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def executor(binary, work, engine):
    """Starts an executor."""
    work.mkdir(parents=True)
    command = [binary, "cluster", "executor", "--tasks", str(TASKS), "--scheduler", engine.split("//")[1]]
    command += ["--port", str(two_free_ports()), "--work-folder", str(work)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def two_free_ports():
    """A port that is free, and so is the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port

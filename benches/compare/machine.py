"""Description of the machine."""

import os
import platform
from pathlib import Path


def note():
    """Returns cores, processor, memory and system in one line."""
    fields = dict(
        line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if line.count(":") == 1
    )
    model = next((value.strip() for key, value in fields.items() if key.strip() == "model name"), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {model}, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}"


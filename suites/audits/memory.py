"""How much memory a layer may take: of what the machine, or a container, has free, and of that a candidate's calls."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_MEMINFO, _CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
_AVAILABLE = "MemAvailable:"
_LIMITS = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)
"""Of a container, what it may take and what it does, by version 2 and 1 of control groups."""
_SHARE = 2
_LEAST_OF_CALLS = 2**30


def layer_memory() -> int:
    """Bytes that a layer may take where nothing else is said: half of what is free."""
    return available_memory() // _SHARE


def memory_of_calls(memory: int) -> int:
    """Of what a layer may take, what the process of the candidate may; no less than 1 GiB, which libraries may want.

    It has three of four copies of the operands and two of three of the result (`parts.needed`).
    """
    return max(_LEAST_OF_CALLS, memory * 3 // 4)


def available_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Bytes that can be had without swapping; all that the machine has where nothing tells what is in use."""
    found = []
    with contextlib.suppress(OSError):
        lines = meminfo.read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith(_AVAILABLE)]
    for limit, used in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found.append(int((cgroup / limit).read_text()) - int((cgroup / used).read_text()))
    return max(1, min(found)) if found else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

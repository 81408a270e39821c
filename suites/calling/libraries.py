"""The numerical libraries in this process that have threads of their own: which BLAS computes, and on how many."""

from __future__ import annotations

from typing import Any

from threadpoolctl import threadpool_info, threadpool_limits

from .cores import CORES


def share_cores(processes: int) -> None:
    """Let this process's matrix products take no more threads than its share, of so many processes, of the cores.

    Threads of OpenBLAS that wait for work spin, and take the cores of the others. Where it has fewer already, it keeps
    these.
    """
    share = max(1, CORES // processes)
    threadpool_limits([{**each, "num_threads": min(share, each["num_threads"])} for each in threadpool_info()])


def libraries() -> tuple[str, ...]:
    """Each with its version, the kind of processor that it was chosen for, and its number of threads; sorted."""
    return tuple(sorted({_told(library) for library in threadpool_info()}))


def _told(library: dict[str, Any]) -> str:
    version = f" {library['version']}" if library["version"] else ""
    kind = f" for {library['architecture']}" if library.get("architecture") else ""
    count = library["num_threads"]
    return f"{library['internal_api']}{version}{kind}, {count} thread{'s' if count > 1 else ''}"

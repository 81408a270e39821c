"""The numerical libraries in this process that have threads of their own: which BLAS computes, and on how many."""

from __future__ import annotations

from typing import Any

from threadpoolctl import threadpool_info


def libraries() -> tuple[str, ...]:
    """Each with its version, the kind of processor that it was chosen for, and its number of threads; sorted."""
    return tuple(sorted({_told(library) for library in threadpool_info()}))


def _told(library: dict[str, Any]) -> str:
    version = f" {library['version']}" if library["version"] else ""
    kind = f" for {library['architecture']}" if library.get("architecture") else ""
    count = library["num_threads"]
    return f"{library['internal_api']}{version}{kind}, {count} thread{'s' if count > 1 else ''}"

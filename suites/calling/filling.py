"""What memory is filled with that a candidate is given or gives back: what it forgot to initialise shows.

glibc alone does that. In every float format the bytes are finite numbers far from 0 and 1.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator

_PERTURB = "MALLOC_PERTURB_"
FILLED = {_PERTURB: "64", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"}
"""Environment in which fresh memory holds the byte 0xBF and freed memory 0x40: numbers near -1.5 and 3, or -0.1 and 32.
It is the same each time. What a thread would keep of freed memory for itself is not filled again, so none is kept; nor
is any kept in the lists of small blocks, in which one that is freed twice would go unnoticed."""
_OTHER = 63
"""Fresh memory holds 0xC0, freed memory 0x3F: numbers near -6 and 0.75, or -2 and 0.5."""
_M_PERTURB = -6


def fill_otherwise() -> None:
    """From now on fill this process's memory with other bytes, where the C library can."""
    os.environ[_PERTURB] = str(_OTHER)
    _fill_with(_OTHER)


@contextlib.contextmanager
def unfilled() -> Iterator[None]:
    """Leave memory as it is meanwhile: to fill a large buffer takes longer than the small convolution that asks for it.

    What a kernel reads without having written it is then what was left there, which differs from run to run.
    """
    text = os.environ.get(_PERTURB, "")
    byte = int(text) if text.isdecimal() else 0
    if byte == 0:
        yield
        return
    _fill_with(0)
    try:
        yield
    finally:
        _fill_with(byte)


def _fill_with(byte: int) -> None:
    mallopt = _mallopt()
    if mallopt is not None:
        mallopt(_M_PERTURB, byte)


@functools.cache
def _mallopt() -> Callable[[int, int], int] | None:
    import ctypes  # here, where it is used: the command begins with this module, and does without

    return getattr(ctypes.CDLL(None), "mallopt", None)

"""What memory is filled with that a candidate is given or gives back: what it forgot to initialise shows.

glibc alone does that. In every float format the bytes are finite numbers far from 0 and 1.
"""

from __future__ import annotations

FILLED = {"MALLOC_PERTURB_": "64"}
"""Environment in which fresh memory holds the byte 0xBF and freed memory 0x40: numbers near -1.5 and 3, or -0.1 and 32.
It is the same each time."""
_OTHER = 63
"""Fresh memory holds 0xC0, freed memory 0x3F: numbers near -6 and 0.75, or -2 and 0.5."""
_M_PERTURB = -6


def fill_otherwise() -> None:
    """From now on fill this process's memory with other bytes, where the C library can."""
    import ctypes  # here, where it is used: the command begins with this module, and does without

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_PERTURB, _OTHER)

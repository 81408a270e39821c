"""What people look for faults with: each instrument as a stream of trials to an implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from convoracle.oracle.faults import Implementation
from convoracle.oracle.operands.data import Case


@dataclass(frozen=True)
class Trial:
    """One case put to an implementation.

    Parameters
    ----------
    dtype : str
        Of the operands.
    alarms : callable
        Whether the instrument says that the implementation is wrong.
    """

    dtype: str
    alarms: Callable[[Implementation], bool]


Instrument = Callable[[Sequence[Case]], Iterator[Trial]]
"""From the stream of generated cases to the trials, one for each case that the instrument is for."""

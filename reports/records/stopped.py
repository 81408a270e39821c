"""Searches that ended before their cases did, since the time that a run was given was over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stopped:
    """The search of one candidate, which was to go on.

    Parameters
    ----------
    candidate : str
    examined, planned : int
        Cases that were examined, and that there were to be. Those examined are the first ones of the planned.
    """

    candidate: str
    examined: int
    planned: int

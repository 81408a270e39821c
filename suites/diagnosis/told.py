"""What can be said of a fault: names, and sentences for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What can be said of a fault.

    Parameters
    ----------
    names : tuple of str
        Stable, of what was found: of fault models, of an arithmetic, of a dependence on the
        data, of a convention to declare; equal for mismatches that have this in common. Empty where nothing is known.
    kind : str
        What these are names of: ``model``, ``arithmetic``, ``data``, ``shape``, ``calls`` or ``convention``; empty
        without names.
    sentences : tuple of str
        For people.
    """

    names: tuple[str, ...] = ()
    kind: str = ""
    sentences: tuple[str, ...] = ()


NOTHING_TOLD = Told()

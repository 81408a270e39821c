"""The document of identity cards: what arithmetic a candidate was found to have, and what it should declare of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, and where.

    Parameters
    ----------
    words : str
    places : str
        Passes, and geometries they were asked on; nowhere in particular if it holds wherever it was asked.
    """

    words: str
    places: str


@dataclass(frozen=True, slots=True)
class Property:
    """A line of a card: what each pass and geometry came to."""

    name: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The cards of one dtype.

    Parameters
    ----------
    dtype : str
    properties : tuple of Property
    measured : tuple of str
        What was measured beside what is certain, a line each: errors on random numbers, and how they grow.
    """

    dtype: str
    properties: tuple[Property, ...]
    measured: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityCards:
    """What arithmetic a candidate was found to have.

    Parameters
    ----------
    candidate, version : str
    command : str
        By which it was asked.
    sections : tuple of Section
    declared : str
        What the candidate should state of it, as Python.
    """

    candidate: str
    version: str
    command: str
    sections: tuple[Section, ...]
    declared: str

"""What a campaign tells as it goes: events, in the order in which they happen."""

from __future__ import annotations

from dataclasses import dataclass

from ...reports.files.part_files import Part
from ...reports.records.machine_kinds import MachineKind
from ...reports.records.record import Mismatch


@dataclass(frozen=True, slots=True)
class Planned:
    """A part to be examined: of which source, and its number."""

    source: str
    number: int


@dataclass(frozen=True, slots=True)
class PartCollected:
    """A part is in the folder.

    Parameters
    ----------
    part : Part
    where : str
        The machine that examined it.
    done, total : int
        Parts that are in the folder, and that there are.
    mismatches : tuple of Mismatch
        That were met in it.
    kind : MachineKind
        Of that machine, with what it was asked in this part.
    """

    part: Part
    where: str
    done: int
    total: int
    mismatches: tuple[Mismatch, ...]
    kind: MachineKind


@dataclass(frozen=True, slots=True)
class PartLost:
    """The process that examined a part was lost, or its worker; it is tried again alone when all others are done."""

    planned: Planned
    why: str


@dataclass(frozen=True, slots=True)
class CaseBlamed:
    """A part cannot be examined to its end: whoever tries is lost with one of its cases.

    Parameters
    ----------
    planned : Planned
    place : int
        Of the case, from 1, among those of the part.
    why : str
        How it is lost.
    """

    planned: Planned
    place: int
    why: str


@dataclass(frozen=True, slots=True)
class StillGoing:
    """So many parts are handed out at the moment."""

    running: int
    waiting: int


CampaignEvent = PartCollected | PartLost | CaseBlamed | StillGoing
"""What a campaign tells."""

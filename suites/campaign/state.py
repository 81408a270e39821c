"""How far a campaign is, told by its events; and the files that say so to others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ...reports.files.document import read_document
from ...reports.files.layout import CAMPAIGN
from ...reports.files.whole import write_whole
from ...reports.records.campaign_state import CampaignState, Lost, Met, PartsOf
from ...reports.records.machine_kinds import MachineKind
from ...reports.records.record import Mismatch
from ...reports.records.serialization import to_json
from ...reports.site.campaign import write_campaign
from ...reports.views.machines import machines_sentence
from ...reports.views.wording import headline
from .events import CampaignEvent, CaseBlamed, PartCollected, PartLost, Planned, StillGoing

_MOST_MET = 20


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(slots=True)
class Watching:
    """Counts as events come in.

    Parameters
    ----------
    name_of : callable
        The name of the candidate of a source, as far as it is known.
    totals : mapping of str to int
        By source, the number of parts.
    before : mapping of str to int
        By source, how many of them were there when the campaign began.
    """

    name_of: Callable[[str], str]
    totals: Mapping[str, int]
    before: Mapping[str, int]
    _started: str = field(default_factory=_now)
    _ended: bool = False
    _running: int = 0
    _waiting: int = 0
    _done: Counter[str] = field(default_factory=Counter)
    _mismatches: Counter[str] = field(default_factory=Counter)
    _machines: Counter[str] = field(default_factory=Counter)
    _met: list[Met] = field(default_factory=list)
    _first: dict[Met, Mismatch] = field(default_factory=dict)
    _kinds: dict[frozenset[str], MachineKind] = field(default_factory=dict)
    _lost: dict[Planned, Lost] = field(default_factory=dict)

    def note(self, event: CampaignEvent) -> None:
        """Something was told."""
        match event:
            case PartCollected(part, where, _, _, mismatches, kind):
                self._done[part.candidate] += 1
                self._mismatches[part.candidate] += len(mismatches)
                self._machines[where] += 1
                self._note_met(mismatches, kind)
            case PartLost(planned, why):
                known = self._lost.get(planned)
                times = 1 if known is None else known.times + 1
                self._lost[planned] = Lost(self.name_of(planned.source), planned.number, why, times)
            case CaseBlamed(planned, place, why):
                times = self._lost[planned].times + 1
                self._lost[planned] = Lost(self.name_of(planned.source), planned.number, why, times, place)
            case StillGoing(running, waiting):
                self._running, self._waiting = running, waiting

    def _note_met(self, mismatches: tuple[Mismatch, ...], kind: MachineKind) -> None:
        """What is told in the same words, on the same case, counts as the first of it."""
        names = {}
        for mismatch in mismatches:
            met = Met(mismatch.candidate, headline(mismatch), mismatch.case)
            names[mismatch.id] = self._first.setdefault(met, mismatch).id
            if met not in self._met:
                self._met = [met, *self._met][:_MOST_MET]
        if kind.instructions:
            known = self._kinds.get(kind.instructions)
            told = kind.told_as(names)
            self._kinds[kind.instructions] = told if known is None else known + told

    def _told(self, met: Met) -> Met:
        """With the machines on which it was met, where others were asked the same."""
        where = machines_sentence([self._first[met]], self._kinds.values())
        return replace(met, text=f"{met.text}. {where}".removesuffix(".")) if where else met

    def end(self) -> None:
        """The campaign has ended."""
        self._ended, self._running, self._waiting = True, 0, 0

    def state(self) -> CampaignState:
        """How far it is now."""
        names = {source: self.name_of(source) for source in self.totals}
        parts = (
            PartsOf(name, self.before.get(source, 0) + self._done[name], self.totals[source], self._mismatches[name])
            for source, name in names.items()
        )
        machines = tuple(self._machines.most_common())
        told = (
            self._running,
            self._waiting,
            tuple(parts),
            tuple(self._lost.values()),
            tuple(map(self._told, self._met)),
            machines,
        )
        return CampaignState(self._started, _now(), self._ended, *told)


def write_state(state: CampaignState, folder: Path) -> None:
    """Write how far it is into its folder: for `convoracle campaign status`, and as a page."""
    write_whole(folder / CAMPAIGN, to_json(state, indent=2) + "\n")
    write_campaign(state, folder)


def read_state(folder: Path) -> CampaignState:
    """How far the campaign in a folder is, or was when its process ended.

    Raises
    ------
    InvalidRecord
        If there is none, or it is damaged.
    """
    return read_document(CampaignState, folder / CAMPAIGN)

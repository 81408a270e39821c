"""Writes the pages of a run into its folder; what is not written whole is not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ..files.layout import ACCURACY, CASES, CERTIFICATES, IDENTITY, MATRIX, MISMATCHES, PAGE, PARTIAL
from ..files.whole import write_whole
from ..records.baseline import Held
from ..records.line import Line
from ..records.ratios import Gathering
from ..records.record import Mismatch, RunInfo
from ..records.totals import Beside, Run
from ..views.wording import candidate_name
from .accuracy import accuracy_page
from .case_list import CaseList
from .certificates import certificates_page
from .detail import Fact, MismatchView, mismatch_on_page
from .front import CauseCard, KnownNote, environment, front_page, in_order, known_note, mismatch_href, names_of
from .html import page
from .identity import identity_page
from .matrix import matrix_page


@dataclass(frozen=True, slots=True)
class MismatchPage:
    """The page of one mismatch, and those before and after it."""

    title: str
    section: str
    item: MismatchView
    card: CauseCard
    place: str
    before: str
    after: str
    known: KnownNote | None
    card_href: str
    environment: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class CasesPage:
    """The page that lists all cases; what it lists it loads."""

    title: str
    section: str


class SiteWriter:
    """Writes the site of a run folder: `listen` while its records are read, then :meth:`finish`.

    A context manager: what was begun is removed if it does not come to its end.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._partial = self._folder / f"{PARTIAL}{CASES}"
        self._cases: CaseList | None = None
        self._gathering: Gathering | None = None
        self._beside: tuple[str, ...] = ()

    def listen(self, info: RunInfo) -> Callable[[Line], None]:
        """What is to be told every record of the run."""
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir()
        self._cases = cases = CaseList(self._partial, info.checks)
        self._gathering = gathering = Gathering(info.checks)

        def add(line: Line) -> None:
            cases.add(line)
            gathering.add(line)

        return add

    def finish(self, run: Run, against: Held) -> None:
        """Write all pages, in the place of earlier ones; the first page last."""
        if self._cases is None or self._gathering is None:
            raise RuntimeError("a site is written after it has listened to the records")
        self._cases.finish()
        survey = self._cases.surveying.result()
        self._write_beside(run.beside)
        self._write(self._partial, "cases.html", CasesPage("Cases · convoracle", CASES), "cases.js")
        self._write_mismatches(run, against)
        self._write(self._folder / MATRIX, "matrix.html", matrix_page(survey, run.totals.counts, names_of(run)))
        ratios = accuracy_page(self._gathering.result())
        self._write(self._folder / ACCURACY, "accuracy.html", ratios, "accuracy.js")
        shutil.rmtree(self._folder / CASES, ignore_errors=True)
        self._partial.rename(self._folder / CASES)
        self._write(self._folder, "front.html", front_page(run, survey, against))

    def _write_beside(self, beside: Beside) -> None:
        """Write the pages of certificates and identity cards, where there are any."""
        both = ((CERTIFICATES, beside.certificates), (IDENTITY, beside.identities))
        self._beside = tuple(name for name, documents in both if documents)
        if beside.certificates:
            self._write(self._folder / CERTIFICATES, "certificates.html", certificates_page(beside.certificates))
        if beside.identities:
            self._write(self._folder / IDENTITY, "identity.html", identity_page(beside.identities))

    def _write(self, folder: Path, template: str, view: object, *scripts: str) -> None:
        """Write a page of the run into a folder."""
        root = "../" * len(folder.relative_to(self._folder).parts)
        write_whole(folder / PAGE, page(template, view, root=root, scripts=scripts, beside=self._beside))

    def _write_mismatches(self, run: Run, against: Held) -> None:
        told = list(in_order(run, against))
        probed = [cards.candidate for cards in run.beside.identities]
        infos = {candidate.name: candidate for candidate in run.info.candidates}
        where = environment(run.info)
        known = {mismatch.id: known_note(known) for known, members in against.known for mismatch in members}
        for number, (card, mismatch) in enumerate(told):
            info = infos.get(mismatch.candidate)
            item = mismatch_on_page(mismatch, info, run.totals.counts.faults.get(mismatch.id, 0), self._folder)
            view = MismatchPage(
                title=f"{item.title} · convoracle",
                section="",
                item=item,
                card=card,
                place=f"{number + 1} of {len(told)}, {candidate_name(mismatch.candidate, info)}",
                before=_neighbour(told, number - 1),
                after=_neighbour(told, number + 1),
                known=known.get(mismatch.id),
                card_href=_card_href(mismatch.candidate, probed),
                environment=where,
            )
            self._write(self._folder / MISMATCHES / mismatch.id, "mismatch.html", view)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)


def _card_href(candidate: str, probed: list[str]) -> str:
    """The way to the candidate's identity cards; empty where there are none."""
    return f"{IDENTITY}/{PAGE}#candidate-{probed.index(candidate)}" if candidate in probed else ""


def _neighbour(told: list[tuple[CauseCard, Mismatch]], place: int) -> str:
    return mismatch_href(told[place][1]) if 0 <= place < len(told) else ""

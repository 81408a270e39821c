"""The page on which two runs are compared: what is worse first, each fault with the way to its page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ...oracle.judging.verdict import Outcome
from ..files.layout import MISMATCHES, PAGE
from ..files.whole import write_whole
from ..records.naming import with_version
from ..records.record import RunInfo
from ..views.difference import Difference
from ..views.difference_text import Kind, conclusion, kinds
from ..views.wording import SYMBOLS, clean
from .html import page


@dataclass(frozen=True, slots=True)
class RunLink:
    """A run, and the way to its first page."""

    name: str
    facts: str
    href: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line, and the way to the page of the fault that it tells of; empty where there is none."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of difference."""

    title: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """What the page says."""

    title: str
    section: str
    tone: str
    symbol: str
    headline: str
    amount: str
    before: RunLink
    after: RunLink
    sections: tuple[Section, ...]


def write_comparison(found: Difference, before: tuple[RunInfo, Path], after: tuple[RunInfo, Path], file: Path) -> None:
    """Write the page, in the place of an earlier one.

    Parameters
    ----------
    found : Difference
    before, after : (RunInfo, Path)
        The runs and their folders, in which the pages lie to which it leads.
    file : Path
        Whose folder is there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    links = tuple(_run_link(info, folder, file) for info, folder in (before, after))
    ways = tuple(_way(folder, file) for _, folder in (before, after))
    verdict, _, amount = conclusion(found).partition("; ")
    view = ComparisonPage(
        title="Two runs compared · convoracle",
        section="",
        tone="bad" if found.is_worse else "warn" if found.silenced or found.layers.silenced or found.went else "known",
        symbol=SYMBOLS[Outcome.VIOLATES] if found.is_worse else "≈",
        headline=f"{verdict[:1].upper()}{verdict[1:]}",
        amount=amount,
        before=links[0],
        after=links[1],
        sections=tuple(_section(kind, ways[kind.is_later]) for kind in kinds(found)),
    )
    write_whole(file, page("comparison.html", view, root=ways[1]))


def _run_link(info: RunInfo, folder: Path, file: Path) -> RunLink:
    candidates = ", ".join(clean(with_version(each.name, each.version)) for each in info.candidates)
    facts = f"{candidates}; seed {info.seed}, {clean(info.profile)}, {clean(info.started)}"
    return RunLink(clean(str(folder)), facts, f"{_way(folder, file)}{PAGE}")


def _way(folder: Path, file: Path) -> str:
    """From the page to a run's folder, as an address."""
    relative = Path(os.path.relpath(folder.resolve(), file.resolve().parent)).as_posix()
    return f"{quote(relative)}/"


def _section(kind: Kind, way: str) -> Section:
    lines = (
        LineView(line.text, f"{way}{MISMATCHES}/{line.mismatch}/{PAGE}" if line.mismatch else "") for line in kind.lines
    )
    return Section(f"{kind.title[:1].upper()}{kind.title[1:]}", tuple(lines))

"""The page on precision: how near errors come to their bounds, against the number of terms, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from ...oracle.answers.exact import term_counts
from ...oracle.errors import InvalidArgument
from ...oracle.problem.passes import Pass
from ..records.evidence import case_geometry, subject_pass
from ..records.ratios import EXACT, INFINITE, Ratios
from ..views.wording import clean, rounded
from .html import data
from .matrix import link

MOST_POINTS = 2400
"""On the page; of each group the same number."""
_MOST_COUNTED = 1 << 24
"""Positions, of which terms are counted."""
_LEAST_BIN = -16
"""Errors of 2^-17 of their bounds and less are shown as one bar."""
_LEAST_ULPS, _MOST_ULPS = -8, 24
"""And so are those below 2^-9 units in the last place, which are sums in a wider format, and those above 2^23."""


@dataclass(frozen=True, slots=True)
class RatioRow:
    """A line of the table: what was measured of one pass of one candidate in one dtype."""

    candidate: str
    subject: str
    dtype: str
    count: str
    exact: str
    typical: str
    worst: str
    tone: str
    case: str
    href: str


@dataclass(frozen=True, slots=True)
class AccuracyPage:
    """The page; `data` is what its script draws."""

    title: str
    section: str
    rows: tuple[RatioRow, ...]
    data: Markup


def accuracy_page(ratios: tuple[Ratios, ...]) -> AccuracyPage:
    """The table, and the numbers of both plots."""
    names: dict[str, int] = {}
    each = max(1, MOST_POINTS // max(len(ratios), 1))
    groups = [_group(group, names, each) for group in ratios]
    drawn = {
        "names": [clean(name) for name in names],
        "leastBin": _LEAST_BIN,
        "leastUlps": _LEAST_ULPS,
        "groups": groups,
    }
    return AccuracyPage("Precision · convoracle", "accuracy", tuple(map(_row, ratios)), data(drawn))


def _row(group: Ratios) -> RatioRow:
    worst = group.worst
    return RatioRow(
        clean(group.candidate),
        clean(group.subject),
        group.dtype,
        f"{group.count:,}",
        f"{100 * group.bins.get(EXACT, 0) / group.count:.0f} %",
        _typical(group),
        rounded(worst.ratio),
        "good" if worst.ratio <= 1 else "bad",
        clean(worst.case),
        link(candidate=group.candidate, **{"pass": group.subject}, q=worst.case),
    )


def _typical(group: Ratios) -> str:
    """The power of two up to which half of the ratios are."""
    seen = 0
    for place in sorted(group.bins):
        seen += group.bins[place]
        if 2 * seen >= group.count:
            return "0" if place == EXACT else "beyond all" if place == INFINITE else f"up to {rounded(2.0**place)}"
    return ""


def _group(group: Ratios, names: dict[str, int], most: int) -> list[Any]:
    """Candidate, pass and dtype by number, the bins, and the points: terms, ratio and case."""
    numbers = [names.setdefault(name, len(names)) for name in (group.candidate, group.subject, group.dtype)]
    bins: dict[int, int] = {}
    for place, count in group.bins.items():
        bins[max(place, _LEAST_BIN)] = bins.get(max(place, _LEAST_BIN), 0) + count
    ulps: dict[int, int] = {}
    for place, count in group.ulps.items():
        place = min(max(place, _LEAST_ULPS), _MOST_ULPS)
        ulps[place] = ulps.get(place, 0) + count
    step = max(1, math.ceil(len(group.points) / most))
    points = []
    for point in (*group.points[::step], group.worst):
        count = _terms(point.case.partition("/")[0], group.subject)
        if count and math.isfinite(point.ratio):
            points.append([count, float(f"{point.ratio:.3g}"), clean(point.case)])
    return [*numbers, sorted(bins.items()), points, sorted(ulps.items())]


@lru_cache(maxsize=8192)
def _terms(geometry: str, subject: str) -> int:
    """The most terms of any element of a pass's result; 0 where the text is no geometry, a huge one, or no pass's."""
    pass_ = subject_pass(subject)
    if pass_ is None:
        return 0
    try:
        parsed = case_geometry(geometry)
        sizes = (parsed.direct.size, parsed.direct.output_size, parsed.kernel)
        if max(parsed.positions, *map(math.prod, sizes)) > _MOST_COUNTED:
            return 0
        return int(term_counts(Pass(pass_), parsed).max(initial=0))
    except InvalidArgument:
        return 0

"""Tests of a candidate that a marker names: one for each check and pass, by the fixture `conv_check`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import pytest

from ...oracle.errors import InvalidArgument
from ...oracle.problem.passes import Pass
from ...reports.records.record import CandidateInfo
from ...reports.records.tally import Row
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import CandidateError
from ..cases.budget import Budget
from ..search.collected import Findings, examine_all
from .fixture import Conformance
from .rows import asked_rows, require

MARKER = "conformance"
_PASSES = frozenset(map(str, Pass))
_EXAMPLE = "@pytest.mark.conformance(candidate=my_conv2d, dtypes=['float32'])"


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A candidate that a marker names, and what is asked of it."""

    candidate: object
    budget: Budget


_FOUND = pytest.StashKey[dict[Marked, tuple[Findings, CandidateInfo]]]()


def parametrize(metafunc: pytest.Metafunc, judge: Conformance) -> None:
    """Make a test of each row of the candidate that the test's marker names.

    Raises
    ------
    pytest.Collector.CollectError
        If there is no such marker, or the candidate cannot be loaded.
    """
    marker = metafunc.definition.get_closest_marker(MARKER)
    asked = {} if marker is None else dict(marker.kwargs)
    candidates = (
        () if marker is None else (*marker.args, *(asked.pop(name) for name in ("candidate",) if name in asked))
    )
    if len(candidates) != 1:
        raise pytest.Collector.CollectError(f"conv_check wants a marker with one candidate: {_EXAMPLE}")
    try:
        marked = Marked(candidates[0], judge.budget(**asked))
        with closing(Isolated(marked.candidate, Limits())) as executor:
            rows = [row for row in asked_rows(executor) if _is_of(row, marked.budget)]
    except TypeError as error:
        raise pytest.Collector.CollectError(f"marker {MARKER}: {error}") from None
    except (CandidateError, InvalidArgument) as error:
        raise pytest.Collector.CollectError(f"marker {MARKER}: {error}") from error
    names = [f"{row.check}-{row.subject}" for row in rows]
    metafunc.parametrize("conv_check", [(marked, row) for row in rows], indirect=True, ids=names)


class RowCheck:
    """What judges the row of a test; the candidate is examined when the first of its rows is."""

    def __init__(self, config: pytest.Config, marked: Marked, row: Row) -> None:
        self._config, self._marked, self._row = config, marked, row
        self.was_called = False

    def __call__(self) -> None:
        self.was_called = True
        found, marked = self._config.stash.setdefault(_FOUND, {}), self._marked
        if marked not in found:
            with closing(Isolated(marked.candidate, Limits())) as executor:
                found[marked] = examine_all(executor, marked.budget), executor.info
        require(self._row, *found[marked])


def check_of(request: pytest.FixtureRequest) -> RowCheck:
    """The check of the row that a test has as its parameter."""
    return RowCheck(request.config, *request.param)


def _is_of(row: Row, budget: Budget) -> bool:
    """Whether a row can have something in it where only some passes are asked."""
    names = {str(pass_) for pass_ in budget.passes}
    return row.subject in names or row.subject not in _PASSES

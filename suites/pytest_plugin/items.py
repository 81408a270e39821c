"""The tests that `--conv-candidate` adds: one for each check and pass of each candidate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ...reports.records.tally import Row
from ..candidates import CandidateError
from .rows import asked_rows, require
from .shared_run import SharedRun


def items_of(session: pytest.Session, shared: SharedRun, sources: tuple[str, ...]) -> Iterator[pytest.Item]:
    """One test for each check and pass of each candidate, of those that it is asked by `convoracle check`.

    Raises
    ------
    pytest.UsageError
        If a candidate cannot be loaded, or two have the same name.
    """
    names: dict[str, str] = {}
    for source in sources:
        try:
            executor = shared.executor(source)
        except CandidateError as error:
            raise pytest.UsageError(f"--conv-candidate: {error}") from error
        other = names.setdefault(executor.info.name, source)
        if other != source:
            raise pytest.UsageError(f"--conv-candidate: {other} and {source} are both called {executor.info.name}")
        items = [_item(session, shared, source, row) for row in asked_rows(executor)]
        for item in items:
            session.ihook.pytest_itemcollected(item=item)
        collected = pytest.CollectReport(nodeid=source, outcome="passed", longrepr=None, result=[*items])
        session.ihook.pytest_collectreport(report=collected)  # which makes them count
        yield from items


def _item(session: pytest.Session, shared: SharedRun, source: str, row: Row) -> ConformanceItem:
    name = f"{row.check}[{row.subject}]"
    item: ConformanceItem = ConformanceItem.from_parent(
        session, name=name, nodeid=f"{source}::{name}", source=source, row=row, shared=shared
    )
    item.add_marker("conformance")
    return item


class ConformanceItem(pytest.Item):
    """The test of one check on one pass of one candidate: its part of what one run finds of all of them."""

    def __init__(self, *, source: str, row: Row, shared: SharedRun, **parent: object) -> None:
        super().__init__(**parent)  # type: ignore[arg-type]
        self.source, self._row, self._shared = source, row, shared

    def runtest(self) -> None:
        require(self._row, self._shared.findings(self.source), self._shared.executor(self.source).info)

    def reportinfo(self) -> tuple[str, None, str]:
        return self.source.rpartition(":")[0] or self.source, None, self.name

"""The pursuit of one fault: as small as it gets, within its attempts, and never away from the fault."""

from __future__ import annotations

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.drawing import Chunk
from convoracle.suites.cases.strategies import Space
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search.ledger import Ledger
from convoracle.suites.search.pursuit import Pursuit

SPACE = Space(ranks=(1, 2), dtypes=("float32", "float64"), max_products=500)
MET = parse_case("n2c2k2i7f2s3g2/bias/float64/wide/41/strided")
SMALLEST = "n1c1k1i3f1s2/float32/uniform/0"
MANY = 1000


def pursuit(name: str, case: Case, limit: int = MANY, known: tuple[Fault, ...] = ()) -> Pursuit:
    """Of a fault that was met in the weight gradient of a case."""
    executor = PlantedInProcess(fault_named(name))
    result = ask_again(executor, "structure", "weight_gradient", case)
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES
    ledger = Ledger(name, 20, list(known))
    fault = ledger.take_up(result, case, None)
    return Pursuit(executor, Offer(SPACE), ledger.faults, fault, case, limit)


def test_a_case_is_made_small_step_by_step() -> None:
    pursued = pursuit("stride-ignored-in-weight-gradient", MET)
    assert not pursued.begin()
    pursued.shrink(None)
    pursued.conclude()
    assert (str(pursued.fault.shrunk), str(pursued.fault.found)) == (SMALLEST, str(MET))
    assert pursued.fault.needs == {"stride above 1", "several windows"}
    assert 10 < pursued.attempts < MANY


def test_a_drawn_case_is_made_small_by_hypothesis_first(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk(SPACE, 0, 0)
    met = max(chunk.cases(), key=lambda case: case.geometry.products)
    pursued = pursuit("returns-zeros", met)
    for step in ("_make_smaller", "_make_plainer"):
        monkeypatch.setattr(Pursuit, step, lambda *_: None)
    pursued.shrink(chunk)
    assert pursued.smallest.geometry.products < met.geometry.products
    assert pursued.shows(pursued.smallest)


def test_it_begins_at_the_plainest_case_that_shows_it_and_drawing_is_left_out() -> None:
    pursued = pursuit("returns-zeros", MET)
    assert pursued.begin()
    assert str(pursued.smallest) == "n1c1k1i1f1/float32/uniform/0"

    class NoChunk(Chunk):
        def smallest(self, *_: object) -> Case:
            raise AssertionError

    pursued.shrink(NoChunk(SPACE, 0, 0))
    assert str(pursued.smallest) == "n1c1k1i1f1/float32/uniform/0"


def test_it_begins_where_a_fault_that_ends_alike_was_shrunk_to() -> None:
    older = pursuit("stride-ignored-in-weight-gradient", MET)
    older.shrink(None)
    older.conclude()
    older.fault.subject = str(Pass.FORWARD)
    newer = pursuit("stride-ignored-in-weight-gradient", MET, known=(older.fault,))
    assert newer.begin()
    assert str(newer.smallest) == SMALLEST


@pytest.mark.parametrize("limit", [0, 1, 5, 20])
def test_no_more_cases_are_asked_than_there_are_attempts(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    shown = Pursuit._verdict_if_shown

    def counted(pursued: Pursuit, case: Case) -> object:
        asked.append(case)
        return shown(pursued, case)

    monkeypatch.setattr(Pursuit, "_verdict_if_shown", counted)
    pursued = pursuit("stride-ignored-in-weight-gradient", MET, limit)
    pursued.begin()
    pursued.shrink(None)
    pursued.conclude()
    assert len(asked) <= limit
    assert pursued.shows(pursued.fault.shrunk)
    assert limit or pursued.fault.shrunk == MET


def test_a_case_that_can_be_another_known_fault_does_not_count() -> None:
    older = pursuit("stride-ignored-in-weight-gradient", MET)
    older.shrink(None)
    older.conclude()
    newer = pursuit("returns-zeros", MET, known=(older.fault,))
    assert newer.shows(parse_case("n1c1k1i1f1/float32/uniform/0"))
    assert not newer.shows(parse_case("n1c1k1i5f1s2/float32/uniform/0"))

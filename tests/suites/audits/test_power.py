"""The power of a stream of cases: what it says is seen is found, and what cannot be seen is said."""

from __future__ import annotations

from convoracle.oracle.faults import fault_named
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.power import ENOUGH, powers, stream
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space

MODELS = tuple(map(fault_named, ("kernel-not-rotated", "result-in-bfloat16", "nan-taken-for-zero", "operand-changed")))


def test_the_plainest_case_sees_no_kernel_and_a_second_one_does() -> None:
    plain, wider = (Case(parse_geometry(text), False, "float32", "uniform", 0) for text in ("n1c1k1i1f1", "n1c1k1i2f2"))
    model = fault_named("kernel-not-rotated")
    assert {each.first for each in powers([plain], [model])} == {None}
    found = list(powers([plain, wider, wider], [model]))
    assert [(each.pass_, each.seen, each.first) for each in found] == [
        (Pass.INPUT_GRADIENT, 2, 2),
        (Pass.DOUBLE_BACKWARD_INPUT, 2, 2),
    ]


def test_a_quick_run_sees_faults_of_every_kind_in_every_pass() -> None:
    found = list(powers(stream(PROFILES["quick"].space(dtypes=DTYPES), 80, 0), MODELS))
    assert {each.model for each in found} == set(MODELS)
    assert all(0 < each.seen <= ENOUGH for each in found)


def test_the_stream_is_that_of_its_seed_and_stays_in_its_space() -> None:
    space = Space(ranks=(1,), dtypes=("float64",), max_products=300)
    asked = stream(space, 30, 3)
    assert asked == stream(space, 30, 3)
    assert asked != stream(space, 30, 4)
    assert 25 <= len(set(asked)) == len(asked)
    assert {(case.geometry.rank, case.dtype) for case in asked} == {(1, "float64")}

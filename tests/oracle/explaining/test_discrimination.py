"""Cases that tell faults apart: found by the same search every time, within the features that a scope allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.explaining.discrimination import (
    MOST_PRODUCTS,
    TRIES,
    DistinguishingCase,
    Scope,
    distinguishing_case,
    geometries,
)
from convoracle.oracle.explaining.reproduction import Effort, evaluate
from convoracle.oracle.faults import FaultModel, fault_named
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.layouts import CONTIGUOUS
from convoracle.oracle.problem.passes import Pass

STRIDES = ("first-stride-on-all-axes", "stride-axes-exchanged", "stride-ignored")
KNOWN = Case(parse_geometry("n1c1k1i1x3f1x1s1x2"), True, "float64", "normal", 5, "fortran")


def models(*names: str) -> tuple[tuple[FaultModel], ...]:
    return tuple((fault_named(name),) for name in names)


def answers(found: DistinguishingCase, *names: str) -> int:
    """How many results there are, counted anew."""
    operands = lattice_operands(found.case)
    given = ((), *models(*names))
    return len({evaluate(each, found.pass_, operands, found.case.geometry).tobytes() for each in given})


def test_all_are_told_apart_from_each_other_and_from_the_right_result() -> None:
    found = distinguishing_case(models(*STRIDES), Pass.FORWARD, KNOWN)
    assert found is not None
    assert found.tells_apart
    assert found.pass_ is Pass.FORWARD
    assert found.answers == answers(found, *STRIDES) == 4
    assert found == distinguishing_case(models(*STRIDES), Pass.FORWARD, KNOWN)


def test_dtype_and_bias_are_kept_and_the_rest_is_plain() -> None:
    found = distinguishing_case(models("stride-ignored"), Pass.FORWARD, KNOWN)
    assert found is not None
    assert (found.case.dtype, found.case.bias) == ("float64", True)
    assert (found.case.fill, found.case.layout) == ("uniform", CONTIGUOUS)
    assert not found.tells_apart
    assert found.answers == 2


def test_the_case_is_the_first_of_those_drawn_that_will_do() -> None:
    found = distinguishing_case(models("stride-ignored"), Pass.FORWARD, KNOWN)
    assert found is not None
    drawn = list(geometries(KNOWN.geometry, Scope.ANY, TRIES))
    assert drawn[found.case.seed] == found.case.geometry
    for number, geometry in enumerate(drawn[: found.case.seed]):
        case = replace(found.case, geometry=geometry, seed=number)
        assert answers(replace(found, case=case), "stride-ignored") == 1
    later = distinguishing_case(models("stride-ignored"), Pass.FORWARD, KNOWN, first=found.case.seed + 1)
    assert later is not None
    assert later.case.seed > found.case.seed
    assert later.case.geometry == drawn[later.case.seed]


def test_if_none_tells_all_apart_it_is_one_that_tells_most() -> None:
    same = models("stride-ignored", "stride-ignored", "stride-axes-exchanged")
    found = distinguishing_case(same, Pass.FORWARD, KNOWN)
    assert found is not None
    assert (found.answers, found.tells_apart) == (3, True)


def test_who_is_not_choosy_takes_any_two_that_differ() -> None:
    same = models("stride-ignored", "stride-ignored", "stride-axes-exchanged")
    effort = {choosy: Effort(10**6) for choosy in (True, False)}
    for choosy, left in effort.items():
        assert distinguishing_case(same, Pass.FORWARD, KNOWN, is_choosy=choosy, effort=left) is not None
    assert effort[False].left > effort[True].left


@pytest.mark.parametrize(
    ("name", "pass_", "dtype"),
    [("kernel-not-rotated", Pass.FORWARD, "float32"), ("update-uphill", Pass.UPDATE, "int8")],
)
def test_there_is_none_where_the_pass_is_right_or_not_defined(name: str, pass_: Pass, dtype: str) -> None:
    known = Case(parse_geometry("n1c1k1i3f1s2"), False, dtype, "uniform", 0)
    assert distinguishing_case(models(name), pass_, known) is None


def test_effort_ends_the_search() -> None:
    none = Effort(1)
    assert distinguishing_case(models(*STRIDES), Pass.FORWARD, KNOWN, effort=none) is None
    assert none.is_spent
    assert distinguishing_case(models(*STRIDES), Pass.FORWARD, KNOWN, first=TRIES) is None


def test_the_scope_of_features_has_no_more_than_the_known_case() -> None:
    known = parse_geometry("n2c1k1i5x5f2x2s1x2")
    drawn = list(geometries(known, Scope.FEATURES, TRIES))
    for geometry in drawn:
        assert (geometry.rank, geometry.groups) == (2, 1)
        assert (set(geometry.padding), set(geometry.dilation)) == ({(0, 0)}, {1})
    assert max(max(geometry.stride) for geometry in drawn) > 1
    even = parse_geometry("n2c2k2i5f2p1d2g2")
    drawn = list(geometries(even, Scope.FEATURES, TRIES))
    assert all(low == high for geometry in drawn for low, high in geometry.padding)
    assert {geometry.stride for geometry in drawn} == {(1,)}
    assert max(geometry.groups for geometry in drawn) > 1
    assert max(max(geometry.dilation) for geometry in drawn) > 1


def test_the_scope_of_sizes_has_other_sizes_only() -> None:
    known = parse_geometry("n2c2k4i5x4f2x3s1x2p1x0+1d2x1g2")
    drawn = list(geometries(known, Scope.SIZES, TRIES))
    for geometry in drawn:
        assert replace(geometry, batch=known.batch, size=known.size, kernel=known.kernel) == known
        assert all(old <= new <= old + 5 for old, new in zip(known.size, geometry.size, strict=True))
        assert all(old <= new <= old + 1 for old, new in zip(known.kernel, geometry.kernel, strict=True))
    assert len(set(drawn)) > 10


@pytest.mark.parametrize(("scope", "ranks"), [(Scope.ANY, {1, 2}), (Scope.RANK, {1})])
def test_the_wider_scopes_have_every_feature(scope: Scope, ranks: set[int]) -> None:
    drawn = list(geometries(parse_geometry("n1c1k1i3f1"), scope, TRIES))
    assert drawn == list(geometries(parse_geometry("n1c1k1i3f1"), scope, TRIES))
    assert len(drawn) >= TRIES // 2
    assert {geometry.rank for geometry in drawn} == ranks
    assert max(geometry.groups for geometry in drawn) > 1
    assert max(max(geometry.stride) for geometry in drawn) > 1
    assert any(low != high for geometry in drawn for low, high in geometry.padding)
    assert max(geometry.products for geometry in drawn) <= MOST_PRODUCTS


@pytest.mark.parametrize("scope", Scope)
def test_what_kind_of_convolution_it_is_stays(scope: Scope) -> None:
    for geometry in geometries(parse_geometry("n2c1k1i4f2s2to1"), scope, TRIES):
        assert geometry.transposed
        assert not geometry.is_degenerate
    assert {each.padding_mode for each in geometries(parse_geometry("n1c1k1i4f2p1mreflect"), scope, TRIES)} == {
        "reflect"
    }
    assert {each.batch for each in geometries(parse_geometry("n0c1k1i4f2"), scope, TRIES)} == {0}

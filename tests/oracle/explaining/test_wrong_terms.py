"""What impulses found, told in lines: misplaced, missing, extra, repeated and scaled terms; of many, a few."""

from __future__ import annotations

import pytest

from convoracle.oracle.answers.equations import Element, Term
from convoracle.oracle.explaining.impulses import Reading, WrongTerm
from convoracle.oracle.explaining.wrong_terms import MOST_ELEMENTS, MOST_REMARKS, MOST_TERMS, tell
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass

ROW = parse_geometry("n1c1k1i3f2")


def product(x: int, f: int) -> Term:
    """X and F of these indices, counted from 1 as they are shown."""
    return Term((Element("input", (0, 0, x - 1)), Element("weight", (0, 0, f - 1))))


def told(*wrong: tuple[Term, float, float]) -> str:
    """The remarks on O₁, which should be X₁F₁ + X₂F₂, of (term, expected, actual)."""
    reading = Reading({(0, 0, 0): tuple(WrongTerm(*each) for each in wrong)})
    (line,) = tell(reading, Pass.FORWARD, ROW)
    should, _, remarks = line.partition("; ")
    assert should == "O₁ should be X₁F₁ + X₂F₂"
    return remarks


@pytest.mark.parametrize(
    ("wrong", "remarks"),
    [
        ([(product(1, 1), 1, 0)], "X₁F₁ is missing"),
        ([(product(3, 2), 0, 1)], "X₃F₂ is extra"),
        ([(product(3, 2), 0, 3)], "3·X₃F₂ is extra"),
        ([(product(3, 2), 0, -0.5)], "-0.5·X₃F₂ is extra"),
        ([(product(1, 1), 1, 2)], "X₁F₁ is there 2 times instead of 1"),
        ([(product(1, 1), 2, 3)], "X₁F₁ is there 3 times instead of 2"),
        ([(product(1, 1), 2, 1)], "X₁F₁ is multiplied by 0.5"),
        ([(product(1, 1), 1, -1)], "X₁F₁ is multiplied by -1"),
        ([(product(1, 1), 1, 1.5)], "X₁F₁ is multiplied by 1.5"),
        ([(product(2, 2), 1, 0), (product(3, 2), 0, 1)], "the candidate uses X₃ in place of X₂ beside F₂"),
        ([(product(2, 2), 1, 0), (product(2, 1), 0, 1)], "the candidate uses F₁ in place of F₂ beside X₂"),
        ([(product(2, 2), 1, 0), (product(3, 1), 0, 1)], "X₂F₂ is missing, X₃F₁ is extra"),
        ([(product(2, 2), 1, 0), (product(3, 2), 0, 2)], "X₂F₂ is missing, 2·X₃F₂ is extra"),
    ],
)
def test_a_remark_for_each_wrong_term(wrong: list[tuple[Term, float, float]], remarks: str) -> None:
    assert told(*wrong) == remarks


def test_a_lost_term_is_in_one_remark_only_and_misplaced_ones_come_first() -> None:
    remarks = told((product(1, 1), 1, 3), (product(2, 2), 1, 0), (product(3, 2), 0, 1), (product(2, 1), 0, 1))
    assert remarks == (
        "the candidate uses X₃ in place of X₂ beside F₂, X₂F₁ is extra, X₁F₁ is there 3 times instead of 1"
    )


def test_an_element_with_nothing_in_it() -> None:
    assert told((product(1, 1), 1, 0), (product(2, 2), 1, 0)) == "the candidate uses none of them"
    alone = parse_geometry("n1c1k1i1f1")
    reading = Reading({(0, 0, 0): (WrongTerm(product(1, 1), 1, 0),)})
    assert tell(reading, Pass.FORWARD, alone) == ("O₁ should be X₁F₁; the candidate has nothing there",)


def test_a_bias_is_a_term_where_there_is_one() -> None:
    reading = Reading({(0, 0, 0): (WrongTerm(Term((Element("bias", (0,)),)), 1, 0),)})
    assert tell(reading, Pass.FORWARD, ROW, bias=True) == ("O₁ should be X₁F₁ + X₂F₂ + b; b is missing",)


def test_an_objection_is_all_that_is_told() -> None:
    reading = Reading({(0, 0, 0): (WrongTerm(product(1, 1), 1, 0),)}, "it is not bilinear")
    assert tell(reading, Pass.FORWARD, ROW) == ("Its terms cannot be read off: it is not bilinear.",)
    assert tell(Reading({}), Pass.FORWARD, ROW) == ()


@pytest.mark.parametrize(
    ("elements", "last"),
    [
        (MOST_ELEMENTS, None),
        (MOST_ELEMENTS + 1, "and 1 more element with other terms than they should have"),
        (MOST_ELEMENTS + 2, "and 2 more elements with other terms than they should have"),
    ],
)
def test_of_many_elements_a_few_are_told(elements: int, last: str | None) -> None:
    geometry = parse_geometry("n1c1k1i9f2")
    wrong = (WrongTerm(product(9, 2), 0, 1),)
    lines = tell(Reading({(0, 0, p): wrong for p in range(elements)}), Pass.FORWARD, geometry)
    assert len(lines) == min(elements, MOST_ELEMENTS) + (last is not None)
    assert lines[0] == "O₁ should be X₁F₁ + X₂F₂; X₉F₂ is extra"
    assert last is None or lines[-1] == last


@pytest.mark.parametrize(("remarks", "more"), [(MOST_REMARKS, ""), (MOST_REMARKS + 3, ", and 3 more")])
def test_of_many_remarks_and_terms_a_few_are_told(remarks: int, more: str) -> None:
    geometry = parse_geometry(f"n1c1k1i20f{MOST_TERMS + 1}")
    wrong = tuple(WrongTerm(product(20 - n, 1), 0, 1) for n in range(remarks))
    (line,) = tell(Reading({(0, 0, 0): wrong}), Pass.FORWARD, geometry)
    right = " + ".join(f"X{n}F{n}" for n in "₁₂₃₄₅₆₇₈")
    first = ", ".join(f"X{n}F₁ is extra" for n in ("₂₀", "₁₉", "₁₈", "₁₇"))
    assert line == f"O₁ should be {right} + …; {first}{more}"
    (whole,) = tell(Reading({(0, 0, 0): wrong}), Pass.FORWARD, parse_geometry(f"n1c1k1i20f{MOST_TERMS}"))
    assert "…" not in whole

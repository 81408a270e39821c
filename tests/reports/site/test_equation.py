"""Equations as MathML, with what is wrong in them marked; what has another form stays text, and is escaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from convoracle.oracle.answers.equations import terms
from convoracle.oracle.explaining.impulses import Reading, WrongTerm
from convoracle.oracle.explaining.notation import write_equation
from convoracle.oracle.explaining.wrong_terms import tell
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.site.equation import equation, wrong_terms


def marks(line: str) -> list[tuple[str, str]]:
    """Mark and text of each term."""
    found = wrong_terms(line)
    assert found is not None
    told = re.findall(r'<mrow class="term (\w+)">(.*?)</mrow>(?=<mo>|<mrow class|</math>)', found.math)
    return [(mark, re.sub("<[^>]+>", "", text)) for mark, text in told]


@pytest.mark.parametrize("pass_", list(Pass))
@pytest.mark.parametrize("geometry", ["n1c1k1i3x3f2x2", "n2c2k3i12f2"])
def test_every_equation_of_the_notation_is_mathml(pass_, geometry):
    parsed = parse_geometry(geometry)
    index = tuple(size - 1 for size in pass_.result_shape(parsed))
    text = write_equation(pass_, parsed, index, bias=True)
    found = equation(text)
    assert found.math.startswith("<math")
    ElementTree.fromstring(found.math)
    assert found.text == text


@pytest.mark.parametrize("text", ["<b>x</b> = 1", "O₁₁", "O₁₁ = <script>", ""])
def test_what_is_no_equation_is_escaped_text(text):
    found = equation(text)
    assert "<math" not in found.math
    assert "<" not in found.math
    assert found.text == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "O₁₂ should be X₁₃F₁₁; the candidate uses X₁₂ in place of X₁₃ beside F₁₁",
            [("missing", "X13F11"), ("wrong", "X12F11")],
        ),
        ("O₁ should be X₁F₁ + X₂F₂; X₂F₂ is missing", [("right", "X1F1"), ("missing", "X2F2")]),
        ("O₁ should be X₁F₁; 2·X₃F₁ is extra", [("right", "X1F1"), ("extra", "2·X3F1")]),
        ("O₁ should be X₁F₁; X₁F₁ is there 2 times instead of 1", [("missing", "X1F1"), ("wrong", "2·X1F1")]),
        ("O₁ should be X₁F₁; X₁F₁ is multiplied by -0.5", [("missing", "X1F1"), ("wrong", "-0.5·X1F1")]),
        ("O₁ should be X₁F₁ + X₂F₂; the candidate uses none of them", [("missing", "X1F1"), ("missing", "X2F2")]),
        ("O₁₁;₁ should be X₁₁;₁F₁₁;₁ + …; X₁₁;₉F₁₁;₁ is missing, and 2 more",
         [("right", "X11;1F11;1"), ("right", "…"), ("missing", "X11;9F11;1")]),
    ],
)  # fmt: skip
def test_the_terms_that_are_wrong_are_marked(line, expected):
    assert marks(line) == expected


@pytest.mark.parametrize(
    "line", ["It is as if the kernel were rotated.", "x should be <b>; y is missing", "O₁ should be X₁F₁"]
)
def test_what_tells_nothing_of_terms_is_left_as_it_is(line):
    assert wrong_terms(line) is None


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT])
def test_what_the_oracle_tells_of_wrong_terms_is_read(pass_):
    """The form is the oracle's own: where that changes, this shows it."""
    geometry = parse_geometry("n1c1k1i3x3f2x2")
    index = (0, 0, 1, 1)
    due = terms(pass_, geometry, index)
    other = terms(pass_, geometry, (0, 0, 0, 0))[0]
    wrong = (WrongTerm(due[0], 1.0, 0.0), WrongTerm(due[1], 1.0, 2.0), WrongTerm(other, 0.0, 1.0))
    (line,) = tell(Reading({index: wrong}, ""), pass_, geometry)
    told = [mark for mark, _ in marks(line)]
    assert told.count("missing") == 2
    assert {"wrong", "right"} <= set(told) or {"wrong", "extra"} <= set(told)

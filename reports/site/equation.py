"""Equations in MathML: those of the seed's notation, with the terms marked that a candidate lacks, adds or misplaces.

What a mismatch tells of its terms is text, so it is read here: ``O₁₂ should be X₁₃F₁₁; the candidate uses X₁₂ in place
of X₁₃ beside F₁₁``. What has another form is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup, escape

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_TOKEN = re.compile(
    r"(?P<symbol>∂[LE]/∂(?:\(∂L/∂O\)|[A-Za-z])|F_updated|d?[A-Za-zα])(?P<index>[₀-₉][₀-₉,;]*)?"
    r"|(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<operator>[=+−·()…-])|(?P<space>\s+)"
)
_SHOULD = re.compile(r"(?P<result>\S+) should be (?P<sum>[^;]+(?:;[^ ][^;]*)*); (?P<remarks>.+)", re.DOTALL)
_REMARK = re.compile(
    r"the candidate uses (?P<is>\S+) in place of (?P<was>\S+) beside (?P<kept>\S+)"
    r"|(?P<missing>\S+) is missing"
    r"|(?P<extra>\S+) is extra"
    r"|(?P<repeated>\S+) is there (?P<times>\S+) times instead of \S+"
    r"|(?P<scaled>\S+) is multiplied by (?P<factor>\S+)"
)


@dataclass(frozen=True, slots=True)
class Equation:
    """One element's equation: as MathML, what it says as text, and what is wrong with it, if anything is told."""

    math: Markup
    text: str
    remarks: str


class _Marked(NamedTuple):
    """A term, and ``right``, ``missing``, ``wrong`` (in place of another) or ``extra``."""

    term: str
    mark: str


def equation(text: str) -> Equation:
    """An equation of the notation; without markup where it is none."""
    math = _math(text) if " = " in text else None
    return Equation(math if math is not None else Markup(escape(text)), text, "")


def wrong_terms(line: str) -> Equation | None:
    """What a line of a diagnosis tells of the terms of one element; None where it tells nothing of them."""
    told = _SHOULD.fullmatch(line)
    if told is None:
        return None
    parts = []
    for group in _marked(told["sum"].split(" + "), told["remarks"]):
        inner = [_tokens(each.term) for each in group]
        if None in inner:
            return None
        pairs = zip(group, inner, strict=True)
        parts.append("".join(f'<mrow class="term {term.mark}">{each}</mrow>' for term, each in pairs))
    result = _tokens(told["result"])
    if result is None:
        return None
    plus = "<mo>+</mo>"
    return Equation(_whole(f"{result}<mo>=</mo>{plus.join(parts)}"), line, told["remarks"])


def _marked(terms: list[str], remarks: str) -> Iterator[tuple[_Marked, ...]]:
    """The terms that are due in their order, those that are wrong marked, each with what stands in its place."""
    lost, extra, replaced = list[str](), list[str](), dict[str, str]()
    if remarks.startswith(("the candidate uses none of them", "the candidate has nothing there")):
        lost += terms
    for remark in map(_REMARK.fullmatch, _parted(remarks)):
        if remark is None:
            continue
        if remark["was"]:
            due = next((term for term in terms if _is_product(term, remark["was"], remark["kept"])), None)
            if due is not None:
                replaced[due] = due.replace(remark["was"], remark["is"])
        elif remark["missing"]:
            lost.append(remark["missing"])
        elif remark["extra"]:
            extra.append(remark["extra"])
        elif remark["repeated"]:
            replaced[remark["repeated"]] = f"{remark['times']}·{remark['repeated']}"
        elif remark["scaled"]:
            replaced[remark["scaled"]] = f"{remark['factor']}·{remark['scaled']}"
    for term in terms:
        own = _Marked(term, "missing" if term in lost or term in replaced else "right")
        yield (own, _Marked(replaced[term], "wrong")) if term in replaced else (own,)
    yield from ((_Marked(term, "missing"),) for term in lost if term not in terms)
    yield from ((_Marked(term, "extra"),) for term in extra)


def _parted(remarks: str) -> list[str]:
    """The remarks one by one; a comma in an index is not followed by a space."""
    return [part.strip() for part in remarks.split(", ")]


def _is_product(term: str, one: str, other: str) -> bool:
    return sorted(term.replace("·", "")) == sorted((one + other).replace("·", "")) and one in term and other in term


def _math(text: str) -> Markup | None:
    inner = _tokens(text)
    return None if inner is None else _whole(inner)


def _whole(inner: str) -> Markup:
    return Markup(f'<math display="block">{inner}</math>')


def _tokens(text: str) -> str | None:
    """MathML of symbols with their indices, numbers and signs; None where there is anything else."""
    parts, place = [], 0
    while token := _TOKEN.match(text, place):
        place = token.end()
        if token["symbol"]:
            parts.append(_symbol(token["symbol"], token["index"]))
        elif token["number"]:
            parts.append(f"<mn>{token['number']}</mn>")
        elif token["operator"]:
            parts.append(f"<mo>{escape(token['operator'])}</mo>")
    return "".join(parts) if place == len(text) and parts else None


def _symbol(symbol: str, index: str | None) -> str:
    base = _base(symbol)
    if not index:
        return base
    return f"<msub>{base}<mn>{index.translate(_DIGITS)}</mn></msub>"


def _base(symbol: str) -> str:
    if symbol == "F_updated":
        return "<msup><mi>F</mi><mtext>updated</mtext></msup>"
    if symbol.startswith("∂"):
        over, under = symbol[1], symbol[4:].strip("()")
        below = "<mi>∂</mi>" + (_base(under) if under.startswith("∂") else f"<mi>{under}</mi>")
        return f"<mfrac><mrow><mi>∂</mi><mi>{over}</mi></mrow><mrow>{below}</mrow></mfrac>"
    if symbol.startswith("d") and len(symbol) > 1:
        return f"<mrow><mi>d</mi><mi>{symbol[1:]}</mi></mrow>"
    return f"<mi>{symbol}</mi>"

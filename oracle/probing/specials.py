"""What is done with zeros, subnormal numbers and large ones, and whether an element reads what is not its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..answers.equations import Element
from ..numbers.dtypes import format_of, numpy_dtype
from ..problem.passes import Pass
from .dot import Dot
from .finding import Finding, undetermined

_CALLS = 4
_IMAGES = 3


def transform(dot: Dot) -> list[Finding]:
    """Whether an operand counts though it is multiplied by zero, which no sum of an element's own products allows."""
    line, why = "algorithm", "M times zero in one term, one times one in the others: any sum of products is the same"
    if not dot.has_products or dot.terms < 2:
        return []
    mask = next((each for each in _masks(dot) if _is_number(dot, each)), None)
    if mask is None:
        return [undetermined(line, "even 2^7 is no number to it", why)]
    unit = _unit(dot)
    rest = dict.fromkeys(range(dot.terms), unit)
    for place in _some(dot.terms):
        others = {other: unit for other in rest if other != place}
        expected = dot(others, others)
        for left, right in ((mask, 0.0), (0.0, mask)):
            answer = dot(rest | {place: left}, rest | {place: right})
            if answer != expected:
                told = "no sum of products: M times zero changes a result, as of a transform"
                return [Finding(line, told, "transform", f"{why}; here {expected:g} became {answer:g}")]
    return [Finding(line, "sums of products: what is multiplied by zero does not count", "direct", why)]


def _masks(dot: Dot) -> Iterator[float]:
    """The largest first; what is infinite to an arithmetic would make NaN of a zero by itself."""
    return (2.0**exponent for exponent in (60, 15, 7) if exponent <= dot.form.max_exponent)


def _unit(dot: Dot) -> float:
    """The other factors: where M is not much larger than 1, so small that a result shows a small part of M."""
    return 1.0 if dot.form.max_exponent > format_of("float16").max_exponent else 2.0 ** (dot.form.min_exponent // 2)


def _is_number(dot: Dot, value: float) -> bool:
    return math.isfinite(dot({0: value})) and math.isfinite(dot({0: 1.0}, {0: value}))


def _some(terms: int, most: int = 9) -> list[int]:
    return sorted({place * (terms - 1) // (most - 1) for place in range(most)})


def zeros(dot: Dot) -> list[Finding]:
    """Whether a factor of zero is multiplied, so that zero times infinity is NaN."""
    line, why = "zeros", "zero times Inf in one term: NaN where it is multiplied, a number where it is left out"
    if not dot.has_products:
        return []
    answer = dot({0: 0.0}, {0: math.inf})
    if math.isnan(answer):
        return [Finding(line, "multiplied like other numbers", "multiplied", why)]
    if answer == 0.0:
        return [Finding(line, "left out with their terms", "skipped", why)]
    return [undetermined(line, f"the answer was {answer:g}", why)]


def padding(dot: Dot) -> list[Finding]:
    """Whether the zeros of the padding are multiplied: Inf in the taps that reach into it."""
    line, why = "padding", "Inf where a window reaches into the padding: NaN where its zeros are multiplied"
    if dot.pass_ not in (Pass.FORWARD, Pass.WEIGHT_GRADIENT) or not any(map(any, dot.geometry.padding)):
        return []
    corner = _corner_of(dot)
    name, outside = _outside(corner)
    if not outside:
        return []
    arrays: dict[str, Any] = corner.zeros()
    for factors in corner.factors:
        for factor in factors:
            arrays[factor.tensor][factor.index] = 1.0
    for place in outside:
        arrays[name][place] = math.inf
    answer = corner.read(arrays)
    if math.isnan(answer):
        return [Finding(line, "its zeros are multiplied: NaN and Inf opposite to it spread", "multiplied", why)]
    if math.isfinite(answer):
        return [Finding(line, "its zeros are left out", "skipped", why)]
    return [undetermined(line, f"the answer was {answer:g}", why)]


def _corner_of(dot: Dot) -> Dot:
    """The first element of the result, as a dot of its own."""
    corner = Dot(dot.ask, dot.pass_, dot.geometry, dot.dtype, dot.calls)
    corner.__dict__["index"] = (0,) * len(dot.pass_.result_shape(dot.geometry))
    return corner


def _outside(dot: Dot) -> tuple[str, list[tuple[int, ...]]]:
    """The elements beside a term's, of the operand without padding, that only zeros of the padding meet."""
    name = "weight" if dot.pass_ is Pass.FORWARD else "output_gradient"
    read = {factor.index for factors in dot.factors for factor in factors if factor.tensor == name}
    shape = dot.zeros()[name].shape
    return name, [place for place in np.ndindex(shape) if place not in read and _is_beside(Element(name, place), read)]


def _is_beside(element: Element, read: set[tuple[int, ...]]) -> bool:
    return any(element.index[:2] == other[:2] for other in read)


def subnormals(dot: Dot) -> list[Finding]:
    """Whether subnormal operands and results are taken for zero; told where the smallest normal number is kept."""
    if not dot.has_products:
        return []
    least = dot.form.min_exponent
    small, normal = 2.0 ** (least - 1), 2.0**least
    line, why = "subnormal operands", f"2^{least - 1} times 4: 2^{least + 1}, or zero where a subnormal operand is that"
    answers = (dot({0: small}, {0: 4.0}), dot({0: 4.0}, {0: small}))
    kept = (dot({0: normal}, {0: 4.0}), dot({0: 4.0}, {0: normal}))
    found = [_flushed(line, answers, 4 * small, kept == (4 * normal,) * 2, why)]
    why = f"half of the smallest normal number, 2^{least} times 1/2: itself, or zero where results are flushed"
    is_kept = dot({0: normal}, {0: 1.0}) == normal
    return [*found, _flushed("subnormal results", (dot({0: normal}, {0: 0.5}),), small, is_kept, why)]


def _flushed(line: str, answers: tuple[float, ...], expected: float, is_normal_kept: bool, why: str) -> Finding:
    if all(answer == expected for answer in answers):
        return Finding(line, "kept", "gradual", why)
    if not is_normal_kept:
        return undetermined(line, "the smallest normal number, which is no subnormal one, is lost as well", why)
    if all(answer in (0.0, expected) for answer in answers):
        return Finding(line, "taken for zero", "flushed", why)
    return undetermined(line, f"the answers were {', '.join(f'{answer:g}' for answer in answers)}", why)


def ranges(dot: Dot, i: int, j: int) -> list[Finding]:
    """Whether 2**20 survives as an operand, and as a sum: beyond float16's largest number."""
    found = []
    if dot.has_products and dot.form.max_exponent > format_of("float16").max_exponent:
        why = "2^20 times 2^-10: Inf where operands are converted to a format of 5 bits of exponent"
        answers = (dot({0: 2.0**20}, {0: 2.0**-10}), dot({0: 2.0**-10}, {0: 2.0**20}))
        found.append(_range("range of operands", answers, 2.0**10, why))
    if dot.has_products and i != j:
        why = "2^20 - 2^20, of products of two operands: zero, or no number where sums overflow beyond 65504"
        answer = dot({i: 2.0**10, j: -(2.0**10)}, {i: 2.0**10, j: 2.0**10})
        found.append(_range("range of sums", (answer,), 0.0, why))
    return found


def _range(line: str, answers: tuple[float, ...], expected: float, why: str) -> Finding:
    if all(answer == expected for answer in answers):
        return Finding(line, "beyond that of float16", "wide", why)
    if not all(map(math.isfinite, answers)):
        return Finding(line, "that of float16", "float16", why)
    return undetermined(line, f"the answers were {', '.join(f'{answer:g}' for answer in answers)}", why)


def repeats(dot: Dot) -> list[Finding]:
    """Whether the same call gives the same bits, and an image the same beside another."""
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.uniform(-1, 1, array.shape).astype(numpy_dtype(dot.dtype)) for name, array in dot.zeros().items()
    }
    first = dot.whole(arrays)
    same = all(dot.whole(arrays).tobytes() == first.tobytes() for _ in range(_CALLS))
    why = f"the same call {_CALLS + 1} times; what did not differ may differ another time"
    told = f"the same bits in {_CALLS + 1} calls" if same else "the bits differ from call to call"
    found = [Finding("repeated", told, "bitwise" if same else "varies", why)]
    return [*found, _beside(dot, arrays, first)] if dot.geometry.batch else found


def _beside(dot: Dot, arrays: dict[str, Any], first: Any) -> Finding:
    """The same images beside three more; where all of them are summed, beside three of zeros."""
    more = replace(dot.geometry, batch=dot.geometry.batch + _IMAGES)
    wider = Dot(dot.ask, dot.pass_, more, dot.dtype, dot.calls)
    are_summed = dot.pass_ in (Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
    filled = wider.zeros()
    for name, array in filled.items():
        given = arrays[name]
        if are_summed:
            array[: len(given)] = given
        else:
            filled[name] = given if array.shape == given.shape else np.resize(given, array.shape)
    result = wider.whole(filled)
    result = result if are_summed else result[: dot.geometry.batch]
    same = bool(result.tobytes() == first.tobytes())
    beside = "images of zeros" if are_summed else "other images"
    why = f"the same images, and beside three {beside}: other bits show that another order or algorithm is taken"
    told = f"{'the same' if same else 'other'} bits beside {beside}"
    return Finding("batch", told, "same" if same else "differs", why)

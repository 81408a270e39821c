"""Which vectors there are: a designed set in which each known mistake shows in every pass that it can be in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...oracle.errors import InvalidArgument
from ...oracle.numbers.dtypes import COMPONENTS, DTYPES, WIDE_FLOATS, Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.geometry import ConvGeometry, parse_geometry
from ...oracle.problem.passes import LINKED, Pass, is_defined
from ..calling.illegal_calls import IllegalCall, illegal_calls
from ..cases.corpora import load_corpus
from ..cases.corpora.shrinking import shrunk
from ..checks.registry import check_on, checks_of_values
from ..checks.value import is_asked
from .convolutions import ALIGNED, EACH_DTYPE, EQUAL_SIZES, EXTREME, OF_CONTAMINATION, OF_REALS, ORDINARY
from .flags import ACCEPTED_INVALID, FLAGS, flags_of

_WHERE = "vectors export"
_RANK_OF_CALLS = 2
_MOST_PRODUCTS = 500
_MOST_NUMBERS = 1_000
_ALL = tuple(Pass)
_CONTAMINATIONS = (9, 12, 37, 40)
"""Seeds that together plant NaN and Inf in every operand, and at the edges."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One vector.

    Parameters
    ----------
    id : str
    numbers : Numbers
        Integers are to be equal, reals within a bound, and among contaminated ones NaN and Inf where they may be.
    case : Case
    pass_ : Pass
    comment : str
        Why it exists.
    flags : tuple of str
    """

    id: str
    numbers: Numbers
    case: Case
    pass_: Pass
    comment: str
    flags: tuple[str, ...]

    @property
    def check(self) -> str:
        """The check that asks on such numbers."""
        return check_on(self.numbers).name


def choices(only: Sequence[str] = ()) -> tuple[Choice, ...]:
    """The set, in an order that stays the same, or the part of it that has one of each kind of `only`.

    Parameters
    ----------
    only : sequence of str
        Names of passes, dtypes, checks or flags; of several of one kind, any.

    Raises
    ------
    InvalidArgument
        If a name is none of these.
    """
    kinds = _by_kind(only)
    every = [*_structure(), *_reported(), *_reals(), *_contaminated(), *_other_paths()]
    asked = (each for each in every if is_asked(each.numbers, each.case, each.pass_, Arithmetic.of(each.case.dtype)))
    numbered = (replace(choice, id=f"{number:04}") for number, choice in enumerate(asked, start=1))
    return tuple(choice for choice in numbered if all(names & _names(choice) for names in kinds))


def calls(only: Sequence[str] = ()) -> tuple[tuple[str, IllegalCall], ...]:
    """The illegal calls with their ids, or those that have one of each kind of `only`.

    Raises
    ------
    InvalidArgument
        As :func:`choices` does.
    """
    kinds = _by_kind(only)
    numbered = enumerate(illegal_calls(_RANK_OF_CALLS), start=1)
    named = ((f"illegal-{number:03}", call) for number, call in numbered)
    return tuple(
        (name, call) for name, call in named if all(names & {ACCEPTED_INVALID, str(call.pass_)} for names in kinds)
    )


def none_left(only: Sequence[str], requirement: str) -> InvalidArgument:
    """The error of a selection that leaves nothing."""
    return InvalidArgument("--only", " ".join(only), requirement, where=_WHERE)


def _names(choice: Choice) -> set[str]:
    return {str(choice.pass_), choice.case.dtype, choice.check, *choice.flags}


def _by_kind(only: Sequence[str]) -> list[set[str]]:
    known = (set(map(str, Pass)), set(DTYPES), set(checks_of_values()), set(FLAGS))
    for name in only:
        if not any(name in names for names in known):
            requirement = "should be a pass, a dtype, a check or a flag, such as forward, float16, structure or Groups"
            raise InvalidArgument("--only", name, requirement, where=_WHERE)
    return [found for names in known if (found := names.intersection(only))]


def _structure() -> Iterator[Choice]:
    for comment, text in (ORDINARY | EXTREME).items():
        yield from _integers(Case(parse_geometry(text), True, "float32", "uniform", 0), comment)
    bare = parse_geometry(ORDINARY["everything at once"])
    yield from _integers(Case(bare, False, "float32", "uniform", 1), "everything at once, without a bias")
    for dtype in DTYPES:
        for comment, text in EACH_DTYPE.items():
            yield from _integers(Case(parse_geometry(text), True, dtype, "uniform", 2), f"{dtype}, {comment}")


def _reported() -> Iterator[Choice]:
    """Convolutions of public reports, shrunk where they are large."""
    for entry in load_corpus("regressions"):
        geometry = shrunk(entry.geometry, _MOST_PRODUCTS)
        size = "" if geometry == entry.geometry else ", shrunk"
        if _numbers(geometry) < _MOST_NUMBERS:
            comment = f"reported as {entry.name}{size}: {entry.note}".rstrip(": ")
            yield from _integers(Case(geometry, False, "float32", "uniform", 3), comment, LINKED[:3])


def _numbers(geometry: ConvGeometry) -> int:
    return sum(map(math.prod, (geometry.input_shape, geometry.weight_shape, geometry.output_shape)))


def _integers(case: Case, comment: str, passes: tuple[Pass, ...] = _ALL) -> Iterator[Choice]:
    for pass_ in passes:
        if is_defined(pass_, case.dtype):
            yield Choice("", Numbers.INTEGERS, case, pass_, comment, flags_of(case, pass_))


_REALS = {
    "uniform": ("reals of much the same size", "NarrowAccumulator", _ALL),
    "cancellation": ("sums that nearly cancel", "NarrowAccumulator", LINKED),
    "wide": ("exponents over a quarter of the range", "NarrowAccumulator", LINKED),
    "subnormal": ("products below the smallest normal number", "FlushedSubnormals", LINKED),
    "subnormal_operands": ("operands below the smallest normal number", "FlushedSubnormals", _ALL),
    "huge": ("sums around the largest number", "Overflow", LINKED),
}


_SHORT = ("float8_e4m3fn", "float8_e5m2", "int8")


def _reals() -> Iterator[Choice]:
    geometry = parse_geometry(OF_REALS)
    for dtype in (*WIDE_FLOATS, *COMPONENTS):
        for fill, (comment, flag, passes) in _REALS.items():
            case = Case(geometry, True, dtype, fill, 3)
            yield from _of_values(Numbers.REALS, case, f"{dtype}, {comment}", flag, passes)
    for dtype in _SHORT:
        comment, flag = ("of its whole range", "IntegerSaturation") if dtype == "int8" else _REALS["uniform"][:2]
        case = Case(geometry, True, dtype, "uniform", 3)
        yield from _of_values(Numbers.REALS, case, f"{dtype}, {comment}", flag, LINKED)


def _contaminated() -> Iterator[Choice]:
    geometry = parse_geometry(OF_CONTAMINATION)
    for dtype in WIDE_FLOATS:
        for seed in _CONTAMINATIONS:
            case = Case(geometry, True, dtype, "uniform", seed)
            yield from _of_values(Numbers.CONTAMINATED, case, f"{dtype}, NaN and Inf among integers", "NanLeak", _ALL)


def _other_paths() -> Iterator[Choice]:
    """Sizes at which implementations take another path than at all others."""
    equal = Case(parse_geometry(EQUAL_SIZES), True, "float32", "uniform", 0)
    yield from _integers(equal, "as many channels as elements on each axis")
    aligned = Case(parse_geometry(ALIGNED), True, "float32", "uniform", 3)
    yield from _of_values(Numbers.REALS, aligned, "whole vectors of channels", "NarrowAccumulator", _ALL)


def _of_values(numbers: Numbers, case: Case, comment: str, flag: str, passes: tuple[Pass, ...]) -> Iterator[Choice]:
    for pass_ in passes:
        if is_defined(pass_, case.dtype):
            yield Choice("", numbers, case, pass_, comment, (flag,))

"""What a candidate should declare, from its cards: the widest format that no answer contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..numbers.dtypes import Format, format_of, result_dtype
from .card import OPERANDS, SUMS, Card, accumulation
from .modes import TOWARD_ZERO

_ACCUMULATORS = ("float64", "float32", "float16", "bfloat16")
_MULTIPLIERS = ("float64", "float32", "tfloat32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class Declarations:
    """As a candidate writes them.

    Parameters
    ----------
    accumulators, multipliers, conventions : mapping of str to str
    remarks : tuple of str
        What cards show and no declaration says.
    """

    accumulators: Mapping[str, str]
    multipliers: Mapping[str, str]
    conventions: Mapping[str, str]
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        """Python source, with remarks as comments."""
        named = (
            ("accumulators", self.accumulators),
            ("multipliers", self.multipliers),
            ("conventions", self.conventions),
        )
        lines = [f"{name} = {_written(values)}" for name, values in named if values]
        return "\n".join([*(lines or ["# the defaults: nothing to declare"]), *(f"# {each}" for each in self.remarks)])


def _written(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": "{value}"' for key, value in values.items()) + "}"


def declarations(cards: Iterable[Card]) -> Declarations:
    """What is to be declared of every dtype that was asked for; the narrowest of all passes and geometries."""
    accumulators: dict[str, str] = {}
    multipliers: dict[str, str] = {}
    conventions: dict[str, str] = {}
    remarks: list[str] = []
    of_dtype: dict[str, list[Card]] = {}
    for card in cards:
        of_dtype.setdefault(card.dtype, []).append(card)
    for dtype, its in of_dtype.items():
        sums, operands = _least(its, SUMS), _least(its, OPERANDS)
        accumulator = _format(_ACCUMULATORS, sums, is_wide=_is_wide(its, "range of sums"))
        if accumulator and accumulator != result_dtype(dtype):
            accumulators[dtype] = accumulator
        multiplier = _format(_MULTIPLIERS, operands, is_wide=_is_wide(its, "range of operands"))
        if multiplier and format_of(multiplier).is_narrower_than(format_of(dtype)):
            multipliers[dtype] = multiplier
        conventions |= _conventions(dtype, its)
        remarks += _remarks(dtype, its, sums, accumulator)
    return Declarations(accumulators, multipliers, conventions, tuple(remarks))


def _least(cards: list[Card], lines: tuple[str, ...]) -> int | None:
    """The fewest bits that any card has in one of these lines; those that were limited by sums say no less."""
    found = []
    for card in cards:
        for line in lines:
            value = card.value(line)
            if isinstance(value, int) and not (line in OPERANDS and value == card.value("sums")):
                found.append(value)
    return min(found, default=None)


def _is_wide(cards: list[Card], line: str) -> bool:
    return all(card.value(line) != "float16" for card in cards)


def _format(names: tuple[str, ...], bits: int | None, *, is_wide: bool) -> str | None:
    """The first of the formats, from the widest to the narrowest, that has no more bits, nor more range."""
    if bits is None:
        return None
    return next((name for name in names if _has(format_of(name), bits, is_wide)), names[-1])


def _has(form: Format, bits: int, is_wide: bool) -> bool:
    return form.precision <= bits and (is_wide or form.max_exponent <= format_of("float16").max_exponent)


def _conventions(dtype: str, cards: list[Card]) -> dict[str, str]:
    found: dict[str, str] = {}
    if any(card.value("algorithm") == "transform" for card in cards):
        found[f"algorithm/{dtype}"] = "transform"
    if any(card.value(line) == "flushed" for card in cards for line in ("subnormal operands", "subnormal results")):
        found[f"subnormals/{dtype}"] = "flushed"
    if any(card.value("zeros") == "skipped" for card in cards):
        found[f"zeros/{dtype}"] = "skipped"
    if any(card.value("compensation") is True for card in cards):
        found[f"sums/{dtype}"] = "compensated"
    if sums := next((each for each in ("aligned", "faithful") if each in map(accumulation, cards)), None):
        found[f"accumulation/{dtype}"] = sums
    if any(card.value(f"rounding of the {name}") == TOWARD_ZERO for card in cards for name in OPERANDS):
        found[f"operands/{dtype}"] = "truncated"
    if any(card.value("repeated") == "varies" for card in cards):
        found[f"repeatability/{dtype}"] = "varies"
    return found


def _remarks(dtype: str, cards: list[Card], sums: int | None, accumulator: str | None) -> list[str]:
    found = []
    if sums is not None and accumulator and format_of(accumulator).precision > sums:
        found.append(f"{dtype}: sums keep {sums} bits, fewer than any accumulator that can be declared")
    if bits := min((each for card in cards if isinstance(each := card.value("results"), int)), default=None):
        found.append(f"{dtype}: results have {bits} bits, which no declaration says but a narrower accumulator")
    if any(card.value("products") == "narrower" for card in cards):
        found.append(f"{dtype}: products are less exact than sums, which no declaration says but a narrower multiplier")
    return found

"""The lines of a card that are worse than what is declared."""

from __future__ import annotations

from collections.abc import Iterator

from ..numbers.dtypes import Arithmetic, format_of
from .card import OPERANDS, ROUNDINGS, SUMS, Card
from .modes import ADDENDS_CUT, MODES, NEAREST_AWAY, NEAREST_EVEN

_NEAREST = (None, NEAREST_EVEN, NEAREST_AWAY)
_FAITHFUL = (*_NEAREST, *MODES)
_ALLOWED = {"nearest": _NEAREST, "faithful": _FAITHFUL, "aligned": (*_FAITHFUL, ADDENDS_CUT)}
"""Of sums, by what is declared of them."""
_DECLARED = {"nearest": "to nearest", "faithful": "one by one"}
_HALF = "float16"


def worse_lines(card: Card, declared: Arithmetic) -> tuple[str, ...]:
    """Each as words to be read after the card's name; empty where no determined line is worse.

    Examples
    --------
    ``the weight is kept to 11 bits (declared: 24)``
    """
    return (
        *_of_operands(card, declared),
        *_of_products(card, declared),
        *_of_sums(card, declared),
        *_of_numbers(card, declared),
    )


def _of_sums(card: Card, declared: Arithmetic) -> Iterator[str]:
    bits = declared.accumulator.precision
    for line in SUMS:
        value = card.value(line)
        if isinstance(value, int) and value < bits:
            yield f"{line} are kept to {value} bits (declared: {bits})"
    for line, rounding in zip(SUMS, ROUNDINGS, strict=True):
        mode = card.value(rounding)
        if mode not in _ALLOWED[declared.value("accumulation")] and card.value(line) == bits:
            told = mode if mode == ADDENDS_CUT else f"{line} are rounded {mode}"
            yield f"{told} (declared: rounded {_DECLARED[declared.value('accumulation')]})"


def _of_operands(card: Card, declared: Arithmetic) -> Iterator[str]:
    """What a card found of an operand is no more than its sums show: as many bits as those say no less."""
    bits = min(declared.multiplier.precision, declared.storage.precision)
    for name in OPERANDS:
        value, mode = card.value(name), card.value(f"rounding of the {name}")
        if not isinstance(value, int) or value == card.value("sums"):
            continue
        if value < bits:
            yield f"the {name} is kept to {value} bits (declared: {bits})"
        elif value == bits and mode not in _NEAREST and declared.does("operands", "rounded"):
            yield f"the {name} is rounded {mode} (declared: to nearest)"


def _of_products(card: Card, declared: Arithmetic) -> Iterator[str]:
    """Not where operands may be rounded, which allows for more, nor of sums that are wider than declared."""
    sums, allowed = card.value("sums"), declared.accumulator.precision
    is_as_stored = not declared.multiplier.is_narrower_than(declared.storage)
    if is_as_stored and card.value("products") == "narrower" and isinstance(sums, int) and sums <= allowed:
        yield f"products are less exact than sums of {sums} bits (declared: {allowed})"


def _of_numbers(card: Card, declared: Arithmetic) -> Iterator[str]:
    if declared.does("subnormals", "gradual"):
        for what in ("operands", "results"):
            if card.value(f"subnormal {what}") == "flushed":
                yield f"subnormal {what} are taken for zero (declared: kept)"
    half = format_of(_HALF).max_exponent
    for what, form in (("operands", declared.multiplier), ("sums", declared.accumulator)):
        if card.value(f"range of {what}") == _HALF and form.max_exponent > half:
            yield f"the range of {what} is that of float16 (declared: {form.name})"
    if isinstance(bits := card.value("results"), int) and bits < (whole := declared.result.precision):
        yield f"results are kept to {bits} bits (declared: {whole})"
    if (mode := card.value("rounding of results")) not in _NEAREST:
        yield f"results are rounded {mode} (declared: to nearest)"
    if card.value("algorithm") == "transform" and declared.does("algorithm", "direct"):
        yield "it computes by a transform (declared: sums of products)"

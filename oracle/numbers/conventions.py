"""What else a candidate could declare of its arithmetic: each declaration by itself, to see which one fits a result.

A result that is wrong by what was declared may be right by a declaration that
was forgotten. Each alternative is that one declaration more; whether a result
conforms under it is asked of the check that judged it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .dtypes import COMPONENTS, FORMATS, Arithmetic, format_of

_MULTIPLIERS = ("float32", "tfloat32", "float16", "bfloat16")
_ACCUMULATORS = ("float32", "float16", "bfloat16")
_NO_DTYPE = "tfloat32"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Arithmetic with one declaration more.

    Parameters
    ----------
    declaration : str
        As a candidate writes it: ``conventions = {"algorithm": "transform"}``.
    meaning : str
        What it says of an implementation, to be read after "if it": ``flushes subnormals``.
    arithmetic : Arithmetic
    """

    declaration: str
    meaning: str
    arithmetic: Arithmetic


def alternatives(arithmetic: Arithmetic, dtype: str) -> Iterator[Alternative]:
    """Every declaration that would change how a candidate is judged on operands of a dtype.

    Parameters
    ----------
    arithmetic : Arithmetic
        What is declared already.
    dtype : str
        Of the operands.
    """
    if arithmetic.storage.is_integer:
        yield from _conventions(arithmetic, _OF_INTEGERS)
        yield from _results(arithmetic, dtype)
    else:
        yield from _conventions(arithmetic, _OF_COMPLEX if dtype in COMPONENTS else _OF_REALS)
        yield from _multipliers(arithmetic, dtype)
        yield from _accumulators(arithmetic, dtype)
        if dtype not in COMPONENTS:
            yield from _results(arithmetic, dtype)
    yield from _conventions(arithmetic, _TRANSFORM)
    yield from _without_a_promise(arithmetic)


_TRANSFORM = {("algorithm", "transform"): "computes by a transform such as Winograd's or the FFT"}
_LESS_PROMISED = {
    ("order", "any"): "sums its terms in some other order",
    ("sums", "plain"): "does not carry the rounding errors of all of a sum along",
    ("algorithm", "transform"): "computes by another transform than it declares",
}
"""What lets go of a tighter bound, which is asked of who declares it."""
_OF_INTEGERS = {("integers", "saturate"): "gives its largest or lowest number for results that do not fit"}
_OF_COMPLEX = {
    ("subnormals", "flushed"): "takes subnormal numbers for zero",
    ("accumulation", "faithful"): "cuts its products and sums off instead of rounding them to nearest",
    ("complex", "three products"): "computes three real products for each complex one",
}
_OF_REALS = {
    ("subnormals", "flushed"): "takes subnormal numbers for zero",
    ("accumulation", "faithful"): "cuts its products and sums off instead of rounding them to nearest",
    ("sums", "compensated"): "carries the rounding errors of its sums along",
    ("zeros", "skipped"): "leaves out the terms with a factor of zero",
    ("contamination", "spreads"): "multiplies every element by zeros that are no terms",
}
_OF_OPERANDS = {("operands", "truncated"): "cuts operands off to the multiplier's format instead of rounding them"}


def _conventions(arithmetic: Arithmetic, meanings: dict[tuple[str, str], str]) -> Iterator[Alternative]:
    for (convention, value), meaning in meanings.items():
        if not arithmetic.does(convention, value):
            yield Alternative(
                f'conventions = {{"{convention}": "{value}"}}', meaning, _with(arithmetic, convention, value)
            )


def _without_a_promise(arithmetic: Arithmetic) -> Iterator[Alternative]:
    """What a candidate declares less, where its bound is tighter than that of sums or of transforms."""
    for (convention, value), meaning in _LESS_PROMISED.items():
        held = arithmetic.value(convention)
        if held != value and not (convention == "algorithm" and held == "direct"):
            declared = f'conventions = {{"{convention}": "{value}"}}'
            yield Alternative(declared, meaning, _with(arithmetic, convention, value))


def _multipliers(arithmetic: Arithmetic, dtype: str) -> Iterator[Alternative]:
    """Operands rounded to a narrower format than is declared, or cut off to it."""
    if arithmetic.multiplier.is_narrower_than(arithmetic.storage):
        yield from _conventions(arithmetic, _OF_OPERANDS)
    for name in _MULTIPLIERS:
        form = format_of(name)
        if not form.is_narrower_than(arithmetic.storage) or not form.is_narrower_than(arithmetic.multiplier):
            continue
        changed = replace(arithmetic, multiplier=form)
        declared = f'multipliers = {{"{dtype}": "{name}"}}'
        if arithmetic.does("operands", "rounded"):
            yield Alternative(declared, f"rounds operands to {name} before it multiplies them", changed)
        yield Alternative(
            f'{declared}, conventions = {{"operands": "truncated"}}',
            f"cuts operands off to {name} before it multiplies them",
            _with(changed, "operands", "truncated"),
        )


def _accumulators(arithmetic: Arithmetic, dtype: str) -> Iterator[Alternative]:
    for name in _ACCUMULATORS:
        form = format_of(name)
        if form.is_narrower_than(arithmetic.accumulator):
            declared = f'accumulators = {{"{dtype}": "{name}"}}'
            yield Alternative(declared, f"sums in {name}", replace(arithmetic, accumulator=form))


def _results(arithmetic: Arithmetic, dtype: str) -> Iterator[Alternative]:
    """Results of another dtype; integers that do not fit it are wrapped, or the nearest that do."""
    for form in FORMATS.values():
        if form.name in (arithmetic.result_dtype, _NO_DTYPE) or form.is_integer > arithmetic.storage.is_integer:
            continue
        accumulator = form if arithmetic.accumulator == arithmetic.result else arithmetic.accumulator
        changed = replace(arithmetic, result=form, result_dtype=form.name, accumulator=accumulator)
        declared = f'results = {{"{dtype}": "{form.name}"}}'
        yield Alternative(declared, f"returns {form.name}", changed)
        if form.is_integer:
            yield Alternative(
                f'{declared}, conventions = {{"integers": "saturate"}}',
                f"returns {form.name}, its largest or lowest number for results that do not fit",
                _with(changed, "integers", "saturate"),
            )


def _with(arithmetic: Arithmetic, convention: str, value: str) -> Arithmetic:
    return replace(arithmetic, conventions={**arithmetic.conventions, convention: value})

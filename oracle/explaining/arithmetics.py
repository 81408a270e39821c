"""Which known arithmetic a result on reals can have been computed in, and how surely.

An implementation in fewer bits than it declares is off by more than its bound.
Operands that were rounded first are told from anything else whatever the order of
summation: what was computed is then the right sum of the rounded operands, to within
the bound that was declared. For narrower sums there is no such test, only their own
wider bound, that all results are numbers of the narrower format, and the very bits
in one of the usual orders (see `orders`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..answers import reference, smallest
from ..answers.exact import ExactResult, term_counts
from ..numbers.arrays import Float64
from ..numbers.conversions import are_in, convert
from ..numbers.dtypes import Arithmetic, Format, format_of
from ..numbers.scaled import scaled
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass, factors_of
from ..rounding.bounds import rounding_bound
from .reproduction import Observation

_FORMS = ("float32", "tfloat32", "float16", "bfloat16")
_OWN_ERROR = 2.0**-52
FACTORS = ("input", "weight", "output_gradient")
EVERYTHING = (*FACTORS, "bias")


@dataclass(frozen=True, slots=True)
class Known:
    """An arithmetic that is in use somewhere.

    Parameters
    ----------
    name : str
        That of the fault model, where there is one.
    sentence : str
        To be read after "as if".
    arithmetic : Arithmetic
        What the sums are held to.
    operands : tuple of str
        Those that are converted before they are multiplied, with their directions.
    form : Format or None
        To which they are converted.
    cut : bool
        Whether they are cut off.
    results_in : Format or None
        Of which all results are numbers.
    """

    name: str
    sentence: str
    arithmetic: Arithmetic
    operands: tuple[str, ...] = ()
    form: Format | None = None
    cut: bool = False
    results_in: Format | None = None

    @property
    def is_of_results(self) -> bool:
        """Whether only results are in another format."""
        return self.results_in is not None and self.arithmetic.result == self.results_in


@dataclass(frozen=True, slots=True)
class Fit:
    """How a known arithmetic explains what was seen.

    Parameters
    ----------
    known : Known
    ratio : float
        Largest error against what this arithmetic computes, over its bound.
    width : float
        Its own bound and what it changes, over the declared bound, at most: how much it could explain.
    """

    known: Known
    ratio: float
    width: float = field(compare=False)


def fits(seen: tuple[Observation, ...]) -> tuple[Fit, ...]:
    """The known arithmetics within whose bound all results are, the tightest first; none where what is declared is one.

    Parameters
    ----------
    seen : tuple of Observation
        On reals, of one dtype; all of the right shape.
    """
    declared = seen[0].arithmetic
    if declared.storage.is_integer or seen[0].operands.input.dtype.kind == "c":
        return ()
    if all(_ratio(observation, Known("", "", declared)) <= 1 for observation in seen):
        return ()
    found = still_fitting((Fit(each, 0.0, 0.0) for each in _known(declared, seen[0].pass_, seen[0].geometry)), seen)
    weighed = (replace(fit, width=max(_width(each, fit.known) for each in seen)) for fit in found)
    return tuple(sorted(weighed, key=lambda fit: fit.width))


def still_fitting(fitting: Iterable[Fit], seen: tuple[Observation, ...]) -> tuple[Fit, ...]:
    """Those of some known arithmetics within whose bound these results are, too."""
    still = []
    for fit in fitting:
        ratio = max((_ratio(observation, fit.known) for observation in seen), default=0.0)
        if ratio <= 1 and all(_are_results_of(fit.known, observation) for observation in seen):
            still.append(replace(fit, ratio=max(fit.ratio, ratio)))
    return tuple(still)


def _known(declared: Arithmetic, pass_: Pass, geometry: ConvGeometry) -> Iterator[Known]:
    for form in map(format_of, _FORMS):
        if form.is_narrower_than(declared.storage) and form.is_narrower_than(declared.multiplier):
            yield from _of_operands(declared, form, _factors(pass_, geometry))
    for form in map(format_of, _FORMS):
        if form.name == "tfloat32":
            continue
        if form.is_narrower_than(declared.accumulator):
            sums = replace(declared, accumulator=form)
            yield Known(f"sums-in-{form.name}", f"sums were kept in {form.name}", sums, results_in=form)
            if form.is_narrower_than(declared.storage):
                what = f"all of it were computed in {form.name}"
                yield Known(f"computed-in-{form.name}", what, sums, EVERYTHING, form, results_in=form)
        if form.is_narrower_than(declared.result):
            twice = f"results were rounded to {form.name} and then to their own dtype"
            yield Known(f"result-in-{form.name}", twice, replace(declared, result=form), results_in=form)


def _of_operands(declared: Arithmetic, form: Format, factors: set[str]) -> Iterator[Known]:
    named = [name for name in FACTORS if name in factors]
    if not named:
        return
    for cut, done in ((False, "rounded"), (True, "cut off")):
        end = "-cut" if cut else ""
        yield Known(
            f"factors-in-{form.name}{end}",
            f"operands were {done} to {form.name} before they are multiplied",
            declared,
            FACTORS,
            form,
            cut,
        )
        for name in named if len(named) > 1 else ():
            words = name.replace("_", " ")
            sentence = f"the {words} were {done} to {form.name} before it is multiplied"
            yield Known(f"{name.replace('_', '-')}-in-{form.name}{end}", sentence, declared, (name,), form, cut)


def _is_kept(name: str, pass_: Pass, known: Known) -> bool:
    """Whether an operand is the weight that an update starts from, which is no factor."""
    return pass_ is Pass.UPDATE and name == "weight" and "bias" not in known.operands


def _factors(pass_: Pass, geometry: ConvGeometry) -> set[str]:
    return {name.removesuffix("_direction") for name in factors_of(pass_, geometry)}


def _ratio(seen: Observation, known: Known) -> float:
    """Largest error over the bound; 0 / 0 counts as nothing, and what overflows must do so in both."""
    operands = converted(seen.pass_, seen.operands, known)
    exact, bound = _bounded(seen, operands, known.arithmetic)
    actual = seen.actual.astype(np.float64)
    finite = np.isfinite(exact)
    if not np.array_equal(np.isfinite(actual), finite):
        return np.inf
    error = np.abs(actual[finite] - exact[finite])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return float(np.where(error == 0, 0.0, error / bound[finite]).max(initial=0.0))


def _width(seen: Observation, known: Known) -> float:
    right, narrow = _bounded(
        seen, converted(seen.pass_, seen.operands, Known("", "", known.arithmetic)), seen.arithmetic
    )
    changed, bound = _bounded(seen, converted(seen.pass_, seen.operands, known), known.arithmetic)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = (bound + np.abs(changed - right)) / narrow
    return float(np.nanmax(ratio, initial=0.0))


def converted(pass_: Pass, operands: Operands, known: Known) -> Operands:
    """The operands as they are used, in float64."""
    arrays: dict[str, Any] = {name: array.astype(np.float64) for name, array in operands.arrays().items()}
    for name, array in arrays.items():
        is_used = name.removesuffix("_direction") in known.operands and not _is_kept(name, pass_, known)
        if known.form is not None and is_used:
            arrays[name] = convert(array, known.form, cut=known.cut)
    return replace(operands, **arrays)


def _bounded(seen: Observation, operands: Operands, arithmetic: Arithmetic) -> tuple[Float64, Float64]:
    """The sums of these operands in float64, and what the arithmetic, and float64 here, may be off by."""
    summed = Pass.WEIGHT_GRADIENT if seen.pass_ is Pass.UPDATE else seen.pass_
    with np.errstate(over="ignore", invalid="ignore"):
        exact = reference.evaluate(seen.pass_, operands, seen.geometry)
        magnitude = reference.evaluate(summed, operands.map(np.abs), seen.geometry)
    terms = np.broadcast_to(term_counts(seen.pass_, seen.geometry) + 1, exact.shape)
    magnitude = np.where(np.isfinite(magnitude), magnitude, 0.0)
    result = ExactResult(
        scaled(np.where(np.isfinite(exact), exact, 0.0)), magnitude, smallest.known(magnitude), terms=terms
    )
    own = _OWN_ERROR * terms * magnitude
    return exact, own + rounding_bound(seen.pass_, result, operands, arithmetic, seen.geometry)


def _are_results_of(known: Known, seen: Observation) -> bool:
    return known.results_in is None or are_in(seen.actual.astype(np.float64), known.results_in)

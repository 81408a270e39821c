"""Which known faults give the numbers that a candidate returned, and how certain that is.

Every model in `faults` that can show at all is planted in an honest
implementation. It explains a result if it gives exactly that on the integer
lattice, or on reals what rounding in the candidate's arithmetic can make of it.
Two models together are tried only where no single one explains it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

import numpy as np

from . import reference
from .bounds import rounding_bound
from .dtypes import Arithmetic
from .exact import ExactResult, term_counts
from .faults import FAULTS, FaultModel, Implementation, Kind, fault_named, honest
from .geometry import ConvGeometry
from .lattice import unit_of
from .passes import Array, Operands, Pass, real_parts
from .scaled import scaled

Hypothesis = tuple[FaultModel, ...]
"""One model, or two planted one after the other."""

LEAVING_MEMORY = frozenset(("unreached-elements-not-zeroed", "empty-batch-uninitialised"))
"""Names of models whose wrong elements hold whatever was in memory, so that any number there is what they say."""
_PAIR_SECONDS = 0.8
_COARSEST_UNIT = 0.125
"""Halves, quarters and eighths are exact in every case."""


class Certainty(Enum):
    """How many of the known faults explain all that was seen."""

    UNIQUE = "unique"
    SEVERAL = "one of several that agree"
    NONE = "none of the known ones"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Explanation:
    """A fault, or two, with which an otherwise right implementation returns what was seen.

    Parameters
    ----------
    faults : tuple of str
        Names of the models.
    sentence : str
        To be read after "as if".
    explanation : str
        How it comes about, and what to look at.
    seen_in : str
        Public threads of libraries in which it happened; may be empty.
    """

    faults: tuple[str, ...]
    sentence: str
    explanation: str
    seen_in: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The known faults that explain what was seen, the likeliest first.

    Parameters
    ----------
    explanations : tuple of Explanation
    certainty : Certainty
    asked : tuple of str
        Text ids of the cases on which the explanations hold.
    distinguishes : str
        What told them from other models that agreed at first, or what could; may be empty.
    """

    explanations: tuple[Explanation, ...]
    certainty: Certainty
    asked: tuple[str, ...] = ()
    distinguishes: str = ""

    @property
    def first(self) -> tuple[str, ...]:
        """Names of the likeliest fault, or two; empty where none is known."""
        return self.explanations[0].faults if self.explanations else ()

    def sentences(self) -> tuple[str, ...]:
        """For people: what it is as if, how certain that is, and where to look."""
        if not self.explanations:
            return (f"None of the {len(FAULTS)} known faults gives these numbers.",)
        likeliest, *others = self.explanations
        told = [f"It is as if {likeliest.sentence} ({' and '.join(likeliest.faults)}).", self._how_certain(others)]
        told.append(likeliest.explanation)
        if likeliest.seen_in:
            told.append(f"Seen before in {likeliest.seen_in}.")
        return tuple(filter(None, told))

    def _how_certain(self, others: list[Explanation]) -> str:
        count = len(self.asked)
        cases = "this case" if count < 2 else f"{'both' if count == 2 else f'all {count}'} cases asked"
        if not others:
            certain = f"No other of the {len(FAULTS)} known faults gives its numbers on {cases}."
        else:
            named = ", or as if ".join(other.sentence for other in others[:2])
            more = f"; {len(others) - 2} more agree" if len(others) > 2 else ""
            certain = f"Its numbers on {cases} do not tell that from as if {named}{more}."
        return f"{certain} {self.distinguishes}".strip()


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What a candidate returned.

    Parameters
    ----------
    actual : ndarray
    pass_ : Pass
    operands : Operands
        In the memory layout in which the candidate was given them.
    geometry : ConvGeometry
    arithmetic : Arithmetic
        Of the candidate.
    exactly : bool
        Whether the operands are of the integer lattice and the arithmetic is exact there.
    name : str
        Of the case.
    """

    actual: Array
    pass_: Pass
    operands: Operands
    geometry: ConvGeometry
    arithmetic: Arithmetic
    exactly: bool = True
    name: str = ""


def diagnose(
    actual: Array,
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    arithmetic: Arithmetic,
    *,
    exactly: bool = True,
    name: str = "",
) -> Diagnosis:
    """Which models give a wrong result on one case; parameters as in `Observation`.

    A small case does not tell much apart: see `discrimination` for another on which to ask.
    """
    seen = Observation(actual, pass_, operands, geometry, arithmetic, exactly, name)
    found = singles(seen) or pairs((seen,))
    return conclude(found, (name,) if name else ())


def conclude(found: Iterable[Hypothesis], asked: tuple[str, ...] = (), distinguishes: str = "") -> Diagnosis:
    """The diagnosis with these hypotheses, ranked: fewer models first, then those that are in fewer passes."""
    ranked = sorted(found, key=_rank)
    certainty = (Certainty.NONE, Certainty.UNIQUE, Certainty.SEVERAL)[min(len(ranked), 2)]
    return Diagnosis(tuple(map(_explanation, ranked)), certainty, asked, distinguishes)


def hypotheses(diagnosis: Diagnosis) -> tuple[Hypothesis, ...]:
    """The models of a diagnosis."""
    return tuple(tuple(map(fault_named, each.faults)) for each in diagnosis.explanations)


def singles(seen: Observation) -> tuple[Hypothesis, ...]:
    """Each model alone that explains what was seen; none where that is the right result."""
    if explains((), seen):
        return ()
    return tuple((model,) for model in _showing(seen) if explains((model,), seen))


def pairs(
    seen: tuple[Observation, ...], firsts: Iterable[Hypothesis] = (), seconds: float = _PAIR_SECONDS
) -> tuple[Hypothesis, ...]:
    """Two models of wrong terms that explain all of what was seen together, tried for so long.

    With `firsts`, one of these and any other that shows in the last observation.
    """
    deadline = time.monotonic() + seconds
    if all(explains((), each) for each in seen):
        return ()
    found: dict[frozenset[str], Hypothesis] = {}
    known = [each[0] for each in firsts if _keeps_shapes(each[0], seen)]
    showing = [model for model in _showing(seen[-1]) if model.kind is Kind.TERMS and _keeps_shapes(model, seen)]
    for pair in _couples(known, showing):
        if time.monotonic() > deadline:
            break
        names = frozenset(model.name for model in pair)
        if names not in found and all(explains(pair, each) for each in seen):
            found[names] = pair
    return tuple(found.values())


def _couples(known: list[FaultModel], showing: list[FaultModel]) -> Iterator[Hypothesis]:
    if not known:
        yield from permutations(showing, 2)
    for one in known:
        for other in showing:
            if other is not one:
                yield one, other
                yield other, one


def _keeps_shapes(model: FaultModel, seen: tuple[Observation, ...]) -> bool:
    """Whether another fault can be planted beside this one: results of a wrong shape are not what others expect."""
    return all(
        evaluate((model,), each.pass_, each.operands, each.geometry).shape == each.pass_.result_shape(each.geometry)
        for each in seen
    )


def explains(hypothesis: Hypothesis, seen: Observation) -> bool:
    """Whether a right implementation with these faults returns what was seen."""
    wrong = evaluate(hypothesis, seen.pass_, seen.operands, seen.geometry)
    if wrong.shape != seen.actual.shape:
        return False
    actual, given = real_parts(seen.actual), real_parts(wrong)
    if np.array_equal(actual, given, equal_nan=True):
        return True
    if any(model.name in LEAVING_MEMORY for model in hypothesis):
        right = real_parts(evaluate((), seen.pass_, seen.operands, seen.geometry))
        return bool(((actual == right) | (given != right)).all())
    if seen.exactly and not _is_fractional(given, unit_of(seen.operands.learning_rate)):
        return False
    if not (np.isfinite(actual).all() and np.isfinite(given).all()):
        return False
    return bool((np.abs(actual - given) <= _allowed(hypothesis, seen)).all())


def evaluate(hypothesis: Hypothesis, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The result of an otherwise right implementation with these faults, in the dtype that it should have."""
    return _planted(hypothesis, honest.evaluate)(pass_, operands, geometry)


def _planted(hypothesis: Hypothesis, implementation: Implementation) -> Implementation:
    for model in hypothesis:
        implementation = model.plant(implementation)
    return implementation


def _showing(seen: Observation) -> list[FaultModel]:
    """The models that can show in what was seen, of those that one call is enough for."""
    dtype = seen.operands.input.dtype.name
    return [
        model
        for model in FAULTS
        if (model.kind is not Kind.CONDUCT or model.needs.layouts)
        and dtype in model.needs.dtypes
        and model.shows(seen.pass_, seen.geometry)
    ]


def _is_fractional(values: Array, unit: float) -> bool:
    """Whether values are not multiples of the learning rate's unit: then they were divided, and rounded."""
    units = values / min(unit, _COARSEST_UNIT)
    return bool((np.isfinite(values) & (units != np.round(units))).any())


def _allowed(hypothesis: Hypothesis, seen: Observation) -> Array:
    """What rounding can make of each element of the wrong result.

    The sum of its absolute terms is what the faulty implementation makes of absolute operands; it
    is taken to have at most twice as many terms as the element with the most.
    """
    faulty = _planted(hypothesis, reference.evaluate)
    wide = np.complex128 if seen.operands.input.dtype.kind == "c" else np.float64
    arrays = {name: array.astype(wide) for name, array in seen.operands.arrays().items()}
    exact = faulty(seen.pass_, _with(seen.operands, arrays), seen.geometry)
    sizes = {name: np.abs(array).astype(np.float64) for name, array in arrays.items()}
    size = np.abs(faulty(seen.pass_, _with(seen.operands, sizes), seen.geometry)) + np.abs(exact)
    values = real_parts(exact)
    magnitude = np.broadcast_to(size[..., None], values.shape) if exact.dtype.kind == "c" else size
    most = 2 * int(term_counts(seen.pass_, seen.geometry).max(initial=0)) + 2
    terms = np.full(values.shape, most, np.int64)
    result = ExactResult(scaled(values), magnitude, magnitude, terms)
    own = 2.0**-52 * most * magnitude
    return own + rounding_bound(seen.pass_, result, seen.operands, seen.arithmetic, seen.geometry)


def _with(operands: Operands, arrays: dict[str, Array]) -> Operands:
    return Operands(**{"bias": None, **arrays}, learning_rate=operands.learning_rate)  # type: ignore[arg-type]


def _rank(hypothesis: Hypothesis) -> tuple[int, int, int]:
    return len(hypothesis), sum(len(model.passes) for model in hypothesis), sum(map(FAULTS.index, hypothesis))


def _explanation(hypothesis: Hypothesis) -> Explanation:
    return Explanation(
        tuple(model.name for model in hypothesis),
        ", and ".join(model.sentence for model in hypothesis),
        " ".join(model.explanation for model in hypothesis),
        ", ".join(model.seen_in for model in hypothesis if model.seen_in),
    )

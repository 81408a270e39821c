"""Which known faults give the numbers that a candidate returned, and how certain that is.

Every model in `faults` that can show at all is planted in an honest
implementation, those that misread the geometry also with results of the shape that
the misread one has; and so are arrangements of the right result. Two models together
are tried only where no single one explains what was seen, and they are never told
as more than a possibility unless further cases confirm them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

from ..faults import FAULT_MODELS, FaultModel, Kind
from ..faults.arrangements import arrangements
from ..faults.natural import natural_models
from ..faults.threads import seen_in
from ..numbers.dtypes import Arithmetic
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass
from .reproduction import Effort, Hypothesis, Observation, evaluate, explains

PAIR_EFFORT = 12_000
"""Evaluations for two models together."""
CONFIRMATIONS = 2
"""Cases beside the known one on which what explains it is to hold, if as many can be asked."""


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
    disproved : Explanation or None
        What explains the known case, but not the one called `disproved_by`.
    disproved_by : str
    """

    explanations: tuple[Explanation, ...]
    certainty: Certainty
    asked: tuple[str, ...] = ()
    distinguishes: str = ""
    disproved: Explanation | None = None
    disproved_by: str = ""

    @property
    def first(self) -> tuple[str, ...]:
        """Names of the likeliest fault, or two; empty where none is known."""
        return self.explanations[0].faults if self.explanations else ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all faults that agree, each by itself, the likeliest first; of two together, theirs."""
        if len(self.first) != 1:
            return self.first
        return tuple(explained.faults[0] for explained in self.explanations if len(explained.faults) == 1)

    @property
    def is_sure(self) -> bool:
        """Whether it can be told as what it is as if: two faults together only where further cases confirm them."""
        return len(self.first) == 1 or (len(self.first) > 1 and len(self.asked) > CONFIRMATIONS)

    def sentences(self) -> tuple[str, ...]:
        """For people: what it is as if, how certain that is, and where to look."""
        if not self.explanations:
            return self._unknown()
        likeliest, *others = self.explanations
        names = " and ".join(likeliest.faults)
        if len(likeliest.faults) > 1:
            lines = [f"Two faults together would give these numbers: as if {likeliest.sentence} ({names})."]
        else:
            lines = [f"It is as if {likeliest.sentence} ({names})."]
        lines += [self._how_certain(others), likeliest.explanation]
        if likeliest.seen_in:
            lines.append(f"Seen before in {likeliest.seen_in}.")
        return tuple(filter(None, lines))

    def _unknown(self) -> tuple[str, ...]:
        lines = [f"None of the {len(FAULT_MODELS)} known faults gives these numbers."]
        if self.disproved is not None:
            names = " and ".join(self.disproved.faults)
            lines.append(
                f"This case by itself is as if {self.disproved.sentence} ({names}), but {self.disproved_by} is not."
            )
        return tuple(lines)

    def _how_certain(self, others: list[Explanation]) -> str:
        count = len(self.asked)
        cases = "this case" if count < 2 else f"{'both' if count == 2 else f'all {count}'} cases asked"
        if others:
            named = ", or as if ".join(other.sentence for other in others[:2])
            more = f"; {len(others) - 2} more agree" if len(others) > 2 else ""
            certain = f"Its numbers on {cases} do not tell that from as if {named}{more}."
        elif not self.is_sure:
            certain = f"That they give them on {cases} is no proof: too few others could be asked."
        elif len(self.first) > 1:
            certain = f"They give them on {cases}; no single one of the {len(FAULT_MODELS)} known faults does."
        else:
            certain = f"No other of the {len(FAULT_MODELS)} known faults gives its numbers on {cases}."
        return f"{certain} {self.distinguishes}".strip()


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
    hypotheses = singles(seen) or pairs((seen,))
    return conclude(hypotheses, (name,) if name else ())


def conclude(hypotheses: Iterable[Hypothesis], asked: tuple[str, ...] = (), distinguishes: str = "") -> Diagnosis:
    """The diagnosis with these hypotheses, ranked: fewer models first, then those that are in fewer passes."""
    ranked = {explained.faults: explained for explained in map(explanation, sorted(hypotheses, key=_rank))}
    certainty = (Certainty.NONE, Certainty.UNIQUE, Certainty.SEVERAL)[min(len(ranked), 2)]
    return Diagnosis(tuple(ranked.values()), certainty, asked, distinguishes)


def singles(seen: Observation) -> tuple[Hypothesis, ...]:
    """Each model alone that explains what was seen; none where that is the right result."""
    if explains((), seen):
        return ()
    return tuple((model,) for model in _alone(seen) if explains((model,), seen))


def _alone(seen: Observation) -> Iterator[FaultModel]:
    """The models to be tried one by one; arrangements where there is something to arrange."""
    yield from _showing(FAULT_MODELS, seen)
    yield from _showing(natural_models(FAULT_MODELS), seen)
    shape = seen.pass_.result_shape(seen.geometry)
    if seen.actual.shape != shape or seen.actual.size > 1:
        yield from _showing(arrangements(len(shape)), seen)


def pairs(
    seen: tuple[Observation, ...], firsts: Iterable[Hypothesis] = (), effort: Effort | None = None
) -> tuple[Hypothesis, ...]:
    """Two models of wrong terms that explain all of what was seen together, as far as the effort goes.

    With `firsts`, one of these and any other that shows in the last observation.
    """
    effort = Effort(PAIR_EFFORT) if effort is None else effort
    if all(explains((), observation) for observation in seen):
        return ()
    explaining: dict[frozenset[str], Hypothesis] = {}
    known = [single[0] for single in firsts if _keeps_shapes(single[0], seen)]
    showing = [model for model in _showing(FAULT_MODELS, seen[-1]) if _is_paired(model) and _keeps_shapes(model, seen)]
    for pair in _couples(known, showing):
        effort.spend(seen[0].geometry)
        if effort.is_spent:
            break
        names = frozenset(model.name for model in pair)
        if names not in explaining and all(explains(pair, observation) for observation in seen):
            explaining[names] = pair
    return tuple(explaining.values())


def _is_paired(model: FaultModel) -> bool:
    return model.kind is Kind.TERMS


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


def _showing(models: Iterable[FaultModel], seen: Observation) -> Iterator[FaultModel]:
    """The models that can show in what was seen, of those that one call is enough for."""
    dtype = seen.operands.input.dtype.name
    for model in models:
        is_of_one_call = model.kind is not Kind.CONDUCT or model.needs.layouts
        if is_of_one_call and dtype in model.needs.dtypes and model.shows(seen.pass_, seen.geometry):
            yield model


_PLACES = {model.name: place for place, model in enumerate(FAULT_MODELS)}


def _rank(hypothesis: Hypothesis) -> tuple[int, bool, int, int]:
    """Those that are for diagnosis only come last."""
    names = [model.name for model in hypothesis]
    places = sum(_PLACES.get(name, len(FAULT_MODELS)) for name in names)
    return len(hypothesis), not set(names) <= _PLACES.keys(), sum(len(model.passes) for model in hypothesis), places


def explanation(hypothesis: Hypothesis) -> Explanation:
    """What is said of a hypothesis."""
    return Explanation(
        tuple(model.name for model in hypothesis),
        ", and ".join(model.sentence for model in hypothesis),
        " ".join(model.explanation for model in hypothesis),
        ", ".join(filter(None, (seen_in(model.name) for model in hypothesis))),
    )

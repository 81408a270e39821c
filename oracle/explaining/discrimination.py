"""Cases that tell faults apart: on which models that agreed so far differ from each other and from the right result.

Found by a short search over drawn geometries, the same every time. The richest
come first, with every feature; an implementation that does not offer those is
asked on ones that have no more features than the case that is known, and at
last on ones that differ from it in their sizes only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from random import Random
from typing import Any

from ..errors import InvalidArgument
from ..operands.data import Case, lattice_operands
from ..problem.geometry import ConvGeometry
from ..problem.layouts import CONTIGUOUS
from ..problem.padding import SAME_PADDINGS
from ..problem.passes import INPUT_GRADIENTS, Array, Operands, Pass, is_defined
from .reproduction import Effort, Hypothesis, evaluate

TRIES = 40
EFFORT = 20_000
MOST_PRODUCTS = 60_000
_BLOCK = 32
_BLOCKY = (11, 23, 47, 95)
"""Two blocks of 4, 8, 16 or 32 and one element short of a third: loops in blocks leave different remainders."""


class Scope(Enum):
    """What another case may have: any features, any in the same number of axes, the known ones, or other sizes only."""

    ANY = "any"
    RANK = "rank"
    FEATURES = "features"
    SIZES = "sizes"


@dataclass(frozen=True, slots=True)
class DistinguishingCase:
    """A pass to ask on a case.

    Parameters
    ----------
    pass_ : Pass
    case : Case
    answers : int
        How many different results the models and the right implementation give.
    tells_apart : bool
        Whether the models give different results.
    """

    pass_: Pass
    case: Case
    answers: int
    tells_apart: bool


def distinguishing_case(
    models: Collection[Hypothesis],
    pass_: Pass,
    case: Case,
    scope: Scope = Scope.ANY,
    *,
    first: int = 0,
    is_choosy: bool = True,
    effort: Effort | None = None,
) -> DistinguishingCase | None:
    """The first case on which all of these models differ from each other and from the right result.

    Of `TRIES` cases; if none tells all apart, the one that tells the most apart.

    Parameters
    ----------
    models : collection of tuple of FaultModel
    pass_ : Pass
    case : Case
        The known one: its dtype, bias and layout are kept.
    scope : Scope
    first : int
        How many cases are passed over; the seed of a case is its number.
    is_choosy : bool
        If not, the first case on which any two of the models differ will do.
    effort : Effort, optional
        What the search takes is counted, and ends it.

    Returns
    -------
    DistinguishingCase or None
        None if all models give the right result, or the pass is not defined for the case's dtype.
    """
    effort = Effort(EFFORT) if effort is None else effort
    best: DistinguishingCase | None = None
    if not is_defined(pass_, case.dtype):
        return None
    for number, geometry in islice(enumerate(geometries(case.geometry, scope, TRIES)), first, None):
        effort.spend(geometry, len(models) + 1)
        if effort.is_spent:
            break
        drawn = replace(case, geometry=geometry, fill="uniform", seed=number, layout=CONTIGUOUS)
        operands = lattice_operands(drawn)
        results = {_answer(each, pass_, operands, geometry) for each in models}
        answers = len(results | {_answer((), pass_, operands, geometry)})
        if answers > (1 if best is None else best.answers):
            best = DistinguishingCase(pass_, drawn, answers, len(results) > 1)
        if answers == len(models) + 1 or (len(results) > 1 and not is_choosy):
            break
    return best


def _answer(model: Hypothesis, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> tuple[Any, bytes]:
    result: Array = evaluate(model, pass_, operands, geometry)
    return result.shape, result.tobytes()


def geometries(known: ConvGeometry, scope: Scope, tries: int) -> Iterator[ConvGeometry]:
    """Legal ones within the scope, drawn by a generator of its own."""
    random = Random(17)
    draw = _resized if scope is Scope.SIZES else _drawn
    for _ in range(tries):
        try:
            geometry = draw(random, known, scope)
        except InvalidArgument:
            continue
        if geometry.products <= MOST_PRODUCTS and (not geometry.is_degenerate or known.batch == 0):
            yield geometry


def in_whole_blocks(known: ConvGeometry, pass_: Pass) -> Iterator[ConvGeometry]:
    """Larger geometries without tails: with channels, and with positions of the result, that fill whole blocks."""
    channels = _BLOCK * known.groups
    yield replace(known, in_channels=channels, out_channels=channels)
    block = _BLOCK if known.rank > 1 else _BLOCK**2 // 4
    size = known.size
    for axis in range(known.rank):
        longer = (_with_length(known, axis, length) for length in range(size[axis], size[axis] + 2 * block + 1))
        of_pass = "size" if pass_ in INPUT_GRADIENTS else "output_size"
        filled = (each for each in longer if each is not None and not getattr(each, of_pass)[axis] % block)
        fitting = next((each for each in filled if not each.is_degenerate), None)
        if fitting is None:
            return
        known = fitting
    yield known


def _with_length(known: ConvGeometry, axis: int, length: int) -> ConvGeometry | None:
    try:
        return replace(known, size=(*known.size[:axis], length, *known.size[axis + 1 :]))
    except InvalidArgument:
        return None


def _resized(random: Random, known: ConvGeometry, scope: Scope) -> ConvGeometry:
    return replace(
        known,
        batch=known.batch and random.randint(1, 3),
        size=tuple(size + random.randint(0, 5) for size in known.size),
        kernel=tuple(length + (random.random() < 0.3) for length in known.kernel),
    )


def _drawn(random: Random, known: ConvGeometry, scope: Scope) -> ConvGeometry:
    """Features that the known case does not have are drawn only if the scope has them all."""
    all_features = scope is not Scope.FEATURES
    rank = max(known.rank, 2) if scope is Scope.ANY and random.random() < 0.8 else known.rank
    groups = random.choice((1, 2, 3)) if known.groups > 1 or all_features else 1
    stride = _per_axis(random, rank, 3) if max(known.stride) > 1 or all_features else [1] * rank
    size = [random.randint(3, 9) for _ in range(rank)]
    fixed: dict[str, Any] = {}
    if known.transposed:
        fixed = {"transposed": True, "output_padding": [random.randrange(step) for step in stride]}
    if random.random() < 0.25:
        size[-1] = random.choice(_BLOCKY) + random.randint(0, 3)
    channels = [random.randint(1, 3), random.randint(1, 3)]
    if random.random() < 0.35:
        size = [random.randint(2, 4) for _ in range(rank)]
        channels[random.randrange(2)] = random.choice(_BLOCKY)
    return ConvGeometry.of(
        batch=known.batch and random.randint(1, 3),
        in_channels=groups * channels[0],
        out_channels=groups * channels[1],
        size=size,
        kernel=_per_axis(random, rank, 3),
        stride=stride,
        padding=_padding(random, known, rank, all_features),
        dilation=_per_axis(random, rank, 2) if max(known.dilation) > 1 or all_features else 1,
        groups=groups,
        padding_mode=known.padding_mode,
        **fixed,
    )


def _padding(random: Random, known: ConvGeometry, rank: int, all_features: bool) -> Any:
    sides = [side for pair in known.padding for side in pair]
    uneven = any(low != high for low, high in known.padding) or all_features
    if not (any(sides) or all_features):
        return 0
    if uneven and not known.transposed and random.random() < 0.3:
        return random.choice(SAME_PADDINGS)
    pairs = [(random.randint(0, 2), random.randint(0, 2)) for _ in range(rank)]
    return pairs if uneven else [(low, low) for low, _ in pairs]


def _per_axis(random: Random, rank: int, most: int) -> list[int]:
    return [random.randint(1, most) for _ in range(rank)]

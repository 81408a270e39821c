"""Usual layers: the shapes that people ship, small, in all the conditions for which kernels have paths of their own.

The cases come in rounds. A round has every kind of layer once, every degenerate
form, and a few shrunk layers of the corpora; so a run has every kind, as long
as its share is a round. From round to round, and from seed to seed, each kind goes
on to the next channel counts, sizes and dtype; as the lengths of these lists
have no common divisor, it meets all pairs of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from ...oracle.numbers.dtypes import EVERYDAY
from ...oracle.operands.data import Case
from ...oracle.operands.fills import FILLS
from ...oracle.operands.vocabulary import DEGENERATE, Lack, Setting
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS, LAYOUTS
from .corpora import CORPORA, Entry, load_corpus
from .corpora.shrinking import shrunk
from .space import BEST_RESOLVED_FILL, Space, plainest, without

DENSE, SINGLE, GROUPED, DEPTHWISE = "dense", "one channel", "grouped", "depthwise"


@dataclass(frozen=True, slots=True)
class Layer:
    """A kind of layer, without its sizes; a number holds for each axis.

    Parameters
    ----------
    name : str
    rank : int
        Number of spatial axes; where a space lacks it and the numbers hold for any, it has another.
    kernel, stride, dilation, output_padding : int or tuple of int
    padding : int, str or tuple
        As :meth:`ConvGeometry.of` takes it.
    channels : str
        `DENSE`, `SINGLE`, `GROUPED` or `DEPTHWISE`.
    multiplier : int
        Outputs for each channel of a depthwise one.
    transposed : bool
    lacks : Lack or None
    """

    name: str
    rank: int
    kernel: int | tuple[int, ...]
    stride: int = 1
    padding: int | str | tuple[int, ...] = 0
    dilation: int = 1
    channels: str = DENSE
    multiplier: int = 1
    transposed: bool = False
    output_padding: int = 0
    lacks: Lack | None = None


LAYERS = (
    Layer("pointwise", 2, 1),
    Layer("pointwise, stride 2", 2, 1, stride=2),
    Layer("3 by 3", 2, 3, padding=1),
    Layer("3 by 3, unpadded", 2, 3),
    Layer("3 by 3, stride 2", 2, 3, stride=2, padding=1),
    Layer("3 by 3, stride 2, SAME", 2, 3, stride=2, padding="same_upper"),
    Layer("3 by 3, dilated", 2, 3, padding=2, dilation=2),
    Layer("3 by 3, one channel", 2, 3, padding=1, channels=SINGLE),
    Layer("5 by 5", 2, 5, padding=2),
    Layer("5 by 5, unpadded", 2, 5),
    Layer("7 by 7, stride 2", 2, 7, stride=2, padding=3),
    Layer("11 by 11, stride 4", 2, 11, stride=4, padding=2),
    Layer("1 by 7", 2, (1, 7), padding=(0, 3)),
    Layer("7 by 1", 2, (7, 1), padding=(3, 0)),
    Layer("patches of 2", 2, 2, stride=2),
    Layer("patches of 4", 2, 4, stride=4),
    Layer("grouped 3 by 3", 2, 3, padding=1, channels=GROUPED),
    Layer("grouped pointwise", 2, 1, channels=GROUPED),
    Layer("depthwise 3 by 3", 2, 3, padding=1, channels=DEPTHWISE),
    Layer("depthwise 3 by 3, stride 2", 2, 3, stride=2, padding=1, channels=DEPTHWISE),
    Layer("depthwise 3 by 3, multiplier 2", 2, 3, padding=1, channels=DEPTHWISE, multiplier=2),
    Layer("depthwise 5 by 5", 2, 5, padding=2, channels=DEPTHWISE),
    Layer("depthwise 5 by 5, stride 2", 2, 5, stride=2, padding=2, channels=DEPTHWISE),
    Layer("depthwise 7 by 7", 2, 7, padding=3, channels=DEPTHWISE),
    Layer("sequence of 3", 1, 3, padding=1),
    Layer("causal, dilated", 1, 2, padding="causal", dilation=4),
    Layer("causal, depthwise", 1, 4, padding="causal", channels=DEPTHWISE),
    Layer("volume of 3", 3, 3, padding=1),
    Layer("volume of 3, stride 2", 3, 3, stride=2, padding=1),
    Layer("transposed 2 by 2, stride 2", 2, 2, stride=2, transposed=True),
    Layer("transposed 4 by 4, stride 2", 2, 4, stride=2, padding=1, transposed=True),
    Layer("transposed 3 by 3, stride 2", 2, 3, stride=2, padding=1, transposed=True, output_padding=1),
    *(Layer(lacks, 2, 3, lacks=lacks) for lacks in (*DEGENERATE, Lack.IMAGES)),
)
"""The kinds of layers, each of which is in every round."""

_WIDTHS = (4, 8, 16, 32, 64)
CHANNEL_PAIRS = (
    *((1, 1), (3, 1), (1, 3)),
    *(pair for w in _WIDTHS for pair in ((w, w), (w - 1, w), (w, w + 1), (w + 1, w - 1))),
)
"""Inputs and outputs: few, and at, below and past the widths of vectors and tiles; of depthwise layers, the inputs."""
SIZES = ((8, 8), (7, 7), (1, 9), (6, 11), (10, 1), (5, 14), (13, 4))
"""Height and width; the last one of a sequence, and of a volume the height again as third."""
GROUP_COUNTS = (2, 4, 3, 8, 32)
ROUNDS = len(CHANNEL_PAIRS)
_ROUNDS_BETWEEN_SEEDS = 29
"""It has no common divisor with the lengths of the lists; and no two seeds have a turn in common."""
_CORPUS_LAYERS = 2
"""In a round."""
_BATCHES = (1, 1, 2, 3, 4)
MANY_IMAGES = (9, 17, 33)
"""Past the widths of vectors and tiles over the images."""
_TURNS_OF_MANY_IMAGES = 8


def usual_cases(space: Space, seed: int) -> Iterator[Case]:
    """The plainest convolution and the usual layers that lie in a space, of all `ROUNDS`.

    A layer that is too large for the space has in one round a smaller input, in
    the next ones fewer outputs or inputs. One with settings that the space lacks is left out.
    Every eighth layer has many images, and keeps them where it can.
    """
    known = {plainest(space)}
    yield from known
    for number in range(ROUNDS):
        for case in _round(space, seed, number):
            if case not in known:
                known.add(case)
                yield case


def _round(space: Space, seed: int, number: int) -> Iterator[Case]:
    """Every kind in an order of the seed's own, so that none is always the one that a small share leaves out."""
    turn = _ROUNDS_BETWEEN_SEEDS * seed + number
    rng = Random(f"{seed}/{number}")
    kinds = [(place, _geometry(layer, space, turn + place, rng)) for place, layer in enumerate(LAYERS)]
    rng.shuffle(kinds)
    for place, geometry in (*kinds, *enumerate(_of_corpora(space, turn, rng), len(LAYERS))):
        case = None if geometry is None else _case(geometry, space, turn + place, rng)
        if case is not None and space.allows(case):
            yield case


def _case(geometry: ConvGeometry, space: Space, turn: int, rng: Random) -> Case:
    """A case of the layer: its dtype is that of the turn, the rest is drawn."""
    usual = [dtype for dtype in space.dtypes if dtype in EVERYDAY] or space.dtypes
    rare = [dtype for dtype in space.dtypes if dtype not in usual]
    dtype = rng.choice(rare) if rare and rng.random() < 0.25 else usual[turn % len(usual)]
    bias = "bias" in space.settings and rng.random() < 0.5
    fill = rng.choice((BEST_RESOLVED_FILL, rng.choice(tuple(FILLS))))
    layout = rng.choice((CONTIGUOUS, rng.choice(tuple(LAYOUTS)))) if Setting.LAYOUT in space.settings else CONTIGUOUS
    return Case(geometry, bias, dtype, fill, rng.randrange(1000), layout)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a kind of layer leaves open; channels are those of a group."""

    batch: int
    groups: int
    inputs: int
    outputs: int
    size: tuple[int, ...]

    def of(self, layer: Layer) -> ConvGeometry:
        return ConvGeometry.of(
            size=self.size,
            kernel=layer.kernel,
            batch=self.batch,
            in_channels=self.groups * self.inputs,
            out_channels=self.groups * self.outputs,
            stride=layer.stride,
            padding=layer.padding,
            dilation=layer.dilation,
            groups=self.groups,
            transposed=layer.transposed,
            output_padding=layer.output_padding,
        )


def _geometry(layer: Layer, space: Space, turn: int, rng: Random) -> ConvGeometry | None:
    """The layer in the conditions of a turn; None if the space has no such number of axes."""
    rank = layer.rank
    if rank not in space.ranks:
        if isinstance(layer.kernel, tuple):
            return None
        rank = space.ranks[turn % len(space.ranks)]
    least = _least_size(layer, rank)
    sides = SIZES[turn % len(SIZES)]
    size = (sides * 2)[:rank] if rank > 1 else sides[1:]
    images, place = divmod(turn, _TURNS_OF_MANY_IMAGES)
    few = rng.choice(_BATCHES)
    batch = few if place else MANY_IMAGES[images % len(MANY_IMAGES)]
    wanted = _Numbers(batch, *_channels(layer, turn), tuple(map(max, size, least)))
    if layer.lacks is not None:
        return without(wanted.of(layer), layer.lacks)
    return _fitted(layer, wanted, least, space.max_products, turn)


def _channels(layer: Layer, turn: int) -> tuple[int, int, int]:
    """Groups, and the inputs and outputs of one, in a turn."""
    inputs, outputs = CHANNEL_PAIRS[turn % len(CHANNEL_PAIRS)]
    of_kind = {
        DENSE: (1, inputs, outputs),
        SINGLE: (1, 1, 1),
        GROUPED: (GROUP_COUNTS[turn % len(GROUP_COUNTS)], inputs, outputs),
        DEPTHWISE: (max(inputs, 2), 1, layer.multiplier),
    }
    return of_kind[layer.channels]


def _least_size(layer: Layer, rank: int) -> tuple[int, ...]:
    """The smallest input that has a window."""
    kernels = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel,) * rank
    sides = layer.padding if isinstance(layer.padding, tuple) else (layer.padding,) * rank
    if layer.transposed or isinstance(layer.padding, str):
        return (1,) * rank
    reaches = (layer.dilation * (kernel - 1) + 1 for kernel in kernels)
    return tuple(max(reach - 2 * int(side), 1) for reach, side in zip(reaches, sides, strict=True))


def _fitted(layer: Layer, wanted: _Numbers, least: tuple[int, ...], most: int, turn: int) -> ConvGeometry:
    """The layer with at most so many products, if it can: what is cut down first changes with the turn."""

    def smaller(numbers: _Numbers, excess: float) -> _Numbers:
        """The longest side less by two, so that what is odd stays odd."""
        cuttable = [axis for axis, size in enumerate(numbers.size) if size - 2 >= least[axis]]
        longest = max(cuttable, key=lambda axis: numbers.size[axis], default=None)
        return replace(numbers, size=tuple(s - 2 * (axis == longest) for axis, s in enumerate(numbers.size)))

    def fewer_outputs(numbers: _Numbers, excess: float) -> _Numbers:
        return numbers if layer.channels == DEPTHWISE else replace(numbers, outputs=_cut(numbers.outputs, excess))

    def fewer_inputs(numbers: _Numbers, excess: float) -> _Numbers:
        return replace(numbers, inputs=_cut(numbers.inputs, excess))

    def fewer_groups(numbers: _Numbers, excess: float) -> _Numbers:
        return numbers if numbers.groups == 1 else replace(numbers, groups=max(_cut(numbers.groups, excess), 2))

    def one_image(numbers: _Numbers, excess: float) -> _Numbers:
        return replace(numbers, batch=1)

    orders: tuple[tuple[Callable[[_Numbers, float], _Numbers], ...], ...] = (
        (smaller, fewer_outputs, fewer_inputs, fewer_groups),
        (fewer_outputs, smaller, fewer_inputs, fewer_groups),
        (fewer_inputs, fewer_groups, smaller, fewer_outputs),
    )
    geometry = wanted.of(layer)
    cuts = orders[turn % len(orders)]
    for cut in (*cuts, one_image) if wanted.batch in MANY_IMAGES else (one_image, *cuts):
        while geometry.products > most:
            less = cut(wanted, geometry.products / most)
            if less == wanted:
                break
            wanted, geometry = less, less.of(layer)
    return geometry


def _cut(count: int, excess: float) -> int:
    return max(int(count / excess), 1)


def _of_corpora(space: Space, turn: int, rng: Random) -> list[ConvGeometry]:
    """Shrunk layers, each of another corpus in turn."""
    layers = []
    for number in range(_CORPUS_LAYERS):
        entries = _entries(tuple(CORPORA)[(turn + number * len(CORPORA) // _CORPUS_LAYERS) % len(CORPORA)])
        for entry in rng.sample(entries, len(entries)):
            geometry = shrunk(entry.geometry, space.max_products) if entry.geometry.rank in space.ranks else None
            if geometry is not None and space.allows(replace(plainest(space), geometry=geometry)):
                layers.append(geometry)
                break
    return layers


@cache
def _entries(corpus: str) -> tuple[Entry, ...]:
    return load_corpus(corpus)

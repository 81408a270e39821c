"""The right numbers returned in another arrangement: axes in another order, missing, merged or added.

These are for diagnosis only: that a shape is wrong, or that axes are exchanged
where their sizes agree, every check sees without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Pass
from .model import FaultModel, Kind
from .parts import has_terms
from .planting import BACKWARDS, EVERY, planting, with_result

Order = Callable[[int], tuple[int, ...]]
"""From a number of axes to their order."""

_OF_IMAGES = (*FORWARDS, *INPUT_GRADIENTS)
_CONVOLVED = (*FORWARDS, *BACKWARDS)


def arrangements(ndim: int) -> Iterator[FaultModel]:
    """The models, with sentences for results of so many axes."""
    for name, what, order, passes in _ORDERS:
        axes = order(ndim)
        if axes != tuple(range(ndim)):
            sentence = f"the right result were returned with its axes in the order {axes}: {what}"
            yield _model(name, sentence, _transposing(order), passes)
    for name, sentence, change, passes in _OTHERS:
        yield _model(name, sentence, change, passes)


def _model(name: str, sentence: str, change: Callable[[Array], Array], passes: tuple[Pass, ...]) -> FaultModel:
    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        return pass_ in passes and has_terms(pass_, geometry)

    def changed(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
        return change(result)

    plant = planting(with_result(changed), passes)
    return FaultModel(name, sentence, _EXPLANATION, Kind.TERMS, frozenset(passes), shows, plant)


def _transposing(order: Order) -> Callable[[Array], Array]:
    return lambda result: np.transpose(result, order(result.ndim))


def _without_first(result: Array) -> Array:
    return result[0] if len(result) else result


def _without_second(result: Array) -> Array:
    return result[:, 0] if result.shape[1] == 1 else result


def _each_flat(result: Array) -> Array:
    return result.reshape(len(result), int(np.prod(result.shape[1:])))


_EXPLANATION = "The numbers are right, only their arrangement is not. Look at the last reshape or transposition."
_ORDERS: tuple[tuple[str, str, Order, tuple[Pass, ...]], ...] = (
    ("result-channels-last", "channels last", lambda n: (0, *range(2, n), 1), _OF_IMAGES),
    ("result-spatial-axes-reversed", "spatial axes exchanged", lambda n: (0, 1, *range(n - 1, 1, -1)), _CONVOLVED),
    ("result-first-axes-exchanged", "the first two exchanged", lambda n: (1, 0, *range(2, n)), _CONVOLVED),
    ("result-batch-last", "batch last", lambda n: (*range(1, n), 0), _OF_IMAGES),
    ("result-axes-reversed", "all reversed", lambda n: tuple(range(n - 1, -1, -1)), _CONVOLVED),
    ("weight-spatial-first", "spatial axes first", lambda n: (*range(2, n), 1, 0), WEIGHT_GRADIENTS),
    ("weight-spatial-first-rows", "spatial axes first", lambda n: (*range(2, n), 0, 1), WEIGHT_GRADIENTS),
    ("weight-columns-last", "columns last", lambda n: (0, *range(2, n), 1), WEIGHT_GRADIENTS),
)
_OTHERS: tuple[tuple[str, str, Callable[[Array], Array], tuple[Pass, ...]], ...] = (
    ("result-squeezed", "axes of size 1 were removed from the right result", np.squeeze, EVERY),
    ("result-of-one-image", "the first image of the right result were all of it", _without_first, _OF_IMAGES),
    ("result-without-channel-axis", "the right result had no axis for its only channel", _without_second, _CONVOLVED),
    ("result-flattened", "the right result were returned as one axis", np.ravel, _CONVOLVED),
    ("result-flattened-by-image", "each image of the right result were returned as one axis", _each_flat, _OF_IMAGES),
    ("result-with-an-axis-before", "the right result had one more axis, the first", lambda r: r[None], EVERY),
    ("result-with-an-axis-after", "the right result had one more axis, the last", lambda r: r[..., None], EVERY),
    (
        "bias-gradient-with-kept-axes",
        "the bias gradient kept the axes that it is summed along",
        lambda r: r.reshape(1, -1, 1, 1),
        (Pass.BIAS_GRADIENT,),
    ),
)

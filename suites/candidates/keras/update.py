"""The update by Keras's own optimizer."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from ..calls.framework import Given

Compute = Callable[[Pass, Given, ConvGeometry], Array]


def with_sgd(compute: Compute, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
    """A pass by `compute`, of which the update takes the weight gradient only; the step is Keras's."""
    if pass_ is not Pass.UPDATE:
        return compute(pass_, given, geometry)
    return _sgd(given.weight, compute(Pass.WEIGHT_GRADIENT, given, geometry), given.learning_rate)


def _sgd(weight: Array, gradient: Array, learning_rate: float) -> Array:
    """The weight after one step of `keras.optimizers.SGD`."""
    variable = keras.Variable(np.ascontiguousarray(weight), dtype=weight.dtype.name)
    step = keras.ops.convert_to_tensor(np.ascontiguousarray(gradient))
    keras.optimizers.SGD(learning_rate).apply([step], [variable])
    return np.asarray(keras.ops.convert_to_numpy(variable))


def write_sgd(gradient: str) -> list[str]:
    """The same in source, of the arrays ``weight`` and the one called `gradient`: lines that compute ``actual``."""
    return [
        "variable = keras.Variable(np.ascontiguousarray(weight), dtype=weight.dtype.name)",
        f"gradient = keras.ops.convert_to_tensor(np.ascontiguousarray({gradient}))",
        "keras.optimizers.SGD(learning_rate).apply([gradient], [variable])",
        "actual = np.asarray(keras.ops.convert_to_numpy(variable))",
    ]

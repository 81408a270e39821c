"""The update by Keras's own optimizer."""

from __future__ import annotations

import keras
import numpy as np

from ....oracle.passes import Array


def sgd(weight: Array, gradient: Array, learning_rate: float) -> Array:
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

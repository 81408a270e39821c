"""Keras's step with a gradient by TensorFlow; of convoracle it imports only what imports nothing of it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensorflow.derivatives import derived, eager, weight_gradient
from .convolution import stepped


def eager_update(convolution: Callable[..., Any], **settings: Any) -> Callable[..., np.ndarray]:
    return stepped(derived(weight_gradient, convolution, eager, "weight", **settings))

"""The built-in candidate ``tensorflow-function``: each pass as a graph, by `tf.function`."""

from __future__ import annotations

from . import derivatives
from .builtin import TensorFlow


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow-function``."""
    return TensorFlow("tensorflow-function", trace=derivatives.graph)

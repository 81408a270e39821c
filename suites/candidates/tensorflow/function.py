"""The built-in candidate ``tensorflow-function``: each pass as a graph, by `tf.function`."""

from __future__ import annotations

import tensorflow as tf

from .builtin import TensorFlow, kernel_limitation


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow-function``."""
    return TensorFlow("tensorflow-function", trace=tf.function, decorator="@tf.function", limitation=kernel_limitation)

"""The built-in candidate ``tensorflow-function``: each pass as a graph, by `tf.function`."""

from __future__ import annotations

import functools

import tensorflow as tf

from .builtin import TensorFlow


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow-function``."""
    return TensorFlow(
        "tensorflow-function", trace=functools.partial(tf.function, autograph=False), decorator="@tf.function"
    )

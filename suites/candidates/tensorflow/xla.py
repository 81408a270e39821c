"""The built-in candidate ``tensorflow-xla``: each pass compiled by XLA, which takes a tenth of a second and more.

XLA knows more than TensorFlow's kernels: groups with three spatial axes, and the gradients of grouped and
dilated convolutions in every dtype.
"""

from __future__ import annotations

import functools

import tensorflow as tf

from .builtin import TensorFlow
from .convolution import limitation


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow-xla``."""
    return TensorFlow(
        "tensorflow-xla",
        trace=functools.partial(tf.function, autograph=False, jit_compile=True),
        decorator="@tf.function(jit_compile=True)",
        limitation=limitation,
    )

"""The built-in candidate ``tensorflow-xla``: each pass compiled by XLA, which takes a tenth of a second and more.

XLA knows more than TensorFlow's kernels: groups with three spatial axes, and the gradients of grouped and
dilated convolutions in every dtype.
"""

from __future__ import annotations

from . import derivatives
from .builtin import TensorFlow
from .plan import limitation


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow-xla``."""
    return TensorFlow("tensorflow-xla", limitation, trace=derivatives.xla)

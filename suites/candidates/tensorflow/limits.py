"""What TensorFlow's kernels say they cannot do, told apart from errors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

_CANNOT = (
    "not supported on CPU",
    "not yet support dilation rates",
    "only supports dilated rates of 1",
    "filter_size does not have enough elements",
)
"""How InvalidArgumentError says that a legal convolution is not implemented; the last is what is said of the weight
gradient of a grouped convolution in a graph, where the input gradient, which says it plainly, is not computed."""
_PREFIX = re.compile(r"\{\{[^}]*\}\}\s*")
_NOT_THE_MESSAGE = ("Graph execution error", "Detected at node", "File ", "[[{{", "Stack trace for op")


@contextlib.contextmanager
def limits_told() -> Iterator[None]:
    """Raise what the kernels say they cannot do as NotImplementedError; every other error stays what it is."""
    try:
        yield
    except tf.errors.UnimplementedError as error:
        raise NotImplementedError(_sentence(error)) from error
    except tf.errors.InvalidArgumentError as error:
        if any(sign in error.message for sign in _CANNOT):
            raise NotImplementedError(_sentence(error)) from error
        raise


def _sentence(error: tf.errors.OpError) -> str:
    """The message without the names of internal functions around it, nor the places where a graph was built."""
    lines = _PREFIX.sub("", str(error.message)).splitlines()
    own = [line.strip() for line in lines if line.strip() and not line.strip().startswith(_NOT_THE_MESSAGE)]
    refusals = [line for line in own if any(sign in line for sign in _CANNOT)] or own
    return refusals[0].partition(" [Op:")[0].strip()

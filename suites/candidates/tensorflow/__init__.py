"""TensorFlow as a candidate: `tf.nn` convolutions, derivatives by GradientTape and ForwardAccumulator, its own update.

TensorFlow's CPU kernels want channels last and tensors own their memory, so
arrays are transposed and copied at the edge, whatever their memory layout. What the
kernels say they cannot do is raised as NotImplementedError: unsupported.
"""

from __future__ import annotations

import os as _os

_os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when tensorflow is imported

from .builtin import candidate

__all__ = ["candidate"]

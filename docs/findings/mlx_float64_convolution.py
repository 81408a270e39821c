"""MLX, convolution in float64: operands and sums are those of float32.

float64 n1c1k1i1f1: 1 image of 1 channel, 1 filter, input and kernel of 1. Exits 0 where the defect does not show.
"""

import sys

import mlx.core as mx
import numpy as np

mx.set_default_device(mx.cpu)
number = np.array([[[1 + 2.0**-40]]])
x = mx.array(number, dtype=mx.float64)
w = mx.ones((1, 1, 1), dtype=mx.float64)
expected = number.item() - 1
print("O1 - 1, where O1 = X1 F1, X1 = 1 + 2^-40 and F1 = 1: expected", expected, flush=True)
print("X1 - 1 as an array of", x.dtype, "is", np.array(x).item() - 1)
got = np.array(mx.conv1d(x, w)).item() - 1
print("got", got)
sys.exit(got != expected)

"""JAX on the CPU: where padding is wider than the kernel, the gradient of the input reads other rows, and past the end.

n2c2k3i1f3p3+1: 2 images, 2 channels in, 3 out, input of 1, kernel of 3, padding of 3 before and 1 after; float32.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import jax
import numpy as np


def convolution(x, w):
    return jax.lax.conv_general_dilated(x, w, (1,), ((3, 1),))


x = np.ones((2, 2, 1), np.float32)
w = np.ones((3, 2, 3), np.float32)
g = np.array([[[1, 10, 100]] * 3, [[1000, 10000, 100000]] * 3], np.float32)
expected = [330.0, 330.0, 330000.0, 330000.0]
got = np.asarray(jax.vjp(lambda x: convolution(x, w), x)[1](g)[0]).ravel().tolist()
print("dL/dX, where each is the sum of G2 and G3 over 3 channels: expected", expected, "got", got)
sys.exit(got != expected)

"""JAX on the CPU: the gradient of a convolution with respect to its input ends the process, in XLA's compiler.

n1c1k1i4x1f2x2s2x2p1x1: 1 image, 1 channel in and out, input of 4 by 1, kernel of 2 by 2, stride 2 and padding 1.
Exits 1 where the gradient is wrong, 0 where it is right; where the defect shows, it dies by SIGABRT before that.
"""

import sys

import jax
import numpy as np


def convolution(x, w):
    return jax.lax.conv_general_dilated(x, w, (2, 2), ((1, 1), (1, 1)))


x = np.ones((1, 1, 4, 1), np.float32)
w = np.array([[[[1.0, 10.0], [100.0, 1000.0]]]], np.float32)
g = np.array([1.0, 2.0, 3.0], np.float32).reshape(1, 1, 3, 1)
expected = [1000.0, 20.0, 2000.0, 30.0]
print("dL/dX = F22 G1, F12 G2, F22 G2, F12 G3: expected", expected, flush=True)

_, pull_back = jax.vjp(lambda x: convolution(x, w), x)
got = np.asarray(pull_back(g)[0]).ravel().tolist()
print("got", got)
sys.exit(got != expected)

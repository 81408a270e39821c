"""JAX on the CPU: NaN and infinity in one group, or one tap, turn results of others into NaN.

n1c2k2i1f1g2, forward in float64: 1 image, 2 channels in and out, input and kernel of 1, each channel a group.
n1c3k6i1f1g3, weight gradient in float32: 3 channels in, 6 out, 3 groups.
n1c3k1i1f3t, weight gradient in float32 of a transposed convolution, without groups: 3 channels in, 1 out, kernel of 3.
Exits 1 where the defect shows, 0 where it does not.
"""

import functools
import sys

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)


def flat(array):
    return [float(value) for value in np.asarray(array).ravel()]


def convolution(groups, x, w):
    return jax.lax.conv_general_dilated(x, w, (1,), ((0, 0),), feature_group_count=groups)


def transposed(x, w):
    return jax.lax.conv_general_dilated(x, jax.numpy.flip(w, 2).swapaxes(0, 1), (1,), ((2, 2),))


defect = False
for bad in (float("nan"), float("inf")):
    x = np.array([[[1.0], [bad]]])
    w = np.ones((2, 1, 1))
    expected = [1.0, bad]
    got = flat(convolution(2, x, w))
    print("float64 O, where O1 = X1 F1 and O2 = X2 F2: expected", expected, "got", got)
    defect |= not np.array_equal(expected, got, equal_nan=True)

    x = np.ones((1, 3, 1), np.float32)
    w = np.ones((6, 1, 1), np.float32)
    g = np.array([[[1.0], [1.0], [bad], [bad], [1.0], [1.0]]], np.float32)
    expected = [1.0, 1.0, bad, bad, 1.0, 1.0]
    _, pull_back = jax.vjp(functools.partial(convolution, 3, x), w)
    got = flat(pull_back(g)[0])
    print("float32 dL/dF, where each is its own dL/dO: expected", expected, "got", got)
    defect |= not np.array_equal(expected, got, equal_nan=True)

    x = np.ones((1, 3, 1), np.float32)
    w = np.ones((3, 1, 3), np.float32)
    g = np.array([[[bad, 1.0, 1.0]]], np.float32)
    expected = [bad, 1.0, 1.0] * 3
    _, pull_back = jax.vjp(functools.partial(transposed, x), w)
    got = flat(pull_back(g)[0])
    print("float32 dL/dF, where each tap is its own dL/dO: expected", expected, "got", got)
    defect |= not np.array_equal(expected, got, equal_nan=True)
sys.exit(defect)

"""A convolution such as one writes in an exercise. It passes the test that one writes beside it."""

import numpy as np


def conv2d(x, w, *, stride=(1, 1), padding=(0, 0)):
    ph, pw = padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    sh, sw = stride
    rows, columns = w.shape[2:]
    height = (x.shape[2] - rows) // sh + 1
    width = (x.shape[3] - columns) // sw + 1
    out = np.zeros((x.shape[0], w.shape[0], height, width), dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, :, i * sh : i * sh + rows, j * sh : j * sh + columns]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3]))
    return out

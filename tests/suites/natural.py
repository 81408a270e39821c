"""Small kernels with a mistake, as people write them: plain NumPy, with results whose size follows the mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from convoracle.suites.calling.in_process import InProcess

Array = Any
Pair = tuple[int, int]
Conv2d = Callable[..., Array]


def _pad(x: Array, padding: Pair) -> Array:
    (top, left) = padding
    return np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))


def plain(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """A right one, by windows; sums in the dtype of the operands."""
    x = _pad(x, padding)
    (n, _, height, width), (k, _, rows, columns) = x.shape, w.shape
    (sy, sx), (dy, dx) = stride, dilation
    out_h = (height - dy * (rows - 1) - 1) // sy + 1
    out_w = (width - dx * (columns - 1) - 1) // sx + 1
    out = np.zeros((n, k, max(out_h, 0), max(out_w, 0)), x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * sy : i * sy + dy * rows : dy, j * sx : j * sx + dx * columns : dx]
            if window.size:  # of nothing, `np.einsum` makes NaN now and then: finding N1
                out[:, :, i, j] = np.einsum("ncrs,kcrs->nk", window[:, :, :rows, :columns], w)
    return out


def strides_exchanged(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride[::-1], padding, dilation)


def one_stride(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, (stride[0], stride[0]), padding, dilation)


def paddings_exchanged(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding[::-1], dilation)


def padding_ignored(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, (0, 0), dilation)


def dilations_exchanged(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation[::-1])


def dilation_ignored(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, (1, 1))


def full(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, (dilation[0] * (w.shape[2] - 1), dilation[1] * (w.shape[3] - 1)), dilation)


def rounded_up(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """One more window where the stride does not divide, over zeros."""
    x = _pad(x, padding)
    reach = [d * (r - 1) + 1 for d, r in zip(dilation, w.shape[2:], strict=True)]
    more = [-(size - far) % s if size >= far else 0 for size, far, s in zip(x.shape[2:], reach, stride, strict=True)]
    return plain(np.pad(x, ((0, 0), (0, 0), (0, more[0]), (0, more[1]))), w, stride, (0, 0), dilation)


def channels_last(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation).transpose(0, 2, 3, 1)


def height_and_width_exchanged(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation).transpose(0, 1, 3, 2)


def squeezed(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation).squeeze()


def batch_dropped(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation)[0]


def flattened(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation).ravel()


def relu(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    out = plain(x, w, stride, padding, dilation)
    return np.where(out > 0, out, 0).astype(x.dtype)


def absolute(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return np.abs(plain(x, w, stride, padding, dilation))


def root_of_square(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    out = plain(x, w, stride, padding, dilation).astype(np.float64)
    return np.sqrt(out * out).astype(x.dtype)


def relu_of_input(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(np.where(x > 0, x, 0).astype(x.dtype), w, stride, padding, dilation)


def clipped(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return np.clip(plain(x, w, stride, padding, dilation), -1000, 1000)


def relu6(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return np.clip(plain(x, w, stride, padding, dilation), 0, 6)


def leaky(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    out = plain(x, w, stride, padding, dilation)
    return np.where(out < 0, out * np.float32(0.01), out).astype(x.dtype)


def thresholded(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    out = plain(x, w, stride, padding, dilation)
    out[np.abs(out) < 2000] = 0
    return out


def squared(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Of no known kind, and not linear."""
    out = plain(x, w, stride, padding, dilation)
    return np.where(out > 0, out + 1, out - 2).astype(x.dtype)


def candidate(conv: Conv2d) -> InProcess:
    """A function of two axes as a candidate."""

    def conv2d(x: Array, w: Array, stride: Pair = (1, 1), padding: Pair = (0, 0), dilation: Pair = (1, 1)) -> Array:
        return conv(x, w, stride, padding, dilation)

    return InProcess(conv2d)

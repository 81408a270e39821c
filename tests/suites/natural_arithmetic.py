"""Small right kernels in another arithmetic than their dtype's, as people write them: plain NumPy."""

from __future__ import annotations

from collections.abc import Callable

import ml_dtypes
import numpy as np

from .natural import Array, Pair, plain


def _padded(x: Array, padding: Pair) -> Array:
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def by_taps(
    x: Array,
    w: Array,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    total: type,
    times: Callable[[Array, Array], Array] = np.multiply,
) -> Array:
    """Each product added to an accumulator of a type."""
    x = _padded(x, padding)
    (n, c, height, width), (k, _, rows, columns) = x.shape, w.shape
    out_h = (height - dilation[0] * (rows - 1) - 1) // stride[0] + 1
    out_w = (width - dilation[1] * (columns - 1) - 1) // stride[1] + 1
    out = np.zeros((n, k, max(out_h, 0), max(out_w, 0)), total)
    for channel in range(c):
        for r in range(rows):
            for s in range(columns):
                top, left = r * dilation[0], s * dilation[1]
                seen = x[
                    :, channel, top : top + out_h * stride[0] : stride[0], left : left + out_w * stride[1] : stride[1]
                ]
                seen = seen[:, None, : out.shape[2], : out.shape[3]]
                out = (out + times(seen, w[None, :, channel, r, s, None, None])).astype(total)
    return out


def zeros_skipped(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Terms with a zero of the input are left out, as in a sparse kernel."""
    return by_taps(
        x, w, stride, padding, dilation, x.dtype.type, lambda seen, tap: np.where(seen == 0, seen * 0, seen * tap)
    )


def float16_sums(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return by_taps(x, w, stride, padding, dilation, np.float16).astype(x.dtype)


def bfloat16_sums(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return by_taps(x, w, stride, padding, dilation, ml_dtypes.bfloat16).astype(x.dtype)


def all_in_float16(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    x16, w16 = x.astype(np.float16), w.astype(np.float16)
    return by_taps(x16, w16, stride, padding, dilation, np.float16).astype(x.dtype)


def _tf32(array: Array) -> Array:
    """Ten bits of the fraction kept, the last one rounded half up, as by adding to the bits."""
    bits = np.ascontiguousarray(array).view(np.uint32)
    nearest = (bits + np.uint32(0xFFF) + ((bits >> np.uint32(13)) & np.uint32(1))) & np.uint32(0xFFFFE000)
    return nearest.view(np.float32).reshape(array.shape)


def _cut(array: Array) -> Array:
    return (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32).reshape(array.shape)


def tf32_operands(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(_tf32(x), _tf32(w), stride, padding, dilation)


def tf32_cut(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(_cut(x), _cut(w), stride, padding, dilation)


def bfloat16_operands(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    x, w = (array.astype(ml_dtypes.bfloat16).astype(array.dtype) for array in (x, w))
    return plain(x, w, stride, padding, dilation)


def bfloat16_weight(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w.astype(ml_dtypes.bfloat16).astype(w.dtype), stride, padding, dilation)


def float16_input(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x.astype(np.float16).astype(x.dtype), w, stride, padding, dilation)


def rounded_twice(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x, w, stride, padding, dilation).astype(ml_dtypes.bfloat16).astype(x.dtype)


def float32_inside(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(x.astype(np.float32), w.astype(np.float32), stride, padding, dilation).astype(x.dtype)


def flushed(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    smallest = np.finfo(x.dtype).tiny
    x, w = (np.where(np.abs(array) < smallest, np.zeros((), array.dtype), array) for array in (x, w))
    out = plain(x, w, stride, padding, dilation)
    return np.where(np.abs(out) < smallest, np.zeros((), out.dtype), out)


def by_fft(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Every channel's plane transformed as a whole."""
    x = _padded(x, padding)
    reach = [d * (r - 1) + 1 for d, r in zip(dilation, w.shape[2:], strict=True)]
    spread = np.zeros((*w.shape[:2], *reach), w.dtype)
    spread[:, :, :: dilation[0], :: dilation[1]] = w
    size = [length + far - 1 for length, far in zip(x.shape[2:], reach, strict=True)]
    single = np.complex64 if x.dtype == np.float32 else np.complex128
    planes = np.fft.rfft2(x, size).astype(single)
    kernels = np.fft.rfft2(spread[:, :, ::-1, ::-1], size).astype(single)
    whole = np.fft.irfft2(np.einsum("ncab,kcab->nkab", planes, kernels), size).astype(x.dtype)
    (top, left), (bottom, right) = (far - 1 for far in reach), x.shape[2:]
    return np.ascontiguousarray(whole[:, :, top : bottom : stride[0], left : right : stride[1]])


_B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])


def winograd(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """F(2x2, 3x3) for kernels of 3x3 with stride 1, and sums of products for others; a third makes it round."""
    if not x.size or w.shape[2:] != (3, 3) or stride != (1, 1) or dilation != (1, 1):
        return plain(x, w, stride, padding, dilation)
    x = _padded(x, padding)
    out_h, out_w = x.shape[2] - 2, x.shape[3] - 2
    x = np.pad(x, ((0, 0), (0, 0), (0, out_h % 2), (0, out_w % 2)))
    third = x.dtype.type(3)
    g = (_G / 3).astype(x.dtype)
    u = np.einsum("ir,kcrs,js->kcij", g, w, g).astype(x.dtype)
    out = np.zeros((len(x), len(w), out_h + out_h % 2, out_w + out_w % 2), x.dtype)
    b, a = _B.astype(x.dtype), (_A * third * third / third).astype(x.dtype)
    for i in range(0, out_h, 2):
        for j in range(0, out_w, 2):
            v = np.einsum("ri,ncrs,sj->ncij", b.T, x[:, :, i : i + 4, j : j + 4], b.T)
            m = np.einsum("ncij,kcij->nkij", v, u)
            out[:, :, i : i + 2, j : j + 2] = np.einsum("ip,nkij,jq->nkpq", a, m, a)
    return np.ascontiguousarray(out[:, :, :out_h, :out_w])


def nan_to_num(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return np.nan_to_num(plain(x, w, stride, padding, dilation))


def nan_to_num_of_input(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(np.nan_to_num(x), w, stride, padding, dilation)


def nan_as_zero(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    return plain(np.where(np.isnan(x), np.zeros((), x.dtype), x), w, stride, padding, dilation)


def clamped(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """As clamps of hardware: the smaller and the larger of two, where a NaN is neither."""
    largest = np.finfo(x.dtype).max
    return np.fmin(np.fmax(plain(x, w, stride, padding, dilation), -largest), largest)


def dense_dilation(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """The kernel spread by zeros, which are multiplied."""
    reach = [d * (r - 1) + 1 for d, r in zip(dilation, w.shape[2:], strict=True)]
    spread = np.zeros((*w.shape[:2], *reach), w.dtype)
    spread[:, :, :: dilation[0], :: dilation[1]] = w
    return plain(x, spread, stride, padding, (1, 1))


def overflow_saturates(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    largest = np.finfo(x.dtype).max
    return np.clip(plain(x, w, stride, padding, dilation), -largest, largest)

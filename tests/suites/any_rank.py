"""A NumPy convolution of any number of spatial axes, and one that confuses two of more than three."""

from __future__ import annotations

import numpy as np


def conv(x, w, bias=None, stride=(1,), padding=(0,), dilation=(1,)):
    """The windows of each tap, summed; padding is symmetric and zero."""
    x = np.pad(x, ((0, 0), (0, 0), *((each, each) for each in padding)))
    spans = [d * (r - 1) + 1 for d, r in zip(dilation, w.shape[2:], strict=True)]
    sizes = [max((i - span) // s + 1, 0) for i, span, s in zip(x.shape[2:], spans, stride, strict=True)]
    y = np.zeros((x.shape[0], w.shape[0], *sizes), np.result_type(x, w))
    for tap in np.ndindex(*w.shape[2:]):
        axes = zip(tap, dilation, sizes, stride, strict=True)
        read = (slice(t * d, t * d + (o - 1) * s + 1 if o else t * d, s) for t, d, o, s in axes)
        if x.size:  # of nothing, `np.einsum` makes NaN now and then: finding N1
            y += np.einsum("nc...,kc->nk...", x[:, :, *read], w[:, :, *tap])
    return y if bias is None else y + bias.reshape(-1, *(1,) * (x.ndim - 2))


def last_axes_exchanged(x, w, bias=None, stride=(1,), padding=(0,), dilation=(1,)):
    """The strides of the last two of four axes and more are exchanged."""
    if len(stride) > 3:
        stride = (*stride[:-2], stride[-1], stride[-2])
    return conv(x, w, bias, stride, padding, dilation)

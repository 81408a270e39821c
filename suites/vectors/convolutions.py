"""The convolutions that the vectors are of: small, with sizes, axes, sides and channels that all differ."""

from __future__ import annotations

ORDINARY = {
    "one axis": "n2c3k4i7f3",
    "two axes": "n2c3k4i6x5f3x2",
    "three axes, all settings different": "n2c2k3i4x3x5f2x3x2s1x2x3p1+0x0+1x1+2d1x1x2",
    "a square kernel": "n2c2k3i5x4f3x3",
    "1 by 1, a matrix product": "n3c3k4i3x2f1x1",
    "stride, windows that tile the input": "n2c2k3i7x8f3x2s2x3",
    "stride with a remainder on both axes": "n2c2k3i6x7f3x2s2x3",
    "dilation": "n2c2k3i7x6f3x2d2x3",
    "a dilation of one axis": "n2c2k3i6x5f3x2s1x2d2x1",
    "padding": "n2c2k3i4x3f3x2p1x2",
    "padding on one side": "n2c2k3i4x3f3x2p1+0x0+2",
    "padding for the same size, more at the end": "n2c2k3i5x4f2x4p0+1x1+2",
    "padding for the same size, more at the beginning": "n2c2k3i5x4f2x4p1+0x2+1",
    "padding for the same size with a stride": "n2c2k3i8x6f3x4s2x3p0+1x0+1",
    "causal padding and dilation": "n2c2k3i7f3p4+0d2",
    "dilation and padding": "n2c2k2i5f2p1d2",
    "stride and dilation": "n2c2k3i9f2s4d2",
    "groups": "n2c4k6i5x4f3x2g2",
    "depthwise": "n2c3k3i5x4f3x2g3",
    "depthwise, two outputs a channel": "n2c3k6i5x4f3x2g3",
    "everything at once": "n2c4k6i6x7f3x2s2x3p1+2x0+1d1x2g2",
    "everything at once, whatever the backward pass exchanges": "n3c6k4i7x5f2x3s3x1p0+1x2+1d2x1g2",
    "reflected padding": "n2c2k3i4x5f3x2p2+1x0+2mreflect",
    "replicated padding": "n2c2k3i4x3f3x2s1x2p1+2x3+0mreplicate",
    "circular padding": "n2c2k3i4x5f3x2p2+1x1+0mcircular",
    "transposed": "n2c3k2i4x3f3x2t",
    "transposed, one axis": "n2c3k4i5f3s2t",
    "transposed, three axes": "n2c2k3i3x2x2f2x1x3s2x1x2p0+1x0x1to1x0x1",
    "transposed, stride": "n2c3k2i4x3f3x2s2x3t",
    "transposed, padding on one side": "n2c3k2i4x3f3x2s2x1p1+0x0+1t",
    "transposed, output padding": "n2c3k2i3x4f3x2s2x3to1x2",
    "transposed, output padding that windows reach": "n2c4k8i3x4f3x2s3x2p1x0+1g2to2x1",
    "transposed, groups": "n2c4k6i3x2f2x3s2x1g2t",
    "transposed, dilation": "n2c3k2i4x3f3x2s2x1d1x3t",
    "transposed, stride beyond the kernel": "n2c2k3i3x2f1x2s2x3t",
}
"""Comment -> text form."""

EXTREME = {
    "one element of everything": "n1c1k1i1f1",
    "a kernel as large as the input": "n2c2k3i4x3f4x3",
    "windows that lie in the padding alone": "n1c2k2i2x3f2x1p4x0",
    "no window that reaches data": "n2c2k2i1f1s3p1+1",
    "a stride beyond the kernel": "n2c2k3i7x9f2x1s3x4",
    "a stride beyond the input": "n1c2k2i3x4f1x2s5x6",
    "a dilation beyond the input": "n1c2k2i3x4f2x2p4x3d5x4",
    "channels beyond a multiple of four": "n1c5k7i4x3f2x2",
    "channels beyond a multiple of eight": "n1c9k10i3x2f2x2",
    "channels beyond a multiple of sixteen": "n1c17k18i2x2f2x1",
    "channels beyond a multiple of thirty-two": "n1c33k35i3f2",
    "a row beyond a multiple of thirty-two": "n2c2k2i70f2",
    "an empty batch": "n0c2k3i4x3f3x2p1+0x0+1",
    "an empty batch, transposed": "n0c2k3i4x3f3x2s2x1t",
    "no input channels": "n2c0k3i4x3f3x2",
    "no output channels": "n2c2k0i4x3f3x2",
    "an input of size 0": "n2c2k3i0x3f3x2p2x0",
    "no window that fits": "n2c2k3i2x3f3x2",
}
"""Comment -> text form, of what implementations forget."""

EACH_DTYPE = {
    "two axes": ORDINARY["two axes"],
    "everything at once": ORDINARY["everything at once"],
    "transposed, everything at once": "n2c4k6i3x2f2x3s3x2p0+1x1d1x2g2to1x0",
}
"""Comment -> text form, asked in every dtype."""

OF_REALS = "n2c4k6i6x5f3x2s2x1p1+0x0+1g2"
OF_CONTAMINATION = "n2c4k6i5x4f3x2s2x1p3+0x0+2g2"
"""Of NaN and Inf: with windows that read padding, but not the edge beside it."""

EQUAL_SIZES = "n2c3k2i3x3f2x2"
"""With as many channels as elements on each axis: the distances between elements tell no layout from another."""
ALIGNED = "n1c32k32i1x1f1x1"
"""Of reals: with whole vectors of channels, for which there may be a path of its own."""

"""A convolution of two spatial axes as a Triton kernel, to be checked where there is a GPU."""

import torch
import triton
import triton.language as tl

from convoracle.suites.candidates.device import arrays_of

BLOCK = 64


@triton.jit
def convolve(
    x, w, out, channels, filters, rows, columns, out_rows, out_columns, group_channels, group_filters,
    stride_i, stride_j, padding_i, padding_j, dilation_i, dilation_j,
    KERNEL_ROWS: tl.constexpr, KERNEL_COLUMNS: tl.constexpr, ACCUMULATOR: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """BLOCK elements of one output channel of one image."""
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    image, filter = tl.program_id(1) // filters, tl.program_id(1) % filters
    i, j = place // out_columns, place % out_columns
    inside = place < out_rows * out_columns
    first = filter // group_filters * group_channels
    total = tl.zeros((BLOCK,), ACCUMULATOR)
    for channel in range(group_channels):
        plane = x + (image * channels + first + channel) * rows * columns
        kernel = w + (filter * group_channels + channel) * KERNEL_ROWS * KERNEL_COLUMNS
        for r in range(KERNEL_ROWS):
            for c in range(KERNEL_COLUMNS):
                row = i * stride_i + r * dilation_i - padding_i
                column = j * stride_j + c * dilation_j - padding_j
                there = inside & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
                value = tl.load(plane + row * columns + column, mask=there, other=0.0)
                weight = tl.load(kernel + r * KERNEL_COLUMNS + c)
                total += value.to(ACCUMULATOR) * weight.to(ACCUMULATOR)
    tl.store(out + tl.program_id(1) * out_rows * out_columns + place, total, mask=inside)


class Conv2d:
    """The kernel with what it declares: in which arithmetic it accumulates."""

    name = "triton conv2d"
    version = triton.__version__
    accumulators = {"float16": "float32", "bfloat16": "float32"}

    def forward(self, x, w, *, stride, padding, dilation, groups):
        batch, channels, *size = x.shape
        filters, group_channels, *kernel = w.shape
        spans = [step * (extent - 1) + 1 for step, extent in zip(dilation, kernel, strict=True)]
        out_size = [
            (extent + 2 * pad - span) // step + 1
            for extent, pad, span, step in zip(size, padding, spans, stride, strict=True)
        ]
        out = torch.empty((batch, filters, *out_size), dtype=x.dtype, device=x.device)
        if out.numel():
            grid = (self.blocks(out_size[0] * out_size[1]), batch * filters)
            convolve[grid](
                x, w, out, channels, filters, *size, *out_size, group_channels, filters // groups,
                *stride, *padding, *dilation, *kernel,
                tl.float64 if x.dtype == torch.float64 else tl.float32, BLOCK,
            )  # fmt: skip
        return out

    def blocks(self, elements):
        return triton.cdiv(elements, BLOCK)


conv2d = arrays_of(Conv2d, library="torch", device="cuda")

"""ConvGeometry: the sizes that define one convolution problem, and the shapes that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgument
from .arguments import WHERE, integer, integers, on_every_axis, padding_sides
from .geometry_text import read_fields, write_fields
from .padding import PADDING_MODES, PaddingSides, named_sides
from .validity import check_groups, check_padding_mode, check_positions, check_ranks, check_transposed


@dataclass(frozen=True)
class ConvGeometry:
    """One cross-correlation problem with any number of spatial axes.

    Per-axis values are tuples, one entry for each spatial axis; padding is
    ``(low, high)`` per axis. Use :meth:`of` to give scalars or a named padding.

    Parameters
    ----------
    batch : int
        N, at least 0.
    in_channels, out_channels : int
        C and K, at least 0.
    size, kernel : tuple of int
        I, at least 0, and R, at least 1, on every axis.
    stride, dilation : tuple of int
        s and d, at least 1 on every axis.
    padding : tuple of (int, int)
        Elements added before and after each axis, at least 0; of a transposed
        convolution, elements cut off its output.
    groups : int
        Divides C and K; output channel k reads the input channels of group k // (K / groups).
    padding_mode : str
        One of `PADDING_MODES`: what the added elements are.
    transposed : bool
        Whether this is a transposed convolution: the adjoint (input gradient) of
        the convolution :attr:`direct`, with its weight of shape (C, K // groups, *R).
    output_padding : tuple of int
        Of a transposed convolution: output positions after the last that a window
        reaches, on every axis below the stride or below the dilation. Empty stands for none.
    unread : tuple of int
        Of the convolution that is :attr:`direct` of a transposed one only: positions at the end of the
        padded input that no window may read, on every axis. Empty stands for none.

    Raises
    ------
    InvalidArgument
        If a value is not an integer in its range, the ranks differ, the groups
        do not divide the channels, the input is too small for its padding mode, or
        a transposed convolution would have no output.
    """

    batch: int
    in_channels: int
    out_channels: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[PaddingSides, ...]
    dilation: tuple[int, ...]
    groups: int = 1
    padding_mode: str = "zeros"
    transposed: bool = False
    output_padding: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, minimum in (("batch", 0), ("in_channels", 0), ("out_channels", 0), ("groups", 1)):
            object.__setattr__(self, name, integer(name, getattr(self, name), minimum))
        for name, minimum in (("size", 0), ("kernel", 1), ("stride", 1), ("dilation", 1), *_EXTRAS):
            object.__setattr__(self, name, integers(name, getattr(self, name), minimum))
        if not self.output_padding:
            object.__setattr__(self, "output_padding", (0,) * len(self.size))
        if not any(self.unread):
            object.__setattr__(self, "unread", (0,) * len(self.size))
        object.__setattr__(self, "padding", padding_sides(self.padding))
        check_ranks(self.size, {name: getattr(self, name) for name in _PER_AXIS})
        check_groups(self.groups, {"in_channels": self.in_channels, "out_channels": self.out_channels})
        check_padding_mode(self.padding_mode, self.size, self.padding)
        extras = self.output_padding, self.unread
        check_transposed(self.transposed, self.padding_mode, self.stride, self.dilation, *extras)
        if self.transposed and min(self.output_size) < 1:
            requirement = f"should leave some output: its size would be {self.output_size}"
            raise InvalidArgument("padding", self.padding, requirement, where=WHERE)

    @classmethod
    def of(
        cls,
        *,
        size: int | Iterable[int],
        kernel: int | Iterable[int],
        batch: int = 1,
        in_channels: int = 1,
        out_channels: int = 1,
        stride: int | Iterable[int] = 1,
        padding: str | int | Iterable[int | Iterable[int]] = 0,
        dilation: int | Iterable[int] = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
        transposed: bool = False,
        output_padding: int | Iterable[int] = 0,
    ) -> ConvGeometry:
        """Build a geometry from scalars, symmetric paddings or a named padding.

        A scalar `stride`, `dilation`, `kernel` or `padding` holds for every axis
        of `size`. An entry of `padding` may be one int (both sides) or a
        ``(low, high)`` pair. Named paddings: ``"valid"``, ``"same_upper"`` and
        ``"same_lower"`` (output size ceil(size / stride), or size * stride of a
        transposed convolution, with output padding where a kernel below the stride does
        not reach so far; the odd zero after or before the data), ``"causal"``
        (all of it before the data; not transposed).

        Raises
        ------
        InvalidArgument
            As the class does; also for an unknown padding name.

        Examples
        --------
        >>> ConvGeometry.of(size=(5, 5), kernel=3, stride=2, padding="same_upper").output_size
        (3, 3)
        """
        axes = on_every_axis(size, kernel, stride, padding, dilation, output_padding, transposed=transposed)
        return cls(
            batch, in_channels, out_channels, groups=groups, padding_mode=padding_mode, transposed=transposed, **axes
        )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Of numbers alone: those of texts differ from process to process, and this is kept when it is handed over."""
        counts = self.batch, self.in_channels, self.out_channels, self.groups, self.transposed
        axes = self.size, self.kernel, self.stride, self.padding, self.dilation, self.output_padding, self.unread
        return hash((*counts, *axes))

    def __getattr__(self, name: str) -> NoReturn:
        """Tell one who reaches for an attribute that is not there which ones are."""
        given = (field.name for field in fields(self) if field.name != "unread")
        known = ", ".join((*given, *_DERIVED))
        raise AttributeError(f"a ConvGeometry has no `{name}`; it has {known}", name=name, obj=self)

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return len(self.size)

    @cached_property
    def output_size(self) -> tuple[int, ...]:
        """O, per axis: floor((I + low + high - unread - d (R - 1) - 1) / s) + 1, or 0 where no window fits.

        Of a transposed convolution (I - 1) s + d (R - 1) + 1 + output padding - low - high.
        """
        extras = self.output_padding if self.transposed else self.unread
        axes = zip(self.size, self.kernel, self.stride, self.padding, self.dilation, extras, strict=True)
        if self.transposed:
            return tuple((i - 1) * s + d * (r - 1) + 1 + extra - sum(sides) for i, r, s, sides, d, extra in axes)
        return tuple(max((i + sum(sides) - unread - d * (r - 1) - 1) // s + 1, 0) for i, r, s, sides, d, unread in axes)

    @cached_property
    def direct(self) -> ConvGeometry:
        """The convolution whose adjoint a transposed one is; any other is its own.

        It reads the transposed one's output and has its input as output; its weight is the same array.
        Output padding of a stride or more makes room for further windows: (I - 1) s + o padded positions
        hold I + floor(o / s) of them. What these would need more is left :attr:`unread`, s floor(o / s).
        """
        if not self.transposed:
            return self
        return replace(
            self,
            in_channels=self.out_channels,
            out_channels=self.in_channels,
            size=self.output_size,
            transposed=False,
            output_padding=(),
            unread=tuple(o - o % s for o, s in zip(self.output_padding, self.stride, strict=True)),
        )

    @cached_property
    def is_degenerate(self) -> bool:
        """Whether it has no channels, no input or no output, so that implementations may refuse it."""
        return 0 in (self.in_channels, self.out_channels, *self.size, *self.output_size)

    @property
    def is_padded_by_strides(self) -> bool:
        """Whether its output padding is a stride or more on some axis, which most implementations do not take."""
        return any(self.direct.unread)

    @cached_property
    def input_shape(self) -> tuple[int, ...]:
        """(N, C, *I)."""
        return (self.batch, self.in_channels, *self.size)

    @cached_property
    def weight_shape(self) -> tuple[int, ...]:
        """(K, C // groups, *R); of a transposed convolution (C, K // groups, *R)."""
        rows, columns = self.out_channels, self.in_channels
        if self.transposed:
            rows, columns = columns, rows
        return (rows, columns // self.groups, *self.kernel)

    @cached_property
    def bias_shape(self) -> tuple[int, ...]:
        """(K,)."""
        return (self.out_channels,)

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        """(N, K, *O)."""
        return (self.batch, self.out_channels, *self.output_size)

    @property
    def positions(self) -> int:
        """The most positions that there are to lay out on an axis: those that each output reads through each tap."""
        return max(math.prod(each) for each in zip(self.direct.output_size, self.kernel, strict=True))

    @property
    def padded_size(self) -> tuple[int, ...]:
        """I + low + high, per axis."""
        return tuple(size + sum(sides) for size, sides in zip(self.size, self.padding, strict=True))

    @property
    def span(self) -> tuple[int, ...]:
        """d (R - 1), per axis: from the first tap of a window to its last."""
        return tuple(d * (r - 1) for d, r in zip(self.dilation, self.kernel, strict=True))

    @property
    def is_depthwise(self) -> bool:
        """Whether each input channel is a group of its own, and there are several."""
        return self.groups == self.in_channels > 1

    @property
    def remainders(self) -> tuple[int, ...]:
        """Per axis, the positions at the end of the padded input that no window reaches; 0 where no window fits.

        Not defined for a transposed convolution: see :attr:`direct`.
        """
        axes = zip(self.size, self.padding, self.dilation, self.kernel, self.stride, self.unread, strict=True)
        return tuple(max(i + sum(sides) - u - d * (r - 1) - 1, 0) % s + u for i, sides, d, r, s, u in axes)

    def source_positions(self, axis: int) -> NDArray[np.int64]:
        """(O, R) array: the input coordinate that output p reads through tap r: s p + d r - low, by the padding mode.

        Among zeros, a coordinate outside [0, I) lies in the padding. Not defined for a transposed convolution.
        There are at most `MOST_POSITIONS`.
        """
        check_positions(self.output_size[axis] * self.kernel[axis], self)
        outputs = self.stride[axis] * np.arange(self.output_size[axis], dtype=np.int64)
        taps = self.dilation[axis] * np.arange(self.kernel[axis], dtype=np.int64)
        padded = outputs[:, None] + taps[None, :] - self.padding[axis][0]
        return PADDING_MODES[self.padding_mode].source(padded, self.size[axis])

    def sides_named(self, name: str) -> tuple[PaddingSides, ...]:
        """The padding that one of `NAMED_PADDINGS` would be for these sizes."""
        return named_sides(name, self.size, self.kernel, self.stride, self.dilation)

    def repeated_positions(self, axis: int) -> NDArray[np.int64]:
        """(low + I + high,) array: the input coordinate that each position of the padded axis repeats.

        Among zeros, a coordinate outside [0, I) lies in the padding. At most `MOST_POSITIONS`.
        """
        check_positions(self.padded_size[axis], self)
        low, high = self.padding[axis]
        padded = np.arange(-low, self.size[axis] + high, dtype=np.int64)
        return PADDING_MODES[self.padding_mode].source(padded, self.size[axis])

    def inside(self, axis: int) -> NDArray[np.bool_]:
        """(O, R) mask of :meth:`source_positions`: True where the coordinate is data, not padding."""
        source = self.source_positions(axis)
        return (source >= 0) & (source < self.size[axis])

    @cached_property
    def products(self) -> int:
        """Number of products X_i F_j in the whole forward pass; each gradient has as many."""
        if self.transposed:
            return self.direct.products
        inside = math.prod(int(self.inside(axis).sum()) for axis in range(self.rank))
        return self.batch * self.out_channels * (self.in_channels // self.groups) * inside

    def __str__(self) -> str:
        """Compact text form, read back by :func:`parse_geometry`, but for what is :attr:`unread`."""
        return write_fields(**{field.name: getattr(self, field.name) for field in fields(self)})


_DERIVED = ("rank", "output_size", "input_shape", "weight_shape", "bias_shape", "output_shape", "direct")
_PER_AXIS = ("kernel", "stride", "padding", "dilation", "output_padding", "unread")
_EXTRAS = (("output_padding", 0), ("unread", 0))


def parse_geometry(text: str) -> ConvGeometry:
    """Read the text form of a geometry, such as ``n2c3k4i7x5f3x3s2x1p1x0+1d1x2g1``.

    n batch, c input channels, k output channels, i input size, f kernel (filter)
    size, s stride, p padding (one number for both sides, or low+high), d
    dilation (1 is dense), g groups, m padding mode (``mreflect``), t transposed, o
    output padding (``to1x0``). All after the kernel may be absent.

    Raises
    ------
    InvalidArgument
        If the text does not have that form, or describes no legal convolution.
    """
    return ConvGeometry(**read_fields(text))

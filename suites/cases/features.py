"""What a case has beyond the plainest convolution: the words in which a fault's needs are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.operands.data import Case
from ...oracle.operands.vocabulary import LACKING, OF_GEOMETRY, Predicate, Setting, used_settings
from ...oracle.problem.geometry import ConvGeometry

PLAINEST_COMPLEX = "complex64"
_COMPLEX = "complex numbers"


def features(case: Case) -> frozenset[str]:
    """The features that a case has."""
    names = {name for name, has in (_SETTINGS | _SIZES).items() if has(case.geometry)}
    names |= _of_dtype(case.dtype)
    by_value = {
        Setting.BIAS: "a bias",
        Setting.LAYOUT: f"the memory layout {case.layout}",
        Setting.PADDING_MODE: f"padding mode {case.geometry.padding_mode}",
    }
    return frozenset(names.union(by_value[setting] for setting in used_settings(case) & by_value.keys()))


def needs(shrunk: Case) -> frozenset[str]:
    """What a fault needs in order to show: the features of its shrunk case, without those that others imply."""
    names = features(shrunk)
    return names.difference(*(implied for name, implied in _IMPLIED.items() if name in names))


def needs_of_all(ranks: Collection[int], dtypes: Sequence[str]) -> frozenset[str]:
    """What no case can do without that is drawn from these ranks and dtypes, and what the plainest one has."""
    axes = {"2 spatial axes or more": 1, "3 spatial axes": 2}
    every = frozenset.intersection(*map(_of_dtype, dtypes))
    return every | {f"dtype {dtypes[0]}", *(name for name, fewer in axes.items() if min(ranks) > fewer)}


def distinctive(needed: frozenset[str]) -> frozenset[str]:
    """The needs by which one fault is told from another: its settings or, where it needs none, its sizes.

    Sizes (several windows, a kernel above 1) mostly only make room for a fault to
    show: swapped paddings show through a second window as well as through a second tap.
    """
    settings = needed - _SIZES.keys()
    return settings or needed


def _differs(values: tuple[object, ...]) -> bool:
    return any(a != b for a, b in pairwise(values))


def _padding_only_windows(geometry: ConvGeometry) -> bool:
    direct = geometry.direct
    return any(not direct.inside(axis).any(axis=1).all() for axis in range(direct.rank))


def _reads_nothing(geometry: ConvGeometry) -> bool:
    return geometry.batch > 0 and not geometry.is_degenerate and geometry.products == 0


def _of_dtype(dtype: str) -> frozenset[str]:
    """Of the plainest complex dtype only that it is one: what is wrong there is mostly wrong in the other as well."""
    name = f"dtype {dtype}"
    if dtype not in COMPONENTS:
        return frozenset((name,))
    return frozenset((_COMPLEX,)) if dtype == PLAINEST_COMPLEX else frozenset((_COMPLEX, name))


_SETTINGS: dict[str, Predicate] = {
    **{str(lack): is_lacking for lack, is_lacking in LACKING.items()},
    "transposed": OF_GEOMETRY[Setting.TRANSPOSED],
    "output padding": OF_GEOMETRY[Setting.OUTPUT_PADDING],
    "output padding of a stride or more": lambda g: g.is_padded_by_strides,
    "a batch above 1": lambda g: g.batch > 1,
    "several input channels": lambda g: g.in_channels > 1,
    "several output channels": lambda g: g.out_channels > 1,
    "groups above 1": OF_GEOMETRY[Setting.GROUPS],
    "2 spatial axes or more": lambda g: g.rank > 1,
    "3 spatial axes": lambda g: g.rank > 2,
    "4 spatial axes or more": lambda g: g.rank > 3,
    "stride above 1": OF_GEOMETRY[Setting.STRIDE],
    "windows that do not tile the input": lambda g: not g.transposed and any(g.remainders),
    "dilation above 1": OF_GEOMETRY[Setting.DILATION],
    "padding": OF_GEOMETRY[Setting.PADDING],
    "padding that differs between the sides": OF_GEOMETRY[Setting.UNEQUAL_PADDING],
}
_IMPLIED = {
    "dtype complex128": {_COMPLEX},
    "groups above 1": {"several input channels", "several output channels"},
    "3 spatial axes": {"2 spatial axes or more"},
    "4 spatial axes or more": {"2 spatial axes or more", "3 spatial axes"},
    "windows that do not tile the input": {"stride above 1"},
    "output padding": {"transposed", "stride above 1"},
    "output padding of a stride or more": {"transposed", "output padding", "dilation above 1"},
    "padding that differs between the sides": {"padding"},
}
_SIZES: dict[str, Predicate] = {
    "a kernel above 1": lambda g: max(g.kernel) > 1,
    "a kernel that differs between axes": lambda g: _differs(g.kernel),
    "several windows": lambda g: max(g.direct.output_size) > 1,
    "a stride that differs between axes": lambda g: _differs(g.stride),
    "a dilation that differs between axes": lambda g: _differs(g.dilation),
    "padding that differs between axes": lambda g: _differs(g.padding),
    "windows that lie in the padding": _padding_only_windows,
    "no window that reaches data": _reads_nothing,
}

"""Which settings a drawn convolution uses at all, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from ...oracle.operands.vocabulary import DEGENERATE, Lack, Setting
from ...oracle.problem.padding import REPEATING_MODES


@dataclass(frozen=True, slots=True)
class Swarm:
    """Which settings a case uses at all.

    Cases that leave some out meet faults that others would mask, and tell one
    fault from another (Groce et al. 2012, "Swarm testing").
    """

    stride: bool
    padding: str
    dilation: bool
    groups: bool
    alike: bool
    square: bool
    padding_mode: str
    transposed: bool
    output_padding: bool
    lack: Lack | None


_HALF, _THIRD = st.booleans(), st.sampled_from((False, False, True))
_QUARTER, _THREE_QUARTERS = st.sampled_from((False, False, False, True)), st.sampled_from((False, True, True, True))
_PADDINGS = st.sampled_from(
    (
        *("none",) * 12,
        *("half the kernel",) * 4,
        *("symmetric",) * 3,
        *("any",) * 3,
        *("same",) * 3,
        "causal",
    )
)
_UNEQUAL_PADDINGS = ("any", "same", "causal")
_MODES = st.sampled_from((*("zeros",) * 3, *REPEATING_MODES))
_LACKS = st.sampled_from((*(None,) * 15 * len(DEGENERATE), *DEGENERATE))


def drawn_swarm(draw: st.DrawFn, settings: frozenset[str], rank: int) -> Swarm:
    """A quarter are of the kind that is used most: all axes alike, half the kernel as padding, and little else.

    No setting makes fewer choices than its absence, since examples shrink towards fewer choices.
    """
    common = draw(_QUARTER)
    seldom = _QUARTER if common else _HALF
    alike = rank > 1 and (draw(_THIRD) or common)
    square = alike and draw(_HALF)
    stride = Setting.STRIDE in settings and draw(seldom)
    dilation = Setting.DILATION in settings and draw(_HALF) and not common
    groups = Setting.GROUPS in settings and draw(seldom)
    padding = _allowed(draw(_PADDINGS), common, settings)
    transposed = Setting.TRANSPOSED in settings and draw(_QUARTER if common else _THIRD)
    lack = draw(_LACKS) if Setting.DEGENERATE in settings else None
    zeros_only = common or transposed or padding == "none" or Setting.PADDING_MODE not in settings
    mode = "zeros" if zeros_only else draw(_MODES)
    extra = transposed and (stride or dilation) and Setting.OUTPUT_PADDING in settings
    can_lack = not (common or transposed) and mode == "zeros"
    return Swarm(
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        alike=alike,
        square=square,
        padding_mode=mode,
        transposed=transposed,
        output_padding=extra and draw(_THREE_QUARTERS),
        lack=lack if can_lack else None,
    )


def _allowed(padding: str, common: bool, settings: frozenset[str]) -> str:
    """That kind of padding or the common one, as far as the settings have it."""
    if Setting.PADDING not in settings:
        return "none"
    if common:
        return "half the kernel"
    return "symmetric" if padding in _UNEQUAL_PADDINGS and Setting.UNEQUAL_PADDING not in settings else padding

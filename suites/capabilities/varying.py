"""Varying a form: the values that are tried of each setting, and a form with a few of its settings changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.padding import PADDING_MODES
from ..candidates.calls.domain import HALF
from .forms import PATCHES, Form

Values = Mapping[str, Sequence[Any]]
"""Of each setting, the values that it may have."""

_CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 36, 64, 65)
SWEPT: Values = {
    "kernel": ((1,), (2,), (3,), (4,), (5,), (7,), (9,), (11,), (16,), (3, 2), (1, 3), (3, 1)),
    "size": (
        *((1,), (2,), (3,), (4,), (6,), (8,), (9,), (12,), (15,), (16,), (17,), (24,), (32,), (33,)),
        *((5, 7), (9, 4), (7, 8), (4, 16), (8, 12), (3, 32), (1, 6), (6, 1), (1, 33), (2, 33), (33, 2)),
    ),
    "stride": ((1,), (2,), (3,), (4,), (2, 1), (1, 2), (2, 3), PATCHES),
    "dilation": ((1,), (2,), (3,), (4,), (2, 1), (1, 2)),
    "padding": (
        "valid",
        HALF,
        "same_upper",
        "same_lower",
        "causal",
        ((1, 1),),
        ((2, 2),),
        ((1, 1), (2, 2)),
        ((0, 1),),
        ((2, 1), (0, 1)),
    ),
    "groups": (1, 2, 3, 4, 5, 8, 9, 12, 16, 17, 24, 32, 33),
    "inputs": _CHANNELS,
    "outputs": _CHANNELS,
    "batch": (1, 2, 3, 4, 5, 6, 8, 9, 16, 17, 24, 32, 33, 1, 2, 3, 0),
    "mode": tuple(PADDING_MODES),
    "transposed": (False, True),
    "extra": ((0,), (1,), (0, 1)),
    "bias": (False, True),
    "layout": (CONTIGUOUS, "strided", "reversed", "channels_last", "broadcast", "fortran", "offset", "readonly"),
}
"""Values that are tried of each setting."""

_CHANGES = (0, 1, 1, 2, 2, 3, 4)
"""How many settings are changed at a time, beside those that are free."""
_FREE = ("size", "inputs", "outputs", "groups", "batch", "bias", "layout")
"""Settings that restrict little as a rule."""


def varied(form: Form, values: Values, random: Random, redrawn: float = 0.6) -> Form:
    """A form with some settings drawn anew among their values, each that is free with probability `redrawn`."""
    others = [name for name in values if name not in _FREE]
    changed = random.sample(others, min(random.choice(_CHANGES), len(others)))
    changed += [name for name in _FREE if name in values and random.random() < redrawn]
    return replace(form, **{name: random.choice(values[name]) for name in changed})

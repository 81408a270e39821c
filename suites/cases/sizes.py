"""How often each size is drawn: the common ones often, and any other up to a far limit now and then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

CODE_BYTES = 2
"""A code of so many bytes stands for one size."""
_CODES = 256**CODE_BYTES


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in the order in which examples shrink, each with its part of the codes.

    One code is one choice. The codes are in the order of the sizes, so that a
    smaller code stands for a size at least as plain; and they are bytes, of which
    Hypothesis draws each with equal probability, whereas among more than 256 integers it prefers the small ones.

    Parameters
    ----------
    values : tuple of int
    ends : tuple of int
        The first code after those of each.
    """

    values: tuple[int, ...]
    ends: tuple[int, ...]

    def of(self, code: bytes) -> int:
        """The size that a code stands for."""
        return self.values[bisect_right(self.ends, int.from_bytes(code, "big"))]


def long_tailed(values: Sequence[int], common: Mapping[int, float], tail: float) -> Sizes:
    """All `values`, with `tail` of the codes spread over all in inverse proportion to their size, the rest by weight.

    Parameters
    ----------
    values : sequence of int
        In the order in which examples shrink; several hundred at most, so that each has a code.
    common : mapping from int to float
        Weights of some of the values.
    tail : float
        Between 0 and 1.
    """
    inverses = sum(1 / max(value, 1) for value in values)
    weights = sum(common.values())
    shares = [tail / max(v, 1) / inverses + (1 - tail) * common.get(v, 0) / weights for v in values]
    codes = [max(int(share * _CODES), 1) for share in shares]
    codes[0] += _CODES - sum(codes)
    return Sizes(tuple(values), tuple(accumulate(codes)))


def _up_to(limit: int, common: Mapping[int, float], tail: float) -> Sizes:
    return long_tailed(range(1, limit + 1), common, tail)


def _each(values: Sequence[int], weight: float) -> dict[int, float]:
    return dict.fromkeys(values, weight)


KERNELS = _up_to(49, {1: 14, 2: 15, 3: 30, 4: 11, 5: 13, 6: 3, 7: 6, 8: 2, 9: 3, 11: 2}, 0.06)
STRIDES = _up_to(40, {1: 20, 2: 36, 3: 20, 4: 12, 5: 2, 7: 2, 8: 3, 14: 1, 16: 2}, 0.08)
DILATIONS = _up_to(40, {1: 24, 2: 38, 3: 20, 4: 6, 5: 3, 8: 3, 12: 2, 16: 1}, 0.08)
GROUPS = _up_to(256, {1: 4, 2: 34, 3: 20, 4: 20, 5: 4, 6: 3, 8: 6, 16: 3, 24: 1, 32: 3, 33: 1, 64: 1}, 0.06)
MULTIPLIERS = _up_to(24, {1: 60, 2: 20, 3: 8, 4: 8, 8: 2}, 0.04)
CHANNELS = _up_to(
    512,
    {1: 15, 2: 12, 3: 12, 4: 9, 5: 2, 6: 2, 12: 1, 24: 2, 64: 3, 128: 1}
    | _each((7, 9, 15, 17, 31, 33, 63, 65), 2)
    | _each((8, 16, 32), 6)
    | _each((127, 129), 0.5),
    0.06,
)
BATCHES = long_tailed((1, 2, 3, 0, *range(4, 257)), {1: 30, 2: 22, 3: 20, 0: 8, 4: 6, 5: 6, 8: 5}, 0.06)
"""An empty batch shrinks to three images, and any to one."""
WINDOWS = {
    rank: _up_to(512, _each(range(1, few + 1), 80 / few) | _each((15, 16, 17, 31, 32, 33), 2.5) | _each((64,), 1), 0.06)
    for rank, few in ((1, 9), (2, 6), (3, 3), (4, 2), (5, 2), (6, 2))
}
"""By the number of spatial axes: the more there are, the fewer windows on each."""

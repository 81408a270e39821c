"""The tables of sizes: every one has a code, in ascending order, and the tail is as thin as it says."""

from __future__ import annotations

from collections import Counter

import pytest

from convoracle.suites.cases import sizes
from convoracle.suites.cases.sizes import Sizes, long_tailed

TABLES = {
    "KERNELS": 49,
    "STRIDES": 40,
    "DILATIONS": 40,
    "GROUPS": 256,
    "CHANNELS": 512,
    "MULTIPLIERS": 24,
    "BATCHES": 256,
}
ALL = [*((getattr(sizes, name), most) for name, most in TABLES.items()), *((t, 512) for t in sizes.WINDOWS.values())]
CODES = [code.to_bytes(2, "big") for code in range(256**2)]


@pytest.mark.parametrize(("table", "most"), ALL, ids=[*TABLES, *(f"WINDOWS of {rank}" for rank in sizes.WINDOWS)])
def test_every_size_up_to_the_limit_has_a_code_and_a_smaller_code_is_no_larger(table: Sizes, most: int) -> None:
    drawn = [table.of(code) for code in CODES]
    plain = [size for size in drawn if size > 0]
    assert set(plain) == set(range(1, most + 1))
    assert plain == sorted(plain)
    assert drawn[0] == 1
    assert sum(size > most / 3 for size in drawn) < len(drawn) * 0.06


def test_an_empty_batch_comes_after_those_that_it_cannot_shrink_to() -> None:
    assert list(dict.fromkeys(sizes.BATCHES.of(code) for code in CODES))[:5] == [1, 2, 3, 0, 4]


def test_common_sizes_have_their_weight_and_the_tail_its_share() -> None:
    table = long_tailed(range(1, 101), {2: 3, 5: 1}, 0.2)
    drawn = Counter(table.of(code) for code in CODES)
    shares = {size: count / len(CODES) for size, count in drawn.items()}
    inverses = sum(1 / size for size in range(1, 101))
    assert shares[2] == pytest.approx(0.8 * 3 / 4 + 0.2 / 2 / inverses, abs=1e-3)
    assert shares[5] == pytest.approx(0.8 / 4 + 0.2 / 5 / inverses, abs=1e-3)
    assert shares[50] == pytest.approx(0.2 / 50 / inverses, rel=0.1)

"""The right implementations that `false_alarms` searches, by name: what each computes by, and what it declares."""

from __future__ import annotations

from collections.abc import Callable

from honest import (
    NARROW,
    Honest,
    Summed,
    backwards,
    blocked,
    by_images,
    by_size,
    compensated,
    flushing,
    in_order,
    narrow_results,
    narrow_sums,
    native,
    pairwise,
    term_by_term,
    truncating,
    wide,
)
from honest_orders import blocks_of, columns, lanes, splits
from honest_truncation import rounded, tensor_core, to_odd, toward_zero
from honest_winograd import winograd

from convoracle.oracle.numbers.dtypes import EVERYDAY
from convoracle.oracle.problem.passes import Array

CUT = ("float32", "float16", "bfloat16")
"""Dtypes whose products float64 has exactly."""
WITHOUT_HALF = tuple(dtype for dtype in EVERYDAY if dtype != "float16")
"""What larger tiles are right in: their transforms leave the range of float16 where no result does."""


def _in_order(summed: Summed, order: str) -> Honest:
    return Honest(term_by_term(summed), conventions={"order": order})


def _faithful(cut: Callable[[Array, str], Array]) -> Honest:
    return Honest(term_by_term(rounded(cut), exactly=True), conventions={"accumulation": "faithful"}, dtypes=CUT)


def _winograd(m: int, transposed: bool) -> Honest:
    dtypes = EVERYDAY if m == 2 else WITHOUT_HALF
    return Honest(winograd(m, transposed=transposed), conventions={"algorithm": f"winograd F({m}, 3)"}, dtypes=dtypes)


_FLOAT32 = ("float32",)
HONEST = {
    "native": Honest(native),
    "wide": Honest(wide, {"float16": "float32", "bfloat16": "float32", "float32": "float64"}),
    "backwards": Honest(backwards),
    "by images": Honest(by_images),
    "flushing": Honest(flushing, conventions={"subnormals": "flushed"}),
    "truncating": Honest(
        truncating, multipliers={"float32": "tfloat32"}, conventions={"operands": "truncated"}, dtypes=_FLOAT32
    ),
    "narrow results": Honest(narrow_results, {"float32": "float32"}, results={"float32": "float16"}, dtypes=_FLOAT32),
    "narrow sums": Honest(narrow_sums, {"float32": "float16"}, {"float32": "float16"}, dtypes=_FLOAT32),
    "beta one": Honest(term_by_term(in_order)),
    "by size": Honest(term_by_term(by_size)),
    "blocked": Honest(term_by_term(blocked)),
    "pairwise": Honest(term_by_term(pairwise)),
    "compensated": Honest(term_by_term(compensated), conventions={"sums": "compensated"}),
    **{f"blocks of {n}": _in_order(blocks_of(n), f"blocks of {n}") for n in (2, 3, 5, 32, 128)},
    **{f"{n} lanes": _in_order(lanes(n), f"{n} parts") for n in (2, 8)},
    **{f"split in {n}": _in_order(splits(n), f"{n} parts") for n in (3, 16)},
    "promised pairwise": _in_order(pairwise, "pairwise"),
    "columns pairwise": Honest(columns(pairwise), conventions={"order": "pairwise"}),
    "columns in blocks of 8": Honest(columns(blocks_of(8)), conventions={"order": "blocks of 8"}),
    "toward zero": _faithful(toward_zero),
    "to odd": _faithful(to_odd),
    "toward zero in blocks of 8": Honest(
        term_by_term(rounded(toward_zero, 8), exactly=True),
        conventions={"accumulation": "faithful", "order": "blocks of 8"},
        dtypes=CUT,
    ),
    **{
        f"tensor core of {n}": Honest(
            tensor_core(n), dict.fromkeys(NARROW, "float32"), conventions={"accumulation": "aligned"}, dtypes=NARROW
        )
        for n in (4, 8, 16)
    },
    **{f"winograd F({m}, 3)": _winograd(m, False) for m in (2, 4, 6)},
    **{f"winograd F({m}, 3), transposed": _winograd(m, True) for m in (2, 4, 6)},
    "zero skipping": Honest(term_by_term(in_order, skips_zeros=True), conventions={"zeros": "skipped"}),
}
"""By name; each declares exactly so much, and no more."""

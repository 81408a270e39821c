"""What candidates support, found by asking: every pass of every feature, on cases that tell right from wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import DTYPES
from ...oracle.operands.data import Case, Numbers
from ...oracle.operands.vocabulary import Lack, Setting
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS, LAYOUTS
from ...oracle.problem.padding import REPEATING_MODES
from ...oracle.problem.passes import Pass, is_defined
from ..calling.executor import Executor
from ..checks.examination import ask

_SIZES, _KERNELS = (7, 6, 5), (3, 2, 2)
_STRIDES, _DILATIONS = (2, 3, 2), (2, 1, 3)
_PADDINGS = ((1, 1), (2, 2), (1, 1))
_UNEQUAL = ((1, 0), (0, 2), (2, 1))


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a candidate may support, and the case by which it is asked."""

    name: str
    case: Case


@cache
def all_features() -> tuple[Feature, ...]:
    """Every feature: ranks, settings, dtypes, memory layouts and degenerate convolutions.

    Sizes, kernels, strides and paddings differ between axes and sides, and so do
    the channels: to confuse any two of them gives another result.
    """
    return (
        *(Feature(f"{rank}-D", _case(_geometry(rank))) for rank in (1, 2, 3)),
        *(Feature(name, _case(geometry)) for name, geometry in _settings().items()),
        Feature(Setting.BIAS, Case(_geometry(2), True, "float32", "uniform", 0)),
        *(Feature(dtype, Case(_geometry(2), False, dtype, "uniform", 0)) for dtype in DTYPES),
        *(
            Feature(f"{layout} memory", Case(_geometry(2), True, "float32", "uniform", 0, layout))
            for layout in LAYOUTS
            if layout != CONTIGUOUS
        ),
    )


def _case(geometry: ConvGeometry) -> Case:
    return Case(geometry, False, "float32", "uniform", 0)


def _geometry(rank: int, **changes: object) -> ConvGeometry:
    sizes = {"size": _SIZES[:rank], "kernel": _KERNELS[:rank], "batch": 2, "in_channels": 3, "out_channels": 4}
    return ConvGeometry.of(**sizes | changes)  # type: ignore[arg-type]


def _settings() -> dict[str, ConvGeometry]:
    strided = {"stride": _STRIDES[:2], "transposed": True}
    return {
        Setting.STRIDE: _geometry(2, stride=_STRIDES[:2]),
        Setting.DILATION: _geometry(2, dilation=_DILATIONS[:2]),
        Setting.PADDING: _geometry(2, padding=_PADDINGS[:2]),
        Setting.UNEQUAL_PADDING: _geometry(2, padding=_UNEQUAL[:2]),
        "stride, dilation and unequal padding": _geometry(
            2, stride=_STRIDES[:2], dilation=_DILATIONS[:2], padding=_UNEQUAL[:2]
        ),
        Setting.GROUPS: _geometry(2, in_channels=4, out_channels=6, groups=2),
        "depthwise, two outputs a channel": _geometry(2, in_channels=3, out_channels=6, groups=3),
        **{f"{mode} padding": _geometry(2, padding=_UNEQUAL[:2], padding_mode=mode) for mode in REPEATING_MODES},
        Setting.TRANSPOSED: _geometry(2, transposed=True, padding=_PADDINGS[:2]),
        "transposed, strided": _geometry(2, **strided),
        "transposed, output padding": _geometry(2, **strided, output_padding=(1, 2)),
        "transposed, unequal padding": _geometry(2, **strided, padding=_UNEQUAL[:2]),
        "transposed, groups": _geometry(2, **strided, in_channels=4, out_channels=6, groups=2),
        "transposed, dilation": _geometry(2, **strided, dilation=_DILATIONS[:2]),
        "transposed, 1-D": _geometry(1, stride=2, transposed=True),
        "transposed, 3-D": _geometry(3, stride=_STRIDES, transposed=True),
        "empty batch": _geometry(2, batch=0),
        Lack.INPUT_CHANNELS: _geometry(2, in_channels=0),
        Lack.OUTPUT_CHANNELS: _geometry(2, out_channels=0),
        Lack.WINDOWS: _geometry(2, size=(2, 6)),
    }


def ask_support(executor: Executor, wanted: Iterable[Feature]) -> Mapping[tuple[str, Pass], Verdict]:
    """The verdict of structure on each feature and pass, by the feature's name; without passes that a dtype has not."""
    return {
        (feature.name, pass_): ask(executor, Numbers.INTEGERS, feature.case, pass_).verdict
        for feature in wanted
        for pass_ in Pass
        if is_defined(pass_, feature.case.dtype)
        and pass_ in executor.passes
        and feature.case.dtype in executor.info.dtypes
    }


SUPPORT_SYMBOLS = {
    Outcome.CONFORMS: "✓",
    Outcome.UNDECIDED: "✓",
    Outcome.VIOLATES: "✗",
    Outcome.UNSUPPORTED: "–",
    Outcome.REFUSED: "!",
    Outcome.CRASHED: "†",
    Outcome.HUNG: "∞",
}


def cell(verdicts: Mapping[tuple[str, Pass], Verdict], feature: str) -> str:
    """One symbol for each pass, in the order of `Pass`; a space where the pass is not offered at all."""
    row = (verdicts.get((feature, pass_)) for pass_ in Pass)
    return "".join(" " if verdict is None else SUPPORT_SYMBOLS[verdict.outcome] for verdict in row)


def support_table(columns: Mapping[str, Mapping[tuple[str, Pass], Verdict]], wanted: Iterable[Feature]) -> str:
    """A Markdown table: a row for each feature, a column for each candidate."""
    names = tuple(columns)
    lines = [f"| feature | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for feature in wanted:
        cells = (cell(columns[name], feature.name).replace(" ", "·") for name in names)
        lines.append(f"| {feature.name} | {' | '.join(f'`{text}`' for text in cells)} |")
    return "\n".join(lines)


LEGEND = (
    f"One symbol for each pass, in this order: {', '.join(map(str, Pass))}. "
    "✓ conforms, ✗ wrong, ! refuses a legal convolution, † crashes, ∞ hangs, – says that it does not support it, "
    "· is not offered, or the dtype has no such pass."
)

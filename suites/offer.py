"""What a candidate offers, found by asking: cases are then drawn where it can answer.

A function of two spatial axes without dilation would decline most of the cases
that are drawn for everyone, and be examined on a handful. So a plain case of
each rank and dtype, and one with each setting, is tried first; what every pass
declines is recorded as unsupported, once, and is not drawn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..oracle.data import Case, lattice_operands
from ..oracle.geometry import ConvGeometry
from ..oracle.passes import Pass, is_defined
from ..oracle.verdict import Outcome, Verdict
from ..reports.record import CaseRecord, CheckResult
from .checks.value import Check
from .executor import Executor
from .replies import Unsupported
from .strategies import BEST_RESOLVED_FILL, SETTINGS, Space


def offered(executor: Executor, space: Space, passes: Collection[Pass]) -> tuple[Space, list[CaseRecord]]:
    """The part of `space` that a candidate offers, and the records of what it declined.

    A candidate that declines everything is left the plainest cases: they then say why.
    """
    declined: list[CaseRecord] = []

    def offers(case: Case) -> bool:
        reasons = _reasons_to_decline(executor, case, passes)
        if reasons is None:
            return True
        declined.append(CaseRecord(str(case), executor.info.name, reasons))
        return False

    ranks = tuple(rank for rank in space.ranks if any(offers(_plain(rank, dtype)) for dtype in space.dtypes))
    if not ranks:
        return replace(space, settings=frozenset()), []
    dtypes = tuple(dtype for dtype in space.dtypes if any(offers(_plain(rank, dtype)) for rank in ranks))
    settings = frozenset(name for name in space.settings if any(offers(_with(name, rank, dtypes[0])) for rank in ranks))
    narrowed = replace(space, ranks=ranks, dtypes=dtypes, settings=settings)
    outside = [record for record in declined if record.case not in _answered(narrowed)]
    return narrowed, list({record.case: record for record in outside}.values())


def _answered(space: Space) -> set[str]:
    """The cases tried that lie in what is offered after all."""
    plain = {str(_plain(rank, dtype)) for rank in space.ranks for dtype in space.dtypes}
    return plain | {str(_with(name, rank, space.dtypes[0])) for name in space.settings for rank in space.ranks}


def _reasons_to_decline(executor: Executor, case: Case, passes: Collection[Pass]) -> tuple[CheckResult, ...] | None:
    """The verdicts, if every pass says that the case is unsupported."""
    operands = lattice_operands(case)
    results = []
    for pass_ in (each for each in passes if is_defined(each, case.dtype)):
        reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
        if not isinstance(reply, Unsupported):
            return None
        verdict = Verdict(Outcome.UNSUPPORTED, reply.reason, "unsupported")
        results.append(CheckResult(str(Check.STRUCTURE), str(pass_), verdict))
    return tuple(results)


def _plain(rank: int, dtype: str) -> Case:
    return Case(ConvGeometry.of(size=(4,) * rank, kernel=2), False, dtype, BEST_RESOLVED_FILL, 0)


def _with(setting: str, rank: int, dtype: str) -> Case:
    """The plain case with one setting beyond it."""
    plain = _plain(rank, dtype)
    changes: dict[str, Case] = {
        "stride": replace(plain, geometry=replace(plain.geometry, stride=(2,) * rank)),
        "padding": replace(plain, geometry=replace(plain.geometry, padding=((1, 1),) * rank)),
        "unequal padding": replace(plain, geometry=replace(plain.geometry, padding=((0, 1),) * rank)),
        "dilation": replace(plain, geometry=replace(plain.geometry, dilation=(2,) * rank)),
        "groups": replace(plain, geometry=replace(plain.geometry, in_channels=2, out_channels=2, groups=2)),
        "bias": replace(plain, bias=True),
        "padding mode": replace(
            plain, geometry=replace(plain.geometry, padding=((1, 1),) * rank, padding_mode="reflect")
        ),
        "transposed": replace(plain, geometry=replace(plain.geometry, transposed=True)),
        "output padding": replace(
            plain, geometry=replace(plain.geometry, transposed=True, stride=(2,) * rank, output_padding=(1,) * rank)
        ),
        "degenerate": replace(plain, geometry=replace(plain.geometry, in_channels=0)),
        "layout": replace(plain, layout="strided"),
    }
    assert changes.keys() == SETTINGS
    return changes[setting]

"""A conformance run for adapters: whether a layer before a library hands everything over, and says what it cannot.

Whether the library is right is what `check` asks. This asks what the author of an
adapter gets wrong: axes, sides or channels exchanged on the way, an argument
that does not arrive, a legal convolution that ends in an error instead of a word,
an arithmetic declared that is not the library's, a call to paste that computes something else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import DTYPES
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Pass
from ...reports.files.reproducer import reproducer
from ...reports.records.naming import with_version
from ...reports.records.record import Evidence, Mismatch
from ..calling.executor import Executor
from ..capabilities.support import Feature, all_features, ask_support
from ..checks.declared import arithmetic_of
from ..checks.examination import ANSWERED, ask
from ..checks.registry import FIRST
from ..checks.value import answer, operands_of

_SECONDS_FOR_A_SCRIPT = 120.0
_PLAIN = "2-D"
_RICH = ("stride, dilation and unequal padding", "unequal padding", "padding", "stride", _PLAIN)
"""Features by which a call to paste is tried, the first that the adapter offers."""
_PRECISION_CASES = 12
_MOST_NAMED = 6
Verdicts = Mapping[tuple[str, Pass], Verdict]
Alike = Mapping[tuple[Outcome, str], tuple[str, ...]]
"""An outcome and its reason -> the names of the features on which it came."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
    good : bool
    detail : str
        What was found, and if it is not good what to do.
    is_shown : bool
        Whether there was anything that could have been found wrong.
    """

    what: str
    good: bool
    detail: str
    is_shown: bool = True


def aspects(executor: Executor) -> Iterator[Aspect]:
    """Look at an adapter, one thing after the other."""
    yield _offers(executor)
    wanted = all_features()
    verdicts = ask_support(executor, wanted)
    alike = _alike(wanted, verdicts)
    for feature in wanted:
        yield from _feature(feature, verdicts, alike)
    for dtype in DTYPES:
        if any(_is_offered(verdicts, dtype, pass_) for pass_ in executor.passes):
            yield _precision(executor, dtype, verdicts)
    for pass_ in Pass:
        if pass_ in executor.passes:
            yield _call_to_paste(executor, pass_, verdicts, wanted)
    yield _restart(executor, verdicts)


ARITHMETIC, TO_PASTE, FRESH = "arithmetic in {dtype}", "call to paste of {pass_}", "a fresh process"
"""What is looked at beside each feature, as it is called."""


def _is_offered(verdicts: Verdicts, feature: str, pass_: Pass) -> bool:
    verdict = verdicts.get((feature, pass_))
    return verdict is not None and verdict.outcome in ANSWERED


def _offers(executor: Executor) -> Aspect:
    info = executor.info
    named = with_version(info.name, info.version)
    offered = ", ".join(str(pass_) for pass_ in Pass if pass_ in executor.passes)
    unversioned = "" if info.version else "; no version is shown: give it the library's, if there is one, as `version`"
    return Aspect("name and version", True, f"{named}, which offers {offered}{unversioned}")


def _alike(wanted: tuple[Feature, ...], verdicts: Verdicts) -> Alike:
    """For each way to fail other than by wrong numbers, the features on which passes fail so, the first one first."""
    ways: dict[tuple[Outcome, str], dict[str, None]] = {}
    for feature in wanted:
        for _, verdict in _failed(feature, verdicts):
            if verdict.outcome is not Outcome.VIOLATES:
                ways.setdefault(_way(verdict), {})[feature.name] = None
    return {way: tuple(names) for way, names in ways.items()}


def _failed(feature: Feature, verdicts: Verdicts) -> list[tuple[Pass, Verdict]]:
    cells = ((pass_, verdicts.get((feature.name, pass_))) for pass_ in Pass)
    return [(pass_, verdict) for pass_, verdict in cells if verdict is not None and verdict.outcome.is_mismatch]


def _way(verdict: Verdict) -> tuple[Outcome, str]:
    return verdict.outcome, verdict.reason


def _feature(feature: Feature, verdicts: Verdicts, alike: Alike) -> Iterator[Aspect]:
    """What there is to say of a feature; nothing where it only fails in ways of which others before it were told."""
    bad = _failed(feature, verdicts)
    if not bad:
        yield _good(feature, verdicts)
    wrong = [failed for failed in bad if failed[1].outcome is Outcome.VIOLATES]
    ways = dict.fromkeys(_way(verdict) for _, verdict in bad if verdict.outcome is not Outcome.VIOLATES)
    if wrong:
        yield Aspect(feature.name, False, _failure(feature, wrong))
    for way in ways:
        first, *others = alike[way]
        if first == feature.name:
            yield Aspect(feature.name, False, _failure(feature, [b for b in bad if _way(b[1]) == way]) + _named(others))


def _good(feature: Feature, verdicts: Verdicts) -> Aspect:
    answers = {pass_: verdicts[feature.name, pass_] for pass_ in Pass if (feature.name, pass_) in verdicts}
    right = [str(pass_) for pass_, verdict in answers.items() if verdict.outcome in ANSWERED]
    declined = [verdict.reason for verdict in answers.values() if verdict.outcome is Outcome.UNSUPPORTED]
    summary = f"{len(right)} passes right" if right else "not supported"
    return Aspect(feature.name, True, f"{summary}{f'; declines: {declined[0]}' if declined else ''}", bool(right))


def _failure(feature: Feature, bad: list[tuple[Pass, Verdict]]) -> str:
    pass_, verdict = bad[0]
    more = f" (and {len(bad) - 1} more passes)" if len(bad) > 1 else ""
    advice = _ADVICE.get(verdict.outcome, "")
    return f"{pass_} {verdict.outcome} on {feature.case}{more}: {verdict.reason}{advice}"


def _named(others: list[str]) -> str:
    """The other features that fail in the same way, counted."""
    if not others:
        return ""
    shown = ", ".join(others[:_MOST_NAMED])
    return f"; the same with {len(others)} more: {shown}{', …' if len(others) > _MOST_NAMED else ''}"


_ADVICE = {
    Outcome.REFUSED: "; if the library has no such thing, say so by `limitation` or NotImplementedError",
    Outcome.VIOLATES: "; sizes, axes, sides and channels all differ here: look for two that are exchanged",
}


def _precision(executor: Executor, dtype: str, verdicts: Verdicts) -> Aspect:
    """Whether the arithmetic declared is the library's: on reals of every size that its bound is made of."""
    what, largest = ARITHMETIC.format(dtype=dtype), 0.0
    passes = [pass_ for pass_ in Pass if _is_offered(verdicts, dtype, pass_)]
    plain = next(feature.case for feature in all_features() if feature.name == dtype)
    for seed in range(_PRECISION_CASES):
        case = replace(plain, seed=seed, geometry=replace(plain.geometry, in_channels=2 ** (seed % 8)))
        for pass_ in passes:
            verdict = ask(executor, Numbers.REALS, case, pass_).verdict
            if verdict.outcome.is_mismatch:
                declared = dict(executor.info.accumulators).get(dtype, "nothing, so that the result's dtype counts")
                detail = (
                    f"{pass_} on {case}: {verdict.reason}, {verdict.ratio:.3g} times the bound; the accumulator "
                    f"declared is {declared}"
                )
                return Aspect(what, False, detail)
            largest = max(largest, verdict.ratio)
    return Aspect(what, True, f"largest error {largest:.3g} of the bound, over {_PRECISION_CASES} cases")


def _call_to_paste(executor: Executor, pass_: Pass, verdicts: Verdicts, wanted: tuple[Feature, ...]) -> Aspect:
    """Whether the script that a report would show computes what the adapter does."""
    what = TO_PASTE.format(pass_=pass_)
    chosen = next((name for name in _RICH if _is_offered(verdicts, name, pass_)), None)
    if chosen is None:
        return Aspect(what, True, "not tried: the pass is right on none of the plain features", is_shown=False)
    case = next(feature.case for feature in wanted if feature.name == chosen)
    script = _script(executor, pass_, case)
    with tempfile.TemporaryDirectory(prefix="convoracle-") as folder:
        path = Path(folder) / "reproduce.py"
        path.write_text(script, encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-P", str(path)], capture_output=True, timeout=_SECONDS_FOR_A_SCRIPT, check=False
            )
        except subprocess.TimeoutExpired:
            return Aspect(what, False, f"took more than {_SECONDS_FOR_A_SCRIPT:g} s on {case}")
    if done.returncode == 0:
        return Aspect(what, True, f"computes the same, on {case}")
    said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    if not executor.info.source and said and said[-1].startswith("NameError: name"):
        untold = "not tried: a live object has no place to import it from; name it as path/to/file.py:attribute"
        return Aspect(what, True, untold, is_shown=False)
    return Aspect(what, False, f"on {case} ended with {done.returncode}: {said[-1] if said else 'without a word'}")


def _script(executor: Executor, pass_: Pass, case: Case) -> str:
    """The reproducer that a mismatch of this case would have."""
    arithmetic = arithmetic_of(executor.info, case.dtype)
    expected = answer(Numbers.INTEGERS, case, pass_, arithmetic).rounded
    nothing = np.zeros(expected.shape)
    mismatch = Mismatch(
        id="adapter",
        candidate=executor.info.name,
        check=FIRST.name,
        subject=str(pass_),
        case=str(case),
        found=str(case),
        verdict=Verdict(Outcome.VIOLATES, cause="value"),
        call=executor.call_text(pass_, case.geometry, case.dtype, case.bias),
        title=FIRST.title,
        numbers=FIRST.numbers,
    )
    operands = operands_of(Numbers.INTEGERS, case, arithmetic).of(pass_)
    return reproducer(mismatch, Evidence(operands, None, expected, nothing, np.ones(expected.shape, dtype=bool)))


def _restart(executor: Executor, verdicts: Verdicts) -> Aspect:
    """Whether a process forked from the one that loaded the library still computes: threads and devices may not."""
    what = FRESH
    case = next(feature.case for feature in all_features() if feature.name == _PLAIN)
    for pass_ in Pass:
        if _is_offered(verdicts, _PLAIN, pass_):
            executor.restart()
            verdict = ask(executor, Numbers.INTEGERS, case, pass_).verdict
            if verdict.outcome not in ANSWERED:
                return Aspect(what, False, f"{pass_} as the first call {verdict.outcome}: {verdict.reason}")
    if not any(_is_offered(verdicts, _PLAIN, pass_) for pass_ in Pass):
        return Aspect(what, True, f"not tried: no pass is right on {_PLAIN}", is_shown=False)
    return Aspect(what, True, "every pass is right as the first call of a process")

"""What a candidate offers, found out by asking: cases are then drawn where it can answer.

Few forms that have every setting between them are asked of each pass first. Who
takes them all is not restricted, and costs no more. Of any other the usual layers of
every kind are asked, and what it declares, and those that it takes are where
cases are then looked for (`variations`); a pass that says the same as another one to a part of these is taken to
answer what that one answers. A pass that raises an exception on every
form of a dtype or of a number of axes, and not on others, cannot take it: that is
unsupported, as if it had said so. A pass that takes none of all these depends on
several settings at once: forms that vary in many are drawn until it takes some.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case
from ...oracle.operands.vocabulary import used_settings
from ...oracle.problem.padding import REPEATING_MODES
from ...oracle.problem.passes import Pass, is_defined
from ...reports.records.record import CheckResult
from ..candidates.calls.domain import read_domain
from ..cases.space import Space
from ..checks.registry import FIRST
from .asking import Asking
from .declined import Declined
from .forms import Form, aligned_forms, case_of, declared_forms, plain_forms, wide_forms
from .varying import SWEPT, varied

_FORMS_FOR_A_DTYPE = 4
_FEW = 8
_PROBES: tuple[dict[str, Any], ...] = (
    {"stride": (2,)},
    {"padding": ((1, 1),)},
    {"padding": ((0, 1),)},
    {"dilation": (2,)},
    {"bias": True},
    *({"mode": mode} for mode in REPEATING_MODES),
    {"layout": "strided"},
    {"inputs": 0},
    {"outputs": 0},
    {"size": (0,)},
    {"size": (1,), "kernel": (3,), "padding": "valid"},
)
"""Settings that are tried on top of a form that is taken, where no form that is taken has them."""
_SAMPLED = 8
"""Of its forms, one in so many is asked of a pass, and the others where no other pass said the same to them; of those
drawn in vain for a pass that says the same, no others."""
_PROBED = 4
"""Forms that they are tried on."""
_DRAWN, _REDRAWN = 4000, 0.25
"""Forms that are drawn for a pass that takes no plain one; they vary in few settings."""
_ENOUGH = 20
"""After so many that it takes, no more are drawn."""
_SEED = "forms"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a candidate offers.

    Parameters
    ----------
    space : Space
        The part of the space asked for in which it takes some form.
    forms : mapping of Pass to tuple of Form
        Those that a pass takes, in one dtype; without its pass, if it takes none.
    untaken : mapping of (Pass, int or str) to str
        Number of axes or dtype of which a pass raises an exception on every form, and what it raises.
    is_whole : bool
        Whether every pass takes every form that it was asked.
    """

    space: Space
    forms: Mapping[Pass, tuple[Form, ...]] = field(default_factory=dict)
    untaken: Mapping[tuple[Pass, int | str], str] = field(default_factory=dict)
    is_whole: bool = True

    def why_untaken(self, pass_: Pass, case: Case) -> str | None:
        """Why a pass is not asked a case, or None."""
        return _why_untaken(self.untaken, pass_, case)

    def refusal(self, asking: Asking, case: Case) -> tuple[CheckResult, ...]:
        """The verdicts of the passes on a case that none of them takes."""
        return _refusal(asking, self.untaken, case)


def learn(asking: Asking, space: Space, declined: Declined) -> Offer:
    """Find out what a candidate offers of a space; one that declines all of it is left the plainest cases.

    What all passes decline is counted in `declined`.
    """
    tried = _explored(asking, space)
    taken = _taken(asking, space, tried)
    for case in dict.fromkeys(_case(form) for _, forms in tried for form in forms):
        if not asking.takes(case):
            declined.add(case, asking.refusal(case))
    if not any(taken.values()):
        return Offer(replace(space, settings=frozenset()), is_whole=False)
    untaken = dict(_ranks_untaken(asking, tried))
    dtypes = []
    for dtype in space.dtypes:
        asked = [(pass_, case) for pass_, forms in taken.items() for case in _cases_in(dtype, forms, asking, pass_)]
        untaken |= _dtype_untaken(asking, dtype, asked)
        if any(asking.is_taken(*each) and (each[0], dtype) not in untaken for each in asked):
            dtypes.append(dtype)
        elif asked:
            declined.add(asked[0][1], _refusal(asking, untaken, asked[0][1]))
    kept = {pass_: tuple(form for form in forms if (pass_, form.rank) not in untaken) for pass_, forms in taken.items()}
    ranks = tuple(rank for rank in space.ranks if any(form.rank == rank for forms in kept.values() for form in forms))
    for case in (next(_case(f) for _, forms in tried for f in forms if f.rank == rank) for rank in space.ranks):
        if case.geometry.rank not in ranks and asking.takes(case):
            declined.add(case, _refusal(asking, untaken, case))
    narrowed = replace(space, ranks=ranks, dtypes=tuple(dtypes), settings=space.settings & _settings(asking, kept))
    whole = all(asking.is_taken(pass_, _case(form)) for pass_, forms in tried for form in forms)
    return Offer(narrowed, kept, untaken, whole and narrowed == space)


Tried = Collection[tuple[Pass, tuple[Form, ...]]]
Untaken = Mapping[tuple[Pass, int | str], str]


def takes_bias(asking: Asking, space: Space) -> bool:
    """Whether some pass takes one of the plain forms with a bias."""
    forms = (form for rank in space.ranks for form in _forms(asking, rank, space.dtypes[0]))
    return any(asking.takes(_case(replace(form, bias=True))) for form in forms)


def _explored(asking: Asking, space: Space) -> Tried:
    """The forms that each pass is asked, in the first dtype in which one of them answers, or else takes one."""
    first: Tried = ()
    for dtype in space.dtypes:
        tried: Tried = [
            (pass_, tuple(form for rank in space.ranks for form in _asked(asking, pass_, rank, dtype)))
            for pass_ in asking.passes
            if is_defined(pass_, dtype)
        ]
        if any(asking.answers(pass_, _case(form)) for pass_, forms in tried for form in forms):
            return tried
        if any(asking.is_taken(pass_, _case(form)) for pass_, forms in tried for form in forms):
            first = first or tried
    return first or tried


def _taken(asking: Asking, space: Space, tried: Tried) -> dict[Pass, tuple[Form, ...]]:
    """The forms that each pass takes; if it takes none with anything to compute, drawn ones that it does.

    Of what was drawn for one pass in vain, another that so far said the same is asked a part.
    """
    taken = {pass_: _taken_of(asking, pass_, forms) for pass_, forms in tried}
    drawn: dict[Form, None] = {}
    in_vain = set[Pass]()
    for pass_, forms in taken.items():
        if not any(_case(form).geometry.products for form in forms):
            every = _SAMPLED if in_vain and asking.alike()[pass_] in in_vain else 1
            more = tuple(_drawn(asking, pass_, space, tuple(drawn), every))
            drawn |= dict.fromkeys(more)
            taken[pass_] = (*more, *forms)
            if not more:
                in_vain.add(pass_)
    return taken


def _taken_of(asking: Asking, pass_: Pass, forms: Collection[Form]) -> tuple[Form, ...]:
    """The forms that a pass takes; one that says the same as another to a sample is not asked what that one answered.

    Degenerate ones it is asked: frameworks refuse these in some passes only.
    """
    cases = [_case(form) for form in forms]
    for case in cases[::_SAMPLED]:
        asking.said(pass_, case)
    asking.assume(pass_, [case for case in cases if not case.geometry.is_degenerate])
    return tuple(form for form, case in zip(forms, cases, strict=True) if asking.is_taken(pass_, case))


def _drawn(asking: Asking, pass_: Pass, space: Space, known: Collection[Form], every: int) -> Iterator[Form]:
    """Forms that a pass takes: those found for another one or, if it takes none of them, new ones.

    Until it takes one, it is asked one in `every`.
    """
    shared = [form for form in known if asking.is_taken(pass_, _case(form))]
    yield from shared
    random, count = Random(_SEED), len(shared)
    dtypes = [dtype for dtype in space.dtypes if is_defined(pass_, dtype)]
    for number, start in enumerate(() if shared else _far_forms(asking, space, random)):
        form = replace(start, dtype=random.choice(dtypes))
        if number % every and not count:
            continue
        case = case_of(form)
        if case is not None and case.geometry.products and space.allows(case) and asking.is_taken(pass_, case):
            yield form
            count += 1
        if count == _ENOUGH:
            return


def _far_forms(asking: Asking, space: Space, random: Random) -> Iterator[Form]:
    """Aligned forms in any order, and then plain ones with several settings changed."""
    aligned = [form for rank in space.ranks for form in aligned_forms(rank, space.dtypes[0])]
    yield from random.sample(aligned, len(aligned))
    plain = [_forms(asking, rank, space.dtypes[0]) for rank in space.ranks]
    for _ in range(_DRAWN):
        yield varied(random.choice(random.choice(plain)), SWEPT, random, _REDRAWN)


def _asked(asking: Asking, pass_: Pass, rank: int, dtype: str) -> Iterator[Form]:
    """The forms of one number of axes that a pass is asked: the wide ones and, if it does not answer all, plain ones.

    Where other passes were asked before, those that they took or, if they took none, few.
    """
    wide = tuple(wide_forms(rank, dtype))
    yield from wide
    if not all(asking.answers(pass_, _case(form)) for form in wide if not _case(form).geometry.is_degenerate):
        plain = _forms(asking, rank, dtype)
        known = tuple(form for form in plain if asking.was_taken(_case(form)))
        yield from known or (plain[:_FEW] if asking.was_asked(_case(plain[0])) else plain)


def _forms(asking: Asking, rank: int, dtype: str) -> tuple[Form, ...]:
    """The usual forms, and those of the candidate's declared domain."""
    domain = read_domain(asking.executor.info.domain, asking.executor.info.name)
    forms = (*declared_forms(domain, rank, dtype), *plain_forms(rank, dtype))
    return tuple(form for form in dict.fromkeys(forms) if case_of(form) is not None)


def _case(form: Form) -> Case:
    case = case_of(form)
    assert case is not None
    return case


def _ranks_untaken(asking: Asking, tried: Tried) -> Iterator[tuple[tuple[Pass, int | str], str]]:
    """The numbers of axes of which a pass raises an exception on every form, although it answers on others."""
    for pass_, forms in tried:
        if not any(asking.answers(pass_, _case(form)) for form in forms):
            continue
        for rank in dict.fromkeys(form.rank for form in forms):
            cases = [_case(form) for form in forms if form.rank == rank]
            reason = _raised_by_all(asking, pass_, cases, f"{rank} spatial ax{'is' if rank == 1 else 'es'}")
            if reason is not None:
                yield (pass_, rank), reason


def _cases_in(dtype: str, forms: Collection[Form], asking: Asking, pass_: Pass) -> Iterator[Case]:
    """Some of the forms that a pass answers or, if there are none, takes, in a dtype in which it is defined."""
    if not is_defined(pass_, dtype):
        return
    known = [form for form in forms if asking.answers(pass_, _case(form))] or list(forms)
    for form in known[:: max(len(known) // _FORMS_FOR_A_DTYPE, 1)][:_FORMS_FOR_A_DTYPE]:
        yield _case(replace(form, dtype=dtype))


def _dtype_untaken(
    asking: Asking, dtype: str, asked: Collection[tuple[Pass, Case]]
) -> dict[tuple[Pass, int | str], str]:
    """The passes that raise an exception on every form in a dtype, although they answer in another."""
    reasons: dict[tuple[Pass, int | str], str] = {}
    for pass_ in dict.fromkeys(pass_ for pass_, _ in asked):
        reason = _raised_by_all(asking, pass_, [case for asked_pass, case in asked if asked_pass is pass_], dtype)
        if reason is not None and asking.ever_answered(pass_):
            reasons[pass_, dtype] = reason
    return reasons


def _raised_by_all(asking: Asking, pass_: Pass, cases: Collection[Case], what: str) -> str | None:
    """What a pass raises on every one of several cases that it does not decline; None if it answers one."""
    raised = None
    count = 0
    for case in cases:
        said = asking.said(pass_, case)
        if said.outcome is Outcome.UNSUPPORTED:
            continue
        if said.outcome is not Outcome.REFUSED:
            return None
        raised, count = raised or said.reason, count + 1
    return f"{raised}; so it did on every plain form of {what} asked, {count} of them" if count > 1 else None


def _why_untaken(untaken: Untaken, pass_: Pass, case: Case) -> str | None:
    return untaken.get((pass_, case.geometry.rank)) or untaken.get((pass_, case.dtype))


def _refusal(asking: Asking, untaken: Untaken, case: Case) -> tuple[CheckResult, ...]:
    """The verdicts of the passes, none of which takes the number of axes or the dtype of a case."""
    reasons = {pass_: _why_untaken(untaken, pass_, case) for pass_ in asking.passes_of(case)}
    return tuple(unsupported(each, reason or asking.said(each, case).reason) for each, reason in reasons.items())


def unsupported(pass_: Pass, reason: str) -> CheckResult:
    """The verdict on a pass that is not asked."""
    return CheckResult(FIRST.name, str(pass_), Verdict(Outcome.UNSUPPORTED, reason, "unsupported"))


def _settings(asking: Asking, taken: Mapping[Pass, tuple[Form, ...]]) -> frozenset[str]:
    """The settings of the forms that are taken, and those that can be had on top of one of them."""
    forms = tuple(dict.fromkeys(form for forms in taken.values() for form in forms))
    settings = frozenset[str]().union(*(used_settings(_case(form)) for form in forms))
    plainest = sorted(forms, key=lambda form: len(used_settings(_case(form))))[:_PROBED]
    for changes in _PROBES:
        for form in plainest:
            case = case_of(replace(form, **changes))
            if case is None or used_settings(case) <= settings:
                continue
            if asking.takes(case):
                settings |= used_settings(case)
                break
    return settings

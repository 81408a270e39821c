"""What several mismatches have in common: the causes of a run, found from its mismatches alone.

Nothing of it is kept in a run folder, so that no record can disagree with its
mismatches, and a report that is written again groups them as the first one did.

Two mismatches of one candidate have one cause if, in this order,

1. the results of both depend on earlier calls: one state is kept between calls;
2. one changes an operand or uses memory that is not its own, and the other, of the same pass, comes of that;
3. both end in the same error, or crash in the same function of a library, at one place of it or so that one needs all
   that the other does; or one of a pass raises the error that its calls in company end in; or one of a pass ends its
   process some calls later, and the other, of which one needs all that the other does, at once;
4. both return the same dtype where the same other one is due;
5. both lack the same thing (images, channels, windows), with the same outcome;
6. the same known fault, arithmetic or convention explains both, and is the tightest declaration of one, if it is one;
   or both, of the same pass, read memory that nobody wrote;
7. one follows from the pass of the other: the candidate makes it rightly from that wrong result;
8. one pass is wrong in one and raises an error in the other, and their smallest cases need just the same;
9. a fault that explains one takes the geometry of the other, which ends in an error, for one that has no window.

What has none of these in common with another is a cause of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ...oracle.errors import InvalidArgument
from ...oracle.faults import FAULT_MODELS
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.vocabulary import Lack
from ...oracle.problem.geometry import ConvGeometry
from ..records.diagnosed import DEPENDS_ON_DATA, UNINITIALISED
from ..records.evidence import case_geometry, case_layout
from ..records.native_frames import crash_site, ending
from ..records.record import Mismatch
from ..records.spoiling import is_consequence, is_spoiling
from .wording import clean, headline, plural

_FRAME = re.compile(r'File "[^"]*", line \d+(?: in \S+)?')
_RAISED = re.compile(r"raised (.+?)(?: at \S+:\d+)?", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)", re.ASCII)
_LONGEST_TITLE = 200
_DECLARATIONS = ("accumulators = ", "multipliers = ", "results = ", "conventions = ", "domain = ")
"""So begins what explains a mismatch if it is meant, the tightest one first."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong, once, with all the mismatches that come of it.

    Parameters
    ----------
    id : str
        Unique in a run: ``torch-cause-1``.
    candidate : str
    title : str
        What is wrong, in a clause without a full stop.
    mismatches : tuple of str
        Ids; the plainest comes first.
    evidence : str
        Why they are one, in a sentence; empty of a single mismatch.
    """

    id: str
    candidate: str
    title: str
    mismatches: tuple[str, ...]
    evidence: str


def causes(mismatches: Iterable[Mismatch]) -> tuple[Cause, ...]:
    """The causes of mismatches, each of which has one, as they were met; what others come of is first."""
    groups: list[_Group] = []
    for mismatch in sorted(mismatches, key=lambda each: (bool(each.follows), not is_spoiling(each.verdict))):
        joined = next(((group, bond) for group in groups if (bond := group.bond(mismatch))), None)
        if joined is None:
            groups.append(_Group(mismatch.candidate, (mismatch,), _names(mismatch)))
        else:
            group, bond = joined
            groups[groups.index(group)] = group.joined_by(mismatch, bond)
    numbers: dict[str, int] = {}
    numbered = []
    for group in groups:
        number = numbers[group.candidate] = numbers.get(group.candidate, 0) + 1
        numbered.append(_cause(group, number))
    return tuple(numbered)


def signature(verdict: Verdict) -> str:
    """What an error or a crash says, without what differs from case to case; empty of other outcomes.

    Of an error its type, its message without numbers and its place; of a crash how the
    process ended and the function in which it did or, where that is not known, Python's frames.
    """
    if verdict.outcome is Outcome.REFUSED:
        return _NUMBER.sub("#", f"{verdict.cause}: {verdict.reason}")
    if crash_site(verdict) is not None:
        return ending(verdict)
    if verdict.outcome is Outcome.CRASHED:
        return " ".join((f"{verdict.cause}:", *_FRAME.findall(verdict.reason)))
    return ""


@dataclass(frozen=True, slots=True)
class _Bond:
    """Why a mismatch has the cause of others, in a clause; of the names that explain them, only the last one counts."""

    why: str
    is_of_names: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Mismatches of one cause so far; `names` are those that explain each that is explained at all."""

    candidate: str
    members: tuple[Mismatch, ...]
    names: frozenset[str]
    bonds: tuple[_Bond, ...] = ()

    def bond(self, mismatch: Mismatch) -> _Bond | None:
        """Why a mismatch has this cause; None where nothing says so."""
        if mismatch.candidate != self.candidate:
            return None
        return next((_Bond(why, find is _same_names) for find in _BONDS if (why := find(self, mismatch))), None)

    def joined_by(self, mismatch: Mismatch, bond: _Bond) -> _Group:
        names = self.names & _names(mismatch) or self.names
        others = (own for own in self.bonds if not (own.is_of_names and bond.is_of_names))
        return replace(self, members=(*self.members, mismatch), names=names, bonds=(*others, bond))


def _history(group: _Group, mismatch: Mismatch) -> str:
    both = mismatch.history and any(member.history for member in group.members)
    return "the results of all depend on earlier calls" if both else ""


def _spoilt(group: _Group, mismatch: Mismatch) -> str:
    pairs = ((spoiling, other) for one in group.members for spoiling, other in ((one, mismatch), (mismatch, one)))
    both = any(is_spoiling(spoiling.verdict) and _comes_of(other, spoiling) for spoiling, other in pairs)
    return "the others come of what the pass does to memory that is not its own" if both else ""


def _comes_of(mismatch: Mismatch, spoiling: Mismatch) -> bool:
    layout, cause = case_layout(mismatch.case), spoiling.verdict.cause
    return mismatch.subject == spoiling.subject and is_consequence(
        mismatch.verdict, layout, is_among_calls=mismatch.is_among_calls, cause=cause
    )


def _same_end(group: _Group, mismatch: Mismatch) -> str:
    message = signature(mismatch.verdict)
    same = [member for member in group.members if message and signature(member.verdict) == message]
    if not same:
        return ""
    if mismatch.verdict.outcome is Outcome.REFUSED:
        return "all raise the same error"
    if (site := crash_site(mismatch.verdict)) is not None:
        return f"all processes end in {site}" if any(_same_place(mismatch, member) for member in same) else ""
    if _FRAME.search(message) or any(_alike(mismatch, member) for member in group.members):
        return "all processes end in the same way"
    return ""


def _same_place(one: Mismatch, other: Mismatch) -> bool:
    """Whether two crashes in one function are one: at one place of it, or with nothing that only each of them needs.

    What a compiler makes of one line has several places, such as the body of a loop and its rest; what shows without
    the other's need, and elsewhere, is another line.
    """
    return crash_site(one.verdict) == crash_site(other.verdict) or _needs_all_of(one, other)


def _needs_all_of(one: Mismatch, other: Mismatch) -> bool:
    """Whether either needs all that the other does."""
    needs = set(one.needs), set(other.needs)
    return needs[0] <= needs[1] or needs[1] <= needs[0]


def _alike(one: Mismatch, other: Mismatch) -> bool:
    """Whether two crashes that say nothing of their place were met by the same check or need the same."""
    return one.check == other.check or set(one.needs) == set(other.needs)


def _raised_in_company(group: _Group, mismatch: Mismatch) -> str:
    """What calls in company leave behind is met by later calls."""
    pairs = [pair for member in group.members for pair in ((member, mismatch), (mismatch, member))]
    met = any(_is_raised_by(*pair) for pair in pairs)
    return "calls in company end in the error that the pass raises" if met else ""


def _is_raised_by(alone: Mismatch, in_company: Mismatch) -> bool:
    raised = _RAISED.fullmatch(alone.verdict.reason) if alone.verdict.outcome is Outcome.REFUSED else None
    if raised is None or alone.subject != in_company.subject or not in_company.is_among_calls:
        return False
    return _NUMBER.sub("#", raised[1]) in _NUMBER.sub("#", in_company.verdict.reason)


def _later_or_at_once(group: _Group, mismatch: Mismatch) -> str:
    """When a process dies whose memory is spoilt, and in which function, is up to where that memory lies."""
    if mismatch.verdict.outcome is not Outcome.CRASHED:
        return ""
    ended = (each for each in group.members if each.verdict.outcome is Outcome.CRASHED)
    other = (
        each for each in ended if each.subject == mismatch.subject and bool(each.history) != bool(mismatch.history)
    )
    either = any(_needs_all_of(each, mismatch) for each in other)
    return "the pass ends its process at once or some calls later" if either else ""


def _same_dtype(group: _Group, mismatch: Mismatch) -> str:
    """A result without elements has its dtype, too, although no declaration can be tried on it."""
    if not _is_of_dtype(mismatch) or mismatch.history:
        return ""
    same = any(_is_of_dtype(member) and member.verdict.reason == mismatch.verdict.reason for member in group.members)
    return f"all {mismatch.verdict.reason}" if same else ""


def _is_of_dtype(mismatch: Mismatch) -> bool:
    return mismatch.verdict.outcome is Outcome.VIOLATES and mismatch.verdict.cause == "dtype"


def _same_lack(group: _Group, mismatch: Mismatch) -> str:
    lacks = _lacking(mismatch)
    if not lacks or mismatch.history:
        return ""
    for member in group.members:
        if _lacking(member) == lacks and member.verdict.outcome is mismatch.verdict.outcome:
            return f"all show with {' and '.join(lacks)}, with the same outcome"
    return ""


def _lacking(mismatch: Mismatch) -> tuple[str, ...]:
    return tuple(lack for lack in Lack if lack in mismatch.needs)


def _names(mismatch: Mismatch) -> frozenset[str]:
    """What explains a mismatch; that it depends on the data says of two faults only that both do."""
    return frozenset(name for name in mismatch.diagnosed if not name.startswith(DEPENDS_ON_DATA))


def _same_names(group: _Group, mismatch: Mismatch) -> str:
    common = {name for name in group.names & _names(mismatch) if _counts(name, (mismatch, *group.members))}
    return f"the same explains all of them: {', '.join(sorted(common))}" if common else ""


def _counts(name: str, mismatches: Iterable[Mismatch]) -> bool:
    """Whether what explains all of them says that they have one cause.

    A wide declaration, such as that of transforms, explains much: it counts where it is the tightest that explains one.
    That two passes read memory which nobody wrote does not.
    """
    if name == UNINITIALISED:
        return len({each.subject for each in mismatches}) == 1
    return not name.startswith(_DECLARATIONS) or any(name in each.diagnosed[:1] for each in mismatches)


def _following(group: _Group, mismatch: Mismatch) -> str:
    wrong = {member.subject for member in group.members if _is_of_values(member)}
    behind = [subject for subject in mismatch.follows if subject in wrong]
    return f"the others are what the definition makes of the wrong {' and '.join(behind)}" if behind else ""


def _same_needs(group: _Group, mismatch: Mismatch) -> str:
    """Of one pass, an error where other cases that need the same are wrong: numbers misread may end in either."""
    outcome = {Outcome.REFUSED: Outcome.VIOLATES, Outcome.VIOLATES: Outcome.REFUSED}.get(mismatch.verdict.outcome)
    if mismatch.history or not mismatch.needs:
        return ""
    for member in group.members:
        alike = (member.subject, set(member.needs)) == (mismatch.subject, set(mismatch.needs))
        if alike and member.verdict.outcome is outcome:
            return f"the pass is wrong or raises an error where a case has just this: {', '.join(mismatch.needs)}"
    return ""


def _misread(group: _Group, mismatch: Mismatch) -> str:
    """An error where nothing is left of a geometry that is taken for another."""
    refused = [member for member in (mismatch, *group.members) if _is_refused(member)]
    names = _names(mismatch) if mismatch not in refused else group.names
    explained = mismatch in refused or len(refused) == len(group.members)
    for name in sorted(names) if refused and explained else ():
        if all(_leaves_nothing(name, member) for member in refused):
            return f"an error is raised where {name} leaves no window"
    return ""


def _is_refused(mismatch: Mismatch) -> bool:
    return mismatch.verdict.outcome is Outcome.REFUSED and not mismatch.history


def _leaves_nothing(name: str, mismatch: Mismatch) -> bool:
    """Whether a known fault takes a case's geometry for one that is not legal or has no output."""
    model, geometry = next((model for model in FAULT_MODELS if model.name == name), None), _geometry(mismatch)
    if model is None or model.misread is None or geometry is None or geometry.is_degenerate:
        return False
    misread = model.misread(geometry)
    return misread is None or 0 in misread.output_size


def _geometry(mismatch: Mismatch) -> ConvGeometry | None:
    """None where the record's case is none."""
    try:
        return case_geometry(mismatch.case)
    except InvalidArgument:
        return None


def _is_of_values(mismatch: Mismatch) -> bool:
    return mismatch.verdict.outcome is Outcome.VIOLATES and mismatch.verdict.cause == "value" and not mismatch.history


_BONDS: tuple[Callable[[_Group, Mismatch], str], ...] = (
    _history,
    _spoilt,
    _same_end,
    _raised_in_company,
    _later_or_at_once,
    _same_dtype,
    _same_lack,
    _same_names,
    _following,
    _same_needs,
    _misread,
)


def _cause(group: _Group, number: int) -> Cause:
    order = sorted(group.members, key=_plainness)
    evidence = "; ".join(dict.fromkeys(bond.why for bond in group.bonds))
    return Cause(
        f"{group.candidate}-cause-{number}",
        group.candidate,
        _title(order),
        tuple(mismatch.id for mismatch in order),
        f"{evidence[:1].upper()}{evidence[1:]}." if evidence else "",
    )


def _plainness(mismatch: Mismatch) -> tuple[object, ...]:
    """Sorts what is wrong by itself before what follows from it, values before errors, then the plainer case."""
    geometry = _geometry(mismatch)
    products = 0 if geometry is None else geometry.products
    is_later = mismatch.is_among_calls or mismatch.verdict.outcome is Outcome.REFUSED
    size = (products, len(mismatch.needs), len(mismatch.case))
    return (bool(mismatch.follows), not mismatch.diagnosed, is_later, *size)


def _vagueness(mismatch: Mismatch) -> tuple[object, ...]:
    """Sorts what follows from something else last, and of the others what fewest known faults explain first."""
    return bool(mismatch.follows), not mismatch.diagnosed, len(mismatch.diagnosed)


def _title(members: list[Mismatch]) -> str:
    first = members[0]
    what = _what(min(members, key=_vagueness))
    if not what:
        return headline(first)
    subjects = tuple(dict.fromkeys(clean(member.subject) for member in members))
    others = f" and {plural(len(subjects) - 1, 'more pass', 'more passes')}" if len(subjects) > 1 else ""
    where = subjects[0] + others
    title = f"{where} of {clean(first.candidate)}: {clean(' '.join(what.split()))}".removesuffix(".")
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


def _what(first: Mismatch) -> str:
    """What is wrong, if more can be said than which rule is broken."""
    if first.history:
        return f"the result depends on earlier calls: {first.history}"
    if is_spoiling(first.verdict):
        return first.verdict.reason.split(";")[0]
    if (site := crash_site(first.verdict)) is not None:
        return f"{first.verdict.reason.split(';')[0].strip()}, in {site}"
    if first.verdict.outcome in (Outcome.CRASHED, Outcome.REFUSED):
        return next(iter(first.verdict.reason.split(";")[0].strip().splitlines()), "")
    if _lacking(first) and not _is_of_dtype(first):
        return f"wrong with {' and '.join(_lacking(first))}"
    if first.diagnosed and first.diagnosis:
        return first.diagnosis[0]
    return first.verdict.reason if _is_of_dtype(first) else ""

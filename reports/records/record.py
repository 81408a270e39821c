"""What is kept of a run: the record of each case, each mismatch with its evidence, and the run's own facts."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.arrays import Float64, Mask
from ...oracle.numbers.dtypes import EVERYDAY
from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Array, Operands, Pass

LEAST_COMPARED = 0.5
"""The share of what is asked that is to be compared, unless the user says otherwise."""
OLDEST_SCHEMA, SCHEMA_VERSION = 2, 7
"""Version of every JSON document that a run writes, and of the oldest one that is read.

1: first version. 2: a candidate's multipliers, results and conventions; more passes, dtypes and checks.
3: the names of what a mismatch was diagnosed as, how it depends on earlier calls and from which passes it follows;
what was compared, of a run that has ended, and how much was to be,
a candidate's declared domain, and how many drawn cases it declined for one reason.
4: which checks there were and what they mean, and of a mismatch the title of its check.
5: how checks are counted and on what they ask; of a mismatch what its check's failure means and on what it was asked;
the file of records tells what many cases have in common once; what it keeps of a verdict that is not against the
candidate is what reports show; how many exact results were computed again; a candidate's libraries.
6: the options of a run that stood in a file; of a run that has ended, which searches stopped before their last case.
7: what a run's cases follow from, the parts that it is made of, of a mismatch the part; errors in units in the last
place.
"""


@dataclass(frozen=True, slots=True)
class CandidateInfo:
    """Who was tested.

    Parameters
    ----------
    name : str
        Short, unique in a run: ``torch``, ``kernels.py:conv2d``.
    version : str
        Of the library behind it; empty when there is none.
    source : str
        What loads it: a built-in name, ``module:attribute`` or ``path.py:attribute``.
    accumulators : tuple of (str, str)
        Declared accumulator for each storage dtype, e.g. ``("float16", "float32")``;
        a dtype not named accumulates in that of its result.
    multipliers : tuple of (str, str)
        Declared format to which operands of a dtype are rounded before they are multiplied.
    results : tuple of (str, str)
        Declared dtype of the result for operands of a dtype.
    conventions : tuple of (str, str)
        Declared convention and its value, see `convoracle.oracle.numbers.dtypes.CONVENTIONS`.
    dtypes : tuple of str
        In which it is asked, unless the user names others.
    validates : bool
        Whether it says that it refuses illegal calls.
    rests_on : str
        The built-in candidate of the framework whose operations it is made of, ``torch``; empty of any other.
    domain : tuple of (str, str)
        Each key of the domain that it declares, and what it takes of it as JSON.
    values : tuple of (int, int), or None
        The smallest and the largest integer that it declares to take as operands of integer dtypes.
    threads : {"any", "one"}
        How many threads may call it at once.
    libraries : tuple of str
        The numerical libraries in its process that have threads of their own, each with its version and their number.
    content : str
        Digits of a hash of the file that it is loaded from; empty where that is none of the user's.
    """

    name: str
    version: str = ""
    source: str = ""
    accumulators: tuple[tuple[str, str], ...] = ()
    multipliers: tuple[tuple[str, str], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    conventions: tuple[tuple[str, str], ...] = ()
    dtypes: tuple[str, ...] = EVERYDAY
    validates: bool = False
    rests_on: str = ""
    domain: tuple[tuple[str, str], ...] = ()
    values: tuple[int, int] | None = None
    threads: str = "any"
    libraries: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What there is to know of a kind of check where it cannot be asked.

    Parameters
    ----------
    name : str
    meaning : str
        Sentences for the glossary.
    rows : tuple of str
        In which its verdicts are counted, by subject; if there is one, all subjects are counted in it.
    numbers : Numbers or None
        What the operands of its case are, on which it asks; None of a check that makes its own.
    """

    name: str
    meaning: str = ""
    rows: tuple[str, ...] = ()
    numbers: Numbers | None = None

    @property
    def is_of_values(self) -> bool:
        """Whether it compares the elements of one pass's result with what they must be."""
        return self.numbers is not None and set(self.rows) <= set(map(str, Pass))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One verdict: a check on one pass (or, for the adjoint identity, on all of them).

    Parameters
    ----------
    check : str
        Its kind, ``structure``, with a colon and more where there are several of it: ``relation:stride``.
    subject : str
        A pass's name, or that of something else it is asked of, such as ``adjoint``.
    verdict : Verdict
    seconds : float
        Time the candidate took.
    fault : str or None
        Id of the mismatch that this verdict is an instance of.
    """

    check: str
    subject: str
    verdict: Verdict
    seconds: float = 0.0
    fault: str | None = None


def kind_of(check: str) -> str:
    """The kind of a check: ``relation`` of ``relation:stride``."""
    return check.partition(":")[0]


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """Every verdict on one candidate for one case.

    Parameters
    ----------
    case : str
        The case's text id.
    candidate : str
    results : tuple of CheckResult
    origin : str
        Where the case comes from, such as ``resnet50:conv1``, with whether it is
        shrunk; empty of a generated one.
    declined : int
        0 of a case that was asked. Otherwise the candidate declined it with what the results say, and for the same
        reasons so many cases in all, this one among them; no other was asked in the place of one of them.
    """

    case: str
    candidate: str
    results: tuple[CheckResult, ...]
    origin: str = ""
    declined: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """What another source says of the same minimal case: a candidate's name, or ``equations``."""

    name: str
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One fault of one candidate, at its smallest known counterexample.

    Parameters
    ----------
    id : str
        Unique in a run and usable as a folder name: ``torch-weight_gradient-1``.
    candidate : str
        Name of the candidate.
    check, subject : str
        As in `CheckResult`.
    case : str
        Text id of the shrunk case.
    found : str
        Text id of the case that first showed the fault.
    verdict : Verdict
        On the shrunk case.
    needs : tuple of str
        Features that the shrunk case still has, such as ``dilation above 1``:
        without them the fault was not seen. A later failing case of the same check
        and pass that has them all counts as this fault.
    witnesses : tuple of Witness
    repeats : bool
        Whether the minimal case fails again when run alone in a fresh process.
    equations : tuple of str
        Equations of wrong elements in the seed's notation; may be empty.
    call : str
        Python source in plain PyTorch, TensorFlow or NumPy that computes ``actual`` from the arrays
        ``input``, ``weight``, ``bias``, ``output_gradient`` and the number
        ``learning_rate``; shown to people, never executed by this package.
    origin : str
        Where `found` comes from and whether `case` is shrunk from it, such as
        ``resnet50:conv1, shrunk``; empty of a generated one.
    diagnosis : tuple of str
        Sentences: what the candidate does as if, how certain that is, where to look,
        and which terms of wrong elements are wrong; empty where nothing can be said.
    diagnosed : tuple of str
        Stable names of what the diagnosis found: of fault models, of an arithmetic, of a
        dependence on the data, of a convention to declare. Empty where nothing is known.
    history : str
        How the result depends on earlier calls, such as ``right alone, wrong after the same call with
        other data``; empty where it does not.
    after : tuple of (str, str, str)
        Check, subject and case of the calls that come before it where it is seen to be wrong; may be
        empty although `history` is not.
    follows : tuple of str
        Passes of the candidate from whose own results this one is made rightly: it is wrong
        because they are.
    framework : str
        The framework that the candidate rests on, with its version, where that by itself does the very same on
        `case`: then the fault is not the candidate's own. Empty otherwise, and where it was not asked.
    title : str
        What the check asks for, in a few words: ``the rounding bound``.
    violation : str
        What it means that the check fails, in a sentence; empty where the numbers say it.
    numbers : Numbers or None
        What the recorded operands are, on which the check asks again; None where it makes its own.
    is_among_calls : bool
        Whether the check makes a call alone and among others.
    part : int
        Of the run, in which it was found.
    """

    id: str
    candidate: str
    check: str
    subject: str
    case: str
    found: str
    verdict: Verdict
    needs: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    repeats: bool = True
    equations: tuple[str, ...] = ()
    call: str = ""
    origin: str = ""
    diagnosis: tuple[str, ...] = ()
    diagnosed: tuple[str, ...] = ()
    history: str = ""
    after: tuple[tuple[str, str, str], ...] = ()
    follows: tuple[str, ...] = ()
    framework: str = ""
    title: str = ""
    violation: str = ""
    numbers: Numbers | None = None
    is_among_calls: bool = False
    part: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The arrays of a mismatch.

    Parameters
    ----------
    operands : Operands
    actual : ndarray or None
        What the candidate returned; None when it returned nothing that can be kept.
    expected : ndarray of float64
        The exact result, rounded to float64.
    bound : ndarray of float64
        Largest error that rounding can explain, per element; zeros for structure.
    wrong : ndarray of bool
        Where the result violates; all False where there is nothing to compare.
    """

    operands: Operands
    actual: Array | None
    expected: Float64
    bound: Float64
    wrong: Mask


@dataclass(frozen=True, slots=True)
class Plan:
    """What the cases of a run, and the verdicts on them, follow from beside its candidates.

    Parameters
    ----------
    facts : tuple of (str, str)
        Name and value of each.
    cases : int
        Of each candidate.
    part_cases : int
        Of each part but the last, from 0 on; 0 where that is not known.
    """

    facts: tuple[tuple[str, str], ...] = ()
    cases: int = 0
    part_cases: int = 0

    @property
    def parts(self) -> int:
        """How many there are of each candidate."""
        return -(-self.cases // self.part_cases) if self.part_cases else 1

    def cases_of(self, part: int) -> int:
        """Of one part."""
        return min(self.part_cases, self.cases - part * self.part_cases) if self.part_cases else self.cases


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The facts of a run, written when it starts."""

    seed: int
    profile: str
    candidates: tuple[CandidateInfo, ...]
    started: str
    command: str
    environment: tuple[tuple[str, str], ...]
    """(name, version) of Python, the packages, the platform and the processor."""
    min_compared: float = LEAST_COMPARED
    """The share of what is asked of a candidate, and of each of its passes, that is to be compared."""
    checks: tuple[CheckInfo, ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()
    """(name, value, file) of each option that did not stand in the command but in a file."""
    plan: Plan = Plan()
    shard: str = ""
    """Which of how many shards it was to examine, such as ``1/4``; empty where all."""

"""The lines of the file of records: what many cases have in common is told once, and of each case its numbers.

::

    {"schema":7,"document":"records",...}   nothing is told yet; the names of what the arrays below hold
    {"machine":[["processor","..."],...]}   where what follows was examined
    {"candidate":"torch"}                   the first of them is number 0, the next 1
    {"plain":["precision","forward","conforms","","",null,null,true,true,true]}
    {"pattern":[0,1]}                       the verdicts on one subject, by their numbers
    ["n1c1k1i4f2/float32/uniform/0",0,[0,4],[0.191],[7.1e-08],[79,12],[-1]]

The last is a record: the case, the candidate's number, the numbers of its patterns, and in their order every ratio and
every resolution of which they say that each record has its own, the time of every verdict, and of errors in units in
the last place the powers of two up to which they are. Ratios and resolutions have the three digits that reports show,
times are in units of `TICK`; of a plain verdict no worst element is kept.
Where a verdict is against the candidate, or not plain for another reason, whole results stand in the place of a
pattern's number. Since all begins anew with the first line, one such file can be appended to another. The lines of
schemas 5 and 6, without units in the last place, are read as well, and a record as a document of its own, the form of
those before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from ...oracle.judging.verdict import Outcome
from .codec import WrongField, codec, decode_at, shown
from .compared import names_of_values
from .line import LARGEST_POWER, LEAST_POWER, TICK, Line, Pattern, Plain, plain_verdict, power_of, whole
from .migration import complete_result
from .record import CaseRecord, CheckInfo, CheckResult
from .serialization import RecordsHeader, check_results, decode, read_json, shortened, to_json

MOST_PATTERNS = 4096
"""Told so many, a file begins anew: what a writer and a reader hold is bounded."""
HEADER = RecordsHeader(
    plain=(
        *("check", "subject", "outcome", "reason", "cause", "elements", "resolution"),
        *("own_ratio", "own_resolution", "own_ulps"),
    ),
    record=("case", "candidate", "patterns", "ratios", "resolutions", "times", "ulps", "origin", "declined"),
)
_HEADER_OF_6 = RecordsHeader(HEADER.plain[:-1], (*HEADER.record[:6], *HEADER.record[7:]))
_PLAIN = codec(tuple[str, str, Outcome, str, str, int | None, float | None, bool, bool, bool])
_RESULTS = codec(tuple[CheckResult, ...])
_TEXT = codec(str)
Machine = tuple[tuple[str, str], ...]
_MACHINE = codec(Machine)
_LEFT_OUT: tuple[Any, ...] = ("", 0)
"""The last entries of a record that a line may be without."""
_INTEGERS, _REALS = frozenset({int}), frozenset({int, float})


class LineEncoder:
    """Writes the lines of a file, or of a part of it that begins anew.

    Parameters
    ----------
    checks : iterable of CheckInfo
        Whose results there are.
    machine : tuple of (str, str)
        What there is to know of where they come from.
    """

    def __init__(self, checks: Iterable[CheckInfo], machine: Machine = ()) -> None:
        self._of_values = names_of_values(checks)
        self._numbers: dict[str, dict[Any, int]] = {"candidate": {}, "plain": {}, "pattern": {}}
        self._new = [to_json(HEADER), *([_dumped({"machine": machine})] if machine else [])]

    @property
    def is_full(self) -> bool:
        """Whether another should begin."""
        return len(self._numbers["pattern"]) >= MOST_PATTERNS

    def lines(self, record: CaseRecord) -> str:
        """The lines that tell a record, after all that were asked for before."""
        candidate = self._number("candidate", record.candidate, record.candidate)
        parts, ratios, resolutions, times, ulps = list[str](), list[str](), list[str](), list[str](), list[str]()
        for results in _runs(record.results, self._of_values):
            told = [plain_verdict(result, record.case) for result in results]
            plain = tuple(each for each in told if each is not None)
            if record.declined or len(plain) < len(results):
                parts.append(_dumped(_RESULTS.encode(shortened(results))))
                continue
            parts.append(str(self._pattern(plain)))
            for result, (*_, own_ratio, own_resolution, own_ulps) in zip(results, plain, strict=True):
                if own_ratio:
                    ratios.append(f"{result.verdict.ratio:.3g}")
                if own_resolution:
                    resolutions.append(f"{result.verdict.resolution:.3g}")
                if own_ulps:
                    ulps.append(str(power_of(result.verdict.ulps)))
                times.append(str(round(result.seconds / TICK)))
        columns = (f"[{','.join(column)}]" for column in (parts, ratios, resolutions, times, ulps))
        rest = [record.origin, record.declined] if record.declined else [record.origin] if record.origin else []
        fields = (_dumped(record.case), str(candidate), *columns, *map(_dumped, rest))
        lines, self._new = [*self._new, f"[{','.join(fields)}]"], []
        return "".join(f"{line}\n" for line in lines)

    def _pattern(self, plain: tuple[Any, ...]) -> int:
        if plain in self._numbers["pattern"]:
            return self._numbers["pattern"][plain]
        return self._number("pattern", plain, [self._number("plain", each, _PLAIN.encode(each)) for each in plain])

    def _number(self, kind: str, key: object, body: object) -> int:
        numbers = self._numbers[kind]
        if key not in numbers:
            numbers[key] = len(numbers)
            self._new.append(_dumped({kind: body}))
        return numbers[key]


def _runs(results: tuple[CheckResult, ...], of_values: frozenset[str]) -> list[tuple[CheckResult, ...]]:
    """Results in a row on one subject; all in one where the values of a subject are not in one run."""
    runs = [tuple(run) for _, run in groupby(results, key=attrgetter("subject"))]
    subjects = [run[0].subject for run in runs if any(result.check in of_values for result in run)]
    return runs if len(set(subjects)) == len(subjects) else [results]


Interned = dict[tuple[Plain, ...], Pattern]
"""The patterns that were read, each once."""
_MOST_INTERNED = 1 << 14


class LineDecoder:
    """Reads the lines of a file in their order.

    Parameters
    ----------
    interned : dict or None
        Of several files that are read one after the other.
    """

    def __init__(self, interned: Interned | None = None) -> None:
        self._interned: Interned = {} if interned is None else interned
        self.machine: Machine = ()
        """Where what was read last was examined, as far as that was told."""
        self._is_begun = False
        self._is_of_6 = False
        self._candidates: list[str] = []
        self._plain: list[Plain] = []
        self._patterns: list[Pattern] = []

    def read(self, data: bytes, *, file: str, line: int) -> Line | None:
        """The record of a line; None of a line that tells what records have in common.

        Raises
        ------
        InvalidRecord
            If it is none of the lines that are written.
        """
        return read_json(self._line, data, file=file, line=line)

    def _line(self, body: Any) -> Line | None:
        if type(body) is list:
            return self._record(body)
        if type(body) is dict and len(body) == 1 and self._is_begun:
            self._tell(*body.popitem())
            return None
        if type(body) is dict and body.get("document") == "case":
            return whole(decode(CaseRecord, body))
        header = decode(RecordsHeader, body)
        if header not in (HEADER, _HEADER_OF_6):
            raise WrongField(f"should be {to_json(HEADER)}")
        self._is_of_6 = header == _HEADER_OF_6
        self._is_begun, self._candidates, self._plain, self._patterns = True, [], [], []
        return None

    def _tell(self, kind: str, body: Any) -> None:
        match kind:
            case "machine":
                self.machine = decode_at(_MACHINE, kind, body)
            case "candidate":
                self._candidates.append(decode_at(_TEXT, kind, body))
            case "plain":
                if self._is_of_6 and type(body) is list:
                    body = [*body, False]
                plain = Plain(*decode_at(_PLAIN, kind, body))
                if plain.outcome.is_mismatch or not ((plain.resolution or 0.0) >= 0 <= (plain.elements or 0)):
                    raise WrongField("should be no verdict against a candidate, and have no number below 0", (kind,))
                self._plain.append(plain)
            case "pattern":
                told = tuple(self._plain[number] for number in _numbers(kind, body, _INTEGERS, len(self._plain) - 1))
                ratios, resolutions = sum(each.own_ratio for each in told), sum(each.own_resolution for each in told)
                ulps = sum(each.own_ulps for each in told)
                if len(self._interned) >= _MOST_INTERNED:
                    self._interned.clear()
                self._patterns.append(self._interned.setdefault(told, Pattern(told, ratios, resolutions, ulps)))
            case _:
                raise WrongField("should be a machine, a candidate, a plain verdict or a pattern", (kind,))

    def _record(self, body: list[Any]) -> Line:
        if self._is_of_6:
            body = _of_6(body)
        more = len(body) - len(HEADER.record) + len(_LEFT_OUT)
        if not 0 <= more <= len(_LEFT_OUT):
            raise WrongField(f"should have the entries {', '.join(HEADER.record)}; the last two can be left out")
        case, candidate, parts, ratios, resolutions, times, ulps, origin, declined = (*body, *_LEFT_OUT[more:])
        if type(candidate) is not int or not 0 <= candidate < len(self._candidates):
            raise WrongField(f"should be the number of a candidate told before, not {shown(candidate)}", (1,))
        if type(declined) is not int or declined < 0:
            raise WrongField(f"should be an integer of at least 0, not {shown(declined)}", (8,))
        if type(parts) is not list:
            raise WrongField(f"should be a list, not {shown(parts)}", (2,))
        known, count = self._patterns, len(self._patterns)
        found = tuple([
            known[part] if type(part) is int and 0 <= part < count else _whole_results(part, place)
            for place, part in enumerate(parts)
        ])  # fmt: skip
        patterns = [part for part in found if isinstance(part, Pattern)]
        return Line(
            decode_at(_TEXT, 0, case),
            self._candidates[candidate],
            found,
            _numbers(3, ratios, _REALS, 1, sum([each.ratios for each in patterns])),
            _numbers(4, resolutions, _REALS, sys.float_info.max, sum([each.resolutions for each in patterns])),
            _numbers(5, times, _INTEGERS, sys.maxsize, sum([len(each.plain) for each in patterns])),
            _numbers(6, ulps, _INTEGERS, LARGEST_POWER, sum([each.ulps for each in patterns]), least=LEAST_POWER),
            decode_at(_TEXT, 7, origin),
            declined,
        )


def _of_6(body: list[Any]) -> list[Any]:
    """A record of schema 6 or 5 as one of today's, without units in the last place."""
    if len(body) < len(_HEADER_OF_6.record) - len(_LEFT_OUT):
        return body
    body = [*body[:6], [], *body[6:]]
    if type(body[2]) is list:
        for part in body[2]:
            for result in part if type(part) is list else ():
                complete_result(result)
    return body


def _whole_results(part: Any, place: int) -> tuple[CheckResult, ...]:
    """Results in the place of a pattern's number."""
    if type(part) is not list:
        problem = f"should be the number of a pattern told before, or a list of results, not {shown(part)}"
        raise WrongField(problem, (2, place))
    try:
        results: tuple[CheckResult, ...] = decode_at(_RESULTS, place, part)
    except WrongField as error:
        raise error.under(2) from None
    check_results(results, (2, place))
    return results


def _numbers(
    step: int | str, values: Any, kinds: frozenset[type], most: float, amount: int | None = None, *, least: float = 0
) -> list[Any]:
    """A list of numbers from `least` to `most`, as many as there are to be."""
    if type(values) is not list or not kinds.issuperset(map(type, values)):
        raise WrongField(f"should be a list of numbers, not {shown(values)}", (step,))
    if values and not least <= min(values) <= max(values) <= most:
        raise WrongField(f"should be from {least} to {most}, not {shown(values)}", (step,))
    if amount not in (None, len(values)):
        raise WrongField(f"should have {amount} entries, as its patterns say, not {len(values)}", (step,))
    return values


def _dumped(body: object) -> str:
    return json.dumps(body, separators=(",", ":"), allow_nan=False)

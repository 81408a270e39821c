"""Deviations that are known, in a file: each with its reason, and of which mismatches it speaks."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from ...oracle.numbers.dtypes import DTYPES
from ..errors import InvalidRecord
from .compared import dtype_of
from .record import CandidateInfo, Mismatch, kind_of
from .totals import Run

TABLE = "known"
"""Each ``[[known]]`` of the file is one deviation."""


@dataclass(frozen=True, slots=True)
class Known:
    """A known deviation; what it leaves empty it does not restrict.

    Parameters
    ----------
    candidate : str
        Name of the candidate.
    reason : str
        Why it is accepted, for people.
    checks, passes, dtypes : tuple of str
        Kinds of checks, passes or other subjects, and dtypes.
    needs : tuple of str
        Features that the smallest case has and cannot do without, in the words of the report: ``an empty batch``.
    version : str
        Versions of the candidate: ``>=2.13,<2.15``.
    platform : str
        Part of the platform's or the processor's name, as the report shows them.
    link : str
    expires : date or None
        The first day on which it holds no more.
    """

    candidate: str
    reason: str
    checks: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    version: str = ""
    platform: str = ""
    link: str = ""
    expires: date | None = None

    def speaks_of(self, mismatch: Mismatch) -> bool:
        """Whether a mismatch of the candidate, of whatever version and platform, is this."""
        return (
            mismatch.candidate == self.candidate
            and _allows(self.checks, kind_of(mismatch.check))
            and _allows(self.passes, mismatch.subject)
            and _allows(self.dtypes, dtype_of(mismatch.case))
            and set(self.needs) <= set(mismatch.needs)
        )

    def is_of(self, candidate: CandidateInfo, environment: Mapping[str, str]) -> bool:
        """Whether this speaks of a candidate's version, where it ran."""
        named = (environment.get("platform", ""), environment.get("processor", ""))
        return (
            candidate.name == self.candidate
            and (not self.version or _is_within(candidate.version, self.version))
            and any(self.platform in name for name in named)
        )

    def could_show(self, run: Run) -> bool:
        """Whether a run compared some result in which this would show: its checks, passes and dtypes."""
        checks = {row.check for row in run.totals.counts.rows()}
        if self.checks and checks.isdisjoint(self.checks):
            return False
        return any(
            share.compared and _allows(self.passes, share.subject) and _allows(self.dtypes, share.dtype)
            for share in run.totals.compared.of(self.candidate).shares
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A run's mismatches, held against a baseline.

    Parameters
    ----------
    unknown : tuple of Mismatch
    known : tuple of (Known, tuple of Mismatch)
        Each deviation that shows, with the mismatches of which it speaks.
    absent : tuple of Known
        Those that do not show, although the run asked for them.
    expired : tuple of Known
        Those that hold no more; what they speak of is unknown.
    """

    unknown: tuple[Mismatch, ...]
    known: tuple[tuple[Known, tuple[Mismatch, ...]], ...] = ()
    absent: tuple[Known, ...] = ()
    expired: tuple[Known, ...] = ()


def held(run: Run, baseline: Iterable[Known], today: date) -> Held:
    """Tell what is known of a run's mismatches; each belongs to the first deviation that speaks of it."""
    environment = dict(run.info.environment)
    asked = [known for known in baseline if any(known.is_of(info, environment) for info in run.info.candidates)]
    expired = tuple(known for known in asked if known.expires is not None and known.expires <= today)
    valid = [known for known in asked if known not in expired]
    found: dict[Known | None, list[Mismatch]] = {}
    for mismatch in run.mismatches:
        found.setdefault(next((known for known in valid if known.speaks_of(mismatch)), None), []).append(mismatch)
    absent = (known for known in valid if known not in found and known.could_show(run))
    shown = ((known, tuple(found[known])) for known in valid if known in found)
    return Held(tuple(found.get(None, ())), tuple(shown), tuple(absent), expired)


def read_baseline(path: Path) -> tuple[Known, ...]:
    """Read the known deviations of a TOML file.

    Raises
    ------
    InvalidRecord
        If it cannot be read, or an entry is not what it should be: with its number, its key and what is allowed.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidRecord(f"cannot be read: {error.strerror}", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRecord(f"is not TOML: {error}", file=str(path)) from None
    entries = document.get(TABLE, [])
    if document.keys() - {TABLE} or not isinstance(entries, list):
        raise InvalidRecord(f"should have nothing but [[{TABLE}]] tables", file=str(path))
    return tuple(_known(entry, number, str(path)) for number, entry in enumerate(entries, 1))


def _known(entry: object, number: int, file: str) -> Known:
    if not isinstance(entry, dict):
        raise InvalidRecord("should be a table", file=file, field=f"{TABLE} {number}")
    values: dict[str, Any] = {}
    for key, value in entry.items():
        field = f"{TABLE} {number}, {key}"
        if key not in _KEYS:
            raise InvalidRecord(f"should be one of {', '.join(_KEYS)}", file=file, field=field)
        name, reads, requirement = _KEYS[key]
        try:
            values[name] = reads(value)
        except (TypeError, ValueError):
            raise InvalidRecord(f"{value!r} should be {requirement}", file=file, field=field) from None
    for key in ("candidate", "reason"):
        if key not in values:
            raise InvalidRecord(f"should be there: {_KEYS[key][2]}", file=file, field=f"{TABLE} {number}, {key}")
    return Known(**values)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value if isinstance(value, list) else [value]))


def _dtypes(value: object) -> tuple[str, ...]:
    names = _texts(value)
    if not set(names) <= set(DTYPES):
        raise ValueError
    return names


def _versions(value: object) -> str:
    text = _text(value)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError from None
    return text


def _day(value: object) -> date:
    if type(value) is not date:
        raise TypeError
    return value


_KEYS: Mapping[str, tuple[str, Callable[[Any], Any], str]] = {
    "candidate": ("candidate", _text, "a candidate's name"),
    "reason": ("reason", _text, "a text that is not empty"),
    "check": ("checks", _texts, "a kind of check, or a list of them"),
    "pass": ("passes", _texts, "a pass, or a list of them"),
    "dtype": ("dtypes", _dtypes, f"one of {', '.join(DTYPES)}, or a list of them"),
    "needs": ("needs", _texts, "a feature in the words of the report, or a list of them"),
    "version": ("version", _versions, "a range of versions, such as '>=2.13,<2.15'"),
    "platform": ("platform", _text, "a part of the platform's or the processor's name"),
    "link": ("link", _text, "an address"),
    "expires": ("expires", _day, "a date, such as 2027-06-30"),
}


def _allows(names: tuple[str, ...], name: str) -> bool:
    return not names or name in names


def _is_within(version: str, versions: str) -> bool:
    """A version that is none, such as an empty one, is in no range."""
    try:
        return SpecifierSet(versions).contains(version, prereleases=True)
    except InvalidVersion:
        return False

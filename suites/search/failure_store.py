"""The cases that failed, kept in Hypothesis's databases under the candidate's source, and tried first next time.

What was tried and fails no more is kept with the version of which that was seen, and tried first of every other
version: what was mended once may break again. A case's text id says all of it, so nothing else of it is kept. What a
database has is checked as what comes from elsewhere: what is no case is told of, and left out.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case, parse_case
from ...oracle.problem.geometry import ConvGeometry
from ...reports.records.record import CandidateInfo
from .failure_databases import folder_of, is_blank, is_read_only, opened, prepare, told_as_failure

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

_MOST_CASES, _MOST_RIGHT, _MOST_FETCHED = 1_000, 200, 10_000
_LONGEST = 1_000
_RIGHT_SINCE, _SEPARATOR = b"\0right since", b"\0"
_SHOWN = 60
_MOST_ELEMENTS = 1 << 26
"""Of an array of a case that is asked first: others may have put it there."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A case that failed; `right_in` is the version that was right on it since then, None where it fails still."""

    case: Case
    right_in: str | None = None


class Memory(Protocol):
    """What is known of cases that failed."""

    def recall(self) -> list[Case]:
        """Those to be tried first."""

    def update(self, failing: Iterable[Case], tried: Iterable[Case]) -> None:
        """Some were tried, and these fail."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody else remembers, who is told of what fails in another way."""

    kept: tuple[Remembered, ...]
    version: str

    def recall(self) -> list[Case]:
        """As `FailureMemory.recall`."""
        return [each.case for each in self.kept if each.right_in != self.version]

    def update(self, failing: Iterable[Case], tried: Iterable[Case]) -> None:
        """Nothing is kept here."""


def version_of(info: CandidateInfo) -> str:
    """What changes with a candidate's code, as far as that is known."""
    return f"{info.version} {info.content}".strip()


class FailureMemory:
    """The failing cases of one candidate.

    Several searches may write at the same time: each adds what failed, and takes away what it tried itself.

    Parameters
    ----------
    specs : sequence of str
        Where they are kept; what is in one of these places is known. See `failure_databases`.
    source : str
        What loads the candidate: each has cases of its own.
    version : str
        Of the candidate, as `version_of` has it.
    """

    def __init__(self, specs: Sequence[str], source: str, version: str = "") -> None:
        self.specs = tuple(specs)
        self.version = version
        self._key = source.encode("utf-8", "surrogateescape")
        self._right_key = self._key + _RIGHT_SINCE

    def prepare(self) -> list[str]:
        """See that what is kept can be read and written; returns a sentence for each thing there that is no case.

        Raises
        ------
        InvalidArgument
            If a place is no folder that can be made and written, or no server that answers.
        """
        for spec in self.specs:
            prepare(spec)
        return [*self._outdated(), *self._read()[1]]

    def kept(self) -> tuple[Remembered, ...]:
        """All that is kept: what fails, and then what was right since, each with the fewest products first."""
        return tuple(self._read()[0])

    def recall(self) -> list[Case]:
        """The cases to be tried first: those that fail, and those that were seen to be right in other versions only."""
        return Given(self.kept(), self.version).recall()

    def update(self, failing: Iterable[Case], tried: Iterable[Case]) -> None:
        """Keep what fails, and of what was tried and is not among that, that this version is right on it.

        Raises
        ------
        OSError
            If it could not be kept.
        """
        kept = {str(case).encode() for case in islice(failing, _MOST_CASES)}
        gone = {str(case).encode() for case in tried} - kept
        specs = [spec for spec in self.specs if not is_read_only(spec)]
        if not specs or not (kept or gone):
            return
        from hypothesis.database import MultiplexedDatabase

        with told_as_failure(self.specs):
            databases = {spec: opened(spec) for spec in specs}
            together = MultiplexedDatabase(*databases.values())
            right = {case + _SEPARATOR + self.version.encode() for case in gone}
            for value in set(together.fetch(self._right_key)) - right:
                if value.partition(_SEPARATOR)[0] in kept | gone:
                    together.delete(self._right_key, value)
            for key, values in ((self._key, kept), (self._right_key, right)):
                for value in sorted(values):
                    together.save(key, value)
            for value in sorted(gone):
                together.delete(self._key, value)
            for spec, database in databases.items():
                self._see_kept(kept, spec, database)

    def _see_kept(self, kept: set[bytes], spec: str, database: ExampleDatabase) -> None:
        """Hypothesis says nothing of what it cannot write."""
        if not kept <= set(database.fetch(self._key)):
            raise OSError(errno.EIO, "the cases that failed could not be written there", spec)

    def _read(self) -> tuple[list[Remembered], list[str]]:
        """What is kept, in an order that depends on nothing else, and what is wrong with other values."""
        specs = [spec for spec in self.specs if not is_blank(spec)]
        if not specs:
            return [], []
        from hypothesis.database import MultiplexedDatabase

        found: list[Remembered] = []
        told: list[str] = []
        with told_as_failure(self.specs):
            together = MultiplexedDatabase(*map(opened, specs))
        for key in (self._key, self._right_key):
            with told_as_failure(self.specs):
                values = set(islice(together.fetch(key), _MOST_FETCHED))
            read, wrong = _remembered(values, has_version=key is self._right_key)
            found += read
            told += [f"{', '.join(specs)}: {each}" for each in wrong]
        return found, told

    def _outdated(self) -> list[str]:
        folders = [folder for spec in self.specs if (folder := folder_of(spec)) is not None]
        why = "an earlier version of convoracle wrote it; it is not read, and can be removed"
        return [f"{file}: {why}" for folder in folders for file in sorted(folder.glob("*.txt"))]


def _remembered(values: Iterable[bytes], *, has_version: bool) -> tuple[list[Remembered], list[str]]:
    """What values say, and of others why they say nothing."""
    found: list[Remembered] = []
    told: list[str] = []
    for value in sorted(values):
        text, _, version = value.partition(_SEPARATOR) if has_version else (value, b"", b"")
        try:
            case = _parsed(text)
        except ValueError as error:
            told.append(f"{_shown(value)} is left out: {error}")
        else:
            if _is_asked_first(case.geometry):
                found.append(Remembered(case, version.decode("utf-8", "replace") if has_version else None))
    found.sort(key=lambda each: (each.case.geometry.products, str(each.case)))
    return found[: _MOST_RIGHT if has_version else _MOST_CASES], told


def _parsed(value: bytes) -> Case:
    if len(value) > _LONGEST:
        raise ValueError(f"it has {len(value)} bytes, and no case has more than {_LONGEST}")
    try:
        return parse_case(value.decode("ascii"))
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
    except InvalidArgument as error:
        raise ValueError(str(error)) from None


def _shown(value: bytes) -> str:
    return ascii(value[:_SHOWN].decode("utf-8", "replace")) + ("..." if len(value) > _SHOWN else "")


def _is_asked_first(geometry: ConvGeometry) -> bool:
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
    return max(geometry.positions, *map(math.prod, shapes)) <= _MOST_ELEMENTS

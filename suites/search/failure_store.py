"""The cases that failed last, kept in Hypothesis's databases under the candidate's source, and tried first next time.

A case's text id says all of it, so nothing else is kept. What a database has is
checked as what comes from elsewhere: what is no case is told of, and left out.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case, parse_case
from ...oracle.problem.geometry import ConvGeometry
from .failure_databases import folder_of, is_blank, is_read_only, opened, prepare, told_as_failure

if TYPE_CHECKING:
    from hypothesis.database import ExampleDatabase

_MOST_CASES, _MOST_FETCHED = 1_000, 10_000
_LONGEST = 1_000
_SHOWN = 60
_MOST_ELEMENTS = 1 << 26
"""Of an array of a case that is asked first: others may have put it there."""


class FailureMemory:
    """The failing cases of one candidate.

    Several searches may write at the same time: each adds what failed, and takes away what it tried itself.

    Parameters
    ----------
    specs : sequence of str
        Where they are kept; what is in one of these places is known. See `failure_databases`.
    source : str
        What loads the candidate: each has cases of its own.
    """

    def __init__(self, specs: Sequence[str], source: str) -> None:
        self.specs = tuple(specs)
        self._key = source.encode("utf-8", "surrogateescape")

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

    def recall(self) -> list[Case]:
        """The cases kept, those with the fewest products first; none if nothing was kept yet."""
        return self._read()[0]

    def update(self, failing: Iterable[Case], tried: Iterable[Case]) -> None:
        """Keep what fails, and forget what was tried and is not among that.

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
            for value in sorted(kept):
                together.save(self._key, value)
            for value in sorted(gone):
                together.delete(self._key, value)
            for spec, database in databases.items():
                self._see_kept(kept, spec, database)

    def _see_kept(self, kept: set[bytes], spec: str, database: ExampleDatabase) -> None:
        """Hypothesis says nothing of what it cannot write."""
        if not kept <= set(database.fetch(self._key)):
            raise OSError(errno.EIO, "the cases that failed could not be written there", spec)

    def _read(self) -> tuple[list[Case], list[str]]:
        """The cases, in an order that depends on nothing else, and what is wrong with other values."""
        specs = [spec for spec in self.specs if not is_blank(spec)]
        if not specs:
            return [], []
        from hypothesis.database import MultiplexedDatabase

        with told_as_failure(self.specs):
            found = set(islice(MultiplexedDatabase(*map(opened, specs)).fetch(self._key), _MOST_FETCHED))
        cases: list[Case] = []
        told: list[str] = []
        for value in sorted(found):
            try:
                case = _parsed(value)
            except ValueError as error:
                told.append(f"{', '.join(specs)}: {_shown(value)} is left out: {error}")
            else:
                if _is_asked_first(case.geometry):
                    cases.append(case)
        return sorted(cases, key=lambda case: (case.geometry.products, str(case)))[:_MOST_CASES], told

    def _outdated(self) -> list[str]:
        folders = [folder for spec in self.specs if (folder := folder_of(spec)) is not None]
        why = "an earlier version of convoracle wrote it; it is not read, and can be removed"
        return [f"{file}: {why}" for folder in folders for file in sorted(folder.glob("*.txt"))]


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

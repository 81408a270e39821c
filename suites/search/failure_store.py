"""The cases that failed last: kept in a text file for each candidate, and tried first by the next run.

Hypothesis keeps such examples itself, but not for runs that are determined by a
seed, as these are. A case's text id says all of it, so nothing else is kept.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case, parse_case
from ...oracle.problem.geometry import ConvGeometry
from ...reports.errors import InvalidRecord

_MOST_CASES = 1000
_LONGEST_LINE = 1000
_MOST_ELEMENTS = 1 << 26
"""Of an array of a case that is asked first: others may have put the file there."""


class FailureMemory:
    """The failing cases of one candidate.

    Parameters
    ----------
    folder : Path
        Made when there is something to keep.
    source : str
        What loads the candidate: each has a file of its own.
    """

    def __init__(self, folder: Path, source: str) -> None:
        readable = "".join(character if character.isalnum() else "-" for character in source)[-60:].strip("-")
        digest = hashlib.sha256(source.encode()).hexdigest()[:12]
        self.path = folder / f"{readable}-{digest}.txt"

    def prepare(self) -> None:
        """Make the folder, and see that what it holds can be read.

        Raises
        ------
        InvalidArgument
            If the folder cannot be made or written.
        InvalidRecord
            If a line of the file is not a case.
        """
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidArgument(
                "memory", str(folder), f"should be a folder: {error.strerror}", where="check"
            ) from None
        if not os.access(folder, os.W_OK):
            raise InvalidArgument("memory", str(folder), "should be a folder that can be written", where="check")
        self.recall()

    def recall(self) -> list[Case]:
        """The cases kept, in order, but for huge ones; none if nothing was kept yet.

        Raises
        ------
        InvalidRecord
            If a line is not a case.
        """
        if not self.path.exists():
            return []
        if not self.path.is_file():
            raise InvalidRecord("should be a file", file=str(self.path))
        with self.path.open(encoding="utf-8", errors="replace") as stream:
            lines = [stream.readline(_LONGEST_LINE) for _ in range(_MOST_CASES)]
        cases = (self._parse(line.strip(), number) for number, line in enumerate(lines, start=1) if line.strip())
        return [case for case in cases if _is_asked_first(case.geometry)]

    def keep(self, cases: Iterable[Case]) -> None:
        """Replace what was kept by these cases; the file is whole at any moment."""
        lines = [f"{case}\n" for case in cases]
        if not lines and not self.path.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(f".{os.getpid()}")
        partial.write_text("".join(lines[:_MOST_CASES]), encoding="utf-8")
        partial.replace(self.path)

    def _parse(self, text: str, number: int) -> Case:
        try:
            return parse_case(text)
        except InvalidArgument as error:
            raise InvalidRecord(f"{error}; remove that line", file=str(self.path), line=number) from None


def _is_asked_first(geometry: ConvGeometry) -> bool:
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
    return max(geometry.positions, *map(math.prod, shapes)) <= _MOST_ELEMENTS

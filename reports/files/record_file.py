"""The file of records: appended to line by line, and read as a stream."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import InvalidRecord
from ..records.line import Line
from ..records.lines import Interned, LineDecoder, LineEncoder, Machine
from ..records.record import CaseRecord, CheckInfo
from ..records.serialization import MAX_DOCUMENT_BYTES


class RecordFile:
    """A new file that records are appended to, whose results are of these kinds of checks, made on a machine."""

    def __init__(self, path: Path, checks: tuple[CheckInfo, ...], machine: Machine = ()) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o666)
        self._checks = checks
        self._machine = machine
        self._encoder = LineEncoder(checks, machine)

    def append(self, record: CaseRecord) -> None:
        """Hand a record to the operating system; of one that fails, or is interrupted, nothing is left in the file."""
        before = os.fstat(self._descriptor).st_size
        try:
            data = self._encoder.lines(record).encode("ascii")
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BaseException:
            os.ftruncate(self._descriptor, before)
            self._encoder = LineEncoder(self._checks, self._machine)
            raise
        if self._encoder.is_full:
            self._encoder = LineEncoder(self._checks, self._machine)

    def sync(self) -> None:
        """Have all that was appended on disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_lines(path: Path, notes: list[str], interned: Interned | None = None) -> Iterator[Line]:
    """The records of a file in their order; that the last line was cut off is added to `notes`.

    What files have in common that are read with the same `interned` is kept once.

    Raises
    ------
    InvalidRecord
        If there is no such file, or a line of it is none.
    """
    if not path.is_file():
        raise InvalidRecord("there is no such file", file=str(path))
    decoder = LineDecoder(interned)
    with path.open("rb") as stream:
        number = 0
        while data := stream.readline(MAX_DOCUMENT_BYTES + 1):
            number += 1
            if not data.endswith(b"\n") and len(data) <= MAX_DOCUMENT_BYTES:
                notes.append(f"Line {number} of {path.name}, the last one, was cut off and is left out.")
                return
            line = decoder.read(data.rstrip(b"\r\n"), file=str(path), line=number)
            if line is not None:
                yield line


def read_machine(path: Path) -> Machine:
    """Where the records of a file were made, as far as it tells.

    Raises
    ------
    InvalidRecord
        If a line before the first record is none.
    """
    decoder = LineDecoder()
    with path.open("rb") as stream:
        for number, data in enumerate(iter(lambda: stream.readline(MAX_DOCUMENT_BYTES + 1), b""), start=1):
            is_told = decoder.read(data.rstrip(b"\r\n"), file=str(path), line=number) is not None
            if is_told or decoder.machine:
                break
    return decoder.machine

"""A run folder as bytes, which cross from a worker to who collects them: data, with a limit to what is written."""

from __future__ import annotations

import io
import tarfile
import zlib
from pathlib import Path

from ...reports.errors import InvalidRecord

MOST_BYTES, MOST_FILES = 2**30, 10_000
"""Of the run of a part, unpacked."""


def packed(folder: Path) -> bytes:
    """The files of a folder, compressed."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.add(path, str(path.relative_to(folder)))
    return stream.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Write packed files into an empty folder, and nowhere else.

    Raises
    ------
    InvalidRecord
        If it is no packed folder, names a place outside it, holds anything but files, or too much.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            size = count = 0
            for member in archive:
                size, count = size + member.size, count + 1
                if not member.isfile() or size > MOST_BYTES or count > MOST_FILES:
                    problem = f"should hold files only, at most {MOST_FILES:,} of {MOST_BYTES:,} bytes in all"
                    raise InvalidRecord(problem, file=member.name)
                archive.extract(member, folder, set_attrs=False, filter="data")
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, ArithmeticError) as error:
        raise InvalidRecord(f"is no packed run: {error}", file=str(folder)) from None

"""A JSON document of a run folder, read with strict validation."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from ..errors import InvalidRecord
from ..records.serialization import MAX_DOCUMENT_BYTES, from_json

T = TypeVar("T")


def read_document(kind: type[T], path: Path) -> T:
    """One JSON document.

    Raises
    ------
    InvalidRecord
        If it is missing, damaged, or of another kind.
    """
    if not path.is_file():
        raise InvalidRecord("there is no such file", file=str(path))
    with path.open("rb") as stream:
        return from_json(kind, stream.read(MAX_DOCUMENT_BYTES + 1), file=str(path))

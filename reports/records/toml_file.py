"""TOML files that people write, read within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InvalidRecord

_MOST_BITS = 63
"""Of an integer in TOML, without its sign."""
MAX_BYTES, MAX_LINE = 2**20, 2**13
"""The longest file and line: the time that a key with many dots takes grows with the square of its length."""


def read_toml(path: Path) -> dict[str, Any]:
    """The document in a file.

    Raises
    ------
    InvalidRecord
        If it cannot be read, is too long, or is not TOML.
    """
    import tomllib  # for which no help waits

    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        _check_length(data, path)
        document = tomllib.loads(data.decode("utf-8"))
        _check_integers(document, path)
        return document
    except OSError as error:
        raise InvalidRecord(f"cannot be read: {error.strerror}", file=str(path)) from None
    except RecursionError:
        raise InvalidRecord("is nested too deeply", file=str(path)) from None
    except InvalidRecord:
        raise
    except ValueError as error:  # of TOML, of UTF-8, of a number with more digits than Python reads, of a name with NUL
        raise InvalidRecord(f"is not TOML: {error}", file=str(path)) from None


def _check_length(data: bytes, path: Path) -> None:
    if len(data) > MAX_BYTES:
        raise InvalidRecord(f"should have at most {MAX_BYTES} bytes", file=str(path))
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > MAX_LINE:
            problem = f"should have at most {MAX_LINE} bytes in a line, not {len(line)}"
            raise InvalidRecord(problem, file=str(path), line=number)


def _check_integers(document: dict[str, Any], path: Path) -> None:
    """Refuse an integer beyond TOML's: of hexadecimal ones Python reads more digits than it writes."""
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise InvalidRecord(f"is not TOML: holds an integer of more than {_MOST_BITS + 1} bits", file=str(path))
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()

"""The file of known deviations, read: what each entry says, and which entries are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ...oracle.numbers.dtypes import DTYPES
from ..errors import InvalidRecord
from .baseline import Known
from .conditions import read_conditions
from .toml_file import read_toml

TABLE = "known"
"""Each ``[[known]]`` of the file is one deviation."""


def read_baseline(path: Path) -> tuple[Known, ...]:
    """Read the known deviations of a TOML file.

    Raises
    ------
    InvalidRecord
        If it cannot be read, or an entry is not what it should be: with its number, its key and what is allowed.
    """
    document = read_toml(path)
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
        if key not in KEYS:
            raise InvalidRecord(f"should be one of {', '.join(KEYS)}", file=file, field=field)
        name, reads, requirement = KEYS[key]
        try:
            values[name] = reads(value)
        except (TypeError, ValueError) as error:
            problem = str(error) or f"{value!r} should be {requirement}"
            raise InvalidRecord(problem, file=file, field=field) from None
    for key in ("candidate", "reason"):
        if key not in values:
            raise InvalidRecord(f"should be there: {KEYS[key][2]}", file=file, field=f"{TABLE} {number}, {key}")
    for key in ("check", "id") if values.get("quarantine") else ():
        if key in entry:
            problem = "should be left out with quarantine: what is not called has no check and no mismatch"
            raise InvalidRecord(problem, file=file, field=f"{TABLE} {number}, {key}")
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


def _instructions(value: object) -> tuple[str, ...]:
    names = _texts(value)
    if not all(re.fullmatch(r"!?[a-z0-9_]+", name) for name in names):
        raise ValueError
    return names


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _day(value: object) -> date:
    if type(value) is not date:
        raise TypeError
    return value


KEYS: Mapping[str, tuple[str, Callable[[Any], Any], str]] = {
    "candidate": ("candidate", _text, "a candidate's name"),
    "reason": ("reason", _text, "a text that is not empty"),
    "check": ("checks", _texts, "a kind of check, or a list of them"),
    "pass": ("passes", _texts, "a pass, or a list of them"),
    "dtype": ("dtypes", _dtypes, f"one of {', '.join(DTYPES)}, or a list of them"),
    "needs": ("needs", _texts, "a feature in the words of the report, or a list of them"),
    "geometry": ("geometry", read_conditions, "a table of conditions on the geometry"),
    "id": ("ids", _text, "a pattern of mismatches' ids, such as 'torch-forward-*'"),
    "version": ("version", _versions, "a range of versions, such as '>=2.13,<2.15'"),
    "platform": ("platform", _text, "a part of the platform's or the processor's name"),
    "instructions": (
        "instructions",
        _instructions,
        "an instruction set, such as avx512f or '!amx_bf16', or a list of them",
    ),
    "link": ("link", _text, "an address"),
    "expires": ("expires", _day, "a date, such as 2027-06-30"),
    "quarantine": ("quarantine", _flag, "true or false"),
}

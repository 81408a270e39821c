"""Names of what lies in a run folder: readable, and safe whatever a candidate is called."""

from __future__ import annotations

import hashlib
import re

from .codec import WrongField, shown

_DIGITS = 8
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,149}", re.ASCII)


def check_id(text: str) -> None:
    """Refuse a mismatch id that could not be a folder's name on its own.

    Raises
    ------
    WrongField
        If it is empty, too long, starts with a dot, or holds anything but letters, digits and ``._+=@-``.
    """
    if not _ID.fullmatch(text):
        raise WrongField(f"should be 1 to 150 letters, digits or ._+=@- and start with no dot, not {shown(text)}")


def mismatch_id(candidate: str, subject: str, number: int, part: int = 0) -> str:
    """An id for a mismatch that is readable and safe as a folder's name: ``kernels.py-conv2d-forward-1``.

    Of a part beyond the first, the number has the part's before it: ``kernels.py-conv2d-forward-7.1``.
    """
    return f"{plain_name(f'{candidate}-{subject}') or 'mismatch'}-{f'{part}.' if part else ''}{number}"


def plain_name(text: str) -> str:
    """What of a text is safe in the name of a file; may be empty, and the same of several texts."""
    plain = re.sub(r"[^A-Za-z0-9._+=@]+", "-", text, flags=re.ASCII).lstrip("-._+=@")
    return plain[:120].rstrip("-.")


def with_version(name: str, version: str) -> str:
    """A candidate's name and its version, where it has one: ``torch 2.13.0``."""
    return f"{name} {version}".strip()


def file_stem(candidate: str) -> str:
    """A candidate's name where a file can have it; else what can be read of it, and what tells it from others."""
    plain = plain_name(candidate)
    if plain == candidate and plain.islower():
        return plain
    digest = hashlib.sha256(candidate.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{plain or 'candidate'}-{digest[:_DIGITS]}"

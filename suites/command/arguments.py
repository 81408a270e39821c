"""What the options of several commands may be: numbers with a least and a largest value."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from ...oracle.errors import InvalidArgument

_LARGEST_AMOUNT = 1_000_000
_MOST_BITS = 1000
_BYTES = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def natural(text: str) -> int:
    """An integer of at least 0."""
    return _number(text, least=0)


def positive(text: str) -> int:
    """An integer of at least 1."""
    return _number(text, least=1)


def bits(text: str) -> int:
    """An integer of at least 1, and no larger than the exponents of float64 reach."""
    value = positive(text)
    if value > _MOST_BITS:
        raise argparse.ArgumentTypeError(f"{text!r} should be an integer of at most {_MOST_BITS}")
    return value


def seed(text: str) -> int | None:
    """An integer of at least 0; None, for one that is yet to be drawn, of the word ``random``."""
    return None if text == "random" else natural(text)


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number from 0 to 1")
    return value


def amount(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LARGEST_AMOUNT:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number above 0, and at most {_LARGEST_AMOUNT}")
    return value


def shard(text: str) -> tuple[int, int]:
    """Which of how many: ``2/4``."""
    told = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if told is None or not 1 <= int(told[1]) <= int(told[2]):
        raise argparse.ArgumentTypeError(f"{text!r} should be which of how many, from 1: 2/4")
    return int(told[1]), int(told[2])


def span(text: str) -> float:
    """Seconds that a time comes to: ``90s``, ``5m``, ``1h``."""
    told = re.fullmatch(r"([0-9]{1,6})([smh])", text)
    if told is None or int(told[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number of seconds, minutes or hours: 90s, 5m, 1h")
    return float(int(told[1]) * _SECONDS[told[2]])


def memory(text: str) -> int:
    """Bytes that an amount of memory comes to: ``512MiB``, ``4GiB``, ``1.5GiB``."""
    told = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(MiB|GiB|TiB)", text)
    if told is None or float(told[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} should be an amount of memory: 512MiB, 4GiB")
    return int(float(told[1]) * _BYTES[told[2]])


def add_time_limit(parser: argparse.ArgumentParser) -> None:
    """Of a command that asks for much in a call."""
    parser.add_argument(
        "--time-limit", type=amount, default=60.0, metavar="S", help="seconds that a call may take (default: 60)"
    )


def require_writable(path: Path, argument: str, *, where: str) -> None:
    """See before the work that its file can be written after it, without touching it.

    Raises
    ------
    InvalidArgument
        If it cannot.
    """
    place = path if path.exists() else path.parent
    if path.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        requirement = "should be a file that can be written, in a folder that exists"
        raise InvalidArgument(argument, str(path), requirement, where=where)


def _number(text: str, *, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} should be an integer of at least {least}")
    return int(text)

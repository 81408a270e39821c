"""Valid documents made invalid: by bytes, by words and numbers, by JSON values, by members of an archive.

A mutation is a pure function of a document and a source of randomness, so that Hypothesis and atheris share them.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random], bytes]

_MOST_STEPS = 6
_MOST_BYTES = 1 << 16
_WORD = re.compile(rb"[0-9]+|[A-Za-z_]+|[^A-Za-z0-9_]")
WORDS = (
    b"0", b"-1", b"1", b"2", b"255", b"65536", b"2147483648", b"9223372036854775808", b"18446744073709551616",
    b"9" * 40, b"9" * 5000, b"0x" + b"f" * 5000, b"1e309", b"-0.0", b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}",
    b'""', b"[" * 3000, b'{"a":' * 500, b"a." * 500, b"\\u0000", b"\\ud800", b"\xff\xfe", b"\x00", b"\n", b"\r", b" ",
    b"../../x", b"/dev/zero", b"O", b"|O8", b"<f99", b">f4", b"(2,)f4", b"(,)f4,i4", b"<U9", b"object", b"bfloat16",
    b"\xe2\x80\xa8", b"\xe2\x80\xae", b"javascript:alert(1)", b"<script>", b"{{7*7}}", b"float32", b"x", b"t", b"+",
)  # fmt: skip
"""What is put in the place of a word of a document."""
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**63, 2**64, -(2**63), 10**39, 0.5, -0.0, 1e308, 5e-324, "", "inf", "nan",
    "\x00", "\ud800", "\u202e\u2028", "x" * 3000, "../../x", "object", "forward", "float32", [], {}, [[]], [0] * 20,
    {"a": 1}, [[0, 0]], [-1, -1], [2**40, 0], ["<f4", [1]], "n0c1k1i999999999999f1/float32/uniform/0",
)  # fmt: skip
"""What is put in the place of a value of a JSON document."""


def mutated(document: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """The document after one or a few mutations; parts of others like it may come into it."""
    for step in range(_MOST_STEPS):
        if step and random.random() < 0.6:
            break
        mutation = random.choice(_MUTATIONS)
        document = mutation(document, random)
        if others and random.random() < 0.1:
            document = _spliced(document, random.choice(others), random)
    return document[:_MOST_BYTES]


def _bytes_changed(document: bytes, random: Random) -> bytes:
    changed = bytearray(document)
    for _ in range(random.randint(1, 4)):
        if not changed:
            return bytes(changed)
        place = random.randrange(len(changed))
        match random.randrange(4):
            case 0:
                changed[place] = random.randrange(256)
            case 1:
                changed[place] ^= 1 << random.randrange(8)
            case 2:
                del changed[place : place + random.choice((1, 1, 4, 64))]
            case _:
                changed[place:place] = random.randbytes(random.choice((1, 2, 8)))
    return bytes(changed)


def _part_repeated(document: bytes, random: Random) -> bytes:
    first, last = _range(document, random)
    return document[:last] + document[first:last] * random.choice((1, 1, 2, 50)) + document[last:]


def _cut_off(document: bytes, random: Random) -> bytes:
    return document[: random.randrange(len(document) + 1)]


def _part_removed(document: bytes, random: Random) -> bytes:
    first, last = _range(document, random)
    return document[:first] + document[last:]


def _word_replaced(document: bytes, random: Random) -> bytes:
    words = _WORD.findall(document)
    if not words:
        return random.choice(WORDS)
    place = random.randrange(len(words))
    words[place] = random.choice((random.choice(WORDS), random.choice(words)))
    return b"".join(words)


def _number_replaced(document: bytes, random: Random) -> bytes:
    numbers = list(re.finditer(rb"[0-9]+", document))
    if not numbers:
        return document
    chosen = random.choice(numbers)
    number = random.choice((random.choice(WORDS[:12]), str(int(chosen[0][:9]) + random.choice((-1, 1))).encode()))
    return document[: chosen.start()] + number + document[chosen.end() :]


def _value_replaced(document: bytes, random: Random) -> bytes:
    """A line that is JSON with a value replaced, removed, or put twice."""
    lines = document.split(b"\n")
    place = random.randrange(len(lines))
    try:
        body = json.loads(document) if len(lines) > 1 and random.random() < 0.5 else json.loads(lines[place])
    except (ValueError, RecursionError):
        return _word_replaced(document, random)
    whole = json.dumps(_changed(body, random)).encode()
    if len(lines) > 1 and b"\n" not in document.strip():
        return whole
    lines[place] = whole
    return b"\n".join(lines)


def _changed(body: Any, random: Random) -> Any:
    if not isinstance(body, dict | list) or not body or random.random() < 0.15:
        return random.choice(VALUES)
    keys = list(body) if isinstance(body, dict) else list(range(len(body)))
    key = random.choice(keys)
    match random.randrange(8):
        case 0:
            del body[key]
        case 1 if isinstance(body, list):
            body.insert(key, body[key])
        case 1:
            body[random.choice(("schema", "name", "a", "case"))] = random.choice(VALUES)
        case _:
            body[key] = _changed(body[key], random)
    return body


def _member_changed(document: bytes, random: Random) -> bytes:
    """A .zip archive with one of its members changed, renamed, left out or put twice."""
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError, KeyError):
        return _bytes_changed(document, random)
    except Exception as error:  # noqa: BLE001 - what the standard library makes of a damaged archive is not ours
        return _bytes_changed(document, Random(str(error)))
    if not members:
        return document
    place = random.randrange(len(members))
    name, data = members[place]
    match random.randrange(6):
        case 0:
            members.append((name, data))
        case 1:
            del members[place]
        case 2:
            members[place] = (random.choice(("../../x.npy", "/x.npy", "x", name + "\0")), data)
        case 3:
            members[place] = (name, _word_replaced(data, random))
        case 4:
            members[place] = (name, data + bytes(random.choice((1, 1 << 12))))
        case _:
            members[place] = (name, _bytes_changed(data, random))
    return _zipped(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))


def _zipped(members: list[tuple[str, bytes]], compression: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            if name not in archive.NameToInfo:  # a name put twice is written by the bytes below
                archive.writestr(info, data)
            else:
                archive.NameToInfo.pop(name)
                archive.writestr(info, data)
    return stream.getvalue()


def _spliced(document: bytes, other: bytes, random: Random) -> bytes:
    first, last = _range(other, random)
    place = random.randrange(len(document) + 1)
    return document[:place] + other[first:last] + document[place:]


def _range(document: bytes, random: Random) -> tuple[int, int]:
    first = random.randrange(len(document) + 1)
    return first, min(len(document), first + random.choice((1, 4, 16, 64, 1024)))


_MUTATIONS: tuple[Mutation, ...] = (
    _bytes_changed, _part_repeated, _part_removed, _cut_off, _word_replaced, _word_replaced, _number_replaced,
    _value_replaced, _value_replaced, _value_replaced, _member_changed,
)  # fmt: skip

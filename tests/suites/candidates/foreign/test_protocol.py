"""Messages of a program: written as docs/protocol.md has them, read up to their bounds, and nothing else is one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.suites.candidates import Misconduct
from convoracle.suites.candidates.foreign import protocol
from convoracle.suites.candidates.foreign.protocol import (
    LONGEST_LINE,
    Ended,
    Reader,
    array_header,
    encode,
    geometry_header,
    read_array,
)


class Pipe:
    """What a program wrote, to be read."""

    def __init__(self) -> None:
        self.output, self.input = os.pipe()
        self.reader = Reader(self.output)

    def write(self, *pieces: bytes) -> None:
        for piece in pieces:
            assert os.write(self.input, piece) == len(piece)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    opened = Pipe()
    yield opened
    os.close(opened.output)
    os.close(opened.input)


def test_a_message_is_a_line_that_says_how_many_bytes_follow() -> None:
    swapped = np.arange(6, dtype=np.int16).reshape(2, 3).T
    line, *payloads = encode({"id": 1}, [swapped, np.float32([1])])
    assert line == b'{"id": 1, "payload": 16}\n'
    assert payloads == [swapped.tobytes(), b"\x00\x00\x80?"]
    assert encode({}) == [b'{"payload": 0}\n']


def test_a_geometry_is_told_in_numbers_and_as_text() -> None:
    told = geometry_header(parse_geometry("n2c4k6i5x7f2x3s2x1p1+0x0+2d1x2g2"))
    assert json.loads(json.dumps(told)) == {
        "text": "n2c4k6i5x7f2x3s2x1p1+0x0+2d1x2g2",
        "batch": 2, "in_channels": 4, "out_channels": 6, "groups": 2,
        "size": [5, 7], "kernel": [2, 3], "stride": [2, 1], "dilation": [1, 2],
        "pad_low": [1, 0], "pad_high": [0, 2], "padding_mode": "zeros",
        "transposed": False, "output_padding": [0, 0], "output_size": [3, 5],
    }  # fmt: skip


def test_messages_are_read_one_after_the_other_in_whatever_pieces_they_come(pipe: Pipe) -> None:
    pipe.write(b'{"id": 1, "payload": 3}\nab', b'c{"id"', b": 2}\n")
    assert pipe.reader.read() == ({"id": 1, "payload": 3}, b"abc")
    assert pipe.reader.read() == ({"id": 2}, b"")
    assert pipe.reader.unexpected() is None
    pipe.write(b"more")
    assert pipe.reader.unexpected() == "'more'"


def test_an_output_that_ends_is_told_also_within_a_message() -> None:
    for written in (b"", b'{"id": 1', b'{"payload": 3}\nab'):
        pipe = Pipe()
        pipe.write(written)
        os.close(pipe.input)
        with pytest.raises(Ended):
            pipe.reader.read()
        os.close(pipe.output)


def test_past_the_deadline_no_more_is_waited_for(pipe: Pipe) -> None:
    pipe.write(b'{"id"')
    with pytest.raises(TimeoutError):
        pipe.reader.read(time.monotonic() - 1)
    pipe.write(b": 1}\n")
    assert pipe.reader.read(time.monotonic() + 60) == ({"id": 1}, b"")


@pytest.mark.parametrize("line", [b"no JSON", b"[1]", b"1", b"", b"\xff", b"[" * 60_000])
def test_another_line_is_no_message(line: bytes, pipe: Pipe) -> None:
    pipe.write(line, b"\n")
    with pytest.raises(Misconduct, match="where a message should begin"):
        pipe.reader.read()


@pytest.mark.parametrize("size", [-1, 4, True, 1.0, "1", None])
def test_a_payload_that_is_no_size_or_too_large_is_not_waited_for(
    size: object, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LARGEST_PAYLOAD", 3)
    pipe.write(json.dumps({"payload": size}).encode() + b"\n")
    with pytest.raises(Misconduct, match=f"a payload of {size!r}, but should be at most 3 bytes"):
        pipe.reader.read()
    pipe.write(b'{"payload": 3}\nabc')
    assert pipe.reader.read()[1] == b"abc"


@pytest.mark.parametrize("is_ended", [False, True])
def test_a_line_has_so_many_bytes_at_most(is_ended: bool, pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_LINE", 20)
    pipe.write(b'{"id": ' + b"1" * 12 + b"}\n")
    assert pipe.reader.read() == ({"id": 111111111111}, b"")
    pipe.write(b'{"id": ' + b"1" * 13 + b"}" + b"\n" * is_ended)
    with pytest.raises(Misconduct, match="a line of more than 20 bytes, which begins"):
        pipe.reader.read()
    assert LONGEST_LINE == 2**16


def test_what_is_shown_of_a_message_is_cut(pipe: Pipe) -> None:
    pipe.write(b"x" * 56, b"\n", b"x" * 57, b"\n")
    for shown in (rf"'{'x' * 56}\\n' where", rf"'{'x' * 57}\\n… where"):
        with pytest.raises(Misconduct, match=shown):
            pipe.reader.read()


def test_an_array_comes_back_and_can_be_written_to() -> None:
    array = np.arange(6, dtype=np.float16).reshape(2, 3)
    read = read_array(array_header("float16", (2, 3)) | {"shape": [2, 3]}, array.tobytes())
    assert (read.dtype, read.shape) == (array.dtype, (2, 3))
    assert np.array_equal(read, array)
    read += 1
    assert read_array({"dtype": "int8", "shape": [1] * 10}, b"\x07").shape == (1,) * 10
    assert read_array({"dtype": "int8", "shape": [0, 5]}, b"").shape == (0, 5)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"shape": [1]}, "replied with dtype None, but should be one of float"),
        ({"dtype": "float31", "shape": [1]}, "replied with dtype 'float31', but should be one of float"),
        ({"dtype": "int8"}, "replied with shape None, but should be a list of integers of at least 0"),
        ({"dtype": "int8", "shape": [1] * 11}, "but should be a list of integers of at least 0"),
        ({"dtype": "int8", "shape": [-1]}, "replied with shape [-1], but should be a list"),
        ({"dtype": "int8", "shape": [True]}, "replied with shape [True], but should be a list"),
        ({"dtype": "int8", "shape": [2**63]}, "but should be a list"),
        ({"dtype": "int8", "shape": [2**63 - 1]}, "replied with 1 bytes, but an array of int8 of shape"),
        ({"dtype": "float16", "shape": [1, 1]}, "1 bytes, but an array of float16 of shape (1, 1) has 2"),
    ],
)
def test_a_reply_that_is_no_array_is_misconduct(header: dict[str, Any], told: str) -> None:
    with pytest.raises(Misconduct) as misconduct:
        read_array(header, b"\x00")
    assert told in str(misconduct.value)

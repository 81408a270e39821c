"""Messages over a socket: what is sent arrives, and what is late, cut off or no message is told as that."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array
from convoracle.suites.calling.channel import Channel, Garbled
from convoracle.suites.calling.patience import Patience

Ends = tuple[Channel, Channel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    here, there = (Channel(end) for end in socket.socketpair())
    yield here, there
    here.close()
    there.close()


def bytes_of(described: object, payload: bytes = b"") -> bytes:
    """A message as it travels: two lengths, the text, the arrays."""
    text = json.dumps(described).encode()
    return struct.pack("<QQ", len(text), len(payload)) + text + payload


def test_header_and_arrays_arrive_in_order(ends: Ends) -> None:
    arrays = [np.arange(3.0), np.arange(6, dtype=np.int8).reshape(2, 3), np.full((), 7, np.float16)]
    header = {"do": "call", "limits": [1, None, 0.5], "nested": {"true": True}}
    ends[0].send(header, arrays)
    ends[0].send({})
    assert ends[1].receive()[0] == header
    assert ends[1].receive() == ({}, [])
    ends[1].send({"back": 1}, arrays)
    for got, sent in zip(ends[0].receive()[1], arrays, strict=True):
        assert np.array_equal(got, sent)


@pytest.mark.parametrize("dtype", ["float32", ">f8", "complex64", "int4", "bfloat16", "float8_e4m3fn"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3)], ids=str)
def test_an_array_keeps_dtype_shape_and_numbers(ends: Ends, dtype: str, shape: tuple[int, ...]) -> None:
    sent = np.ones(shape).astype(np.dtype(dtype))
    ends[0].send({}, [sent])
    (got,) = ends[1].receive()[1]
    assert (got.dtype, got.shape) == (sent.dtype, shape)
    assert np.array_equal(got, sent)


def test_what_arrives_is_fresh_writable_and_at_a_boundary_of_64_bytes_from_the_first(ends: Ends) -> None:
    sent = [np.arange(10, dtype=np.uint8), np.arange(12).reshape(3, 4)[:, ::2]]
    ends[0].send({}, sent)
    first, second = ends[1].receive()[1]
    assert (second.ctypes.data - first.ctypes.data) % 64 == 0
    assert second.tolist() == [[0, 2], [4, 6], [8, 10]]
    first[...] = 99
    assert sent[0][0] == 0
    assert second[0, 1] == 2


@pytest.mark.parametrize("size", [2**16 - 300, 2**16 + 1, 2**23])
def test_a_message_larger_than_the_buffers_arrives_whole(ends: Ends, size: int) -> None:
    """It is on its way while the other end reads."""
    sent = np.arange(size, dtype=np.uint32).view(np.uint8)[:size]
    sender = threading.Thread(target=ends[0].send, args=({"size": size}, [sent]))
    sender.start()
    header, (got,) = ends[1].receive()
    sender.join()
    assert header == {"size": size}
    assert np.array_equal(got, sent)


def test_nothing_in_time_is_a_timeout(ends: Ends) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        ends[0].receive(Patience(0.05))
    assert 0.05 <= time.monotonic() - start < 5
    ends[1].send({})
    with pytest.raises(TimeoutError):
        ends[0].receive(Patience(0))
    ends[1].send({"in": "time"})
    assert Channel(ends[0].socket).receive(Patience(60)) == ({}, [])


def test_patience_is_with_the_whole_message(ends: Ends) -> None:
    """A byte now and then does not put it off."""
    whole = bytes_of({"header": {}, "arrays": []})

    def dribble() -> None:
        for byte in whole[:20]:
            ends[1].socket.send(bytes([byte]))
            time.sleep(0.02)

    sender = threading.Thread(target=dribble)
    sender.start()
    with pytest.raises(TimeoutError):
        ends[0].receive(Patience(0.1))
    sender.join()


def test_sending_to_who_does_not_read_is_a_timeout(ends: Ends) -> None:
    with pytest.raises(TimeoutError):
        ends[0].send({}, [np.zeros(2**25, np.uint8)], Patience(0.1))


@pytest.mark.parametrize("kept", [0, 1, 15, 16, 30, -1])
def test_a_message_that_is_cut_off_is_the_end_of_the_connection(ends: Ends, kept: int) -> None:
    whole = bytes_of({"header": {}, "arrays": [["|u1", [4]]]}, bytes(64))
    ends[0].socket.sendall(whole[:kept])
    ends[0].close()
    with pytest.raises(ConnectionError, match="the other end is closed") as raised:
        ends[1].receive()
    assert not isinstance(raised.value, Garbled)


def test_sending_to_a_closed_end_is_a_connection_error(ends: Ends) -> None:
    ends[1].close()
    with pytest.raises(ConnectionError):
        ends[0].send({})


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack("<QQ", 4, 0) + b"spam",
        struct.pack("<QQ", 2, 0) + b"\xff\xfe",
        struct.pack("<QQ", 100_000, 0) + b"[" * 100_000,
        bytes_of([]),
        bytes_of({"header": {}}),
        bytes_of({"arrays": []}),
        bytes_of({"header": 3, "arrays": []}),
        bytes_of({"header": {}, "arrays": 3}),
        bytes_of({"header": {}, "arrays": [["<f4"]]}),
        bytes_of({"header": {}, "arrays": [["spam", [1]]]}, bytes(64)),
        bytes_of({"header": {}, "arrays": [["|O", [1]]]}, bytes(64)),
        bytes_of({"header": {}, "arrays": [["|S4", [1]]]}, bytes(64)),
        bytes_of({"header": {}, "arrays": [["<f4", [2, -3]]]}, bytes(64)),
        bytes_of({"header": {}, "arrays": [["<f4", [17]]]}, bytes(64)),
        bytes_of({"header": {}, "arrays": [["<f4", [2**62]]]}, bytes(64)),
    ],
    ids=range(15),
)
def test_what_is_no_message_is_garbled(ends: Ends, sent: bytes) -> None:
    ends[0].socket.sendall(sent)
    with pytest.raises(Garbled, match="received what is no message"):
        ends[1].receive(Patience(10))


def test_a_length_beyond_all_memory_is_no_message(ends: Ends) -> None:
    text = b'{"header": {}, "arrays": []}'
    ends[0].socket.sendall(struct.pack("<QQ", len(text), 2**62) + text)
    with pytest.raises(Garbled):
        ends[1].receive(Patience(10))


def test_objects_are_not_sent(ends: Ends) -> None:
    array: Array = np.array([{}], dtype=object)
    with pytest.raises(TypeError):
        ends[0].send({}, [array])


@pytest.mark.parametrize(
    "text",
    [
        "(,)f4,i4",
        "f4,f4",
        "(2,)f4",
        "O",
        "|O8",
        "<U9",
        "V8",
        "object",
        "datetime64[s]",
        "finfo",
        "<f99",
        "float99",
        3,
        ["f4"],
    ],
    ids=str,
)
def test_a_dtype_that_is_none_of_numbers_is_no_message(ends: Ends, text: object) -> None:
    """NumPy evaluates a part of what it is given as the name of a dtype."""
    ends[0].socket.sendall(bytes_of({"header": {}, "arrays": [[text, [1]]]}, bytes(64)))
    with pytest.raises(Garbled):
        ends[1].receive(Patience(5))


@pytest.mark.parametrize("sizes", [(2**63, 0), (2, 2**63), (2**27, 0), (2, 2**35)], ids=str)
def test_a_message_that_is_announced_as_huge_is_refused(ends: Ends, sizes: tuple[int, int]) -> None:
    ends[0].socket.sendall(struct.pack("<QQ", *sizes))
    with pytest.raises(Garbled, match="but should be at most"):
        ends[1].receive(Patience(5))


def test_what_its_reader_says_is_the_most(ends: Ends) -> None:
    small = Channel(ends[1].socket, largest=128)
    ends[0].send({}, [np.zeros(128, np.uint8)])
    assert small.receive(Patience(5))[1][0].size == 128
    ends[0].send({}, [np.zeros(129, np.uint8)])
    with pytest.raises(Garbled, match="at most 67108864 and 128"):
        small.receive(Patience(5))


def test_no_more_memory_is_taken_than_has_arrived(ends: Ends) -> None:
    text = json.dumps({"header": {}, "arrays": []}).encode()
    ends[0].socket.sendall(struct.pack("<QQ", len(text), 2**31) + text + bytes(1000))
    ends[0].close()
    tracemalloc.start()
    try:
        with pytest.raises(ConnectionError):
            ends[1].receive(Patience(5))
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()

"""The manifest and the binary file beside it: what is written where, and read back from there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.suites.calling.illegal_calls import illegal_call
from convoracle.suites.vectors.flags import FLAGS
from convoracle.suites.vectors.manifest import Data, array_at, document, geometry_numbers, illegal_entry


def test_each_array_is_written_once_at_a_multiple_of_8() -> None:
    data = Data()
    three, seven = np.array([1, 2, 3], np.int8), np.array([[7.0]])
    places = [data.add(each) for each in (three, seven, three.copy(), three.reshape(1, 3))]
    assert [place["offset"] for place in places] == [0, 8, 0, 16]
    assert places[1] == {"dtype": "float64", "shape": [1, 1], "offset": 8}
    assert data.raw() == bytes((1, 2, 3, *[0] * 5)) + np.float64(7).tobytes() + bytes((1, 2, 3, *[0] * 5))
    assert data.length == len(data.raw()) == 24


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float8_e5m2", "complex64", "uint8"])
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)], ids=str)
def test_an_array_reads_back(dtype: str, shape: tuple[int, ...]) -> None:
    data = Data()
    data.add(np.ones(5, np.int8))
    array = np.full(shape, 3).astype(np.dtype(dtype))
    place = json.loads(json.dumps(data.add(array)))
    read = array_at(place, data.raw())
    assert (read.dtype, read.shape) == (array.dtype, shape)
    assert np.array_equal(read, array)


def test_numbers_are_little_endian_and_row_by_row() -> None:
    data = Data()
    data.add(np.array([[1, 2], [3, 4]], ">u2").T)
    assert data.raw() == bytes((1, 0, 3, 0, 2, 0, 4, 0))


@pytest.mark.parametrize(
    ("shape", "offset", "inside"),
    [([2], 8, True), ([2], 9, False), ([2], -1, False), ([3], 8, False), ([-1], 0, False), ([2**40, 2**40], 0, False)],
)
def test_an_array_lies_within_the_data(shape: list[int], offset: int, inside: bool) -> None:
    place = {"dtype": "float32", "shape": shape, "offset": offset}
    if inside:
        assert array_at(place, bytes(16)).tolist() == [0, 0]
    else:
        with pytest.raises(ValueError, match="does not lie within 16 bytes of data"):
            array_at(place, bytes(16))


def test_a_geometry_is_told_in_plain_numbers() -> None:
    numbers = geometry_numbers(parse_geometry("n2c3k4i7x5f3x2s2x1p1+0x2"))
    assert json.loads(json.dumps(numbers)) == numbers
    assert numbers == {
        "batch": 2, "in_channels": 3, "out_channels": 4, "size": [7, 5], "kernel": [3, 2], "stride": [2, 1],
        "padding": [[1, 0], [2, 2]], "dilation": [1, 1], "groups": 1, "padding_mode": "zeros", "transposed": False,
        "output_padding": [0, 0], "output_size": [3, 8],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "instead", "because"),
    [
        (
            "stride 0 [forward, 2-D]",
            {"settings": {"stride": [0, 0]}, "shapes": {}, "dtypes": {}},
            "stride=(0, 0), but should be at least 1",
        ),
        (
            "bias too long [forward, 2-D]",
            {"settings": {}, "shapes": {"bias": [7]}, "dtypes": {}},
            "bias.shape=(7,), but should be (6,)",
        ),
        (
            "weight of another dtype [forward, 2-D]",
            {"settings": {}, "shapes": {}, "dtypes": {"weight": "float64"}},
            "weight.dtype=float64, but should be that of input, float32",
        ),
    ],
)
def test_an_illegal_call_is_a_legal_one_with_something_instead(
    subject: str, instead: dict[str, object], because: str
) -> None:
    call = illegal_call(subject)
    entry = illegal_entry("illegal-001", call)
    assert (entry["id"], entry["result"], entry["flags"]) == ("illegal-001", "invalid", ["AcceptedInvalid"])
    assert (entry["instead"], entry["because"]) == (instead, because)
    assert parse_geometry(str(entry["text"])) == call.legal
    assert (entry["pass"], entry["comment"]) == ("forward", subject.partition(" [")[0])


def test_a_document_explains_every_flag() -> None:
    written = document([{"id": 1}], [], 8, "abc")
    assert (written["groups"], written["illegal"]) == ([{"id": 1}], [])
    assert written["data"] == {"file": "vectors.bin", "bytes": 8, "sha256": "abc"}
    flags = written["flags"]
    assert isinstance(flags, dict)
    assert list(flags) == list(FLAGS)
    assert all(set(note) == {"bug", "effect", "seen_in"} and note["bug"] for note in flags.values())

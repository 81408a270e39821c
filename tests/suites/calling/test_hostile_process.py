"""A candidate that writes to every channel which it finds: its calls are lost, and the harness loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Limits, Returned, TimedOut

from ..misbehaving import GEOMETRY, SIGNAL_OF_WEIGHT, operands

FILE = "CONVORACLE_TEST_WRITES_HERE"


def announced_as_huge() -> bytes:
    return b"\xff" * 16


def pickle_that_writes_a_file() -> bytes:
    import pickle

    class Writes:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {os.environ['CONVORACLE_TEST_WRITES_HERE']}",)

    return pickle.dumps(Writes()) + bytes(4096)


def message_of_another_kind() -> bytes:
    import json
    import struct

    fields = {"value": 1, "seconds": "soon", "mutated": 3, "aliased": []}
    text = json.dumps({"header": {"kind": "Returned", "sequence": 2, "fields": fields}, "arrays": [["(,)f4,i4", [1]]]})
    return struct.pack("<QQ", len(text), 64) + text.encode() + bytes(64)


def announcements_without_end() -> bytes:
    import json
    import struct

    text = json.dumps({"header": {"doing": "x", "at_once": 1, "sequence": 2}, "arrays": []})
    return (struct.pack("<QQ", len(text), 0) + text.encode()) * 5000


def that_writes(made: Callable[[], bytes]) -> Callable[[Array, Array], Array]:
    """Right, but for a signal, at which it writes to every descriptor but its standard ones."""

    def conv(input: Array, weight: Array) -> Array:
        if weight.flat[0] == SIGNAL_OF_WEIGHT:
            for name in os.listdir("/proc/self/fd"):
                try:
                    if int(name) > 2:
                        os.set_blocking(int(name), False)
                        os.write(int(name), made())
                except OSError:
                    pass
            os._exit(0)
        return np.zeros(GEOMETRY.output_shape, input.dtype)

    return conv


@pytest.mark.parametrize(
    "made",
    [announced_as_huge, pickle_that_writes_a_file, message_of_another_kind, announcements_without_end],
    ids=lambda made: made.__name__,
)
def test_what_it_writes_is_no_reply_and_is_not_executed(
    made: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "written"))
    with Isolated(that_writes(made), Limits(seconds_per_call=5.0)) as executor:
        assert isinstance(executor.call(Pass.FORWARD, operands(1.0), GEOMETRY), Returned)
        assert isinstance(executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY), Died | TimedOut)
        assert isinstance(executor.call(Pass.FORWARD, operands(1.0), GEOMETRY), Returned)
    assert not (tmp_path / "written").exists()


def test_it_holds_nothing_but_the_channel_to_its_harness() -> None:
    """What forks of the harness tell one another is unpickled: no candidate's process has an end of that."""

    def conv(input: Array, weight: Array) -> Array:
        paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd") if int(name) > 2]
        held = [os.readlink(path) for path in paths if os.path.lexists(path)]
        raise RuntimeError(" ".join(sorted({each.partition(":")[0] for each in held if os.sep not in each})))

    read, write = os.pipe()
    os.set_inheritable(write, True)
    try:
        with Isolated(conv, Limits(seconds_per_call=5.0)) as executor:
            reply = executor.call(Pass.FORWARD, operands(1.0), GEOMETRY)
    finally:
        os.close(read)
        os.close(write)
    assert reply.message == "socket"

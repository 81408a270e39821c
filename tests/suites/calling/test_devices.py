"""Accelerators: what opens one is loaded by each process that calls it, and what kills one is told as a crash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling import devices
from convoracle.suites.calling.devices import held_device, is_lost
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import DEVICE_LOST, Died, Raised, Returned

from ..misbehaving import GEOMETRY, SIGNAL_OF_WEIGHT, bad_call_then_good, misbehaving, operands

OPENING = """
import os
import numpy as np
from convoracle.suites.calling import devices

devices.NODES = ({node!r},)
device = open({node!r})
loaded_by = os.getpid()
open({log!r}, "a").write("loaded\\n")


def kernel(x, w):
    if loaded_by != os.getpid():
        raise RuntimeError("CUDA error: initialization error")  # what CUDA says in a fork
    if w.flat[0] == 1:
        os._exit(3)
    return np.full({shape}, 2.0)
"""


@pytest.fixture
def opening(tmp_path: Path) -> str:
    """A candidate that opens a device as it is loaded, and works in no fork from then on."""
    node, log = tmp_path / "device", tmp_path / "log"
    node.touch()
    (tmp_path / "kernels.py").write_text(OPENING.format(node=str(node), log=str(log), shape=GEOMETRY.output_shape))
    return f"{tmp_path}/kernels.py:kernel"


def test_it_is_loaded_in_each_process_that_calls_it(opening: str, tmp_path: Path) -> None:
    with Isolated(opening) as executor:
        assert executor.info.name == "kernels.py:kernel"
        first = [executor.call(Pass.FORWARD, operands(0.0), GEOMETRY) for _ in range(2)]
        assert all(isinstance(reply, Returned) for reply in first), first
        died = executor.call(Pass.FORWARD, operands(1.0), GEOMETRY)
        assert isinstance(died, Died)
        assert died.cause == "exit code 3"
        assert isinstance(executor.call(Pass.FORWARD, operands(0.0), GEOMETRY), Returned)
        twin = executor.twin()
        assert isinstance(twin.call(Pass.FORWARD, operands(0.0), GEOMETRY), Returned)
        twin.close()
    assert (tmp_path / "log").read_text().count("loaded") == 1 + 3  # to say who it is; then the calling processes


def test_loading_that_fails_in_the_process_that_calls_is_its_death(opening: str, tmp_path: Path) -> None:
    with Isolated(opening) as executor:
        (tmp_path / "kernels.py").write_text("raise RuntimeError('out of devices')\n")
        reply = executor.call(Pass.FORWARD, operands(0.0), GEOMETRY)
        assert isinstance(reply, Died), reply
        assert "out of devices" in reply.detail


def test_device_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "NODES", (str(tmp_path / "accelerator"),))
    assert held_device() == ""
    with open(tmp_path / "accelerator0", "w"):
        assert held_device() == str(tmp_path / "accelerator0")
    assert held_device() == ""


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronous", True),
        ("CUDA error: device-side assert triggered", True),
        ("cudaErrorIllegalAddress: an illegal memory access was encountered", True),
        ("INTERNAL: CUDA error: Failed to end stream capture: CUDA_ERROR_ILLEGAL_ADDRESS", True),
        ("HIP error: unspecified launch failure", True),
        ("CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure", True),
        ("CUDA error: invalid configuration argument", False),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", False),
        ("stride must be 1", False),
    ],
)
def test_errors_that_end_the_use_of_a_device(message: str, lost: bool) -> None:
    assert is_lost(message) == lost

    def act(input: Array, weight: Array) -> object:
        raise RuntimeError(message)

    reply = bad_call_then_good(act)
    if not lost:
        assert isinstance(reply, Raised)
        return
    assert isinstance(reply, Died)
    assert reply.cause == DEVICE_LOST
    assert message.split("\n")[0] in reply.detail
    here = InProcess(misbehaving(act)).call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY)
    assert isinstance(here, Died)
    assert here.cause == DEVICE_LOST


def test_after_a_lost_device_comes_a_fresh_process() -> None:
    calls: list[int] = []

    def kernel(x: Array, w: Array) -> Array:
        calls.append(1)
        if w.flat[0] == 1:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return np.full(GEOMETRY.output_shape, float(len(calls)))

    with Isolated(kernel) as executor:
        lost = executor.call(Pass.FORWARD, operands(1.0), GEOMETRY)
        after = executor.call(Pass.FORWARD, operands(0.0), GEOMETRY)
    assert isinstance(lost, Died)
    assert isinstance(after, Returned)
    assert np.all(after.value == 1.0)

"""Arrays of other libraries arrive as such, in every dtype and layout, and come back as NumPy arrays."""

from __future__ import annotations

from typing import Any

import cloudpickle
import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS, arrange
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.device import arrays_of, to_numpy

from .conformity import ask

torch = pytest.importorskip("torch")
DTYPES = (
    np.float64,
    np.float32,
    np.float16,
    np.int8,
    np.complex64,
    ml_dtypes.bfloat16,
    ml_dtypes.float8_e4m3fn,
    ml_dtypes.float8_e5m2,
)


def conv1d(x: Any, w: Any, bias: Any = None, *, stride: Any = (1,), padding: Any = (0,)) -> Any:
    assert isinstance(x, torch.Tensor)
    return torch.nn.functional.conv1d(x, w, bias, stride=stride, padding=padding)


class Kernels:
    name = "kernels"
    accumulators = {"bfloat16": "float32"}

    def forward(self, x: Any, w: Any) -> Any:
        return torch.nn.functional.conv1d(x, w)

    def bias_gradient(self, output_gradient: Any) -> Any:
        return output_gradient.sum((0, 2))


@pytest.mark.parametrize("make", [InProcess, Isolated])
def test_function_of_tensors(make: Any) -> None:
    with make(arrays_of(conv1d, library="torch")) as executor:
        assert executor.info.name == "conv1d"
        for dtype in ("float32", "bfloat16"):
            reply = ask(executor, Pass.FORWARD, parse_geometry("n2c2k3i6f3s2p1"), dtype)
            assert isinstance(reply, Returned), reply
        reply = ask(executor, Pass.FORWARD, parse_geometry("n1c1k1i6f2d2"), "float32")
    assert reply == Unsupported("conv1d takes no `dilation`")


@pytest.mark.parametrize("candidate", [Kernels, Kernels()])
def test_object_keeps_its_attributes(candidate: object) -> None:
    executor = InProcess(arrays_of(candidate, library="torch"))
    assert executor.info.name == "kernels"
    assert executor.info.accumulators == (("bfloat16", "float32"),)
    for pass_ in (Pass.FORWARD, Pass.BIAS_GRADIENT):
        assert isinstance(ask(executor, pass_, parse_geometry("n2c2k3i6f3"), "float32", bias=False), Returned)
    cloudpickle.loads(cloudpickle.dumps(arrays_of(candidate, library="torch")))


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_every_dtype_and_layout_goes_there_and_back(library: str, dtype: Any) -> None:
    if library == "jax":
        jax = pytest.importorskip("jax")
        if dtype is np.float64:
            pytest.skip("JAX has 64-bit arrays only where jax_enable_x64 is set")
        kind = jax.Array
    else:
        kind = torch.Tensor
    array = np.arange(-4, 4).reshape(1, 2, 4).astype(dtype)

    def same(x: Any) -> Any:
        assert isinstance(x, kind)
        return x

    for layout in LAYOUTS:
        result = arrays_of(same, library=library)(x=arrange(array, layout))
        assert result.dtype == array.dtype
        assert np.array_equal(result, array)


class OnDevice:
    """An array on a CUDA device, as far as DLPack tells."""

    dtype = np.dtype("float32")

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.asked: list[Any] = []

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0

    def __dlpack__(self, *, dl_device: Any = None, copy: Any = None, **other: Any) -> Any:
        self.asked.append((dl_device, copy))
        if dl_device != (1, 0):
            raise BufferError("this memory is the device's")
        return self.array.__dlpack__(copy=copy)


def test_result_on_a_device_is_fetched() -> None:
    array = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    result = OnDevice(array)
    assert np.array_equal(to_numpy(result), array)
    assert result.asked == [((1, 0), True)]


def test_results_that_are_accepted_or_left_alone() -> None:
    array = np.ones(3)
    assert to_numpy(array) is array
    assert to_numpy(None) is None
    assert to_numpy([1.0]) == [1.0]
    tensor = torch.ones(3, requires_grad=True, dtype=torch.bfloat16)
    assert to_numpy(tensor).dtype == ml_dtypes.bfloat16  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("library", "sentence"),
    [("absent_library", "need the module 'absent_library': install it first"), ("json", "json has no `from_dlpack`")],
)
def test_libraries_that_cannot_be_used(library: str, sentence: str) -> None:
    with pytest.raises(CandidateError, match=sentence):
        arrays_of(conv1d, library=library)

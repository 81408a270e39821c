"""Kernels of a real GPU: right ones conform, faults are found, and what a kernel does to its device ends with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import DEVICE_LOST, Died, Limits, Raised, Returned, TimedOut

from .conformity import ask, integer_operands

torch = pytest.importorskip("torch")
if not torch.cuda.device_count():  # asked without touching the GPU, which the forks of this process are to use
    pytest.skip("there is no GPU", allow_module_level=True)

EXAMPLE = Path(__file__).parents[3] / "examples" / "triton_conv2d.py"
PLANE = parse_geometry("n2c4k6i7x6f3x2s2x1p1x0d1x2g2")
WIDE = parse_geometry("n1c8k4i12x16f3x3p1x1")

HEADER = """
import torch

from convoracle.suites.candidates.device import arrays_of

"""
USUAL = """
def conv2d(x, w, *, stride, padding, dilation, groups):
    return torch.nn.functional.conv2d(x, w, None, stride, padding, dilation, groups)
"""
JAX = """
import jax

from convoracle.suites.candidates.device import arrays_of

def conv2d(x, w, *, stride, padding, dilation, groups):
    return jax.lax.conv_general_dilated(
        x, w, stride, [(pad, pad) for pad in padding], rhs_dilation=dilation, feature_group_count=groups,
        precision="highest",
    )

conv2d = arrays_of(conv2d, library="jax", device="cuda")
"""
CUPY = """
import cupy

from convoracle.suites.candidates.device import arrays_of

def conv2d(x, w, *, stride, padding):
    assert isinstance(x, cupy.ndarray)
    x = cupy.pad(x, ((0, 0), (0, 0), *((pad, pad) for pad in padding)))
    windows = cupy.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return cupy.einsum("ncijrs,kcrs->nkij", windows[:, :, :: stride[0], :: stride[1]], w)

conv2d = arrays_of(conv2d, library="cupy", device="cuda")
"""
ON_CUDA = '\nconv2d = arrays_of(conv2d, library="torch", device="cuda")\n'


def written(folder: Path, text: str) -> str:
    """A candidate with this source."""
    (folder / "kernels.py").write_text(text)
    return f"{folder}/kernels.py:conv2d"


def example(folder: Path, *changes: tuple[str, str]) -> str:
    """The example's Triton kernel, with something changed in it."""
    text = EXAMPLE.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return written(folder, text)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_triton_example_equals_the_equations(dtype: str) -> None:
    pytest.importorskip("triton")
    with Isolated(f"{EXAMPLE}:conv2d") as executor:
        for geometry in (PLANE, WIDE):
            assert isinstance(ask(executor, Pass.FORWARD, geometry, dtype, bias=False), Returned)


def test_torch_cuda_equals_the_equations_in_process_after_process() -> None:
    with Isolated("torch-cuda") as executor:
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.JVP):
            assert isinstance(ask(executor, pass_, PLANE, "float32"), Returned)
            executor.restart()
        twin = executor.twin()
        assert isinstance(ask(twin, Pass.FORWARD, PLANE, "float32"), Returned)
        twin.close()


@pytest.mark.parametrize(("library", "text"), [("jax", JAX), ("cupy", CUPY)])
def test_other_libraries_on_the_gpu(library: str, text: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    with Isolated(written(tmp_path, text)) as executor:
        for geometry in (WIDE, parse_geometry("n2c2k3i6x5f3x2s2x1p1x0")):
            for dtype in ("float32", "float16"):
                reply = ask(executor, Pass.FORWARD, geometry, dtype, bias=False)
                assert isinstance(reply, Returned), reply


def test_candidate_that_opens_the_gpu_as_it_is_loaded(tmp_path: Path) -> None:
    opened = 'ONE = torch.ones(1, device="cuda")\n'
    text = f"{HEADER}{opened}{USUAL}".replace("return ", "return ONE.item() * ")
    with Isolated(written(tmp_path, text + ON_CUDA)) as executor:
        for _ in range(2):
            assert isinstance(ask(executor, Pass.FORWARD, PLANE, "float32", bias=False), Returned)
            executor.restart()
        twin = executor.twin()
        assert isinstance(ask(twin, Pass.FORWARD, PLANE, "float32", bias=False), Returned)
        twin.close()


def test_illegal_access_is_a_crash_of_one_call(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    far = ("plane + row * columns + column", "plane + row * columns + column + (stride_i - 1) * (1 << 40)")
    with Isolated(example(tmp_path, far)) as executor:
        reply = executor.call(Pass.FORWARD, integer_operands(PLANE, "float32"), PLANE)
        assert isinstance(reply, Died), reply
        assert reply.cause == DEVICE_LOST
        assert "illegal memory access" in reply.detail
        reply = executor.call(Pass.FORWARD, integer_operands(WIDE, "float32"), WIDE)
        assert isinstance(reply, Returned), reply


def test_illegal_configuration_is_an_error_of_one_call(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    with Isolated(example(tmp_path, ("batch * filters)\n", "batch * filters * 70000)\n"))) as executor:
        for _ in range(2):
            reply = executor.call(Pass.FORWARD, integer_operands(PLANE, "float32"), PLANE)
            assert isinstance(reply, Raised), reply
            assert "invalid argument" in reply.message


def test_kernel_that_never_ends_is_hung(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    endless = "while tl.load(w, volatile=True) == tl.load(w, volatile=True):\n        total += 1.0\n    for channel in"
    with Isolated(example(tmp_path, ("for channel in", endless)), Limits(seconds_per_call=20)) as executor:
        reply = executor.call(Pass.FORWARD, integer_operands(PLANE, "float32"), PLANE)
        assert isinstance(reply, TimedOut), reply
    with Isolated(f"{EXAMPLE}:conv2d") as executor:
        assert isinstance(ask(executor, Pass.FORWARD, PLANE, "float32", bias=False), Returned)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(column < columns)", "(column <= columns)"),
        ("mask=inside)", "mask=place < out_rows * out_columns - 1)"),
        ("filter // group_filters * group_channels", "filter % group_filters * group_channels"),
        ("tl.zeros((BLOCK,), ACCUMULATOR)", "tl.zeros((BLOCK,), x.dtype.element_ty)"),
    ],
    ids=["reads-the-next-row", "last-element-not-written", "wrong-group", "accumulates-in-storage"],
)
def test_faults_of_the_kernel_are_found(old: str, new: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("triton")
    from convoracle.suites.command.cli import main

    assert main(["check", example(tmp_path, (old, new)), "--profile", "quick"]) == 1, capfd.readouterr().out
    assert "violates" in capfd.readouterr().out


def test_tf32_is_found_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What cuDNN does by default, and who calls it does not say."""
    from convoracle.suites.command.cli import main

    assert main(["check", written(tmp_path, HEADER + USUAL + ON_CUDA), "--dtypes", "float32"]) == 1
    assert "tfloat32" in capfd.readouterr().out

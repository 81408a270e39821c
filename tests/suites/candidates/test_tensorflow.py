"""The TensorFlow candidate equals the equations wherever its kernels exist, and says so where they do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convoracle.oracle.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.passes import Pass
from convoracle.suites.isolation import Executor, Isolated
from convoracle.suites.replies import Returned, Unsupported

from .conformity import DTYPES, GEOMETRIES, ask, run_call_text

pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Isolated("tensorflow") as isolated:
        yield isolated


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_equals_the_equations_or_is_unsupported(executor: Executor, geometry: ConvGeometry) -> None:
    for dtype in DTYPES:
        for pass_ in Pass:
            assert isinstance(ask(executor, pass_, geometry, dtype), Returned | Unsupported), (pass_, dtype)


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "n2c4k6i5f3s2",
        "n2c4k6i6x5f2x3s2x1",
        "n2c2k3i5x5f3x3p1x1",
        "n2c2k3i5x5f3x3p2+0x1+3",
        "n2c3k6i6x5f3x2s2x2g3",
        "n1c2k3i4x4x3f2x3x1p0x1x0",
    ],
)
def test_what_every_dtype_supports(executor: Executor, text: str, pass_: Pass) -> None:
    for dtype in DTYPES:
        assert isinstance(ask(executor, pass_, parse_geometry(text), dtype), Returned), dtype


def test_groups_in_three_dimensions_are_unsupported(executor: Executor) -> None:
    reply = ask(executor, Pass.FORWARD, parse_geometry("n1c2k2i3x3x3f2x2x2g2"), "float32")
    assert isinstance(reply, Unsupported)
    assert reply.reason.startswith("tf.nn.conv3d has no groups")


@pytest.mark.parametrize("pass_", [Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE], ids=str)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n1c2k2i5x5f2x2d2x2", "dilation rates larger than 1"),
        ("n1c4k4i5x5f2x2g2", "Gradients for grouped convolutions are not supported on CPU"),
    ],
)
def test_what_the_kernels_refuse_is_unsupported_in_their_words(
    executor: Executor, text: str, said: str, pass_: Pass
) -> None:
    reply = ask(executor, pass_, parse_geometry(text), "float64")
    assert isinstance(reply, Unsupported)
    assert said in reply.reason
    assert "{{" not in reply.reason


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_call_text_runs(executor: Executor, pass_: Pass) -> None:
    for text in ("n1c2k3i6x5f2x3s2x1p1x0+1", "n2c3k6i6x5f3x2g3", "n2c4k2i5f3p1", "n1c2k3i4x4x3f2x3x1p0+2x1x0"):
        run_call_text(executor, pass_, parse_geometry(text), "float32")

"""Random convolutions over all settings, and a few on which together every fault shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.faults import FaultModel, fault_named, honest
from convoracle.oracle.numbers.dtypes import numpy_dtype
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, shape_of

REVEALING = tuple(
    map(
        parse_geometry,
        (
            "n2c4k6i8x9f3x2s2x3p1+2x0+1d1x2g2",
            "n2c4k4i5x4f3x2p2x1+0g2",
            "n2c2k3i5x6f3x2p2x1+0mreflect",
            "n2c2k2i5x4f3x2p1x1+0mcircular",
            "n2c4k8i3x4f3x2s3x2p1x0+1g2to2x1",
            "n2c3k6i5f3g3",
            "n0c1k2i4f2",
            "n1c33k35i3f1",
            "n2c2k2i70f2",
            "n2c1k1i5f2p0+1",
            "n2c2k3i7f2s4d2",
            "n2c2k2i8f3s2p1",
            "n3c2k2i3x3f1x1",
            "n2c2k3i6x5f3x2s1x2d2x1",
            "n2c2k2i5f2p1d2",
            "n2c2k3i5x8f3x3s2x2p1x0+1",
            "n1c32k32i2f1",
            "n2c4k2i4f3p1",
        ),
    )
)


def any_geometry(seed: int) -> ConvGeometry:
    """Any rank, padding mode, groups, transposed or not, empty batches, long rows and many channels now and then."""
    rng = np.random.default_rng([31, seed])
    while True:
        rank, groups = int(rng.integers(1, 4)), int(rng.choice((1, 1, 2, 3)))
        transposed = bool(rng.random() < 0.25)
        stride = [int(v) for v in rng.integers(1, 4, rank)]
        long = rank == 1 and rng.random() < 0.3
        size = [int(v) for v in rng.integers(1, 5, rank)]
        size[-1] = int(rng.integers(9, 75)) if long else size[-1]
        channels = (1, 2, 3, 5, 9, 17) if rank == 1 else (1, 2, 3)
        try:
            geometry = ConvGeometry.of(
                batch=int(rng.choice((0, 1, 2, 2, 3))),
                in_channels=groups * int(rng.choice(channels)),
                out_channels=groups * int(rng.choice(channels)),
                size=size,
                kernel=[int(v) for v in rng.integers(1, 4, rank)],
                stride=stride,
                padding=[tuple(int(v) for v in rng.integers(0, 3, 2)) for _ in range(rank)],
                dilation=[int(v) for v in rng.integers(1, 3, rank)],
                groups=groups,
                padding_mode="zeros" if transposed or rng.random() < 0.5 else str(rng.choice(list(PADDING_MODES))),
                transposed=transposed,
                output_padding=[int(rng.integers(0, s)) for s in stride] if transposed else 0,
            )
        except InvalidArgument:
            continue
        if geometry.products <= 4000:
            return geometry


@pytest.fixture(scope="session", name="any_geometry")
def _any_geometry() -> Callable[[int], ConvGeometry]:
    return any_geometry


@pytest.fixture(scope="session")
def revealing() -> tuple[ConvGeometry, ...]:
    """Convolutions on some of which each fault shows, in each of its passes."""
    return REVEALING


def result_of(
    model: FaultModel | str | None, pass_: Pass, text: str, dtype: str = "float64", rate: float = 0.5, **given: list
) -> Array:
    """A pass with a fault, or without one, of arrays given by their elements in order; of the others all are zero."""
    geometry = parse_geometry(text)
    arrays: dict[str, Any] = {
        name: np.array(given.get(name, np.zeros(shape_of(name, geometry))), numpy_dtype(dtype)).reshape(
            shape_of(name, geometry)
        )
        for name in ARRAYS
        if name in given or not name.startswith("bias")
    }
    model = fault_named(model) if isinstance(model, str) else model
    implementation = honest.evaluate if model is None else model.plant(honest.evaluate)
    return implementation(pass_, Operands(**{"bias": None} | arrays, learning_rate=rate), geometry)


@pytest.fixture(scope="session", name="result_of")
def _result_of() -> Callable[..., Array]:
    return result_of

"""Models of wrong terms: where one is said to show, integers see it, and elsewhere it makes no difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import FAULT_MODELS, FaultModel, Kind, fault_named, honest
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass, is_defined

TERMS = [model for model in FAULT_MODELS if model.kind is Kind.TERMS]
SEEDS = range(4)
GEOMETRIES = 36


def lattice(geometry: ConvGeometry, dtype: str, seed: int) -> Operands:
    operands = lattice_operands(Case(geometry, True, dtype, "uniform", seed))
    for array in operands.arrays().values():
        array.flags.writeable = False
    return operands


def differs(model: FaultModel, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> bool:
    right = honest.evaluate(pass_, operands, geometry)
    wrong = model.plant(honest.evaluate)(pass_, operands, geometry)
    assert wrong.dtype == right.dtype
    return not np.array_equal(wrong, right)


@pytest.mark.parametrize("block", range(6))
def test_shows_is_exact(block: int, any_geometry: Callable[[int], ConvGeometry]) -> None:
    for seed in range(block * GEOMETRIES // 6, (block + 1) * GEOMETRIES // 6):
        geometry = any_geometry(seed)
        rng = np.random.default_rng([37, seed])
        pass_ = list(Pass)[seed % len(Pass)]
        dtype = str(rng.choice([dtype for dtype in DTYPES if is_defined(pass_, dtype)]))
        drawn = [lattice(geometry, dtype, seed) for seed in SEEDS]
        for model in TERMS:
            if dtype not in model.needs.dtypes:
                continue
            seen = any(differs(model, pass_, operands, geometry) for operands in drawn)
            assert seen == model.shows(pass_, geometry), (model.name, str(pass_), dtype, str(geometry))


@pytest.mark.parametrize("model", TERMS, ids=lambda model: model.name)
def test_every_fault_is_seen_in_each_of_its_passes(model: FaultModel, revealing: tuple[ConvGeometry, ...]) -> None:
    dtype = "float32" if "float32" in model.needs.dtypes else "complex64"
    for pass_ in model.passes:
        showing = [geometry for geometry in revealing if model.shows(pass_, geometry)]
        assert showing, str(pass_)
        assert any(differs(model, pass_, lattice(showing[0], dtype, seed), showing[0]) for seed in SEEDS), str(pass_)
    for pass_ in set(Pass) - model.passes:
        assert not any(model.shows(pass_, geometry) for geometry in revealing)


@pytest.mark.parametrize("model", TERMS, ids=lambda model: model.name)
def test_right_passes_stay_right_and_the_fault_is_the_same_every_time(
    model: FaultModel, revealing: tuple[ConvGeometry, ...]
) -> None:
    geometry = revealing[0]
    operands = lattice(geometry, "complex64" if "float32" not in model.needs.dtypes else "float32", 5)
    for pass_ in Pass:
        if not is_defined(pass_, operands.input.dtype.name):
            continue
        once, again = (model.plant(honest.evaluate)(pass_, operands, geometry) for _ in range(2))
        assert np.array_equal(once, again, equal_nan=True)
        if pass_ not in model.passes:
            assert np.array_equal(once, honest.evaluate(pass_, operands, geometry))


def test_two_planted_faults_are_both_there(revealing: tuple[ConvGeometry, ...]) -> None:
    geometry = revealing[0]
    operands = lattice(geometry, "float32", 3)
    kernel, bias = fault_named("kernel-rotated"), fault_named("bias-ignored")
    both = bias.plant(kernel.plant(honest.evaluate))
    other_way = kernel.plant(bias.plant(honest.evaluate))
    results = [
        implementation(Pass.FORWARD, operands, geometry)
        for implementation in (honest.evaluate, kernel.plant(honest.evaluate), bias.plant(honest.evaluate), both)
    ]
    assert len({result.tobytes() for result in results}) == 4
    right, rotated, unbiased, two = results
    assert np.array_equal(two, rotated + unbiased - right)
    assert np.array_equal(two, other_way(Pass.FORWARD, operands, geometry))


def test_any_two_faults_of_one_pass_can_be_planted_together(revealing: tuple[ConvGeometry, ...]) -> None:
    rng = np.random.default_rng(41)
    for _ in range(300):
        one, other = (TERMS[int(index)] for index in rng.integers(0, len(TERMS), 2))
        geometry = revealing[int(rng.integers(len(revealing)))]
        pass_ = list(Pass)[int(rng.integers(len(Pass)))]
        operands = lattice(geometry, "float32", 0)
        result = other.plant(one.plant(honest.evaluate))(pass_, operands, geometry)
        assert result.dtype == np.float32
        assert len(result.shape) == len(pass_.result_shape(geometry))

"""In the operands of each set a pass is linear, and in no others that it reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.linearity import LINEAR_IN
from convoracle.oracle.problem.passes import ARRAYS, Operands, Pass, shape_of

GEOMETRY = ConvGeometry.of(batch=2, in_channels=2, out_channels=3, size=4, kernel=2, padding=1)
SETS = [(pass_, together) for pass_, sets in LINEAR_IN.items() for together in sets]


def drawn(seed: int) -> Operands:
    rng = np.random.default_rng(seed)
    arrays: dict[str, Any] = {name: rng.integers(-9, 10, shape_of(name, GEOMETRY)).astype(float) for name in ARRAYS}
    return Operands(**arrays)


def is_linear_in(pass_: Pass, names: tuple[str, ...]) -> bool:
    """Whether twice one choice of these operands less another gives that of the results."""
    one, other = drawn(1), drawn(2)
    arrays: list[dict[str, Any]] = [{name: getattr(given, name) for name in names} for given in (one, other)]
    both = replace(one, **{name: 2 * arrays[0][name] - arrays[1][name] for name in names})
    first, second, result = (
        reference.evaluate(pass_, given, GEOMETRY) for given in (one, replace(one, **arrays[1]), both)
    )
    return bool((result == 2 * first - second).all())


def test_every_pass_is_linear_in_something() -> None:
    assert set(LINEAR_IN) == set(Pass)
    assert all(LINEAR_IN[pass_] for pass_ in Pass)


@pytest.mark.parametrize(("pass_", "together"), SETS)
def test_a_pass_is_linear_in_the_operands_of_a_set_together(pass_: Pass, together: tuple[str, ...]) -> None:
    assert is_linear_in(pass_, together)


@pytest.mark.parametrize(("pass_", "together"), SETS)
def test_one_more_factor_would_be_one_too_many(pass_: Pass, together: tuple[str, ...]) -> None:
    others = {name for sets in LINEAR_IN[pass_] for name in sets} - set(together)
    for name in others:
        assert not is_linear_in(pass_, (*together, name))


@pytest.mark.parametrize(("pass_", "together"), SETS)
def test_the_operands_of_a_set_are_all_needed(pass_: Pass, together: tuple[str, ...]) -> None:
    """Each of them takes part, and only all of them times zero give zero, but for the update by its old weight."""
    zeros: dict[str, Any] = {name: np.zeros_like(getattr(drawn(1), name)) for name in together}
    assert not reference.evaluate(pass_, replace(drawn(1), **zeros), GEOMETRY).any()
    for name in together:
        without = replace(drawn(1), **{**zeros, name: getattr(drawn(1), name)})
        assert reference.evaluate(pass_, without, GEOMETRY).any()


def test_the_first_of_each_set_names_it() -> None:
    for sets in LINEAR_IN.values():
        assert len({together[0] for together in sets}) == len(sets)

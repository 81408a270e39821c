"""The seed's network, trained: every step is proven, a planted mistake that no loss shows is stopped.

What the script prints is in docs/training.md, and compared there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from convoracle.oracle import Outcome, Pass

ROOT = Path(__file__).parents[2]
SCRIPT = "examples/train_seed_network.py"
Script = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def network(script_named: Script) -> ModuleType:
    return script_named(SCRIPT)


def test_the_seed_s_filter_is_found_and_each_step_conforms(network: ModuleType) -> None:
    conv = network.Proven(network.by_hand)
    losses, f = network.train_seed(conv, steps=200)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 1e-4
    assert f[0, 0] == pytest.approx(np.array([[1, -1], [2, 3]]), abs=0.01)
    assert conv.outcomes == {Outcome.CONFORMS: 400}


def test_digits_are_learned_and_nothing_violates(network: ModuleType) -> None:
    conv = network.Proven(network.by_hand)
    net, losses = network.train(conv)
    assert losses[-1] < losses[0] / 10
    assert network.accuracy(net) > 0.95
    assert set(conv.outcomes) <= {Outcome.CONFORMS, Outcome.UNDECIDED}
    assert conv.outcomes[Outcome.CONFORMS] > 0.9 * conv.outcomes.total()


def test_the_mistake_trains_as_well_and_is_stopped(network: ModuleType) -> None:
    net, _ = network.train(network.without_the_last_column)
    assert network.accuracy(net) > 0.95
    with pytest.raises(network.WrongStep, match="∂L/∂O₂₂·X₂₂ is missing"):
        network.train(network.Proven(network.without_the_last_column), steps=1)


@pytest.mark.parametrize("pass_", [Pass.WEIGHT_GRADIENT, Pass.UPDATE])
def test_integers_show_the_mistake_too(network: ModuleType, pass_: Pass) -> None:
    first, _ = network.geometries(batch=2)
    assert network.is_equal_on_integers(network.by_hand, pass_, first)
    assert not network.is_equal_on_integers(network.without_the_last_column, pass_, first)


def test_the_weight_sharing_that_is_shown_adds_up(network: ModuleType) -> None:
    dl_do = np.array([[[[-8.0, 3], [1, -7]]]])
    shown = [float(line.rpartition("= ")[2]) for line in network.weight_sharing(dl_do)[1::2]]
    assert shown == network.weight_gradient(network.X, dl_do).ravel().tolist()


def test_the_notebook_prints_what_it_keeps(script_named: Script) -> None:
    notebooks = script_named("docs/notebooks.py")
    for path in notebooks.NOTEBOOKS:
        notebook = json.loads(path.read_text())
        assert notebooks.kept(notebook) == notebooks.outputs(notebook)
    assert [path.name for path in notebooks.NOTEBOOKS] == ["train_seed_network.ipynb"]

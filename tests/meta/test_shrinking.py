"""The smallest counterexample found is no larger than one that a person would write by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from convoracle.oracle.data import Case
from convoracle.oracle.faults import fault_named
from convoracle.oracle.geometry import parse_geometry
from convoracle.oracle.passes import Pass
from convoracle.reports.record import CaseRecord
from convoracle.suites.features import needs
from convoracle.suites.planted import PlantedInProcess
from convoracle.suites.profiles import PROFILES
from convoracle.suites.search import Budget, Fault, Search

BY_HAND = {
    "kernel-rotated": "n1c1k1i2f2",
    "kernel-not-rotated": "n1c1k1i2f2",
    "weight-gradient-rotated": "n1c1k1i2f2",
    "last-tap-dropped": "n1c1k1i1f1",
    "padding-sides-exchanged": "n1c1k1i1f1p0+1",
    "padding-ignored": "n1c1k1i1f1p1",
    "padding-mode-ignored": "n1c1k1i1f1p1mreplicate",
    "stride-ignored": "n1c1k1i3f1s2",
    "stride-ignored-in-weight-gradient": "n1c1k1i3f1s2",
    "dilation-ignored": "n1c1k1i3f2d2",
    "last-window-dropped": "n1c1k1i2f1s2",
    "unreached-elements-not-zeroed": "n1c1k1i2f1s2",
    "input-channels-of-the-next-group": "n1c2k2i1f1g2",
    "groups-reversed": "n1c2k2i1f1g2",
    "kernel-of-the-next-input-channel": "n1c2k1i1f1",
    "batch-mean-of-weight-gradient": "n2c1k1i1f1",
    "weight-gradient-of-first-image": "n2c1k1i1f1",
    "first-image-only": "n2c1k1i1f1",
    "bias-gradient-without-batch": "n2c1k1i1f1",
    "input-gradient-doubled": "n1c1k1i1f1",
    "returns-zeros": "n1c1k1i1f1",
    "update-uphill": "n1c1k1i1f1",
}
"""Model -> the smallest geometry that a person would think of."""
QUICK = ("kernel-not-rotated", "padding-sides-exchanged", "last-window-dropped", "groups-reversed")


class Shrunk(BaseException):
    """The first fault is as small as it gets; the search need not go on."""


@dataclass
class FirstShrunk:
    """Leaves the search with its first fault."""

    faults: list[Fault] = field(default_factory=list)

    def on_case(self, record: CaseRecord, done: int, total: int) -> None: ...

    def on_fault(self, fault: Fault) -> None: ...

    def on_shrunk(self, fault: Fault) -> None:
        self.faults.append(fault)
        raise Shrunk

    def on_merged(self, fault: Fault, plainer: Fault) -> None: ...


def assert_no_larger_than_by_hand(name: str) -> None:
    model, by_hand = fault_named(name), parse_geometry(BY_HAND[name])
    assert any(model.shows(pass_, by_hand) for pass_ in model.passes)
    listener = FirstShrunk()
    budget = Budget(PROFILES["quick"].space(), frozenset(Pass), 100, seed=0, faults=1)
    with suppress(Shrunk):
        Search(PlantedInProcess(model), budget, listener).run()
    (fault,) = listener.faults
    expected = Case(by_hand, False, "float32", "uniform", 0)
    assert fault.shrunk.geometry.products <= by_hand.products, str(fault.shrunk)
    assert len(needs(fault.shrunk)) <= len(needs(expected)), str(fault.shrunk)


@pytest.mark.parametrize("name", QUICK)
def test_a_counterexample_is_as_small_as_by_hand(name: str) -> None:
    assert_no_larger_than_by_hand(name)


@pytest.mark.campaign
@pytest.mark.parametrize("name", [name for name in BY_HAND if name not in QUICK])
def test_every_other_counterexample_is_as_small_as_by_hand(name: str) -> None:
    assert_no_larger_than_by_hand(name)

"""Values of a setting are learned where there is room for them, so that large ones are asked of restricted kernels."""

from __future__ import annotations

from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.asking import Asking
from convoracle.suites.capabilities.declined import Declined
from convoracle.suites.capabilities.offer import learn
from convoracle.suites.capabilities.variations import swept
from convoracle.suites.cases.profiles import PROFILES

from ..restricted import Limited


def test_channels_and_rows_past_a_vector_of_32_are_varied_in_a_quick_run() -> None:
    asking = Asking(InProcess(Limited("3x3 s1 p1 dense")), (Pass.FORWARD,))
    offer = learn(asking, PROFILES["quick"].space(), Declined("mine"))
    values = swept(asking, offer).values[Pass.FORWARD]
    assert {33, 64} <= set(values["inputs"])
    assert {33, 64} <= set(values["outputs"])
    assert (1, 33) in values["size"]
    assert values["kernel"] == [(3,)]

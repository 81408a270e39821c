"""Each fault of a candidate, done for real: it is the reply to one call, the next is answered, and nothing is left."""

from __future__ import annotations

import re

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits, Returned

from ..misbehaving import GEOMETRY, SIGNAL_OF_WEIGHT, misbehaving, operands
from .of_candidates import FAULTS, Fault
from .remains import nothing_left


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.does.replace(" ", "_"))
def test_a_candidate_that(fault: Fault) -> None:
    limits = Limits(seconds_per_call=fault.seconds, memory_bytes=2**30)
    with nothing_left(), Isolated(misbehaving(fault.act), limits) as executor:
        assert isinstance(executor.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
        reply = executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY)
        assert type(reply) is fault.reply, reply
        assert re.search(fault.told, str(reply), re.DOTALL)
        assert len(str(reply)) < 20_000
        after = executor.call(Pass.FORWARD, operands(), GEOMETRY)
        assert isinstance(after, Returned)
        assert np.array_equal(after.value, np.zeros(GEOMETRY.output_shape))

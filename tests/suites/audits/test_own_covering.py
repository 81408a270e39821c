"""The covering of a restricted candidate: every known fault that can show in its domain is seen there, in shape."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from convoracle.oracle.faults import FAULT_MODELS, Kind, fault_named
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.own_covering import own_covering
from convoracle.suites.audits.power import powers
from convoracle.suites.audits.sighting import Sighting, keeps_shapes, sighting
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.asking import Asking
from convoracle.suites.capabilities.declined import Declined
from convoracle.suites.capabilities.offer import learn
from convoracle.suites.capabilities.variations import Variations, swept
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.profiles import PROFILES

from ..restricted import Limited, conv2d

CAMPAIGN = pytest.mark.campaign
CALLED_ONCE = tuple(model for model in FAULT_MODELS if model.kind is not Kind.CONDUCT or model.needs.calls == "once")
SOME = CALLED_ONCE[::8]


@pytest.mark.parametrize(
    ("candidate", "passes", "models"),
    [
        (conv2d, (Pass.FORWARD,), SOME),
        (Limited("3x3 s1 p1 dense"), (Pass.FORWARD,), SOME),
        (Limited("depthwise 3x3"), (Pass.INPUT_GRADIENT,), SOME),
        (Limited("1x1 only"), (Pass.WEIGHT_GRADIENT,), SOME),
        (Limited("transposed only"), (Pass.FORWARD,), SOME),
        *(
            pytest.param(Limited(name), tuple(Pass), CALLED_ONCE, marks=CAMPAIGN)
            for name in ("3x3 s1 p1 dense", "depthwise 3x3", "1x1 only", "transposed only", "channels % 4")
        ),
    ],
    ids=lambda each: getattr(each, "name", getattr(each, "__name__", "")),
)
def test_every_fault_that_can_show_in_the_domain_is_seen_there(candidate, passes, models) -> None:
    asking = Asking(InProcess(candidate), passes)
    offer = learn(asking, PROFILES["quick"].space(), Declined("mine"))
    variations = swept(asking, offer)
    chosen = tuple(own_covering(asking, variations, passes))
    assert all(asking.takes(case) for case in chosen)
    assert 5 < len(chosen) < 60
    random = Random(99)
    drawn = [variations.draw(pass_, random) for _ in range(30) for pass_ in passes]
    plenty = [case for case in drawn if case is not None and asking.takes(case) and case.geometry.products < 2000]
    assert len(plenty) > 10
    unseen = {(power.model, power.pass_) for power in powers(chosen, models) if power.first is None}
    missed, misshapen = [], set()
    for model in models:
        for pass_ in set(model.passes) & set(passes):
            best = max(sighting(model, pass_, case) for case in plenty)
            if best and (model, pass_) in unseen:
                missed.append(f"{model.name} in {pass_}")
            if best is Sighting.IN_SHAPE and max(sighting(model, pass_, case) for case in chosen) is not best:
                misshapen.add(model.name)
    assert missed == []
    assert len(misshapen) <= max(0.02 * len(models), 1), misshapen


def test_the_first_few_take_no_drawing_where_shipped_cases_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = (Pass.FORWARD,)
    asking = Asking(InProcess(Limited("3x3 s1 p1 dense")), passes)
    variations = swept(asking, learn(asking, PROFILES["quick"].space(), Declined("mine")))
    whole = tuple(own_covering(asking, variations, passes))
    taken = [case for case in covering(variations.offer.space) if asking.takes(case)]
    assert taken
    monkeypatch.setattr(Variations, "draw", None)
    assert list(islice(own_covering(asking, variations, passes), len(taken))) == taken == list(whole[: len(taken)])


def test_strides_exchanged_keep_the_shape_only_where_both_give_one_size() -> None:
    model = fault_named("stride-axes-exchanged")
    assert not keeps_shapes(model, Pass.FORWARD, parse_geometry("n1c1k1i9x9f2x2s1x2"))
    assert keeps_shapes(model, Pass.FORWARD, parse_geometry("n1c1k1i4x4f1x1s2x3"))
    assert keeps_shapes(model, Pass.FORWARD, parse_geometry("n1c1k1i9x9f2x2s2x2"))
    assert keeps_shapes(fault_named("kernel-rotated"), Pass.FORWARD, parse_geometry("n1c1k1i9x9f2x2s1x2"))

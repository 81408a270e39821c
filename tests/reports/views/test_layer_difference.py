"""Whole layers in two runs: what was proven is missed when it is gone, and what was never asked is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.views.layer_difference import layer_difference

PROVEN = CertificateRow("a", "forward", "float32", "n1/float32/0", Outcome.CONFORMS, "right", 3, 2.0**-41, 0.1, 0.2)
WRONG = replace(PROVEN, outcome=Outcome.VIOLATES, miss=None)
OPEN = replace(PROVEN, outcome=Outcome.UNDECIDED, miss=None)


def told(row: CertificateRow | None) -> tuple[Certificates, ...]:
    return () if row is None else (Certificates("torch", "2", "", (row,)),)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PROVEN, WRONG, "broken"),
        (OPEN, WRONG, "broken"),
        (None, WRONG, "broken"),
        (WRONG, WRONG, None),
        (PROVEN, OPEN, "silenced"),
        (PROVEN, None, "silenced"),
        (WRONG, OPEN, "silenced"),
        (WRONG, None, "silenced"),
        (WRONG, PROVEN, "mended"),
        (PROVEN, PROVEN, None),
        (OPEN, OPEN, None),
        (OPEN, None, None),
        (None, PROVEN, None),
        (OPEN, PROVEN, None),
    ],
)
def test_what_became_of_a_layer(before: CertificateRow | None, after: CertificateRow | None, kind: str | None) -> None:
    found = layer_difference(told(before), told(after))
    turns = {name: getattr(found, name) for name in ("broken", "silenced", "mended")}
    assert [name for name, of_kind in turns.items() if of_kind] == ([] if kind is None else [kind])
    if kind is not None:
        ((turn,),) = [of_kind for of_kind in turns.values() if of_kind]
        assert (turn.candidate, turn.before, turn.after) == ("torch", before, after)

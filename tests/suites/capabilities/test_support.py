"""The matrix of support: what the reference does, what a plain function declines, and what a wrong one shows."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.vocabulary import SETTINGS, Setting, used_settings
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.support import all_features, ask_support, cell, support_table


class _Forward:
    """A forward pass of two axes without groups, dilation or transposition; the last axis's stride on both."""

    name, version = "half", "1"

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype != "float32" or geometry.groups > 1 or geometry.transposed or set(geometry.dilation) != {1}:
            return "plain convolutions in float32 only"
        return None

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        stride = (geometry.stride[-1],) * geometry.rank
        wrong = ConvGeometry.of(
            **{
                name: getattr(geometry, name)
                for name in ("size", "kernel", "batch", "in_channels", "out_channels", "padding", "padding_mode")
            },
            stride=stride,
        )
        return np.asarray(reference.forward(input, weight, wrong, bias))


def test_the_reference_supports_every_pass_of_every_feature() -> None:
    wanted = all_features()
    verdicts = ask_support(InProcess("reference"), wanted)
    assert {verdict.outcome for verdict in verdicts.values()} <= {Outcome.CONFORMS, Outcome.UNDECIDED}
    assert len({feature.name for feature in wanted}) == len(wanted)
    assert {feature for feature, _ in verdicts} == {feature.name for feature in wanted}


def test_every_setting_is_asked_and_a_row_called_by_one_uses_it() -> None:
    used = {feature.name: used_settings(feature.case) for feature in all_features()}
    assert frozenset().union(*used.values()) == SETTINGS
    rows = [setting for setting in Setting if setting in used]
    assert len(rows) == 7
    assert all(setting in used[setting] for setting in rows)


def test_what_is_wrong_or_declined_is_told_apart() -> None:
    wanted = [
        feature for feature in all_features() if feature.name in ("2-D", "stride", "dilation", "groups", "float16")
    ]
    verdicts = ask_support(InProcess(_Forward()), wanted)
    told = {feature.name: cell(verdicts, feature.name).strip() for feature in wanted}
    assert told == {"2-D": "✓", "stride": "✗", "dilation": "–", "groups": "–", "float16": "–"}


def test_the_matrix_has_a_row_for_each_feature_and_a_column_for_each_candidate() -> None:
    wanted = [feature for feature in all_features() if feature.name in ("1-D", "bias")]
    columns = {"half 1": ask_support(InProcess(_Forward()), wanted), "none": {}}
    header, rule, *rows = support_table(columns, wanted).splitlines()
    assert header == "| feature | half 1 | none |"
    assert rule.count("|") == 4
    assert [row.split("|")[1].strip() for row in rows] == ["1-D", "bias"]
    assert all(len(row.split("`")[1]) == len(Pass) for row in rows)

"""What the README says of names is so; its commands are run with those of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.suites.candidates.calls.settings import SETTING_NAMES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_attributes_of_a_geometry() -> None:
    paragraph = README.partition("\n`geometry` has ")[2].partition(" Of `jvp`")[0]
    named = re.findall(r"`([a-z_]+)`", paragraph)
    geometry = ConvGeometry.of(size=(3, 4), kernel=2)
    assert [name for name in named if not hasattr(geometry, name)] == []
    assert set(named) >= {*SETTING_NAMES, "size", "kernel", "batch", "in_channels", "out_channels", "output_size"}


def test_an_attribute_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"^a ConvGeometry has no `strides`; it has batch, in_channels,"):
        getattr(ConvGeometry.of(size=(3, 4), kernel=2), "strides")  # noqa: B009 - mypy knows that there is none

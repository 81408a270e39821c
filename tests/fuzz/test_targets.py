"""Whatever stands in what is read from outside: a value or the error that says what is wrong, and nothing else."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mutation import mutated
from .targets import TARGETS, Target

SLOW = {"report": 15, "configuration": 60, "vectors": 60, "run": 100, "corpus": 100}
"""So many documents of the targets that take more than a fraction of a millisecond."""
USUAL = 200
NAMES = sorted(TARGETS)


@pytest.fixture(params=NAMES)
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def test_its_seeds_are_valid(target: Target, tmp_path: Path) -> None:
    """What is changed is to be changed from something that is read to its end."""
    assert any(target.accepts(seed, tmp_path) for seed in target.seeds())


def test_what_once_went_wrong_does_not_again(target: Target, tmp_path: Path) -> None:
    for path in target.findings():
        target.accepts(path.read_bytes(), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_changed_documents_are_read_or_refused(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    seeds = target.seeds()

    @settings(max_examples=SLOW.get(name, USUAL), suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(seeds), st.integers(0, 2**32))
    def read(seed: bytes, number: int) -> None:
        target.accepts(mutated(seed, Random(number), seeds), tmp_path)

    read()


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_read_or_refused(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]

    @settings(max_examples=SLOW.get(name, USUAL) // 2, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.binary(max_size=300), st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
        )
    )
    def read(data: bytes) -> None:
        target.accepts(data, tmp_path)

    read()

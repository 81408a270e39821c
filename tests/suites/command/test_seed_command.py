"""`convoracle seed`: what it prints."""

from __future__ import annotations

import pytest

from convoracle.suites.command.cli import main


def test_seed_prints_the_equations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed"]) == 0
    assert "O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂" in capsys.readouterr().out

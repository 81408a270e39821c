"""The seed's exercise as text, line by line as it stands in the source."""

from __future__ import annotations

from convoracle.oracle.explaining.worked_example import SEED_GEOMETRY, worked_example

TEXT = """\
Forward: O = X ⋆ F, a cross-correlation
  O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂
  O₁₂ = X₁₂F₁₁ + X₁₃F₁₂ + X₂₂F₂₁ + X₂₃F₂₂
  O₂₁ = X₂₁F₁₁ + X₂₂F₁₂ + X₃₁F₂₁ + X₃₂F₂₂
  O₂₂ = X₂₂F₁₁ + X₂₃F₁₂ + X₃₂F₂₁ + X₃₃F₂₂

Local gradients ∂O/∂F, from which ∂L/∂F follows
  ∂O₁₁/∂F₁₁ = X₁₁   ∂O₁₁/∂F₁₂ = X₁₂   ∂O₁₁/∂F₂₁ = X₂₁   ∂O₁₁/∂F₂₂ = X₂₂
  ∂O₁₂/∂F₁₁ = X₁₂   ∂O₁₂/∂F₁₂ = X₁₃   ∂O₁₂/∂F₂₁ = X₂₂   ∂O₁₂/∂F₂₂ = X₂₃
  ∂O₂₁/∂F₁₁ = X₂₁   ∂O₂₁/∂F₁₂ = X₂₂   ∂O₂₁/∂F₂₁ = X₃₁   ∂O₂₁/∂F₂₂ = X₃₂
  ∂O₂₂/∂F₁₁ = X₂₂   ∂O₂₂/∂F₁₂ = X₂₃   ∂O₂₂/∂F₂₁ = X₃₂   ∂O₂₂/∂F₂₂ = X₃₃

Local gradients ∂O/∂X, from which ∂L/∂X follows (those not listed are 0)
  ∂O₁₁/∂X₁₁ = F₁₁   ∂O₁₁/∂X₁₂ = F₁₂   ∂O₁₁/∂X₂₁ = F₂₁   ∂O₁₁/∂X₂₂ = F₂₂
  ∂O₁₂/∂X₁₂ = F₁₁   ∂O₁₂/∂X₁₃ = F₁₂   ∂O₁₂/∂X₂₂ = F₂₁   ∂O₁₂/∂X₂₃ = F₂₂
  ∂O₂₁/∂X₂₁ = F₁₁   ∂O₂₁/∂X₂₂ = F₁₂   ∂O₂₁/∂X₃₁ = F₂₁   ∂O₂₁/∂X₃₂ = F₂₂
  ∂O₂₂/∂X₂₂ = F₁₁   ∂O₂₂/∂X₂₃ = F₁₂   ∂O₂₂/∂X₃₂ = F₂₁   ∂O₂₂/∂X₃₃ = F₂₂

Chain rule: ∂L/∂Fᵢ = Σₖ ∂L/∂Oₖ · ∂Oₖ/∂Fᵢ
  ∂L/∂F₁₁ = ∂L/∂O₁₁·X₁₁ + ∂L/∂O₁₂·X₁₂ + ∂L/∂O₂₁·X₂₁ + ∂L/∂O₂₂·X₂₂
  ∂L/∂F₁₂ = ∂L/∂O₁₁·X₁₂ + ∂L/∂O₁₂·X₁₃ + ∂L/∂O₂₁·X₂₂ + ∂L/∂O₂₂·X₂₃
  ∂L/∂F₂₁ = ∂L/∂O₁₁·X₂₁ + ∂L/∂O₁₂·X₂₂ + ∂L/∂O₂₁·X₃₁ + ∂L/∂O₂₂·X₃₂
  ∂L/∂F₂₂ = ∂L/∂O₁₁·X₂₂ + ∂L/∂O₁₂·X₂₃ + ∂L/∂O₂₁·X₃₂ + ∂L/∂O₂₂·X₃₃
which is a convolution again: ∂L/∂F = Conv(X, ∂L/∂O)

Chain rule: ∂L/∂Xᵢ = Σₖ ∂L/∂Oₖ · ∂Oₖ/∂Xᵢ
  ∂L/∂X₁₁ = ∂L/∂O₁₁·F₁₁
  ∂L/∂X₁₂ = ∂L/∂O₁₁·F₁₂ + ∂L/∂O₁₂·F₁₁
  ∂L/∂X₁₃ = ∂L/∂O₁₂·F₁₂
  ∂L/∂X₂₁ = ∂L/∂O₁₁·F₂₁ + ∂L/∂O₂₁·F₁₁
  ∂L/∂X₂₂ = ∂L/∂O₁₁·F₂₂ + ∂L/∂O₁₂·F₂₁ + ∂L/∂O₂₁·F₁₂ + ∂L/∂O₂₂·F₁₁
  ∂L/∂X₂₃ = ∂L/∂O₁₂·F₂₂ + ∂L/∂O₂₂·F₁₂
  ∂L/∂X₃₁ = ∂L/∂O₂₁·F₂₁
  ∂L/∂X₃₂ = ∂L/∂O₂₁·F₂₂ + ∂L/∂O₂₂·F₂₁
  ∂L/∂X₃₃ = ∂L/∂O₂₂·F₂₂
which is the full convolution of ∂L/∂O with F rotated by 180°

With a bias b added to every output: ∂O/∂b = 1
  ∂L/∂b = ∂L/∂O₁₁ + ∂L/∂O₁₂ + ∂L/∂O₂₁ + ∂L/∂O₂₂

Update: F_updated = F − α ∂L/∂F
  F_updated₁₁ = F₁₁ − α·(∂L/∂O₁₁·X₁₁ + ∂L/∂O₁₂·X₁₂ + ∂L/∂O₂₁·X₂₁ + ∂L/∂O₂₂·X₂₂)
  F_updated₁₂ = F₁₂ − α·(∂L/∂O₁₁·X₁₂ + ∂L/∂O₁₂·X₁₃ + ∂L/∂O₂₁·X₂₂ + ∂L/∂O₂₂·X₂₃)
  F_updated₂₁ = F₂₁ − α·(∂L/∂O₁₁·X₂₁ + ∂L/∂O₁₂·X₂₂ + ∂L/∂O₂₁·X₃₁ + ∂L/∂O₂₂·X₃₂)
  F_updated₂₂ = F₂₂ − α·(∂L/∂O₁₁·X₂₂ + ∂L/∂O₁₂·X₂₃ + ∂L/∂O₂₁·X₃₂ + ∂L/∂O₂₂·X₃₃)"""


def test_every_line_of_the_example() -> None:
    assert worked_example().splitlines() == TEXT.splitlines()


def test_the_geometry_is_one_image_and_one_filter() -> None:
    assert (SEED_GEOMETRY.input_shape, SEED_GEOMETRY.weight_shape) == ((1, 1, 3, 3), (1, 1, 2, 2))
    assert SEED_GEOMETRY.output_shape == (1, 1, 2, 2)

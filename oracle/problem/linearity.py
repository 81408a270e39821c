"""In which operands a pass is linear: what its additivity and its symmetry of sign can be asked of."""

from __future__ import annotations

from .passes import Pass

LINEAR_IN = {
    Pass.FORWARD: (("input", "bias"), ("weight", "bias")),
    Pass.INPUT_GRADIENT: (("output_gradient",), ("weight",)),
    Pass.WEIGHT_GRADIENT: (("output_gradient",), ("input",)),
    Pass.BIAS_GRADIENT: (("output_gradient",),),
    Pass.UPDATE: (("output_gradient", "weight"), ("input", "weight")),
    Pass.JVP: (("input_direction", "weight_direction", "bias_direction"), ("input", "weight", "bias_direction")),
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: (
        ("input_direction", "weight_direction", "bias_direction"),
        ("input", "weight", "bias_direction"),
    ),
    Pass.DOUBLE_BACKWARD_INPUT: (("output_gradient",), ("weight_direction",)),
    Pass.DOUBLE_BACKWARD_WEIGHT: (("output_gradient",), ("input_direction",)),
}
"""Sets of operands in which, together and with the others fixed, a pass is linear; the first of each names it."""

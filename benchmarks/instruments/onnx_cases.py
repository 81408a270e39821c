"""The node tests that the ONNX project has for Conv and ConvTranspose, with their tolerances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

from convoracle.oracle.faults import Implementation
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

from . import Trial


def trials(stream: Sequence[Case]) -> Iterator[Trial]:
    """The node tests, whatever the stream."""
    for operator in ("Conv", "ConvTranspose"):
        for test in collect_testcases(operator):
            (node,) = test.model.graph.node
            if node.op_type == operator:
                ((inputs, (expected,)),) = test.data_sets
                attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
                geometry = _geometry(attributes, inputs, expected.shape, operator == "ConvTranspose")
                yield Trial("float32", partial(_alarms, geometry, inputs, expected, test.rtol, test.atol))


def _alarms(
    geometry: ConvGeometry, inputs: Sequence[Array], expected: Array, rtol: float, atol: float, right: Implementation
) -> bool:
    input, weight, *bias = (array.copy() for array in inputs)
    operands = Operands(input, weight, *(bias or [None]), np.zeros_like(expected))
    try:
        np.testing.assert_allclose(right(Pass.FORWARD, operands, geometry), expected, rtol, atol)
    except (AssertionError, ValueError, ArithmeticError, LookupError):
        return True
    return False


def _geometry(
    attributes: dict[str, Any], inputs: Sequence[Array], output_shape: tuple[int, ...], transposed: bool
) -> ConvGeometry:
    """The geometry of a node; automatic paddings follow from the output's shape."""
    (batch, channels, *size), (first, second, *kernel) = (array.shape for array in inputs[:2])
    rank, groups = len(size), attributes.get("group", 1)
    stride = attributes.get("strides", [1] * rank)
    dilation = attributes.get("dilations", [1] * rank)
    sides = attributes.get("pads", [0] * 2 * rank)
    padding, extra = list(zip(sides[:rank], sides[rank:], strict=True)), [0] * rank
    automatic = {"auto_pad", "output_shape", "output_padding"} & attributes.keys()
    for axis in range(rank) if automatic else ():
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        small, large = (size, output_shape[2:]) if transposed else (output_shape[2:], size)
        total = (small[axis] - 1) * stride[axis] + reach - large[axis]
        extra[axis] = max(-total, 0) if transposed else 0
        halves = (max(total, 0) // 2, -(-max(total, 0) // 2))
        padding[axis] = halves[::-1] if attributes.get("auto_pad") == b"SAME_LOWER" else halves
    return ConvGeometry.of(
        batch=batch,
        in_channels=channels,
        out_channels=second * groups if transposed else first,
        size=size,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        transposed=transposed,
        output_padding=extra,
    )

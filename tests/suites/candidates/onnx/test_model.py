"""Models of every geometry that ONNX can say pass ONNX's own checker and its inference of shapes."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import numpy_dtype
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import shape_of

from ..conformity import random_geometry

onnx = pytest.importorskip("onnx")

from convoracle.suites.candidates.onnx import model as onnx_model  # noqa: E402


@pytest.mark.parametrize("dtype", [*onnx_model.FLOATS, "int8"])
@pytest.mark.parametrize("padding_mode", [*PADDING_MODES, "transposed"])
def test_models_are_valid(padding_mode: str, dtype: str) -> None:
    transposed = padding_mode == "transposed"
    for seed in range(8):
        geometry = random_geometry(seed, transposed=transposed, padding_mode="zeros" if transposed else padding_mode)
        if onnx_model.limitation(geometry, dtype):
            continue
        model = onnx_model.model(geometry, dtype, bias=bool(seed % 2))
        onnx.checker.check_model(model, full_check=True)
        model.graph.output[0].type.tensor_type.ClearField("shape")
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph.output[0]
        assert tuple(each.dim_value for each in inferred.type.tensor_type.shape.dim) == geometry.output_shape
        assert inferred.type.tensor_type.elem_type == onnx_model.element_type("int32" if dtype == "int8" else dtype)


def test_constants_are_no_inputs() -> None:
    geometry = parse_geometry("n1c2k2i4f2p1")
    arrays = {name: np.ones(shape_of(name, geometry), numpy_dtype("bfloat16")) for name in ("weight", "bias")}
    model = onnx_model.model(geometry, "bfloat16", bias=True, constants=arrays)
    onnx.checker.check_model(model, full_check=True)
    assert [each.name for each in model.graph.input] == ["input"]
    for initializer in model.graph.initializer:
        assert np.array_equal(onnx.numpy_helper.to_array(initializer), arrays[initializer.name])


def test_what_onnx_has_not() -> None:
    assert onnx_model.limitation(parse_geometry("n1c1k1i4f2"), "complex64") == "ONNX has no convolution of complex64"
    assert "transposed" in (onnx_model.limitation(parse_geometry("n1c1k1i4f2t"), "int8") or "")

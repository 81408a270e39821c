"""ONNX's ReferenceEvaluator, ConvTranspose: errors on an empty batch and on an output_shape that cuts.

float32 n0c1k1i1f1t: no image, an input of 1, a kernel of 1. Then an input of 3, a kernel of 3 and stride 2 with
output_shape = 5, for which the operator's specification gives pads of 1 and 1. Exits 1 where a defect shows, else 0.
"""

import sys

import numpy as np
import onnx.parser
from onnx.reference import ReferenceEvaluator


def conv_transpose(x: np.ndarray, w: np.ndarray, attributes: str) -> list[float] | str:
    model = onnx.parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 22]>
        g (float[{x.shape[0]},1,{x.shape[2]}] x, float[1,1,{w.shape[2]}] w) => (float[n,1,o] y)
        {{ y = ConvTranspose{attributes}(x, w) }}""")
    try:
        return ReferenceEvaluator(model).run(None, {"x": x, "w": w})[0].ravel().tolist()
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {str(error)[:90]}"


x = np.array([[[1, 10, 100]]], np.float32)
w = np.array([[[1, 2, 3]]], np.float32)
defect = False
for expected, got in (
    ([], conv_transpose(x[:0, :, :1], w[:, :, :1], "")),
    ([2.0, 13.0, 20.0, 130.0, 200.0], conv_transpose(x, w, "<strides = [2], output_shape = [5]>")),
):
    print("expected:", expected)
    print("got:     ", got)
    defect |= got != expected
sys.exit(defect)

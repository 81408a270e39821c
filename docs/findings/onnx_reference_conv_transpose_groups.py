"""ONNX's ReferenceEvaluator, ConvTranspose with groups: wrong bias, and errors on legal shapes.

float32 n1c2k2i1f1g2t with a bias; n1c2k4i1f1g2t, two output channels for each group; n1c4k2i1f1g2t, two input channels
for each group. Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import numpy as np
import onnx.parser
from onnx.reference import ReferenceEvaluator


def conv_transpose(channels: int, filters: int) -> list[float] | str:
    x = np.arange(1, 1 + channels, dtype=np.float32).reshape(1, channels, 1)
    w = np.full((channels, filters // 2, 1), 3, np.float32)
    b = 100 * np.arange(1, 1 + filters, dtype=np.float32)
    model = onnx.parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 22]>
        g (float[1,{channels},1] x, float[{channels},{filters // 2},1] w, float[{filters}] b)
            => (float[1,{filters},1] y)
        {{ y = ConvTranspose<group = 2>(x, w, b) }}""")
    onnx.checker.check_model(model, full_check=True)
    try:
        return ReferenceEvaluator(model).run(None, {"x": x, "w": w, "b": b})[0].ravel().tolist()
    except ValueError as error:
        return str(error)


defect = False
for channels, filters, expected in (
    (2, 2, [103.0, 206.0]),
    (2, 4, [103.0, 203.0, 306.0, 406.0]),
    (4, 2, [109.0, 221.0]),  # 3 (1 + 2) + 100, 3 (3 + 4) + 200
):
    got = conv_transpose(channels, filters)
    print("expected:", expected)
    print("got:     ", got)
    defect |= got != expected
sys.exit(defect)

"""ONNX Runtime, Pad that wraps before a convolution: an error on an empty batch, which other modes do not give.

float32 n0c1k1i1f1mcircular: no image, an input of 1, no padding at all. Exits 1 where the defect shows, else 0.
"""

import sys

import numpy as np
import onnx.parser
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

MODEL = """
<ir_version: 10, opset_import: ["" : 22]>
g (float[0,1,1] x, float[1,1,1] w) => (float[0,1,1] y) {
    pads = Constant<value_ints = [0, 0, 0, 0, 0, 0]>()
    padded = Pad<mode = "MODE">(x, pads)
    y = Conv(padded, w)
}"""
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
defect = False
for mode in ("edge", "reflect", "wrap"):
    model = onnx.parser.parse_model(MODEL.replace("MODE", mode))
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    expected = (0, 1, 1)
    try:
        got = session.run(None, {"x": np.zeros((0, 1, 1), np.float32), "w": np.ones((1, 1, 1), np.float32)})[0].shape
    except Fail as error:
        got = str(error)[-60:]
    print(mode, "expected shape:", expected)
    print(mode, "got shape:     ", got)
    defect |= got != expected
sys.exit(defect)

"""OpenVINO, ONNX's Conv: a bias of one element for several filters is accepted, though the operator wants one for each.

float32 n1c1k2i1f1: 2 filters, bias of length 1. ONNX's own checker refuses the model, as ONNX Runtime does.
Exits 1 where the defect shows, 0 where it does not.
"""

import io
import sys

import numpy as np
import onnx.parser
import openvino as ov

model = onnx.parser.parse_model("""
    <ir_version: 10, opset_import: ["" : 22]>
    g (float[1,1,1] x, float[2,1,1] w, float[1] b) => (float[1,2,1] y) { y = Conv(x, w, b) }""")
print("expected: an error, since b should have 2 elements")
try:
    network = ov.Core().read_model(io.BytesIO(model.SerializeToString()))
    arrays = [np.ones(shape, np.float32) for shape in ((1, 1, 1), (2, 1, 1), (1,))]
    got = ov.Core().compile_model(network, "CPU")(arrays)[0].ravel().tolist()
except RuntimeError as error:
    print("got:      an error,", str(error).splitlines()[-1][:90])
    sys.exit(0)
print("got:     ", got)
sys.exit(1)

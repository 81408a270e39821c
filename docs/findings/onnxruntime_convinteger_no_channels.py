"""ONNX Runtime, ConvInteger without input channels: the result is never written, where every sum is empty.

int8 n1c0k1i1f1: 1 image of 0 channels, 1 filter, input and kernel of 1. Conv of float32 gives zeros.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import numpy as np
import onnx.parser
import onnxruntime

model = onnx.parser.parse_model("""
    <ir_version: 10, opset_import: ["" : 22]>
    g (int8[1,0,1] x, int8[1,0,1] w) => (int32[1,1,1] y) { y = ConvInteger(x, w) }""")
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
empty = np.zeros((1, 0, 1), np.int8)
expected = [0] * 10
got = [session.run(None, {"x": empty, "w": empty})[0].item() for _ in expected]
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)

"""OpenVINO, float32 model on a processor with bfloat16 instructions: computed in bfloat16 unless told otherwise.

float32 n1c1k1i1f1: 1 + 2^-20 times 1. It is the documented default of the CPU plugin, not a defect; without
INFERENCE_PRECISION_HINT = f32 a float32 result has 8 bits. Exits 1 where it shows, 0 where it does not.
"""

import sys

import numpy as np
import openvino as ov
from openvino import opset13

core = ov.Core()
x = opset13.parameter([1, 64, 8], np.float32)
w = opset13.constant(np.ones((64, 64, 1), np.float32))
model = ov.Model([opset13.convolution(x, w, [1], [0], [0], [1])], [x])
value = np.full((1, 64, 8), 1 + 2**-12, np.float32)
expected = 64 * (1 + 2**-12)
worst = {}
for settings in ({}, {"INFERENCE_PRECISION_HINT": "f32"}):
    got = core.compile_model(model, "CPU", settings)([value])[0]
    worst[len(settings)] = float(np.abs(got - expected).max())
    print(settings, "expected:", expected)
    print(settings, "got:     ", float(got.flat[0]))
sys.exit(worst[0] > 1e-3)

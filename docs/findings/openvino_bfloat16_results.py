"""OpenVINO's Python interface: bfloat16 results come as an array of float16 with the bits of bfloat16.

1 and 2, converted to bfloat16, read as 1.875 and 2. Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import numpy as np
import openvino as ov
from openvino import opset13

x = opset13.parameter([2], np.float32)
model = ov.Model([opset13.convert(x, "bf16")], [x])
result = ov.Core().compile_model(model, "CPU")([np.array([1, 2], np.float32)])[0]

expected, got = [1.0, 2.0], result.astype(np.float32).tolist()
print("expected:", expected)
print("got:     ", got, "of", result.dtype)
sys.exit(got != expected)

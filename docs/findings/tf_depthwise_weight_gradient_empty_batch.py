"""TensorFlow, float16 and float64 weight gradient of a depthwise convolution, empty batch: uninitialised memory.

n0c1k1i1x1f1x1: no images, 1 channel in and out, input and kernel of 1 by 1.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

defect = False
for dtype in ("float32", "bfloat16", "float16", "float64"):
    x = tf.zeros((0, 1, 1, 1), dtype)
    w = tf.ones((1, 1, 1, 1), dtype)
    with tf.GradientTape() as tape:
        tape.watch(w)
        y = tf.nn.depthwise_conv2d(x, w, (1, 1, 1, 1), "VALID")
    expected = 0.0
    got = float(tape.gradient(y, w).numpy().item())
    print(f"{dtype} dL/dF expected: {expected}, got: {got}")
    defect |= got != expected
sys.exit(defect)

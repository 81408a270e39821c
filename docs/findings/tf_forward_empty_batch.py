"""TensorFlow, float32 and bfloat16 forward of an empty batch: the output has the shape of the input.

n0c1k3i2x2f2x2: no images, 1 channel in, 3 out, input of 2 by 2, kernel of 2 by 2.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

defect = False
for dtype in ("float32", "bfloat16", "float16", "float64"):
    y = tf.nn.conv2d(tf.zeros((0, 2, 2, 1), dtype), tf.zeros((2, 2, 1, 3), dtype), 1, "VALID")
    expected = (0, 1, 1, 3)
    got = tuple(y.shape)
    print(f"{dtype} expected shape: {expected}, got: {got}")
    defect |= got != expected
sys.exit(defect)

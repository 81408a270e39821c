"""TensorFlow, weight gradients: NaN or infinity turns the gradients of taps into NaN that do not read it.

n1c1k1i1x1x2f1x1x2 with conv3d in float16 and float64, n1c1k1i1x2f1x2 with conv2d and the same with conv3d in bfloat16:
1 image, 1 channel in and out, two columns and a kernel of two taps, so that each tap reads one column.
n1c1k1i1x3f1x2d1x2 with depthwise_conv2d in float32: no tap reads the column in the middle.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

defect = False
for function, rank in ((tf.nn.conv2d, 2), (tf.nn.conv3d, 3)):
    for dtype in ("float32", "bfloat16", "float16", "float64"):
        for bad in (float("nan"), float("inf")):
            expected = [1.0, bad]
            x = tf.reshape(tf.constant(expected, dtype), (1, *(1,) * (rank - 1), 2, 1))
            w = tf.ones((*(1,) * (rank - 1), 2, 1, 1), dtype)
            with tf.GradientTape() as tape:
                tape.watch(w)
                y = function(x, w, (1,) * (rank + 2), "VALID")
            got = [float(value) for value in tape.gradient(y, w, tf.ones_like(y)).numpy().ravel()]
            print(f"conv{rank}d {dtype} dL/dF = X expected: {expected}, got: {got}")
            defect |= not np.array_equal(expected, got, equal_nan=True)

for bad in (float("nan"), float("inf")):
    expected = [1.0, 1.0]
    x = tf.reshape(tf.constant([1.0, bad, 1.0]), (1, 1, 3, 1))
    w = tf.ones((1, 2, 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(w)
        y = tf.nn.depthwise_conv2d(x, w, (1,) * 4, "VALID", dilations=(1, 2))
    got = [float(value) for value in tape.gradient(y, w, tf.ones_like(y)).numpy().ravel()]
    print(f"depthwise_conv2d float32, dilated, dL/dF = X1, X3 expected: {expected}, got: {got}")
    defect |= not np.array_equal(expected, got)
sys.exit(defect)

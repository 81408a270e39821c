"""TensorFlow, float32 and bfloat16 forward: windows of every second row read uninitialised memory.

float32 n2c1k1i2x2f1x2s1x3: 2 images, 1 channel in and out, input of 2 by 2, kernel of 1 by 2, stride 1 by 3.
bfloat16 n1c1k1i3x2f1x2s1x2: 1 image, 1 channel in and out, input of 3 by 2, kernel of 1 by 2, stride 1 by 2.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf


def forward(dtype: str, images: int, rows: int, stride: int) -> list[float]:
    x = tf.cast(tf.reshape(tf.range(1, 1 + images * rows * 2), (images, rows, 2, 1)), dtype)
    w = tf.ones((1, 2, 1, 1), dtype)
    y = tf.nn.conv2d(x, w, (1, stride), "VALID")
    assert y.shape == (images, rows, 1, 1)
    return [float(value) for value in y.numpy().ravel()]


defect = False
for dtype, images, rows, stride in (("float32", 2, 2, 3), ("bfloat16", 1, 3, 2)):
    expected = [3.0, 7.0, 11.0, 15.0][: images * rows]  # 1 + 2, 3 + 4, 5 + 6, 7 + 8
    got = forward(dtype, images, rows, stride)
    print(dtype, "expected:", expected)
    print(dtype, "got:     ", got)
    defect |= got != expected
sys.exit(defect)

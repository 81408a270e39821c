"""TensorFlow, weight gradient of conv1d and conv2d where no window fits: the result is never written.

n1c1k1i0f2s2: 1 image, 1 channel in and out, input of 0, kernel of 2, stride 2. float32 shows it with oneDNN off, as it
is by default on processors without AVX-512 VNNI, float16, bfloat16 and float64 with oneDNN as well.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that what nobody wrote shows mostly.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(
        sys.executable,
        [sys.executable, *sys.argv],
        {**os.environ, "MALLOC_PERTURB_": "64", "TF_ENABLE_ONEDNN_OPTS": "0"},
    )
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

defect = False
for dtype in ("float32", "float16", "bfloat16", "float64"):
    expected, got = [0.0, 0.0], [0.0, 0.0]
    for _ in range(30):
        x, w = tf.zeros((1, 0, 1), dtype), tf.ones((2, 1, 1), dtype)
        with tf.GradientTape() as tape:
            tape.watch(w)
            y = tf.nn.conv1d(x, w, 2, "VALID")
        assert y.shape == (1, 0, 1)  # no window, so no product
        now = tf.cast(tape.gradient(y, w), tf.float64).numpy().ravel().tolist()
        got = got if now == expected else now
    print(dtype, "expected:", expected)
    print(dtype, "got:     ", got)
    defect |= got != expected
sys.exit(defect)

"""TensorFlow, weight gradient of conv1d and conv2d: dies where the kernel exceeds the input by less than the stride.

n1c1k1i1f2s2: 1 image, 1 channel in and out, input of 1, kernel of 2, stride 2. The result of the forward pass is empty,
as it should be. float32 shows it with oneDNN switched off, as it is by default on processors without AVX-512 VNNI,
float16 and float64 with oneDNN as well. Dies by SIGSEGV where the defect shows, exits 0 where it does not.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

x, w = tf.ones((1, 1, 1), "float64"), tf.ones((2, 1, 1), "float64")
with tf.GradientTape() as tape:
    tape.watch(w)
    y = tf.nn.conv1d(x, w, 2, "VALID")
print("output:", y.shape)
print("expected:", [0.0, 0.0], flush=True)
print("got:     ", tape.gradient(y, w).numpy().ravel().tolist())

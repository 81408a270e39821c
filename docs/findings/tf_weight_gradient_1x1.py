"""TensorFlow, float32 and bfloat16 weight gradient of a strided 1 by 1 kernel: writes outside its memory and dies.

n1c1k1i6x12f1x1s1x2: 1 image, 1 channel in and out, input of 6 by 12, kernel of 1 by 1, stride 1 by 2.
Takes the dtype as an argument, float32 if absent. Dies by SIGABRT or SIGSEGV where the defect shows, exits 1 where
a value is wrong or a later call is refused, 0 where nothing of this happens.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

dtype = sys.argv[1] if len(sys.argv) > 1 else "float32"
x = tf.ones((1, 6, 12, 1), dtype)
g = tf.ones((1, 6, 6, 1), dtype)
expected = 36.0
print(dtype, "expected: 3000 gradients, each", expected, flush=True)
for call in range(1, 3001):
    try:
        gradient = tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=[1, 1, 1, 1], out_backprop=g, strides=[1, 1, 2, 1], padding="VALID"
        )
    except tf.errors.AbortedError as error:
        print(dtype, "got an error in call", call, "where the calls before gave none:", error.message)
        sys.exit(1)
    got = float(gradient.numpy().item())
    if got != expected:
        print(dtype, "got:", got, "in call", call)
        sys.exit(1)
    if call in (1, 10, 100, 1000):
        print(dtype, "got:", got, "in each call up to", call, flush=True)
print(dtype, "got: 3000 gradients, each", expected)

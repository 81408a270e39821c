"""TensorFlow, depthwise convolution with bias and explicit padding in a tf.function, float32 and bfloat16: it dies.

n1c1k1i1x1f1x1p0+1x0: 1 image, 1 channel in and out, input and kernel of 1 by 1, a row of zeros after the data.
Takes the dtype as an argument, float32 if absent. Dies by SIGABRT where the defect shows, exits 1 where the values
are wrong, 0 where they are right.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf


def convolution(x, w, b):
    y = tf.nn.depthwise_conv2d(x, w, (1, 1, 1, 1), [[0, 0], [0, 1], [0, 0], [0, 0]])
    return tf.nn.bias_add(y, b)


dtype = sys.argv[1] if len(sys.argv) > 1 else "float32"
x, w, b = tf.ones((1, 1, 1, 1), dtype), tf.ones((1, 1, 1, 1), dtype), tf.ones(1, dtype)
expected = [2.0, 1.0]
print(dtype, "expected:", expected, flush=True)
eager = [float(value) for value in convolution(x, w, b).numpy().ravel()]
print(dtype, "got, eagerly:", eager, flush=True)
graph = [float(value) for value in tf.function(convolution)(x, w, b).numpy().ravel()]
print(dtype, "got, in a tf.function:", graph)
sys.exit(eager != expected or graph != expected)

"""TensorFlow, gradients of a depthwise convolution by functions of their own: they ignore their dilations.

n1c1k1i3x1f2x1p1x0d2x1, whose padding is "SAME": 1 image, 1 channel in and out, input of 3 by 1,
kernel of 2 by 1. tf.nn.depthwise_conv2d has the dilation right, and so have its gradients by a tape.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf


def flat(tensor):
    return [float(value) for value in tensor.numpy().ravel()]


defect = False
for dtype in ("float32", "bfloat16", "float16", "float64"):
    x = tf.reshape(tf.constant([1, 10, 100], dtype), (1, 3, 1, 1))
    w = tf.reshape(tf.constant([1, 2], dtype), (2, 1, 1, 1))
    g = tf.ones((1, 3, 1, 1), dtype)
    with tf.GradientTape() as tape:
        tape.watch((x, w))
        y = tf.nn.depthwise_conv2d(x, w, (1, 1, 1, 1), "SAME", dilations=(2, 1))
    by_tape = [flat(gradient) for gradient in tape.gradient(y, (x, w), g)]
    settings = {"strides": (1, 1, 1, 1), "padding": "SAME", "dilations": (1, 2, 1, 1)}
    by_function = [
        flat(tf.nn.depthwise_conv2d_backprop_input(x.shape, w, g, **settings)),
        flat(tf.nn.depthwise_conv2d_backprop_filter(x, w.shape, g, **settings)),
    ]
    # Dilation 2 with "SAME" pads 1 before and 1 after: O1 = 2 X2, O2 = X1 + 2 X3, O3 = X2.
    for name, expected, tape_got, got in zip(
        ("dL/dX", "dL/dF"), ([1.0, 3.0, 2.0], [11.0, 110.0]), by_tape, by_function, strict=True
    ):
        print(f"{dtype} {name} expected: {expected}, got by a tape: {tape_got}, got by its function: {got}")
        defect |= got != expected
sys.exit(defect)

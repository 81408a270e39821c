"""TensorFlow, conv3d in a tf.function: its shape is inferred with the dilations of rows and columns exchanged.

n1c1k1i1x2x3f1x2x2d1x1x2: 1 image, 1 channel in and out, input of 1 by 2 by 3, kernel of 1 by 2 by 2, dilation 2 on the
last axis. There is one window; in a graph TensorFlow says that there is none. With an input of 1 by 5 by 5, where both
ways fit, it promises a shape that the result does not have.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # which alone has a dilated conv3d
import tensorflow as tf

promised = []


def convolution(x, w):
    y = tf.nn.conv3d(x, w, (1, 1, 1, 1, 1), "VALID", dilations=(1, 1, 1, 2, 1))
    promised.append(y.shape.as_list())
    return y


defect = False
w = tf.ones((1, 2, 2, 1, 1))
for rows, columns in ((2, 3), (5, 5)):
    x = tf.ones((1, 1, rows, columns, 1))
    expected = [1, 1, rows - 1, columns - 2, 1]
    promised.clear()
    try:
        got = tf.function(convolution)(x, w).shape.as_list()
        inferred = promised[0]
    except ValueError as error:
        inferred = got = str(error).strip().splitlines()[-1].strip().partition(" for ")[0]
    eagerly = convolution(x, w).shape.as_list()
    print(f"input of 1 by {rows} by {columns}: expected shape {expected}, got eagerly {eagerly}")
    print(f"    in a tf.function inferred: {inferred}")
    print(f"    in a tf.function got:      {got}")
    defect |= not eagerly == inferred == got == expected
sys.exit(defect)

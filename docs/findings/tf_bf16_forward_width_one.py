"""TensorFlow, bfloat16 forward: products paired wrongly where the output is one column wide.

n1c16k1i4f4s4: 1 image, 16 channels in, 1 out, input and kernel of 4, stride 4.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf


def forward(tap_of_x: int, tap_of_w: int) -> float:
    """The output for an input that is 1 in one column and a filter that is 1 in one column, in every channel."""
    x = np.zeros((1, 4, 16))
    w = np.zeros((4, 16, 1))
    x[:, tap_of_x] = 1
    w[tap_of_w] = 1
    y = tf.nn.conv1d(tf.cast(x, tf.bfloat16), tf.cast(w, tf.bfloat16), 4, "VALID")
    return float(y.numpy().item())


expected = [[16.0 if column == tap else 0.0 for tap in range(4)] for column in range(4)]
got = [[forward(column, tap) for tap in range(4)] for column in range(4)]
print("row: column of X; entry: tap of F; 16 where all channels of the pair are multiplied")
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)

"""MLX, grouped convolution with a stride that leaves some input over: the gradient of the weight has the wrong shape.

float32 n1c2k2i1f1s3p2+0g2: 2 channels in 2 groups, input of 1, kernel of 1, stride 3, padding 2 before it.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
x, w = mx.ones((1, 1, 2)), mx.ones((2, 1, 1))


def convolution(w):
    return mx.conv_general(x, w, stride=3, padding=([2], [0]), groups=2)


(gradient,) = mx.vjp(convolution, [w], [mx.ones((1, 1, 2))])[1]
expected, got = (2, 1, 1), gradient.shape
print("expected shape:", expected, "all zero, since the only window reads padding")
print("got shape:     ", got, gradient.reshape(-1).tolist())
sys.exit(got != expected)

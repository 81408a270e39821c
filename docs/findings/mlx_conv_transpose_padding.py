"""MLX, transposed convolution: padding above dilation * (kernel - 1) cuts the input apart instead of the output.

float32 n1c1k1i3f1s2p1t: input of 3, kernel of 1, stride 2, padding 1. Exits 1 where the defect shows, 0 where not.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
x = mx.array([1.0, 10.0, 100.0]).reshape(1, 3, 1)
y = mx.conv_transpose1d(x, mx.ones((1, 1, 1)), stride=2, padding=1)

expected = [0.0, 10.0, 0.0]  # 1 0 10 0 100 without an element at each end
got = y.reshape(-1).tolist()
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)

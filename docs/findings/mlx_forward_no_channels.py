"""MLX, convolution without input channels: the process dies by SIGFPE.

float32 n1c0k1i1f1: 1 image of 0 channels, 1 filter, input and kernel of 1. Exits 0 where the defect does not show.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
expected = [0.0]
print("expected:", expected, flush=True)
got = mx.conv1d(mx.zeros((1, 1, 0)), mx.zeros((1, 1, 0))).reshape(-1).tolist()
print("got:     ", got)
sys.exit(got != expected)

"""MLX, empty batch: the sum that is the gradient of a bias reads uninitialised memory, when its axes were exchanged.

float32 n0c1k1i2f1s2t and any other: the gradient of the output is (0, 1, 3), moved to channels last and summed over
images and positions. Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import mlx.core as mx
import numpy as np

mx.set_default_device(mx.cpu)
dy = mx.array(np.zeros((0, 1, 3), np.float32))

expected = [0.0] * 20
got = [mx.sum(mx.moveaxis(dy, 1, -1), axis=(0, 1)).item() for _ in expected]
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)

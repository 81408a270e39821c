"""PyTorch, bfloat16 bias gradient of a 3-D convolution: uninitialised memory is added to the sum.

n1c16k1i1x1x1f1x5x1p0x2x0: 1 image, 16 channels in, 1 out, input of 1 by 1 by 1, kernel of 1 by 5 by 1, padding 2 on
the middle axis. Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import torch

x = torch.ones(1, 16, 1, 1, 1, dtype=torch.bfloat16)
w = torch.ones(1, 16, 1, 5, 1, dtype=torch.bfloat16)
b = torch.zeros(1, dtype=torch.bfloat16, requires_grad=True)
y = torch.nn.functional.conv3d(x, w, b, padding=(0, 2, 0))
assert y.shape == (1, 1, 1, 1, 1)
y.backward(torch.ones_like(y))

expected = 1.0
got = b.grad.item()
print("dL/db, expected:", expected)
print("dL/db, got:     ", got)
sys.exit(got != expected)

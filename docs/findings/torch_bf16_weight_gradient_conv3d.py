"""PyTorch, bfloat16 weight gradient of a 3-D convolution: taps beside the padding lose their only product.

n1c1k32i1x1x1f2x1x1p1x0x0: 1 image, 1 channel in, 32 out, input of 1 by 1 by 1, kernel of 2 by 1 by 1, padding 1 on
the first axis. Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import torch

x = torch.ones(1, 1, 1, 1, 1, dtype=torch.bfloat16)
w = torch.ones(32, 1, 2, 1, 1, dtype=torch.bfloat16, requires_grad=True)
y = torch.nn.functional.conv3d(x, w, padding=(1, 0, 0))
assert y.shape == (1, 32, 2, 1, 1)  # the first window covers the padding and x, the second x and the padding
y.backward(torch.ones_like(y))
got = w.grad[:, 0, :, 0, 0].float()
print("expected: every element 1, got:", sorted(set(got.ravel().tolist())))
sys.exit(bool((got != 1).any()))

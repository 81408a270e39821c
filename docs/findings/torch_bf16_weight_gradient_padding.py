"""PyTorch, bfloat16 weight gradient: a tap that reads only padding gets uninitialised memory instead of 0.

n1c16k1i1f2s2p1: 1 image, 16 channels in, 1 out, input of 1, kernel of 2, stride 2, padding 1.
Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import torch

x = torch.ones(1, 16, 1, dtype=torch.bfloat16)
w = torch.ones(1, 16, 2, dtype=torch.bfloat16, requires_grad=True)
y = torch.nn.functional.conv1d(x, w, stride=2, padding=1)
assert y.shape == (1, 1, 1)  # its only window covers the padding and x
y.backward(torch.ones_like(y))

expected = [0.0, 1.0]
got = w.grad[0, 0].tolist()
print("dL/dF, channel 1, expected:", expected)
print("dL/dF, channel 1, got:     ", got)
sys.exit(got != expected)

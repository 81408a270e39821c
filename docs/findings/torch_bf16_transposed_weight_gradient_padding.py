"""PyTorch, bfloat16 weight gradient of a transposed convolution, channels last: a tap that reads only padding is not 0.

n1c1k2i1x1f1x2s1x2p0x1to0x1: 1 image, 1 channel in, 2 out, input of 1 by 1, kernel of 1 by 2; on the last axis stride 2,
padding 1 and output padding 1. Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that reading what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import torch

x = torch.ones(1, 1, 1, 1, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)
w = torch.ones(1, 2, 1, 2, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last).requires_grad_()
y = torch.nn.functional.conv_transpose2d(x, w, stride=(1, 2), padding=(0, 1), output_padding=(0, 1))
assert y.shape == (1, 2, 1, 1)
y.backward(torch.ones_like(y))

expected = [0.0, 1.0]
got = w.grad[0, 0, 0].tolist()
print("dL/dF, output channel 1, expected:", expected)
print("dL/dF, output channel 1, got:     ", got)
sys.exit(got != expected)

"""PyTorch, bfloat16 input gradient of a 3-D convolution: elements that no window reads are not all set to 0.

n1c1k1i3x1x17f2x1x1s2x1x1: 1 image, 1 channel in and out, input of 3 by 1 by 17, kernel of 2 by 1 by 1, stride 2 on the
first axis. It needs a processor with AMX. Exits 1 where the defect shows, 0 where it does not.
"""

import os
import sys

# Memory handed out by malloc is filled with a fixed byte, so that what nobody wrote shows every time.
if "MALLOC_PERTURB_" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_PERTURB_": "64"})

import torch

x = torch.ones(1, 1, 3, 1, 17, dtype=torch.bfloat16, requires_grad=True)
w = torch.ones(1, 1, 2, 1, 1, dtype=torch.bfloat16)
y = torch.nn.functional.conv3d(x, w, stride=(2, 1, 1))
assert y.shape == (1, 1, 1, 1, 17)  # one window along the first axis; it reads rows 1 and 2, and none reads row 3
y.backward(torch.ones_like(y))
expected = [[1.0] * 17, [1.0] * 17, [0.0] * 17]
got = x.grad[0, 0, :, 0].float().tolist()
for row in range(3):
    print(f"row {row + 1} expected: {expected[row]}")
    print(f"row {row + 1} got:      {got[row]}")
sys.exit(got != expected)

"""PyTorch, forward: without input channels the output has no channels either.

n1c0k4i3x3f2x2: 1 image, 0 channels in, 4 out, input of 3 by 3, kernel of 2 by 2.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import torch

x, w = torch.zeros(1, 0, 3, 3), torch.zeros(4, 0, 2, 2)
bias = torch.ones(4)
got = torch.nn.functional.conv2d(x, w, bias)
print("O, expected: shape (1, 4, 2, 2), every element the bias: an empty sum is 0")
print("O, got:      shape", tuple(got.shape))
sys.exit(got.shape != (1, 4, 2, 2))

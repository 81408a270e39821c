"""PyTorch, bfloat16 forward: a NaN reaches an output that does not read it.

n1c1k1i4f2: 1 image, 1 channel in and out, input of 4, kernel of 2.
Exits 1 where the defect shows, 0 where it does not.
"""

import math
import sys

import torch

x = torch.tensor([[[1.0, 1.0, math.nan, 1.0]]], dtype=torch.bfloat16)
w = torch.ones(1, 1, 2, dtype=torch.bfloat16)
got = torch.nn.functional.conv1d(x, w)[0, 0].tolist()
print("O, expected: [2.0, nan, nan]: the first output reads the first two elements only")
print("O, got:     ", got)
sys.exit(got[0] != 2.0)

"""PyTorch, float32 forward in 3-D with one channel: an input whose axis of size 1 has stride 1 is read wrongly.

n4c1k1i3x3x4f1x1x2s1x1x3: 4 images, 1 channel in and out, input of 3 by 3 by 4, kernel of 1 by 1 by 2, stride 1 by 1
by 3. The stride along an axis of size 1 is never used to reach an element; permute and unsqueeze leave such strides.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import torch

x = torch.arange(1.0, 145.0).reshape(4, 1, 3, 3, 4)
w = torch.tensor([1.0, 2.0]).reshape(1, 1, 1, 1, 2)
same = x.as_strided(x.shape, (36, 1, 12, 4, 1))
assert torch.equal(same, x)

expected = torch.nn.functional.conv3d(x, w, stride=(1, 1, 3))[0].flatten().tolist()
got = torch.nn.functional.conv3d(same, w, stride=(1, 1, 3))[0].flatten().tolist()
print("O, image 1, expected:", expected)
print("O, image 1, got:     ", got)
sys.exit(got != expected)

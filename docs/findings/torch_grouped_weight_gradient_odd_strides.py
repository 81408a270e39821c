"""PyTorch, float64 weight gradient in groups: an error for an input whose axes of size 1 have a stride of 2.

n1c4k2i1f2p1g2: 1 image, 4 channels in and 2 out, input of 1, kernel of 2, padding 1, 2 groups. The strides along axes
of size 1 are never used to reach an element; permute and unsqueeze leave such strides.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import torch


def weight_gradient(x: torch.Tensor) -> list[float]:
    w = torch.ones(2, 2, 2, dtype=x.dtype, requires_grad=True)
    torch.nn.functional.conv1d(x, w, padding=1, groups=2).sum().backward()
    assert w.grad is not None
    return w.grad.flatten().tolist()


x = torch.arange(1.0, 5.0, dtype=torch.float64).reshape(1, 4, 1)
same = x.as_strided(x.shape, (2, 1, 2))
assert torch.equal(same, x)

print("dL/dF, expected:", weight_gradient(x))
try:
    print("dL/dF, got:     ", weight_gradient(same))
except RuntimeError as error:
    print("dL/dF, got:     ", error)
    sys.exit(1)

"""PyTorch, bfloat16 forward, channels last: products paired wrongly where the output is one column wide.

n1c16k1i1x4f1x4s4x4: 1 image, 16 channels in, 1 out, input and kernel of 1 by 4, stride 4.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import torch


def forward(tap_of_x: int, tap_of_w: int) -> float:
    """The output for an input that is 1 in one column and a filter that is 1 in one column, in every channel."""
    x = torch.zeros(1, 16, 1, 4, dtype=torch.bfloat16).to(memory_format=torch.channels_last)
    w = torch.zeros(1, 16, 1, 4, dtype=torch.bfloat16).to(memory_format=torch.channels_last)
    x[..., tap_of_x] = 1
    w[..., tap_of_w] = 1
    return torch.nn.functional.conv2d(x, w, stride=4).item()


expected = [[16.0 if column == tap else 0.0 for tap in range(4)] for column in range(4)]
got = [[forward(column, tap) for tap in range(4)] for column in range(4)]
print("row: column of X; entry: tap of F; 16 where all channels of the pair are multiplied")
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)

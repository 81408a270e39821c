"""PyTorch, float32 weight gradient of a strided 1 by 1 kernel, channels last: writes outside its memory and dies.

n1c2k1i128x128f1x1s2x2: 1 image, 2 channels in, 1 out, input of 128 by 128, kernel of 1 by 1, stride 2 by 2.
Dies by SIGSEGV or SIGABRT where the defect shows (by SIGALRM if it hangs), exits 1 where a value is wrong, 0 where
none of these happens.
"""

import signal
import sys

import torch

signal.alarm(60)
x = torch.ones(1, 2, 128, 128).to(memory_format=torch.channels_last)
w = torch.ones(1, 2, 1, 1, requires_grad=True)
expected = [4096.0, 4096.0]
print("expected: 30 gradients, each", expected, flush=True)
for call in range(1, 31):
    w.grad = None
    y = torch.nn.functional.conv2d(x, w, stride=2)
    y.backward(torch.ones_like(y))
    got = w.grad.ravel().tolist()
    print("got:", got, "in call", call, flush=True)
    if got != expected:
        sys.exit(1)

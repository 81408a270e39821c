"""PyTorch, forward-mode derivative: fails when two threads take one at the same time.

n1c1k1i3f2: 1 image, 1 channel in and out, input of 3, kernel of 2; any other does as well.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys
import threading

import torch
from torch.autograd import forward_ad

CALLS = 300
told: set[str] = set()


def derive() -> None:
    x, v, w = torch.ones(1, 1, 3), torch.ones(1, 1, 3), torch.ones(1, 1, 2)
    for _ in range(CALLS):
        try:
            with forward_ad.dual_level():
                forward_ad.unpack_dual(torch.nn.functional.conv1d(forward_ad.make_dual(x, v), w))
        except RuntimeError as error:
            told.add(str(error).splitlines()[0])


threads = [threading.Thread(target=derive) for _ in range(2)]
sys.setswitchinterval(1e-6)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{CALLS} derivatives in each of two threads, expected: no error")
print("got:", "; ".join(sorted(told)) or "no error")
sys.exit(bool(told))

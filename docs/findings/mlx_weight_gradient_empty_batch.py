"""MLX, empty batch: the gradient of the weight raises an error, or with groups ends the process by SIGFPE.

float32 n0c1k1i2f1 and n0c2k2i2f1g2: no image, an input of 2, a kernel of 1; then 2 channels in 2 groups.
Exits 1 or dies by SIGFPE where the defect shows, exits 0 where it does not.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
defect = False
for groups in (1, 2):
    x, w, dy = mx.zeros((0, 2, groups)), mx.ones((groups, 1, 1)), mx.zeros((0, 2, groups))

    def convolution(w, x=x, groups=groups):
        return mx.conv1d(x, w, groups=groups)

    expected = [0.0] * groups
    print("expected:", expected, flush=True)
    try:
        got = mx.vjp(convolution, [w], [dy])[1][0].reshape(-1).tolist()
    except ValueError as error:
        got = str(error)
    print("got:     ", got, flush=True)
    defect |= got != expected
sys.exit(defect)

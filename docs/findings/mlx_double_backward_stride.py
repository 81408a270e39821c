"""MLX, strided convolution whose windows do not tile the input: a second reverse mode gives wrong values and shapes.

float32 n1c1k1i2f1s2, input of 2, kernel of 1, stride 2, with V = 1 2 and U = 7; and n1c1k1i5f1s3, input of 5, stride 3.
Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
defect = False
for size, stride in ((2, 2), (5, 3)):
    outputs = (size - 1) // stride + 1
    x, w, dy = mx.ones((1, size, 1)), mx.full((1, 1, 1), 3.0), mx.ones((1, outputs, 1))
    directions = [mx.arange(1, size + 1, dtype=mx.float32).reshape(x.shape), mx.full(w.shape, 7.0)]

    def gradients(x, w, dy, stride=stride):
        return mx.vjp(lambda x, w: mx.conv1d(x, w, stride=stride), [x, w], [dy])[1]

    expected = [(1.0 + stride * p) * 3.0 + 1.0 * 7.0 for p in range(outputs)]  # dE/d(dL/dO) = V F + X U
    print("expected:", expected)
    try:
        got = mx.vjp(gradients, [x, w, dy], directions)[1][2].reshape(-1).tolist()
    except ValueError as error:
        got = str(error)
    print("got:     ", got)
    defect |= got != expected
sys.exit(defect)

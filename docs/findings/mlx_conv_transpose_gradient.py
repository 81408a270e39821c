"""MLX, transposed convolution with output padding: the gradient of the input has the wrong shape.

float32 n1c1k1i1f1s2to1: input of 1, kernel of 1, stride 2, output padding 1; and n1c1k1i2f2s3to2, input of 2, kernel
of 2. Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import mlx.core as mx

mx.set_default_device(mx.cpu)
defect = False
for size, kernel, stride, extra in ((1, 1, 2, 1), (2, 2, 3, 2)):
    w = mx.ones((1, kernel, 1))
    x = mx.zeros((1, size, 1))

    def convolution(x, w=w, stride=stride, extra=extra):
        return mx.conv_transpose1d(x, w, stride=stride, output_padding=extra)

    outputs = convolution(x).shape[1]
    dy = mx.arange(1, outputs + 1, dtype=mx.float32)
    (gradient,) = mx.vjp(convolution, [x], [dy.reshape(1, outputs, 1)])[1]
    expected = [sum(dy[stride * i + r].item() for r in range(kernel)) for i in range(size)]
    got = gradient.reshape(-1).tolist()
    print("expected:", expected, "of shape", x.shape)
    print("got:     ", got, "of shape", gradient.shape)
    defect |= got != expected
sys.exit(defect)

"""The paste-able call of `scipy.signal.convolve`: source that computes ``actual`` with loops around it."""

from __future__ import annotations

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Pass, products

_COMMON = """\
import ml_dtypes
import numpy as np
import scipy.signal


def convolve(a, b, mode):
    return scipy.signal.convolve(a, b, mode=mode, method="{method}")


def spread(array, step):  # zeros between the elements
    shape = [s * (n - 1) + 1 for s, n in zip(step, array.shape[2:])]
    zeros = np.zeros((*array.shape[:2], *shape), array.dtype)
    zeros[:, :, *(slice(None, None, s) for s in step)] = array
    return zeros


stride, dilation, groups = {stride}, {dilation}, {groups}
left, right = {left}, {right}
"""

_FORWARD = """\
x = np.pad(left, {sides}, mode="{mode}")
w = spread(right, dilation)
actual = np.empty({output_shape}, left.dtype)
for n, k in np.ndindex(actual.shape[:2]):
    group = k // (len(w) // groups)
    channels = slice(group * w.shape[1], (group + 1) * w.shape[1])
    sums = convolve(x[n, channels], np.flip(w[k]), "valid")[0]
    actual[n, k] = sums[tuple(slice(None, None, s) for s in stride)]
"""

_INPUT_GRADIENT = """\
dy, w = spread(left, stride), spread(right, dilation)
padded = np.zeros({padded_shape}, left.dtype)
filters = len(w) // groups
for n, c in np.ndindex(padded.shape[:2]):
    group, within = divmod(c, w.shape[1])
    chosen = slice(group * filters, (group + 1) * filters)
    sums = convolve(dy[n, chosen], w[chosen, within][::-1], "full")[filters - 1]
    padded[n, c][tuple(map(slice, sums.shape))] = sums
actual = padded[:, :, {inside}]
"""

_WEIGHT_GRADIENT = """\
dy, x = spread(left, stride), np.pad(right, {sides}, mode="{mode}")
actual = np.zeros({weight_shape}, left.dtype)
for k, within in np.ndindex(actual.shape[:2] if len(x) else (0, 0)):
    c = k // (len(actual) // groups) * actual.shape[1] + within
    sums = convolve(x[:, c], np.flip(dy[:, k]), "valid")[0]
    actual[k, within] = sums[tuple(slice(0, d * (r - 1) + 1, d) for d, r in zip(dilation, actual.shape[2:]))]
"""

_TEXTS = {Pass.FORWARD: _FORWARD, Pass.INPUT_GRADIENT: _INPUT_GRADIENT, Pass.WEIGHT_GRADIENT: _WEIGHT_GRADIENT}


def write_scipy_call(pass_: Pass, geometry: ConvGeometry, dtype: str, *, method: str, bias: bool) -> str:
    """Source that computes ``actual`` from the arrays by name."""
    direct = geometry.direct
    (part,) = products(pass_, geometry)
    text = (_COMMON + _TEXTS[part.kind]).format(
        method=method,
        stride=direct.stride,
        dilation=direct.dilation,
        groups=direct.groups,
        left=_operand(part.left, pass_, dtype),
        right=_operand(part.right, pass_, dtype),
        sides=((0, 0), (0, 0), *direct.padding),
        mode=NUMPY_MODES[direct.padding_mode],
        output_shape=direct.output_shape,
        weight_shape=direct.weight_shape,
        padded_shape=(*direct.input_shape[:2], *direct.padded_size),
        inside=", ".join(f"{p[0]}:{p[0] + i}" for i, p in zip(direct.size, direct.padding, strict=True)),
    )
    if pass_ is Pass.FORWARD and bias:
        text += f"actual = actual + bias.reshape(-1{', 1' * geometry.rank})\n"
    return text


def _operand(name: str, pass_: Pass, dtype: str) -> str:
    wide = f"{name}.astype(np.int32)" if dtype == "int8" else name
    conjugated = pass_ is not Pass.FORWARD and name != "output_gradient" and dtype.startswith("complex")
    return f"{wide}.conj()" if conjugated else wide

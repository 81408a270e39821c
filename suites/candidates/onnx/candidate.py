"""What runs ONNX models, as a candidate: the forward pass, weight and bias being part of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnx
import onnx.printer

from ....oracle.numbers.dtypes import numpy_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass, shape_of
from . import model as onnx_model

_NOTHING: Mapping[str, str] = MappingProxyType({})
_PREPARED = """\
import ml_dtypes
import numpy as np
import onnx.numpy_helper
import onnx.parser

model = onnx.parser.parse_model(\"\"\"
{text}\"\"\")
for name, array in {{{constants}}}.items():
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
"""


class OnnxCandidate:
    """A runtime for ONNX models.

    Parameters
    ----------
    run : callable
        (model, input) -> the output of a model whose only input is called ``input``.
    run_text : str
        The same in source: computes ``actual`` from ``model`` and ``input``.
    name, version : str
    limitation : callable
        (geometry, dtype) -> what this runtime has not, beside what ONNX has not.
    dtypes : sequence of str
    accumulators, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    """

    def __init__(
        self,
        run: Callable[[onnx.ModelProto, Array], Array],
        run_text: str,
        *,
        name: str,
        version: str,
        limitation: Callable[[ConvGeometry, str], str | None] = lambda geometry, dtype: None,
        dtypes: Sequence[str] = (*onnx_model.FLOATS, "int8"),
        accumulators: Mapping[str, str] = _NOTHING,
        conventions: Mapping[str, str] = _NOTHING,
    ) -> None:
        self.name = name
        self.version = version
        self.dtypes = dtypes
        self.accumulators = accumulators
        self.conventions = conventions
        self._run = run
        self._run_text = run_text
        self._limitation = limitation

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return onnx_model.limitation(geometry, dtype) or self._limitation(geometry, dtype)

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return self._run(_model(geometry, input.dtype.name, weight, bias), input)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        names = ["weight", *(["bias"] if bias else [])]
        model = _model(geometry, dtype, *(np.zeros(shape_of(name, geometry), numpy_dtype(dtype)) for name in names))
        del model.graph.initializer[:]
        constants = ", ".join(f'"{name}": {name}' for name in names)
        return _PREPARED.format(text=onnx.printer.to_text(model), constants=constants) + self._run_text


def _model(geometry: ConvGeometry, dtype: str, weight: Array, bias: Array | None = None) -> onnx.ModelProto:
    constants = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    return onnx_model.model(geometry, dtype, bias=bias is not None, constants=constants)

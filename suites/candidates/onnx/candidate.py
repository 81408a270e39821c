"""What runs ONNX models, as a candidate: the forward pass, weight and bias being part of the model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from onnx import numpy_helper, parser, printer

from ....oracle.numbers.dtypes import numpy_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass, shape_of
from ..calls.source_text import Call
from ..protocol import NOTHING, Candidate
from . import model as onnx_model


def running(run: Callable[[onnx.ModelProto, np.ndarray], np.ndarray], text: str) -> Callable[..., np.ndarray]:
    """What computes the output by a model that is given as text, whose constants are added to it."""

    def compute(input: np.ndarray, **constants: np.ndarray) -> np.ndarray:
        model = parser.parse_model(text)
        for name, array in constants.items():
            model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return run(model, input)

    return compute


class OnnxCandidate(Candidate):
    """A runtime for ONNX models.

    Parameters
    ----------
    run : callable
        (model, input) -> the output of a model whose only input is called ``input``.
    name, version : str
    limitation : callable
        (geometry, dtype) -> what this runtime has not, beside what ONNX has not.
    unsupported : tuple of type
        The exceptions by which `run` says that it has no such convolution.
    dtypes : sequence of str
    accumulators, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    """

    passes = frozenset((Pass.FORWARD,))

    def __init__(
        self,
        run: Callable[[onnx.ModelProto, Array], Array],
        *,
        name: str,
        version: str,
        limitation: Callable[[ConvGeometry, str], str | None] = lambda geometry, dtype: None,
        unsupported: tuple[type[Exception], ...] = (),
        dtypes: Sequence[str] = (*onnx_model.FLOATS, "int8"),
        accumulators: Mapping[str, str] = NOTHING,
        conventions: Mapping[str, str] = NOTHING,
    ) -> None:
        self.name = name
        self.version = version
        self.dtypes = dtypes
        self.accumulators = accumulators
        self.conventions = conventions
        self._run = run
        self._limitation = limitation
        self._unsupported = unsupported

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return onnx_model.limitation(geometry, dtype) or self._limitation(geometry, dtype)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        call = self._call(geometry, operands.input.dtype.name, bias=operands.bias is not None)
        try:
            return call.prepared()(**call.arguments(operands))
        except self._unsupported as error:
            raise NotImplementedError(str(error)) from error

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return self._call(geometry, dtype, bias=bias).write(bias=bias)

    def _call(self, geometry: ConvGeometry, dtype: str, *, bias: bool) -> Call:
        settings = {"run": self._run, "text": _text(geometry, dtype, bias=bias)}
        return Call(running, settings, ("input", "weight", "bias"))


@functools.lru_cache(maxsize=256)
def _text(geometry: ConvGeometry, dtype: str, *, bias: bool) -> str:
    """The model without its constants, weight and bias."""
    names = ["weight", *(["bias"] if bias else [])]
    constants = {name: np.zeros(shape_of(name, geometry), numpy_dtype(dtype)) for name in names}
    model = onnx_model.model(geometry, dtype, bias=bias, constants=constants)
    del model.graph.initializer[:]
    return str(printer.to_text(model))

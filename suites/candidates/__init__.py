"""Candidates: what an implementation under test looks like, and the ones that come built in.

A candidate is a plain function, which is its forward pass, or any object with
some of the functions ``forward``, ``input_gradient``, ``weight_gradient``,
``bias_gradient`` and ``update``, and of second order ``jvp`` and the three
``double_backward_…`` (`convoracle.oracle.problem.passes.Pass`). There is no class to
inherit. Arguments are given by parameter name, as pytest gives fixtures (`binding`
lists the names)::

    def conv2d(x, w, bias=None, *, stride, padding): ...


    class MyConvolution:
        def forward(self, input, weight, bias, geometry): ...

        def weight_gradient(self, input, output_gradient, geometry): ...

``x`` stands for ``input``, ``w`` for ``weight``, ``b`` for ``bias``, ``dy`` and
``grad_output`` for ``output_gradient``, in any order. Leading required parameters
with names of your own are operands by position: input and weight in a forward
pass. A bias is given to ``bias`` or ``b`` only, and any other required parameter
is an error.

Arrays are NumPy arrays in canonical shapes: input (N, C, \\*I), weight
(K, C // groups, \\*R), bias (K,), output gradient (N, K, \\*O). What is returned
must be one, too, or offer ``__dlpack__``; `device` hands over arrays of other libraries.

An object with ``passes``, members of `Pass`, and ``evaluate(pass_, operands, geometry)`` is a candidate as it is
(`protocol`): one function for all passes, which is given the whole `Operands`. Whatever else is given is made one,
once, where it is loaded.

An object may also have

``name``, ``version`` : str
    As shown in reports.
``accumulators`` : Mapping[str, str]
    Storage dtype to the dtype in which it claims to accumulate, such as
    ``{"float16": "float32"}``. It is held to what it claims; a dtype that is not
    named accumulates in itself.
``multipliers`` : Mapping[str, str]
    Dtype to the format to which its operands are rounded before they are
    multiplied, such as ``{"float32": "tfloat32"}``.
``results`` : Mapping[str, str]
    Dtype of the operands to that of the result, where it is not the usual one:
    int32 for int8, float32 for 8-bit floats, else the same.
``conventions`` : Mapping[str, str]
    Where it does something legitimately in its own way, see
    `convoracle.oracle.numbers.dtypes.CONVENTIONS`: ``{"algorithm": "transform"}`` for Winograd or the FFT,
    ``{"accumulation": "aligned"}`` for tensor cores, ``{"order": "blocks of 32"}`` for who promises that.
``seconds_per_call`` : float
    A time limit below which no call counts as hung, for one that compiles at first calls.
``domain`` : Mapping[str, object]
    What it takes at all, by the keys of `convoracle.suites.candidates.calls.domain.KEYS`:
    ``{"kernels": [3], "strides": [1, 2], "paddings": ["half"], "groups": ["depthwise"]}``. What is outside is
    unsupported and not called, and cases are drawn within. What is not declared is found out by asking.
``dtypes`` : Collection[str]
    Short for that key of the domain: float32, float64, float16 and bfloat16 are asked of who says nothing.
``validates`` : bool
    Whether it, or the library that it hands its arguments on to, refuses illegal
    calls with an error: it is then asked to. Otherwise a geometry is to be trusted.
``zero_directions`` : bool
    Of one with ``evaluate``: whether a direction of the jvp and the like may be None, which means zero. A function
    says so for each by a parameter that defaults to None.
``rests_on`` : str
    The built-in candidate of the framework whose operations it is made of, such as ``torch``; what
    `convoracle.suites.candidates.pytorch` makes has it. Where it is wrong, that is asked the same: a
    fault that the framework has by itself is told as the framework's.
``limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None``
    Why a case is not supported, or None. Raising NotImplementedError during a
    call says the same.
``call_text(pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str``
    Python source, for people to paste, that computes an array ``actual`` from the
    arrays ``input``, ``weight``, ``bias``, ``output_gradient`` and the number
    ``learning_rate``.

A candidate need not be Python: a shared library with the functions of convoracle.h
(`shared_library`), or a program that answers over its standard input and output
(`executable`), is one as well.
"""

from __future__ import annotations

BUILT_IN = {
    "reference": "convoracle.suites.candidates.reference:candidate",
    "torch": "convoracle.suites.candidates.pytorch:candidate",
    "torch-compile": "convoracle.suites.candidates.pytorch.compiled:candidate",
    "torch-channels-last": "convoracle.suites.candidates.pytorch.channels_last:candidate",
    "torch-cuda": "convoracle.suites.candidates.pytorch.cuda:candidate",
    "tensorflow": "convoracle.suites.candidates.tensorflow:candidate",
    "tensorflow-function": "convoracle.suites.candidates.tensorflow.function:candidate",
    "tensorflow-xla": "convoracle.suites.candidates.tensorflow.xla:candidate",
    "jax": "convoracle.suites.candidates.jax:candidate",
    "onnxruntime": "convoracle.suites.candidates.onnx.onnxruntime:candidate",
    "onnx-reference": "convoracle.suites.candidates.onnx.reference:candidate",
    "openvino": "convoracle.suites.candidates.onnx.openvino:candidate",
    "scipy": "convoracle.suites.candidates.scipy.builtin:candidate",
    "scipy-fft": "convoracle.suites.candidates.scipy.builtin:fft_candidate",
    "tinygrad": "convoracle.suites.candidates.tinygrad:candidate",
    "mlx": "convoracle.suites.candidates.mlx:candidate",
    "keras": "convoracle.suites.candidates.keras.on_jax:candidate",
    "keras-tensorflow": "convoracle.suites.candidates.keras.on_tensorflow:candidate",
    "differences": "convoracle.suites.candidates.differences:candidate",
}
"""Name of a built-in candidate -> module and factory; imported only when asked for."""

FORMS = "package.module:attribute, path/to/file.py:attribute, path/to/libmine.so or 'exec:program argument ...'"
"""How a candidate of one's own is named in text."""

_PYTORCH = ("PyTorch", "torch")
_TENSORFLOW = ("TensorFlow", "tensorflow")
_SCIPY = ("SciPy", "scipy")
DEFAULT = ("reference", "torch", "tensorflow", "differences")
"""The candidates of a run that names none."""

FRAMEWORKS = {
    "torch": _PYTORCH,
    "torch-compile": _PYTORCH,
    "torch-channels-last": _PYTORCH,
    "torch-cuda": _PYTORCH,
    "tensorflow": _TENSORFLOW,
    "tensorflow-function": _TENSORFLOW,
    "tensorflow-xla": _TENSORFLOW,
    "jax": ("JAX", "jax"),
    "keras": ("Keras with JAX", "keras"),
    "keras-tensorflow": ("Keras with TensorFlow", "keras,tensorflow"),
    "onnxruntime": ("ONNX and ONNX Runtime", "onnx"),
    "onnx-reference": ("ONNX", "onnx"),
    "openvino": ("OpenVINO and ONNX", "openvino"),
    "scipy": _SCIPY,
    "scipy-fft": _SCIPY,
    "tinygrad": ("tinygrad", "tinygrad"),
    "mlx": ("MLX", "mlx"),
}
"""Name of a built-in candidate -> the framework it needs, and the extra of convoracle that installs it."""


_PACKAGES = {
    "keras": ("keras", "jax"),
    "onnx": ("onnx", "onnxruntime"),
    "openvino": ("openvino", "onnx"),
    "mlx": ("mlx[cpu]",),
}
"""What an extra installs, where that is not a package of its name."""


def how_to_install(extras: str) -> str:
    """The commands that install what an extra, or several with commas between them, stands for."""
    packages = dict.fromkeys(package for extra in extras.split(",") for package in _PACKAGES.get(extra, (extra,)))
    quoted = (f"'{package}'" if "[" in package else package for package in packages)
    return f"pip install {' '.join(quoted)}, or in a clone of convoracle pip install '.[{extras}]'"


class CandidateError(ValueError):
    """A candidate that cannot be loaded or called: one sentence that says what to do."""


class ProcessDied(Exception):
    """A candidate's own process ended during a call; the text says how, as ``SIGSEGV (segmentation fault)``."""


class DeviceDied(Exception):
    """A candidate's device does nothing more in this process, as the candidate itself says."""


class Misconduct(Exception):
    """What a candidate outside of Python did against its interface, such as writing past the end of its result."""

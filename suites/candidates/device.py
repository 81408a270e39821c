"""Arrays of other libraries, also on a device: candidates take and return them, by DLPack.

`arrays_of` makes a candidate of a function that works on the arrays of PyTorch,
JAX, CuPy or another library with a ``from_dlpack``, so that the author of a GPU
kernel writes it on device arrays::

    def conv2d(x, w, stride): ...  # x and w are tensors on the GPU


    candidate = arrays_of(conv2d, library="torch", device="cuda")

`held` lets a certificate of a whole layer read a result where it lies.

NumPy's DLPack knows neither bfloat16 nor float8: such elements travel as integers
of the same width. A GPU kernel that fails does so, at the latest, when its result
is fetched, which is part of the call.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from ...oracle.certifying.held import Held
from ...oracle.problem.passes import Array, Operands, Pass
from . import CandidateError
from .calls.naming import name_of

_INTEGERS = {"bfloat16": "int16", "float8_e4m3fn": "uint8", "float8_e5m2": "uint8"}
"""Dtypes that NumPy's DLPack does not know -> the integers of the same width."""
_CPU_TYPES = (1, 3, 11)
"""DLPack's device types whose memory the CPU reads: its own, and what CUDA and ROCm pinned there."""

ForeignArray = Any


@dataclass(frozen=True, slots=True)
class _Library:
    """How arrays of a library are made, put on a device and reinterpreted.

    Parameters
    ----------
    namespace : str
        The module that has `from_dlpack`.
    put : callable
        (array of the library, device) -> the array there.
    view : callable
        (array of the library, name of a dtype of the same width) -> its bits as that dtype.
    fetch : callable
        Array of the library -> one that lies where the CPU reads it.
    """

    namespace: str
    put: Callable[[ForeignArray, str], ForeignArray]
    view: Callable[[ForeignArray, str], ForeignArray]
    fetch: Callable[[ForeignArray], ForeignArray]


def _torch_view(tensor: ForeignArray, dtype: str) -> ForeignArray:
    return tensor.view(getattr(importlib.import_module("torch"), dtype))


def _torch_fetch(tensor: ForeignArray) -> ForeignArray:
    return tensor.detach().cpu().resolve_conj().resolve_neg()


def _jax_put(array: ForeignArray, device: str) -> ForeignArray:
    jax = importlib.import_module("jax")
    kind, _, number = device.partition(":")
    return jax.device_put(array, jax.devices(kind)[int(number or 0)])


def _jax_view(array: ForeignArray, dtype: str) -> ForeignArray:
    jax = importlib.import_module("jax")
    return jax.lax.bitcast_convert_type(array, getattr(jax.numpy, dtype))


def _jax_fetch(array: ForeignArray) -> ForeignArray:
    return _jax_put(array, "cpu")


def _cupy_put(array: ForeignArray, device: str) -> ForeignArray:
    cupy = importlib.import_module("cupy")
    with cupy.cuda.Device(int(device.partition(":")[2] or 0)):
        return cupy.asarray(array)


def _other_put(array: ForeignArray, device: str) -> ForeignArray:
    return array if device == "cpu" else array.to_device(device)


def _other_view(array: ForeignArray, dtype: str) -> ForeignArray:
    return array.view(np.dtype(getattr(ml_dtypes, dtype, dtype)))


_LIBRARIES = {
    "torch": _Library("torch", lambda tensor, device: tensor.to(device), _torch_view, _torch_fetch),
    "jax": _Library("jax.numpy", _jax_put, _jax_view, _jax_fetch),
    "cupy": _Library("numpy", _cupy_put, _other_view, lambda array: array.get()),
}
"""CuPy's arrays are made by its own `asarray`; a library that is not here follows the array API standard."""
_TOP_LEVEL = {"jaxlib": "jax"}
"""Top-level module of an array's type -> its library, where they differ."""


def arrays_of(candidate: object, *, library: str, device: str = "cpu") -> Any:
    """Make a candidate of a function, or an object with a candidate's functions, on another library's arrays.

    Parameters
    ----------
    candidate : object
        A function, an instance or a class; its parameters are bound by name as
        ever, and its other attributes stay.
    library : str
        ``"torch"``, ``"jax"``, ``"cupy"``, or the name of a module with `from_dlpack`.
    device : str
        Where the arrays are to lie: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, or as the library says.

    Raises
    ------
    CandidateError
        If the library is not installed or has no `from_dlpack`.
    """
    made = _Maker(library, device)
    if inspect.isclass(candidate):
        candidate = candidate()
    functions = ("evaluate", *(pass_.value for pass_ in Pass))
    offered = [name for name in functions if callable(getattr(candidate, name, None))]
    if not offered and callable(candidate):
        return made.taking(candidate)
    return _Wrapped(candidate, {name: made.taking(getattr(candidate, name)) for name in offered})


def to_numpy(result: object) -> object:
    """A result as a NumPy array where it offers `__dlpack__`, from a device if need be; anything else as it is.

    A subclass of NumPy's array is looked at as the array that it is: what it does besides is its own affair.

    Raises
    ------
    BufferError, RuntimeError, TypeError, ValueError
        If its own exchange fails.
    """
    if isinstance(result, np.ndarray):
        return result if type(result) is np.ndarray else np.ndarray.view(result, np.ndarray)
    if isinstance(result, np.generic) or not hasattr(result, "__dlpack__"):
        return result
    array: ForeignArray = result
    top = type(array).__module__.partition(".")[0]
    library = _library(_TOP_LEVEL.get(top, top))
    if library.fetch is not _as_it_is:
        array = library.fetch(array)
    dtype = str(getattr(array, "dtype", "")).rpartition(".")[2]
    if isinstance(array, np.ndarray):
        return array
    if dtype in _INTEGERS:
        return _from_dlpack(library.view(array, _INTEGERS[dtype])).view(getattr(ml_dtypes, dtype))
    return _from_dlpack(array)


def held(tensor: ForeignArray) -> Held:
    """A tensor that a certificate reads where it lies: see `convoracle.oracle.certifying.certificate.certify`.

    Raises
    ------
    CandidateError
        If it is of no library that knows DLPack.
    """
    top = type(tensor).__module__.partition(".")[0]
    name = _TOP_LEVEL.get(top, top)
    return Held(tensor, _Maker(name, "cpu").namespace, lambda array: np.asarray(to_numpy(array)))


class _Maker:
    """Makes a library's arrays on a device of NumPy's."""

    def __init__(self, library: str, device: str) -> None:
        self._library = _library(library)
        self._device = device
        try:
            self.namespace = importlib.import_module(self._library.namespace)
            importlib.import_module(library)
        except ModuleNotFoundError as error:
            raise CandidateError(f"arrays of {library!r} need the module {error.name!r}: install it first") from None
        if not hasattr(self.namespace, "from_dlpack"):
            raise CandidateError(f"{self._library.namespace} has no `from_dlpack`, by which arrays are handed over")

    def array(self, array: Array) -> ForeignArray:
        """The array on the device; copied first where DLPack cannot hand its memory over."""
        dtype = array.dtype.name
        plain = array.view(_INTEGERS[dtype]) if dtype in _INTEGERS else array
        if not plain.flags.writeable or not plain.flags.c_contiguous:
            plain = plain.copy()
        foreign = self._library.put(self.namespace.from_dlpack(plain), self._device)
        return self._library.view(foreign, dtype) if dtype in _INTEGERS else foreign

    def taking(self, function: Callable[..., object]) -> Callable[..., object]:
        """The function, with its array arguments made and its result fetched."""

        @functools.wraps(function)
        def on_device(*positional: object, **keywords: object) -> object:
            arguments = [self._argument(value) for value in positional]
            named = {name: self._argument(value) for name, value in keywords.items()}
            return to_numpy(function(*arguments, **named))

        if not hasattr(on_device, "__name__"):
            on_device.__name__ = name_of(function)
        return on_device

    def _argument(self, value: object) -> object:
        if isinstance(value, Operands):
            return value.map(self.array)
        return self.array(value) if isinstance(value, np.ndarray) else value


class _Wrapped:
    """An object whose functions are replaced by others, and whose other attributes are its own."""

    def __init__(self, wrapped: object, functions: dict[str, Callable[..., object]]) -> None:
        self.name = str(getattr(wrapped, "name", "") or name_of(wrapped))
        self._wrapped = wrapped
        vars(self).update(functions)

    def __getattr__(self, name: str) -> object:
        if name == "_wrapped":  # not there yet, while a copy is being made
            raise AttributeError(name)
        return getattr(self._wrapped, name)


def _as_it_is(array: ForeignArray) -> ForeignArray:
    return array


def _library(name: str) -> _Library:
    return _LIBRARIES.get(name) or _Library(name, _other_put, _other_view, _as_it_is)


def _from_dlpack(array: ForeignArray) -> Array:
    device_type, _ = array.__dlpack_device__()
    if int(device_type) in _CPU_TYPES:
        return np.from_dlpack(array)
    return np.from_dlpack(array, device="cpu", copy=True)

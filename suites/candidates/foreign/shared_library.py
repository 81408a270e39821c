"""A candidate in a shared library, called through the C interface of convoracle.h."""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ....oracle.numbers.dtypes import CONVENTIONS, DTYPES, numpy_dtype, result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from .. import CandidateError
from ..protocol import Candidate
from .answer import answer_of, refuse_failure, refuse_overruns
from .c_interface import (
    ABI_VERSION,
    DEFAULT_FORMAT,
    DEVICE_ARGUMENTS,
    DEVICE_LOST,
    DTYPE_CODES,
    MAX_AXES,
    MESSAGE_ARGUMENTS,
    PASS_ARGUMENTS,
    Convolution,
    OperandPointers,
    Tensor,
)
from .device_memory import placing
from .entry_frame import entering
from .evaluation import rate_taken, short_text, taken, write_foreign_call
from .guarded import Lent, Unwritten

FILE_NAME = re.compile(r".*\.(so(\.\d+)*|dylib)", re.DOTALL)
"""What the file of a shared library is called: ``libmine.so``, ``libmine.so.1.2``."""

SYMBOL_PREFIX = "conv_"
_VERSION = f"{SYMBOL_PREFIX}abi_version"
_BY_CODE = {code: name for name, code in DTYPE_CODES.items()}


class SharedLibrary(Candidate):
    """A library with some of the functions that convoracle.h declares.

    Parameters
    ----------
    path : str or Path
        The library's file.

    Raises
    ------
    CandidateError
        If there is no such file, it is no library that can be loaded, it was
        compiled for another version of the interface, or it has none of the passes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        self._library = _open(self.path)
        self._check_version()
        functions = {
            pass_: found for pass_ in Pass if (found := self._answering(pass_.value, PASS_ARGUMENTS)) is not None
        }
        if not functions:
            raise CandidateError(
                f"{path} exports none of the functions of a candidate: define at least one of "
                f"{', '.join(f'{SYMBOL_PREFIX}{pass_}' for pass_ in Pass)}, as convoracle.h declares them, "
                f"and make them visible outside of the library"
            )
        self._functions = functions
        self._placed = placing(
            self.path.name,
            {f"{SYMBOL_PREFIX}{name}": self._answering(name, types) for name, types in DEVICE_ARGUMENTS.items()},
        )
        self.passes = frozenset(functions)
        self.name = short_text(self._text("name") or self.path.name)
        self.version = short_text(self._text("version") or "")
        self.accumulators = self._dtypes("accumulator")
        self.multipliers = self._dtypes("multiplier")
        self.results = self._dtypes("result")
        self.conventions = self._conventions()
        self.dtypes = self._taken()
        self.domain = self._domain()

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What the interface has no way to say."""
        if geometry.rank > MAX_AXES:
            return f"convoracle.h describes at most {MAX_AXES} spatial axes"
        return None if dtype in DTYPE_CODES else f"convoracle.h has no {dtype}"

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """The call through this class, guard zones included."""
        return write_foreign_call(pass_, geometry, SharedLibrary, str(self.path), bias=bias)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        lent = {name: Lent(array) for name, array in taken(pass_, operands).items()}
        dtype = next(iter(lent.values())).array.dtype.name
        result_name = self.results.get(dtype, result_dtype(dtype))
        result = Unwritten(pass_.result_shape(geometry), numpy_dtype(result_name))
        with self._placed([result.memory, *(copy.memory for copy in lent.values())]) as (of_result, *shifts):
            tensors = {
                name: ctypes.pointer(Tensor.of(copy.array, copy.address + shift))
                for (name, copy), shift in zip(lent.items(), shifts, strict=True)
            }
            answer = answer_of(
                f"{SYMBOL_PREFIX}{pass_}",
                self._functions[pass_],
                ctypes.byref(Convolution.of(geometry, dtype, result_name)),
                ctypes.byref(OperandPointers(**tensors, learning_rate=rate_taken(pass_, operands))),
                ctypes.byref(Tensor.of(result.array, result.address + of_result)),
            )
            if answer.status == DEVICE_LOST:  # from which nothing can be fetched
                refuse_failure(answer)
        for copy in lent.values():
            copy.return_changes()
        operand_pieces = {f"its operand {name}": copy.memory for name, copy in lent.items()}
        refuse_overruns(answer, {"its result": result.memory, **operand_pieces})
        refuse_failure(answer)
        return result.array.copy()

    def _check_version(self) -> None:
        function = self._find(_VERSION)
        if function is None:
            raise CandidateError(
                f"{self.path.name} exports no {_VERSION}, so that it is not known to follow convoracle.h: "
                f"define int32_t {_VERSION}(void) {{ return CONVORACLE_ABI_VERSION; }}, with C linkage"
            )
        function.argtypes, function.restype = (), ctypes.c_int32
        version = function()
        if version != ABI_VERSION:
            raise CandidateError(
                f"{self.path.name} was compiled for version {version} of convoracle.h, but this is version "
                f"{ABI_VERSION}: compile it with the header that `convoracle header` prints"
            )

    def _find(self, name: str) -> Any:
        """The function of this name, or None."""
        return getattr(self._library, name, None)

    def _answering(self, name: str, types: tuple[Any, ...]) -> Callable[..., int] | None:
        """The function of this name and of arguments of these types, which answers as a pass does, or None."""
        name = f"{SYMBOL_PREFIX}{name}"
        function = self._find(name)
        if function is None:
            return None
        function.argtypes, function.restype = (*types, *MESSAGE_ARGUMENTS), ctypes.c_int32
        return entering(function, self.path, name)

    def _text(self, name: str, *arguments: str) -> str | None:
        function = self._find(f"{SYMBOL_PREFIX}{name}")
        if function is None:
            return None
        function.argtypes, function.restype = (ctypes.c_char_p,) * len(arguments), ctypes.c_char_p
        text = function(*(argument.encode() for argument in arguments))
        return None if text is None else text.decode(errors="replace")

    def _domain(self) -> Any:
        """The declared domain, which the library writes as JSON."""
        text = self._text("domain") or "{}"
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise CandidateError(
                f"{SYMBOL_PREFIX}domain of {self.path.name} answers {text!r:.100}, but should answer an object in JSON"
            ) from None

    def _dtypes(self, name: str) -> dict[str, str]:
        """What a function from dtype to dtype answers, where that is not the default."""
        function = self._find(f"{SYMBOL_PREFIX}{name}")
        if function is None:
            return {}
        function.argtypes, function.restype = (ctypes.c_int32,), ctypes.c_int32
        answers = {dtype: function(DTYPE_CODES[dtype]) for dtype in DTYPES}
        for dtype, code in answers.items():
            if code not in (DEFAULT_FORMAT, *_BY_CODE):
                raise CandidateError(
                    f"{SYMBOL_PREFIX}{name} of {self.path.name} answers {code} for {dtype}, "
                    f"but should answer CONVORACLE_DEFAULT or another dtype of convoracle.h"
                )
        return {dtype: _BY_CODE[code] for dtype, code in answers.items() if code != DEFAULT_FORMAT}

    def _conventions(self) -> dict[str, str]:
        """What it answers for each convention, and for a convention in one dtype where that is something else."""
        declared = {name: value for name in CONVENTIONS if (value := self._text("convention", name))}
        narrow = ((name, f"{name}/{dtype}") for name in CONVENTIONS for dtype in DTYPES)
        own = {within: (self._text("convention", within), declared.get(name)) for name, within in narrow}
        return declared | {within: value for within, (value, general) in own.items() if value and value != general}

    def _taken(self) -> tuple[str, ...] | None:
        """The dtypes in which it wants to be asked; None if it does not say."""
        function = self._find(f"{SYMBOL_PREFIX}takes")
        if function is None:
            return None
        function.argtypes, function.restype = (ctypes.c_int32,), ctypes.c_int32
        return tuple(dtype for dtype in DTYPES if function(DTYPE_CODES[dtype]))


def _open(path: Path) -> ctypes.CDLL:
    if not path.is_file():
        raise CandidateError(f"there is no file {path}: give the path of a shared library")
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise CandidateError(f"{path.name} cannot be loaded as a shared library: {error}") from None

"""A candidate that is a program of its own, asked over its standard input and output as docs/protocol.md says."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from ....oracle.numbers.dtypes import result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from .. import CandidateError, Misconduct, ProcessDied
from ..protocol import Candidate
from .evaluation import rate_taken, short_text, taken, write_foreign_call
from .post_mortem import beginning, cause_of
from .protocol import VERSION, Ended, Header, Reader, array_header, encode, geometry_header, read_array

EXECUTABLE_PREFIX = "exec:"
_START_SECONDS = 60.0
_DYING_SECONDS = 2.0
_DECLARATIONS = ("accumulators", "multipliers", "results", "conventions")


class ProgramError(RuntimeError):
    """A program's reply that it failed."""


class Executable(Candidate):
    """A program, asked for the passes that it offers.

    The program is started once to ask what it offers, and stopped again. It is
    started anew by the first call, and by the first after its end. Calls by several
    threads are put to it one after the other.

    Parameters
    ----------
    command : str
        The program and its arguments, as one writes them in a shell; no shell is run.

    Raises
    ------
    CandidateError
        If there is no such program, or it does not answer as the protocol says.
    """

    def __init__(self, command: str) -> None:
        self._words = _from_anywhere(_split(command))
        self._program: Program | None = None
        self._calls = 0
        self._one_at_a_time = threading.Lock()
        said = _introduced(self._words)
        self.name = " ".join(Path(word).name for word in self._words)
        self.version = short_text(f"{said.get('name', '')} {said.get('version', '')}")
        self.accumulators, self.multipliers, self.results, self.conventions = (
            said.get(declaration, {}) for declaration in _DECLARATIONS
        )
        self.dtypes = said.get("dtypes")
        self.domain = said.get("domain", {})
        self.passes = _passes(command, said)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """The call through this class, with the full paths of files."""
        return write_foreign_call(pass_, geometry, Executable, shlex.join(self._words), bias=bias)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        with self._one_at_a_time:
            return self._ask(pass_, operands, geometry)

    def _ask(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if self._program is None:
            self._program, _ = _started(self._words)
        program = self._program
        try:
            header, payload = program.ask(*self._message(pass_, operands, geometry))
            return self._result(header, payload)
        except (Misconduct, ProcessDied, KeyboardInterrupt):
            self._program = None
            program.kill()
            raise

    def _message(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> tuple[Header, list[Array]]:
        self._calls += 1
        arrays = taken(pass_, operands)
        dtype = next(iter(arrays.values())).dtype.name
        result = self.results.get(dtype, result_dtype(dtype))
        header: Header = {
            "do": "call",
            "id": self._calls,
            "pass": pass_.value,
            "geometry": geometry_header(geometry),
            "operands": [
                {"name": name, **array_header(array.dtype.name, array.shape)} for name, array in arrays.items()
            ],
            "result": array_header(result, pass_.result_shape(geometry)),
            "learning_rate": rate_taken(pass_, operands),
        }
        return header, list(arrays.values())

    def _result(self, header: Header, payload: bytes) -> Array:
        if header.get("id") != self._calls:
            raise Misconduct(
                f"the program replied to the call {header.get('id')!r:.20}, but was asked the call {self._calls}"
            )
        match header.get("reply"):
            case "array":
                return read_array(header, payload)
            case "unsupported":
                raise NotImplementedError(beginning(str(header.get("reason", ""))) or "the program says so")
            case "error":
                raise ProgramError(beginning(str(header.get("message", ""))) or "the program says that it failed")
            case other:
                raise Misconduct(f"the program gave the reply {other!r:.60}, but should be array, unsupported or error")


class Program:
    """A process and the two pipes to it.

    Parameters
    ----------
    words : list of str
        The program and its arguments.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input = self._process.stdin
        self._reader = Reader(self._process.stdout.fileno())
        self._finalizer = weakref.finalize(self, _end, self._process)

    def ask(
        self, header: Mapping[str, object], arrays: list[Array], deadline: float | None = None
    ) -> tuple[Header, bytes]:
        """Send a message and read the next one.

        Raises
        ------
        Misconduct
            If the program wrote what is no message, or something unasked.
        ProcessDied
            If it ended.
        TimeoutError
            Past the deadline, in reading.
        """
        stray = self._reader.unexpected()
        if stray is not None:
            raise Misconduct(f"the program wrote {stray} to its standard output without being asked")
        try:
            for piece in encode(header, arrays):
                self._write(piece)
            return self._reader.read(deadline)
        except (Ended, BrokenPipeError):
            self._tell_death()

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not."""
        with contextlib.suppress(BrokenPipeError):
            for piece in encode({"do": "stop"}):
                self._write(piece)
        self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self._finalizer()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._input.write(view) :]

    def _tell_death(self) -> NoReturn:
        try:
            code = self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            raise Misconduct("the program closed its standard input or output without ending") from None
        raise ProcessDied(cause_of(code))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and close the pipes to it."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CandidateError(f"{EXECUTABLE_PREFIX}{command} cannot be split into words: {error}") from None
    if not words:
        raise CandidateError(f"{EXECUTABLE_PREFIX} names no program: write {EXECUTABLE_PREFIX}program argument ...")
    if shutil.which(words[0]) is None:
        raise CandidateError(
            f"there is no program {words[0]} that can be run (looked in {Path.cwd()} for a path, "
            f"in PATH for a mere name): check its name and that it is executable"
        )
    return words


def _from_anywhere(words: list[str]) -> list[str]:
    """The words, with the full path of each file that they name; links are not followed, as programs look at them."""
    program, *arguments = words
    named = str(Path(program).absolute()) if "/" in program else program
    return [named, *(str(Path(word).absolute()) if Path(word).is_file() else word for word in arguments)]


def _started(words: list[str]) -> tuple[Program, Header]:
    """A program that was started, and what it says of itself."""
    program = Program(words)
    try:
        return program, program.ask({"do": "start", "protocol": VERSION}, [], time.monotonic() + _START_SECONDS)[0]
    except BaseException:
        program.kill()
        raise


def _introduced(words: list[str]) -> Header:
    """What a program says of itself, once it was started and stopped."""
    command = shlex.join(words)
    try:
        program, said = _started(words)
    except OSError as error:
        why = f"did not answer the start message within {_START_SECONDS:g} s"
        why = why if isinstance(error, TimeoutError) else f"cannot be started: {error.strerror}"
        raise CandidateError(f"{command} {why}") from None
    except ProcessDied as error:
        raise CandidateError(f"{command} ended instead of answering the start message: {error}") from None
    except Misconduct as error:
        raise CandidateError(f"{command} did not answer the start message as docs/protocol.md says: {error}") from None
    program.stop()
    if said.get("protocol") != VERSION:
        raise CandidateError(
            f"{command} speaks version {said.get('protocol')!r:.20} of the protocol, but this is version {VERSION}"
        )
    return said


def _passes(command: str, said: Header) -> list[Pass]:
    offered = said.get("passes")
    known = [pass_.value for pass_ in Pass]
    if not isinstance(offered, list) or not offered or not all(name in known for name in offered):
        raise CandidateError(
            f"{command} offers passes={offered!r:.100}, but should offer a list of some of {', '.join(known)}"
        )
    return [Pass(name) for name in offered]

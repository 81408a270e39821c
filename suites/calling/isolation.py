"""Candidates run safely: in a process of their own, with a time limit and a memory limit for each call.

A segfault, an abort, an endless loop (also one in C that holds the interpreter)
or an allocation beyond the limit becomes the reply to exactly the call that
caused it; the next call finds a fresh process.
"""

from __future__ import annotations

import contextlib
import copy
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn, Self, TypeVar

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.record import CandidateInfo
from ..candidates import CandidateError
from ..candidates.foreign.post_mortem import beginning, cause_of, telling_lines
from .beginning import log_file
from .call_message import call_request
from .channel import AT_ONCE, DOING, Channel, Garbled, Header
from .company import CompanyQuestion, CompanyReply, company_from_message
from .company_threads import THREAD_COUNT
from .illegal_calls import IllegalCall
from .loader import DYING_SECONDS, REPORT_SECONDS, Introduction, Loader, exit_code, introduction_from, knock, setup_of
from .patience import Patience
from .replies import (
    DEVICE_LOST,
    DeviceLost,
    Died,
    Limits,
    OutOfMemory,
    Reply,
    TimedOut,
    WorkerReply,
    from_message,
    size_text,
)

Answer = TypeVar("Answer")

_LARGEST_LOG = 2**20
_ENDED_BY_US = ("SIGKILL", "exit code 0")
"""How a process ends of which the harness hangs up: killed, or by itself where it notices that first."""
_MOST_ANNOUNCED, _LONGEST_CALL = 2000, 2**16


class Isolated:
    """A candidate in a process of its own, kept warm between calls and replaced when it dies.

    One call at a time: not to be shared by threads.

    Parameters
    ----------
    candidate : str or object
        What `convoracle.suites.candidates.loading.source.load` reads, or a live
        function, instance or class, which is sent by value.
    limits : Limits
    threads : int, optional
        Which the candidate's libraries are to have; see `beginning.THREADS` without.

    Raises
    ------
    CandidateError
        If the candidate cannot be loaded, or a live object cannot be sent.
    """

    def __init__(
        self,
        candidate: object,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        threads: int | None = None,
    ) -> None:
        self._begin(candidate, limits, threads)
        self.wait()

    @classmethod
    def launched(cls, candidate: object, limits: Limits) -> Self:
        """One whose candidate is being loaded, so that others can be meanwhile: `wait` for it before all else."""
        executor = cls.__new__(cls)
        executor._begin(candidate, limits)
        return executor

    def _begin(self, candidate: object, limits: Limits, threads: int | None = None) -> None:
        self.limits, self._threads = limits, threads
        self._setup, self._payload = setup_of(candidate, limits)
        self._prepare()
        self._launch()

    def _prepare(self) -> None:
        self._calls: Channel | None = None
        self._sequence, self._doing, self._seconds, self._is_refilled = 0, "", 0.0, False

    def twin(self) -> Isolated:
        """Another executor of what was loaded, in forks of the process that loaded it; it ends with this one at last.

        It may be made, and used, in a fork of this process: it shares nothing but the door at which it is asked for.
        """
        twin = copy.copy(self)
        twin._prepare()
        twin._loader = None
        twin._log, twin._log_mark = log_file(), 0
        twin._control = knock(twin._door, twin._log)
        return twin

    @property
    def info(self) -> CandidateInfo:
        """Who is run."""
        return self._info

    @property
    def passes(self) -> frozenset[Pass]:
        """The passes it offers."""
        return self._passes

    @property
    def loader_pid(self) -> int:
        """The process that loaded the candidate; it leads the session of all that run it."""
        assert self._loader is not None
        return self._loader.pid

    def call(
        self,
        pass_: Pass,
        operands: Operands,
        geometry: ConvGeometry,
        *,
        seconds: float | None = None,
        layout: str = CONTIGUOUS,
        is_filled: bool = True,
    ) -> Reply:
        """Call one pass in the candidate's process; `seconds` is a time limit instead of `limits`'s own."""
        asked, arrays = call_request(pass_, operands.of(pass_), geometry)
        request = {"do": "call", **asked, "layout": layout, "is_filled": is_filled}
        return self._answer(request, arrays, seconds, self._read_reply)

    def call_in_company(self, question: CompanyQuestion) -> CompanyReply | Reply:
        """As `Executor.call_in_company`, in the candidate's process."""
        requests = {
            name: call_request(question.pass_, call.operands, call.geometry) for name, call in question.calls.items()
        }
        settings = {name: getattr(question, name) for name in ("seed", "bitwise", "images_alone")}
        calls = {name: header for name, (header, _) in requests.items()}
        request = {"do": "company", "pass": question.pass_.value, "calls": calls, **settings}
        arrays = [array for _, of_call in requests.values() for array in of_call]
        return self._answer(request, arrays, None, self._read_company)

    def illegal(self, call: IllegalCall) -> Reply:
        """As `Executor.illegal`, in the candidate's process."""
        asked, arrays = call_request(call.pass_, call.operands(), call.legal)
        wrong = {"settings": dict(call.settings), "needs": call.needs}
        return self._answer({"do": "illegal", **asked, **wrong}, arrays, None, self._read_reply)

    def _answer(
        self,
        request: Header,
        arrays: Sequence[Array],
        seconds: float | None,
        read: Callable[[Header, list[Array]], Answer],
    ) -> Answer | Died | TimedOut:
        """What the candidate's process answers, or how it ended instead."""
        limit = max(self.limits.seconds_per_call if seconds is None else seconds, self._least_seconds)
        self._doing, self._seconds = "", limit
        try:
            header, results = self._ask(self._channel(), request, arrays, limit)
            return read(header, results)
        except TimeoutError:
            died = self._bury()
            if died is None or died.cause.startswith(_ENDED_BY_US):
                return TimedOut(self._seconds, self._doing)
        except (Garbled, ValueError):
            died = self._bury()
            died = Died("sent what is no reply", died.detail if died is not None else "")
        except ConnectionError:
            died = self._bury(DYING_SECONDS) or Died("took down the process that loaded it")
        except BaseException:
            self._bury()
            raise
        return replace(died, during=self._doing)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        """As `Executor.call_text`, written in the candidate's process."""
        asked = {"do": "call_text", "pass": pass_.value, "geometry": str(geometry), "dtype": dtype, "bias": bias}
        try:
            text = str(self._ask(self._channel(), asked, [], self.limits.seconds_per_call)[0]["text"])
            return (
                text if len(text) <= _LONGEST_CALL else f"# {self.info.name} wrote a call of {len(text)} characters\n"
            )
        except (TimeoutError, ConnectionError, KeyError):
            self._bury()
            return f"# {self.info.name} ended its process instead of writing a call\n"

    def restart(self) -> None:
        """Replace the process by a fresh one, in which the candidate was loaded and never called."""
        self._is_refilled = False
        if self._calls is not None:
            self._bury()

    def restart_filled_otherwise(self) -> bool:
        """As `Executor.restart_filled_otherwise`; not of an accelerator, whose memory is another."""
        self.restart()
        self._is_refilled = not self._setup["load_in_forks"]
        return self._is_refilled

    def close(self) -> None:
        """End the candidate's processes, whatever they are doing."""
        if self._calls is not None:
            self._calls.close()
            self._calls = None
        self._control.close()
        self._log.close()
        if self._loader is not None:
            self._loader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def _ask(
        self, channel: Channel, request: Header, arrays: Sequence[Array], limit: float
    ) -> tuple[Header, list[Array]]:
        """The answer to this request; one to an earlier request, of which there should be none left, is dropped.

        A process that makes several calls says before each what it is about to do: that
        is kept, should it end, and the time begins anew, longer where several calls are made at once.
        """
        self._sequence += 1
        patience = Patience(limit)
        channel.send({**request, "sequence": self._sequence}, arrays, patience)
        for _ in range(_MOST_ANNOUNCED):
            header, results = channel.receive(patience)
            answered = header.get("sequence")
            if answered == self._sequence and DOING in header:
                self._doing, self._seconds = beginning(str(header[DOING])), limit * _at_once(header)
                patience = Patience(self._seconds)
            elif answered == self._sequence:
                return header, results
            elif not isinstance(answered, int) or not 0 < answered < self._sequence:
                raise Garbled(f"received an answer to no request: {answered!r:.40}")
        raise Garbled(f"received {_MOST_ANNOUNCED} messages and no answer")

    def _launch(self) -> None:
        self._loader: Loader | None = Loader(self._setup, self._payload, self._threads)
        self._control, self._door = self._loader.control, self._loader.door
        self._log, self._log_mark = self._loader.log, 0

    def wait(self) -> None:
        """Wait until the candidate is loaded.

        Raises
        ------
        CandidateError
            If it cannot be.
        """
        told = self._introduction()
        if told is None:
            return
        if told.device:
            self._setup["load_in_forks"] = True
            self._restart_loader()
        self._info = told.info
        self._passes = frozenset(told.passes)
        self._least_seconds = told.seconds_per_call
        self.loading_seconds = told.loading_seconds

    def _introduction(self) -> Introduction | None:
        """None where forks load the candidate, which an earlier process told of."""
        assert self._loader is not None
        try:
            answer = self._loader.answer()
            return introduction_from(answer) if answer or not self._setup["load_in_forks"] else None
        except (TimeoutError, ConnectionError) as error:
            self._give_up(error, self._loader.ended(error))
        except BaseException:
            self.close()
            raise

    def _give_up(self, error: Exception, ended: int | None) -> NoReturn:
        """Report a process that did not load the candidate."""
        detail = self._detail()
        self.close()
        name = self._setup["source"] or self._setup["name"]
        if isinstance(error, Garbled):
            why = "wrote on the channel to the harness"
        elif ended is None:
            why = f"took more than {self.limits.load_seconds:g} s"
        else:
            why = f"ended its process: {cause_of(ended)}"
        raise CandidateError(f"loading {name} {why}{f'; it wrote: {detail}' if detail else ''}") from None

    def _channel(self) -> Channel:
        """The channel to a living child that has the candidate, forked now if there is none.

        Raises
        ------
        ConnectionError, TimeoutError
            If it ends, or takes too long, before it has it.
        """
        if self._calls is None:
            self._calls = self._forked()
        self._log_mark = os.fstat(self._log.fileno()).st_size
        if self._log_mark > _LARGEST_LOG:
            os.ftruncate(self._log.fileno(), 0)
            self._log_mark = 0
        return self._calls

    def _forked(self) -> Channel:
        """A living child: of the process that forks for it, of another like it, or of one that is begun anew."""
        for asks_others in (True, False):
            try:
                return self._fork()
            except (ConnectionError, TimeoutError):
                self._restart_loader(asks_others=asks_others)
        return self._fork()

    def _fork(self) -> Channel:
        self._control.send({"do": "fork", "refilled": self._is_refilled}, patience=Patience(REPORT_SECONDS))
        self._control.socket.settimeout(REPORT_SECONDS)
        _, descriptors, _, _ = socket.recv_fds(self._control.socket, 1, 1)
        if not descriptors:
            raise ConnectionError("the loader is gone")
        calls = Channel(socket.socket(fileno=descriptors[0]), self.limits.memory_bytes)
        calls.receive(Patience(self.limits.load_seconds))  # it has the candidate
        return calls

    def _restart_loader(self, *, asks_others: bool = True) -> None:
        """Start all over: a candidate may kill even the process that forks for it, and its like."""
        self._control.close()
        if self._loader is None and asks_others:
            with contextlib.suppress(OSError):
                self._control = knock(self._door, self._log)
                return
        elif self._loader is not None:
            self._loader.kill()
        self._log.close()
        self._launch()
        self.wait()

    def _bury(self, dying_seconds: float = 0) -> Died | None:
        """End the child and say how it had ended; None if that cannot be known."""
        if self._calls is not None:
            self._calls.close()
            self._calls = None
        try:
            answers = Patience(dying_seconds + REPORT_SECONDS)
            self._control.send({"do": "bury", "seconds": dying_seconds}, patience=answers)
            code = exit_code(self._control.receive(answers)[0])
        except (ConnectionError, TimeoutError):
            self._restart_loader()
            return None
        return self._died(cause_of(code))

    def _died(self, cause: str) -> Died:
        """The reply of a process, or of a program that the candidate runs in one, which ended in this way."""
        detail = self._detail()
        if "bad_alloc" in detail or "MemoryError" in detail:
            cause = f"memory limit of {size_text(self.limits.memory_bytes)}"
        return Died(cause, detail)

    def _detail(self) -> str:
        """The last lines that the process wrote during the call."""
        self._log.seek(self._log_mark)
        return telling_lines(self._log.read(_LARGEST_LOG).decode(errors="replace"))

    def _read_company(self, header: Header, results: list[Array]) -> CompanyReply | Reply:
        if header.get("kind") == CompanyReply.__name__:
            return company_from_message(header, results)
        return self._read_reply(header, results)

    def _read_reply(self, header: Header, results: list[Array]) -> Reply:
        return self._judged(from_message(header, results))

    def _judged(self, reply: WorkerReply) -> Reply:
        match reply:
            case OutOfMemory(message):
                self.restart()
                return Died(f"memory limit of {size_text(self.limits.memory_bytes)}", message)
            case DeviceLost(message):
                self.restart()
                return Died(DEVICE_LOST, message)
            case Died(cause):
                return self._died(cause)
        return reply


def _at_once(header: Header) -> int:
    """By how much longer a call may take, since it is not made alone."""
    at_once = header.get(AT_ONCE)
    if not isinstance(at_once, int) or not 1 <= at_once <= THREAD_COUNT:
        raise Garbled(f"received {AT_ONCE}={at_once!r}, but should be 1 to {THREAD_COUNT}")
    return at_once

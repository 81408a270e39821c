"""What a candidate can do to whoever calls it, and what each call comes to: the table of docs/explanation/faults.md."""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import locale
import os
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from convoracle.oracle.problem.passes import Array
from convoracle.suites.calling.replies import Died, Malformed, Raised, Reply, Returned, TimedOut

from ..misbehaving import GEOMETRY

Act = Callable[[Array, Array], object]


@dataclass(frozen=True)
class Fault:
    """What is done, and what is promised of it.

    Parameters
    ----------
    does : str
        Completes "a candidate that".
    act : callable
        Does it, given an input and a weight.
    reply : type
        What the call comes to.
    told : str
        A pattern of what is said of it.
    seconds : float
        How long the call may take.
    """

    does: str
    act: Act
    reply: type[Reply]
    told: str = ""
    seconds: float = 0.6

    @property
    def outcome(self) -> str:
        """As a report tells it."""
        return {Died: "crashed", TimedOut: "hung", Raised: "refused", Malformed: "violates"}.get(self.reply, "judged")


def zeros() -> Array:
    """What is right, of the candidate that misbehaves."""
    return np.zeros(GEOMETRY.output_shape)


def then_returns(does: Callable[[], object]) -> Act:
    """Does something, and returns what it should."""

    def act(input: Array, weight: Array) -> object:
        does()
        return zeros()

    return act


def raises(error: Callable[[], BaseException]) -> Act:
    def act(input: Array, weight: Array) -> object:
        raise error()

    return act


def exits_in_a_thread() -> None:
    threading.Thread(target=os._exit, args=(5,)).start()
    time.sleep(60)


def exits_at_exit() -> NoReturn:
    atexit.register(os._exit, 7)
    sys.exit(0)


def hangs_at_exit() -> NoReturn:
    atexit.register(time.sleep, 60)
    os._exit(9)


def waits_uninterruptibly() -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(60)


def holds_the_interpreter_in_c() -> None:
    ctypes.PyDLL(None).sleep(60)


def stops_itself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def eats_memory() -> list[bytearray]:
    return [bytearray(2**26) for _ in range(200)]


def forks_children_that_stay() -> None:
    for _ in range(3):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)


def forks_children_in_sessions_of_their_own() -> None:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)


def closes_its_output() -> None:
    os.close(1)
    os.close(2)


def replaces_its_output() -> None:
    sys.stdout = sys.stderr = io.StringIO()
    sys.stdout.close()


def floods_its_output() -> None:
    line = b"noise " * 10_000
    for _ in range(200):
        os.write(1, line)
        os.write(2, line)


def writes_no_utf8() -> None:
    os.write(2, b"\xff\xfe\x00\x1b[2J" * 100)


def writes_on_every_descriptor() -> None:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"what is no message")
        except OSError:
            continue


def corrupts_its_heap() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(64)
    libc.free(block)
    ctypes.memset(block - 16, 0x41, 16)
    libc.free(block)


class Unsayable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")

    __repr__ = __str__

    def __reduce__(self) -> NoReturn:
        raise RuntimeError("nor this")


class Endless(Exception):
    def __str__(self) -> str:
        while True:
            time.sleep(1)


class Huge(Exception):
    def __str__(self) -> str:
        return "x" * 2**24


def holding_a_lock() -> Exception:
    return RuntimeError(threading.Lock())


def leaves_threads_running() -> None:
    for _ in range(4):
        threading.Thread(target=time.sleep, args=(60,), daemon=False).start()


def leaves_a_busy_thread() -> None:
    def spin() -> None:
        while True:
            pass

    threading.Thread(target=spin, daemon=True).start()


def changes_signal_handlers() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)


def lets_an_alarm_go_off() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    time.sleep(60)


def changes_where_it_is() -> None:
    os.chdir("/")
    os.umask(0o777)
    os.environ.clear()
    locale.setlocale(locale.LC_ALL, "C")


def changes_numpy() -> None:
    np.seterr(all="raise")
    np.seterrcall(lambda *_: None)
    np.random.seed(1)  # noqa: NPY002 - it is what candidates do
    random.seed(1)
    np.set_printoptions(threshold=0)


def flushes_subnormals() -> None:
    """Sets FTZ and DAZ, as -ffast-math does."""
    environment = (ctypes.c_char * 64)()
    libm = ctypes.CDLL("libm.so.6")
    libm.fegetenv(environment)
    control = ctypes.c_uint32.from_buffer(environment, 28)
    control.value |= 0x8040
    libm.fesetenv(environment)


def rounds_upward() -> None:
    ctypes.CDLL("libm.so.6").fesetround(0x800)


def changes_the_interpreter() -> None:
    sys.setrecursionlimit(60)
    sys.setswitchinterval(10.0)
    gc.disable()
    sys.settrace(lambda *_: None)
    sys.modules.pop("json", None)
    sys.path.clear()


def recurses() -> None:
    recurses()


class Hostile(np.ndarray[Any, Any]):
    """An array that does what it likes where it is looked at."""

    def __array_finalize__(self, other: object) -> None:
        raise ZeroDivisionError("finalized")


class NeverEqual(np.ndarray[Any, Any]):
    def __eq__(self, other: object) -> NoReturn:  # type: ignore[override]
        raise ZeroDivisionError("compared")

    def __array_ufunc__(self, *given: object, **named: object) -> NoReturn:
        raise ZeroDivisionError("computed")

    def __array_function__(self, *given: object, **named: object) -> NoReturn:
        raise ZeroDivisionError("called")

    @property
    def shape(self) -> NoReturn:  # type: ignore[override]
        raise ZeroDivisionError("measured")


def enormous(input: Array, weight: Array) -> object:
    """Of 8 TiB, one element of which is there."""
    return np.broadcast_to(0.0, 2**40)


def hostile(input: Array, weight: Array) -> object:
    return np.zeros(1).view(Hostile)


def never_equal(input: Array, weight: Array) -> object:
    return zeros().view(NeverEqual)


def unconvertible(input: Array, weight: Array) -> object:
    return Unconvertible()


def exiting(input: Array, weight: Array) -> object:
    return Exiting()


def endless(input: Array, weight: Array) -> object:
    return iter(int, 1)


class Unconvertible:
    def __array__(self, *given: object, **named: object) -> NoReturn:
        raise ZeroDivisionError("converted")


class Exiting:
    def __array__(self, *given: object, **named: object) -> NoReturn:
        os._exit(4)


def modifies_operands_later(input: Array, weight: Array) -> object:
    def later() -> None:
        time.sleep(0.05)
        input[...] = 7

    threading.Thread(target=later, daemon=True).start()
    return zeros()


FAULTS = (
    Fault("reads where there is no memory", then_returns(lambda: ctypes.string_at(0)), Died, r"SIGSEGV"),
    Fault("aborts", then_returns(os.abort), Died, r"SIGABRT"),
    Fault("divides by zero in C", then_returns(lambda: os.kill(os.getpid(), signal.SIGFPE)), Died, r"SIGFPE"),
    Fault("is killed, as by the system for its memory", then_returns(lambda: os.kill(os.getpid(), 9)), Died, "SIGKILL"),
    Fault("ends its process with 0", then_returns(lambda: os._exit(0)), Died, "exit code 0"),
    Fault("ends its process with 3", then_returns(lambda: os._exit(3)), Died, "exit code 3"),
    Fault("ends its process from a thread", then_returns(exits_in_a_thread), Died, "exit code 5"),
    Fault("calls sys.exit", raises(lambda: SystemExit(2)), Raised, "SystemExit"),
    Fault("calls sys.exit with something to do at exit", then_returns(exits_at_exit), Raised, "SystemExit"),
    Fault("ends its process with something that hangs at exit", then_returns(hangs_at_exit), Died, "exit code 9"),
    Fault("frees memory twice", then_returns(corrupts_its_heap), Died, "SIGABRT|SIGSEGV"),
    Fault("loops", lambda input, weight: re.match(r"(a+)+$", "a" * 64 + "b"), TimedOut),
    Fault("hangs in C and holds the interpreter", then_returns(holds_the_interpreter_in_c), TimedOut),
    Fault("ignores every signal and waits", then_returns(waits_uninterruptibly), TimedOut),
    Fault("stops itself", then_returns(stops_itself), TimedOut),
    Fault("answers after its deadline", then_returns(lambda: time.sleep(1.0)), TimedOut),
    Fault("eats memory", then_returns(eats_memory), Died, "memory limit of 1 GiB", 20.0),
    Fault("returns an enormous array", lambda input, weight: np.ones(2**28), Died, "memory limit of 1 GiB", 20.0),
    Fault("returns an array of 8 TiB that takes no memory", enormous, Died, "memory limit of 1 GiB", 20.0),
    Fault("leaves children running", then_returns(forks_children_that_stay), Returned),
    Fault("leaves children in sessions of their own", then_returns(forks_children_in_sessions_of_their_own), Returned),
    Fault("closes its standard output and error", then_returns(closes_its_output), Returned),
    Fault("replaces its standard output by a closed one", then_returns(replaces_its_output), Returned),
    Fault("floods its standard output and error", then_returns(floods_its_output), Returned),
    Fault("writes bytes that are no text and move a cursor", then_returns(writes_no_utf8), Returned),
    Fault("writes on every descriptor that is open", then_returns(writes_on_every_descriptor), Died, "no reply"),
    Fault("closes every descriptor", then_returns(lambda: os.closerange(3, 256)), Died, "exit code 1"),
    Fault("raises an error that cannot be said or pickled", raises(Unsayable), Raised, "Unsayable.*its __str__ raised"),
    Fault("raises an error whose message never ends", raises(Endless), TimedOut),
    Fault("raises an error with a message of 16 MiB", raises(Huge), Raised, "Huge"),
    Fault("raises an error that holds a lock", raises(holding_a_lock), Raised, "RuntimeError"),
    Fault("raises KeyboardInterrupt", raises(KeyboardInterrupt), Raised, "KeyboardInterrupt"),
    Fault("raises GeneratorExit", raises(GeneratorExit), Raised, "GeneratorExit"),
    Fault("raises MemoryError", raises(MemoryError), Died, "memory limit of 1 GiB", 20.0),
    Fault("recurses without end", then_returns(recurses), Raised, "RecursionError"),
    Fault("leaves threads running", then_returns(leaves_threads_running), Returned),
    Fault("leaves a thread that keeps a core busy", then_returns(leaves_a_busy_thread), Returned),
    Fault("ignores signals from then on", then_returns(changes_signal_handlers), Returned),
    Fault("lets an alarm go off", then_returns(lets_an_alarm_go_off), Died, "SIGALRM"),
    Fault("changes directory, umask, environment and locale", then_returns(changes_where_it_is), Returned),
    Fault("has NumPy raise, and seeds its random numbers", then_returns(changes_numpy), Returned),
    Fault("flushes subnormal numbers to zero from then on", then_returns(flushes_subnormals), Returned),
    Fault("rounds upward from then on", then_returns(rounds_upward), Returned),
    Fault("changes the interpreter: recursion limit, modules, paths", then_returns(changes_the_interpreter), Returned),
    Fault("returns a view of its operand", lambda input, weight: input[:, :, :2, :2], Returned),
    Fault("returns an array that raises where it is made again", hostile, Raised, "ZeroDivisionError"),
    Fault("returns an array that raises where it is looked at", never_equal, Returned),
    Fault("returns something that raises as it becomes an array", unconvertible, Malformed, "Unconvertible"),
    Fault("returns something that ends the process as it becomes an array", exiting, Malformed, "Exiting"),
    Fault("returns an iterator without end", endless, Malformed, "iterator"),
    Fault("returns objects", lambda input, weight: np.array([object()]), Malformed, "object"),
    Fault("returns nothing", lambda input, weight: None, Malformed, "None"),
    Fault("modifies operands after it returned", modifies_operands_later, Returned),
)  # fmt: skip

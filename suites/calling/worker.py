"""The process that runs a candidate: loads it once, never calls it, and forks a child for the calls.

One that opens an accelerator as it is loaded could not use it in a fork: there, each child loads it for itself.

Started by `beginning` as ``python -m convoracle.suites.calling.worker CONTROL DOOR``, two descriptors. A child that
a candidate brings down is replaced by a new fork in milliseconds; importing a
framework anew would take seconds. So whoever knocks at the door, to have the same candidate, too, is served by another
fork of this process. All processes end when the harness does.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import math
import os
import pickle
import resource
import select
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import NoReturn

from ...oracle.problem.geometry import parse_geometry
from ...oracle.problem.passes import Array, Pass
from ..candidates import CandidateError
from ..candidates.loading.loaded import LoadedCandidate
from ..candidates.loading.source import bind_object, load
from .call_message import operands_of
from .channel import AT_ONCE, DOING, Channel, Header
from .company import CompanyCall, CompanyQuestion, CompanyReply, company_to_message
from .company_calls import keep_company
from .crash_handlers import tell_where_it_dies
from .devices import held_device
from .execution import execute, write_text
from .filling import fill_otherwise, unfilled
from .illegal_calls import make_illegal
from .libraries import libraries
from .lifetime import adopt_orphans, bury_ended, children, end_strays, end_with
from .one_call import Announce
from .patience import Patience
from .replies import to_message

_STDOUT, _STDERR = 1, 2
_DYING_SECONDS = 0.5
_LARGEST_FILE = 2**30
_THREAD_MEMORY = 32 * 2**20
"""What a thread's stack may reserve without using it."""
_MOST_HELD = 64 * 2**20
"""Bytes of a call's arrays that are held until the next one has arrived. What is freed at once is what the next call is
given for its result, where the same call again finds all that it never writes right by luck."""

_geometry = functools.lru_cache(maxsize=64)(parse_geometry)
"""Reads a geometry, once for all calls of a case."""


def main() -> None:
    """Serve the harness at the other ends of the sockets whose descriptors are the arguments."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_CORE, 0)
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    control, door = Channel(socket.socket(fileno=int(sys.argv[1]))), socket.socket(fileno=int(sys.argv[2]))
    door.setblocking(False)  # recv_fds of CPython 3.11 takes flags, such as not to wait, and ignores them
    with contextlib.suppress(ConnectionError):
        setup, payload = control.receive()
        sys.path[:] = setup["path"]
        loading: Callable[[], LoadedCandidate] = functools.partial(_load, setup, payload)
        if setup["load_in_forks"]:
            control.send({})
        else:
            loaded = _load_and_tell(loading, control)
            if loaded is None:
                return
            gc.freeze()
            loading = lambda: loaded  # noqa: E731
        _serve_harness(control, door, loading, setup["memory_bytes"])


def _load(setup: Header, payload: list[Array]) -> LoadedCandidate:
    signal.alarm(math.ceil(setup["load_seconds"]) + 1)
    loaded = bind_object(_rebuild(payload[0].tobytes()), name=setup["name"]) if payload else load(setup["source"])
    signal.alarm(0)
    return loaded


def _load_and_tell(loading: Callable[[], LoadedCandidate], control: Channel) -> LoadedCandidate | None:
    pid = os.getpid()
    try:
        loaded = loading()
    except CandidateError as error:
        _end_copy(pid)
        control.send({"error": str(error)})
        return None
    _end_copy(pid)
    control.send(
        {
            "info": asdict(replace(loaded.info, libraries=libraries())),
            "passes": [pass_.value for pass_ in loaded.passes],
            "seconds_per_call": loaded.seconds_per_call,
            "loading_seconds": time.process_time(),
            "device": held_device(),
        }
    )
    return loaded


def _rebuild(pickled: bytes) -> object:
    try:
        return pickle.loads(pickled)
    except Exception as error:
        raise CandidateError(
            f"the candidate cannot be rebuilt in a process of its own ({type(error).__name__}: {error}): "
            f"give it as package.module:attribute or path/to/file.py:attribute, or run it in-process"
        ) from error


def _serve_harness(
    control: Channel, door: socket.socket, loading: Callable[[], LoadedCandidate], memory_bytes: int
) -> None:
    """Fork and bury children on demand, and twins of this process at a knock, until the harness is gone."""
    child = 0
    adopt_orphans()
    kept = children()
    try:
        while True:
            ready, _, _ = select.select([control.socket, door], [], [])
            bury_ended(but={*kept, child})
            if control.socket not in ready:
                _open(door, control, loading, memory_bytes)
                continue
            command, _ = control.receive()
            if command["do"] == "fork":
                ours, theirs = socket.socketpair()
                parent = os.getpid()
                child = os.fork()
                if child == 0:
                    control.close()
                    theirs.close()
                    if command["refilled"]:
                        fill_otherwise()
                    _run_child(Channel(ours), loading, memory_bytes, parent)
                ours.close()
                socket.send_fds(control.socket, [b"f"], [theirs.fileno()])
                theirs.close()
            else:
                control.send({"status": _bury(child, Patience(command["seconds"]))})
                child = 0
                end_strays(kept)
    finally:
        if child:
            _bury(child, Patience(0))
            end_strays(kept)


def _open(door: socket.socket, control: Channel, loading: Callable[[], LoadedCandidate], memory_bytes: int) -> None:
    """Fork a twin for who knocked: it is sent where that is to be served, and where what is written meanwhile goes.

    Twins listen at the same door; who comes too late finds nothing there.
    """
    try:
        knock, descriptors, _, _ = socket.recv_fds(door, 1, 2)
    except BlockingIOError:
        return
    if not knock:
        raise ConnectionError("the harness is gone")
    if os.fork() == 0:
        with _ending_here():
            control.close()
            served, log = descriptors
            os.dup2(log, _STDOUT)
            os.dup2(log, _STDERR)
            _serve_harness(Channel(socket.socket(fileno=served)), door, loading, memory_bytes)
    for descriptor in descriptors:
        os.close(descriptor)


@contextlib.contextmanager
def _ending_here() -> Iterator[None]:
    """What a forked process does; it never returns into its parent's code."""
    status = 1
    try:
        yield
        status = 0
    except ConnectionError:
        status = 0
    except BaseException:  # noqa: BLE001 - a forked child must not run on in its parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _bury(child: int, patience: Patience) -> int:
    """The wait status of a child, which is killed unless it ends by itself before the patience does."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        try:
            patience.turn()
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    return status


def _run_child(channel: Channel, loading: Callable[[], LoadedCandidate], memory_bytes: int, parent: int) -> None:
    """Say that the candidate is there, and serve calls until the harness closes the channel."""
    with _ending_here():
        if end_with(parent):
            os.setpgid(0, 0)
            tell_where_it_dies()
            _limit(resource.RLIMIT_FSIZE, _LARGEST_FILE)
            loaded = loading()
            _limit(resource.RLIMIT_DATA, _data() + memory_bytes + (os.cpu_count() or 1) * _THREAD_MEMORY)
            channel.send({})
            _serve_calls(channel, loaded)


def _serve_calls(channel: Channel, loaded: LoadedCandidate) -> NoReturn:
    pid = os.getpid()
    while True:
        request, arrays = channel.receive()

        def announce(doing: str, at_once: int = 1, *, sequence: int = request["sequence"]) -> None:
            _end_copy(pid)
            channel.send({DOING: doing, AT_ONCE: at_once, "sequence": sequence})

        header, results = _answer(loaded, request, arrays, announce)
        _end_copy(pid)
        channel.send({**header, "sequence": request["sequence"]}, results)
        if sum(array.nbytes for array in (*arrays, *results)) > _MOST_HELD:
            del arrays, results


def _answer(
    loaded: LoadedCandidate, request: Header, arrays: list[Array], announce: Announce
) -> tuple[Header, list[Array]]:
    if request["do"] == "company":
        kept = keep_company(loaded, _question(request, arrays), announce=announce)
        return company_to_message(kept) if isinstance(kept, CompanyReply) else to_message(kept)
    pass_, geometry = Pass(request["pass"]), _geometry(request["geometry"])
    if request["do"] == "call_text":
        return {"text": write_text(loaded, pass_, geometry, request["dtype"], bias=request["bias"])}, []
    operands, _ = operands_of(request, arrays)
    match request["do"]:
        case "illegal":
            return to_message(make_illegal(loaded, pass_, operands, geometry, request["settings"], request["needs"]))
        case _:
            with contextlib.nullcontext() if request["is_filled"] else unfilled():
                return to_message(execute(loaded, pass_, operands, geometry, request["layout"]))


def _question(request: Header, arrays: list[Array]) -> CompanyQuestion:
    calls = {}
    for name, asked in request["calls"].items():
        operands, arrays = operands_of(asked, arrays)
        calls[name] = CompanyCall(operands, _geometry(asked["geometry"]))
    settings = {name: request[name] for name in ("seed", "bitwise", "images_alone")}
    return CompanyQuestion(Pass(request["pass"]), calls, **settings)


def _end_copy(pid: int) -> None:
    """End this process if it is not the one with this id but a copy that a candidate forked: one of them answers."""
    if os.getpid() != pid:
        os._exit(0)


def _limit(kind: int, amount: int) -> None:
    """Lower a limit of this process; one that is lower already stays."""
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or amount < hard:
        resource.setrlimit(kind, (amount, hard))


def _data() -> int:
    """Bytes of this process that can be written and are its own.

    What is merely reserved does not count: CUDA reserves more addresses than any machine has memory.
    """
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[5]) * resource.getpagesize()


if __name__ == "__main__":
    main()

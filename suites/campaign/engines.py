"""What examines the parts of a campaign: threads of this process, the workers of Dask, or any other `Executor`.

A part is examined in a process of its own wherever that is, so threads that wait for such processes are all that one
machine needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...oracle.errors import InvalidArgument
from .task import Examined, Task, examine, stop_all

LOCAL = "local"
_SECONDS_TO_CONNECT = 10.0
_AHEAD = 2
"""Tasks for each worker that are handed out at a time: no worker waits, and few are lost with the engine."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where tasks are handed in.

    Parameters
    ----------
    submit : callable
        Of a task; what it returns has the result, or raises where the worker was lost.
    at_a_time : callable
        How many tasks should be handed in now: workers come and go.
    stop : callable
        Ends what goes on, as far as it can be reached.
    is_there : callable
        Whether it can still be asked.
    name : str
    """

    submit: Callable[[Task], Future[Examined]]
    at_a_time: Callable[[], int]
    stop: Callable[[], None]
    is_there: Callable[[], bool] = lambda: True
    name: str = LOCAL


def engine_of(executor: Executor, workers: int, stop: Callable[[], None] = lambda: None) -> Engine:
    """An engine of any executor of `concurrent.futures` or that does as they do: loky, mpi4py.futures, executorlib."""
    return Engine(lambda task: executor.submit(examine, task), lambda: _AHEAD * workers, stop)


@contextmanager
def opened(scheduler: str, workers: int, needs: Mapping[str, Mapping[str, float]]) -> Iterator[Engine]:
    """The engine that a scheduler's address stands for; closed afterwards.

    Parameters
    ----------
    scheduler : str
        ``local``, or the address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``.
    workers : int
        Of a local one.
    needs : mapping of str to mapping of str to float
        By a candidate's source, what its workers have to have: ``{"torch-cuda": {"GPU": 1}}``. Dask's workers say what
        they have (``dask worker --resources "GPU=1"``).

    Raises
    ------
    InvalidArgument
        If there is no such scheduler, Dask is not installed, or a local engine is to know what workers have.
    """
    if scheduler != LOCAL:
        yield from _dask(scheduler, needs)
        return
    if needs:
        requirement = "should be left out: local workers are all the same"
        raise InvalidArgument("needs", dict(needs), requirement, where="campaign")
    executor = ThreadPoolExecutor(workers)
    try:
        yield engine_of(executor, workers, stop_all)
    finally:
        stop_all()
        executor.shutdown(wait=True, cancel_futures=True)


def _dask(scheduler: str, needs: Mapping[str, Mapping[str, float]]) -> Iterator[Engine]:
    try:
        distributed = import_module("distributed")
    except ImportError:
        requirement = "should be local, or Dask installed: pip install 'convoracle[campaign]'"
        raise InvalidArgument("scheduler", scheduler, requirement, where="campaign") from None
    try:
        client = _within(_SECONDS_TO_CONNECT, lambda: distributed.Client(scheduler, timeout=_SECONDS_TO_CONNECT))
    except (OSError, ValueError) as error:
        requirement = f"should be the address of a scheduler that answers, such as tcp://10.0.0.1:8786: {error}"
        raise InvalidArgument("scheduler", scheduler, requirement, where="campaign") from None
    try:
        yield _dask_engine(client, scheduler, needs)
    finally:
        client.close(timeout=_SECONDS_TO_CONNECT)


def _within(seconds: float, connect: Callable[[], Any]) -> Any:
    """What comes of connecting; who accepts a connection and says nothing is not waited for.

    Raises
    ------
    TimeoutError
        If nothing comes of it.
    """
    made: Future[Any] = Future()

    def attempt() -> None:
        try:
            made.set_result(connect())
        except Exception as error:  # noqa: BLE001 - it is raised where the result is wanted
            made.set_exception(error)

    threading.Thread(target=attempt, daemon=True).start()
    try:
        return made.result(timeout=2 * seconds)
    except TimeoutError:
        raise TimeoutError(f"it did not answer within {2 * seconds:g} s") from None


def _dask_engine(client: Any, name: str, needs: Mapping[str, Mapping[str, float]]) -> Engine:
    """Each task is one that may be tried elsewhere without being counted as the same: its result is never cached."""
    executors = {
        source: client.get_executor(pure=False, retries=0, resources=dict(has)) for source, has in needs.items()
    }
    usual = client.get_executor(pure=False, retries=0)

    def submit(task: Task) -> Future[Examined]:
        handed: Future[Examined] = executors.get(task.source, usual).submit(examine, task)
        return handed

    def at_a_time() -> int:
        try:
            return _AHEAD * max(int(sum(client.nthreads().values())), 1)
        except OSError:  # the scheduler does not answer; whether it is lost is known in a while
            return 0

    return Engine(submit, at_a_time, lambda: None, lambda: bool(client.status == "running"), name)

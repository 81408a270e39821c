"""The workers of a real Dask scheduler, killed, cut off and slow: a campaign comes to what one run comes to."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import RunWriter, read_run
from convoracle.suites.calling.replies import Limits
from convoracle.suites.campaign.campaign import Campaign
from convoracle.suites.campaign.engines import opened
from convoracle.suites.campaign.events import CampaignEvent, PartCollected
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.runner import describe_run, executors, run

from ...kept import kept

pytest.importorskip("distributed")

SLOW = """
import time
from convoracle.oracle.answers import reference

class Slow:
    def forward(self, input, weight, bias, geometry):
        time.sleep(0.002)
        out = reference.forward(input, weight, geometry, bias)
        return out[:, :, ::-1].copy() if geometry.stride[0] > 1 else out
"""
SPACE = Space(ranks=(1,), dtypes=("float32",), max_products=100)
BUDGET = Budget(SPACE, frozenset({Pass.FORWARD}), 64, 0, checks=frozenset({"structure"}), part_cases=8)

NEAR, FAR = (f"10.231.{os.getpid() % 250}.{end}" for end in (1, 2))
"""Both ends of a wire to another host."""


@dataclass
class Cluster:
    """A scheduler, and workers that can be lost."""

    folder: Path
    port: int
    host: str = "127.0.0.1"
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://{self.host}:{self.port}"

    def scheduler(self) -> subprocess.Popen[bytes]:
        started = self._started("dask_scheduler", "--host", self.host, "--port", str(self.port))
        for _ in range(300):
            with contextlib.suppress(OSError), closing(socket.create_connection((self.host, self.port), 0.1)):
                return started
            time.sleep(0.1)
        raise AssertionError("the scheduler does not answer")

    def worker(self, *inside: str) -> subprocess.Popen[bytes]:
        return self._started("dask_worker", self.address, "--nthreads", "1", "--no-nanny", inside=inside)

    def _started(self, module: str, *arguments: str, inside: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        words = [*inside, sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
        log = (self.folder / f"{module}-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                words, stdout=log, stderr=log, env={**os.environ, **self.settings}, cwd=self.folder
            )
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def free_port() -> int:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, free_port())
    made.scheduler()
    yield made
    made.close()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> RunPlan:
    path = tmp_path_factory.mktemp("candidate") / "slow.py"
    path.write_text(SLOW)
    return RunPlan((f"{path}:Slow",), BUDGET, Limits(), ())


@pytest.fixture(scope="module")
def whole(plan: RunPlan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    with executors(plan) as candidates, RunWriter.create(folder, describe_run(plan, "", candidates, "")) as writer:
        for _ in run(plan, candidates, {}, writer):
            pass
    return folder


def collected(events: Iterator[CampaignEvent]) -> Iterator[PartCollected]:
    return (event for event in events if isinstance(event, PartCollected))


def test_workers_that_are_killed_and_others_that_come(
    cluster: Cluster, plan: RunPlan, whole: Path, tmp_path: Path
) -> None:
    """Each time that something came back, one is killed; no part is lost with it, nor counted twice."""
    workers = [cluster.worker(), cluster.worker()]
    with opened(cluster.address, 1, {}) as engine:
        making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
        with closing(making.run()) as events:
            for count, _ in enumerate(collected(events)):
                if count in (1, 3):
                    workers.pop(0).kill()
                    workers.append(cluster.worker())
    assert making.is_whole
    assert kept(tmp_path / "campaign") == kept(whole)


@pytest.mark.campaign
def test_a_scheduler_that_is_killed(cluster: Cluster, plan: RunPlan, whole: Path, tmp_path: Path) -> None:
    cluster.worker()
    with opened(cluster.address, 1, {}) as engine:
        making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
        with closing(making.run()) as events:
            some = collected(events)
            assert [next(some).done, next(some).done] == [1, 2]
            cluster.processes[0].kill()
            with pytest.raises(ConnectionAbortedError):
                list(some)
    before = read_run(tmp_path / "campaign").totals.records
    assert 16 <= before < 64
    again = Cluster(tmp_path, free_port())
    try:
        again.scheduler()
        again.worker()
        with opened(again.address, 1, {}) as engine:
            making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
            with closing(making.run()) as events:
                assert len(list(collected(events))) == 12 - before // 8
    finally:
        again.close()
    assert kept(tmp_path / "campaign") == kept(whole)


@pytest.mark.campaign
def test_a_worker_that_is_so_slow_that_another_does_its_part_too(tmp_path: Path, plan: RunPlan, whole: Path) -> None:
    """It stands still until the scheduler gives it up, and goes on then: its part is examined twice, counted once."""
    cluster = Cluster(tmp_path, free_port(), settings={"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "3s"})
    try:
        cluster.scheduler()
        slow = cluster.worker()
        with opened(cluster.address, 1, {}) as engine:
            making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
            with closing(making.run()) as events:
                for count, _ in enumerate(collected(events)):
                    if count == 1:
                        cluster.worker()
                        slow.send_signal(signal.SIGSTOP)
                    if count == 8:
                        slow.send_signal(signal.SIGCONT)
        assert making.is_whole
    finally:
        cluster.close()
    assert kept(tmp_path / "campaign") == kept(whole)


def _netns(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def other_host() -> Iterator[tuple[str, str]]:
    """A network namespace that is joined to this host by a wire: its name, and this end of the wire."""
    name = f"conv{os.getpid()}"
    wire, far = f"cv{os.getpid() % 10000}a", f"cv{os.getpid() % 10000}b"
    try:
        _netns("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("network namespaces need a privilege")
    try:
        _netns("link", "add", wire, "type", "veth", "peer", "name", far)
        _netns("link", "set", far, "netns", name)
        _netns("addr", "add", f"{NEAR}/24", "dev", wire)
        _netns("link", "set", wire, "up")
        _netns("netns", "exec", name, "ip", "addr", "add", f"{FAR}/24", "dev", far)
        _netns("netns", "exec", name, "ip", "link", "set", far, "up")
        _netns("netns", "exec", name, "ip", "link", "set", "lo", "up")
        yield name, wire
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.campaign
def test_a_host_that_is_cut_off(other_host: tuple[str, str], plan: RunPlan, whole: Path, tmp_path: Path) -> None:
    """Its worker goes on computing what nobody waits for any more, and comes back when the wire does."""
    name, wire = other_host
    settings = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "4s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}
    cluster = Cluster(tmp_path, free_port(), NEAR, settings)
    try:
        cluster.scheduler()
        cluster.worker("ip", "netns", "exec", name)
        with opened(cluster.address, 1, {}) as engine:
            making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
            with closing(making.run()) as events:
                for count, event in enumerate(collected(events)):
                    if count == 1:
                        assert event.where
                        _netns("link", "set", wire, "down")
                        cluster.worker()
                    if count == 8:
                        _netns("link", "set", wire, "up")
        assert making.is_whole
    finally:
        cluster.close()
    assert kept(tmp_path / "campaign") == kept(whole)


@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:1", "nonsense", "http://"])
def test_a_scheduler_that_does_not_answer_is_wrong_usage(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convoracle.suites.campaign.engines._SECONDS_TO_CONNECT", 0.5)
    told = re.escape(f"scheduler={scheduler!r}, but should be the address of a scheduler that answers")
    with pytest.raises(InvalidArgument, match=told), opened(scheduler, 1, {}):
        pass


def test_a_scheduler_that_accepts_and_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convoracle.suites.campaign.engines._SECONDS_TO_CONNECT", 0.5)
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(InvalidArgument, match="a scheduler that answers"), opened(address, 1, {}):
            pass


def test_workers_of_this_machine_have_no_names_for_what_they_have() -> None:
    with pytest.raises(InvalidArgument, match="local workers are all the same"), opened("local", 1, {"x": {"GPU": 1}}):
        pass


def test_what_needs_something_waits_for_a_worker_that_has_it(cluster: Cluster, plan: RunPlan, tmp_path: Path) -> None:
    """The first worker has nothing, so nothing begins until the second is there."""
    (source,) = plan.sources
    cluster.worker()
    with opened(cluster.address, 1, {source: {"GPU": 1}}) as engine:
        making = Campaign(plan, engine, tmp_path / "campaign", 60.0, "")
        with closing(making.run()) as events:
            for _ in range(4):
                assert not isinstance(next(events), PartCollected)
            cluster._started("dask_worker", cluster.address, "--nthreads", "1", "--no-nanny", "--resources", "GPU=1")
            assert next(collected(events)).done == 1

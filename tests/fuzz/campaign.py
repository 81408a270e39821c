"""A campaign: many executions of each target, coverage-guided where atheris is installed, in a process of its own.

``python -m tests.fuzz.campaign --executions 20000`` prints a table; each finding is kept as a file, to become a test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any, NoReturn

SECONDS = 10.0
"""An execution that takes longer is a finding."""
MEMORY = 2**30
"""Bytes that a target may take beyond what its process holds; what it is denied is a finding, unless it is told."""
_FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")
_WRITING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Hang(BaseException):
    """An execution takes too long."""


class Forbidden(BaseException):
    """A reader did what no reader does."""


@dataclass(slots=True)
class Campaign:
    """The executions of one target, and what was found."""

    read: Callable[[bytes, Path], bool]
    scratch: Path
    keep: Path
    seconds: float = SECONDS
    executions: int = 0
    values: int = 0
    slowest: float = 0.0
    reading: bool = False
    found: dict[str, str] = field(default_factory=dict)

    def one(self, data: bytes) -> None:
        """Read a document, and keep it if that is a finding of another kind than those so far."""
        self.executions += 1
        if self.executions % 100 == 0:
            limit()
        began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        self.reading = True
        try:
            self.values += self.read(data, self.scratch)
        except (Exception, Hang, Forbidden) as error:  # noqa: BLE001 - whatever else comes out is what is looked for
            self.reading = False
            self._keep(data, error)
        finally:
            self.reading = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _keep(self, data: bytes, error: BaseException) -> None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" not in frame.filename]
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        own = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if any(r in f.filename for r in _ROOMS)]
        kind = f"{type(error).__name__} at {own[-1] if own else place}"
        if kind not in self.found:
            self.found[kind] = ascii(str(error))[1:120]
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


_ROOMS = tuple(f"/{room}/" for room in ("oracle", "reports", "suites"))


def guard(campaign: Campaign) -> None:
    """From now on, refuse what no reader does: to run or unpickle something, or to write beyond its folder."""
    home = os.path.realpath(campaign.scratch)

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if not campaign.reading:
            return
        runs = event == "exec" and arguments[0].co_filename.startswith(("<", home))
        if runs or event in _FORBIDDEN:
            raise Forbidden(f"{event} {arguments!r:.200}")
        writes = event in _WRITING
        if event == "open":
            _, mode, flags = arguments
            writes = bool(set(str(mode or "")) & set("wax+")) or bool((flags or 0) & _FLAGS)
        if writes and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.path.join(_folder_of(event, arguments), os.fsdecode(arguments[0])))
            if not path.startswith(home):
                raise Forbidden(f"{event} {path!r:.200}")

    sys.addaudithook(heard)


def _folder_of(event: str, arguments: tuple[Any, ...]) -> str:
    """What a path is told from: a folder that is open, or the current one."""
    is_open = event != "open" and isinstance(arguments[-1], int) and arguments[-1] >= 0
    return f"/proc/self/fd/{arguments[-1]}" if is_open else ""


def limit() -> None:
    """From now on, deny this process more than `MEMORY` beyond what it holds, what atheris keeps among that."""
    with open("/proc/self/statm") as told:
        held = int(told.read().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (held + MEMORY, resource.RLIM_INFINITY))


def hang(number: int, frame: object) -> NoReturn:
    """What the alarm of an execution does."""
    raise Hang("too long")


def _run_target(name: str, executions: int, seed: int, keep: Path, guided: bool) -> NoReturn:
    """Run one target in this process, and print what came of it as JSON."""
    if guided:
        import atheris

        with atheris.instrument_imports(include=["convoracle"]):
            from .targets import TARGETS
    else:
        from .targets import TARGETS
    from .mutation import mutated

    target = TARGETS[name]
    seeds = target.seeds()
    scratch = Path(tempfile.mkdtemp(prefix="convoracle-fuzz-"))
    campaign = Campaign(target.accepts, scratch, keep / name)
    signal.signal(signal.SIGALRM, hang)
    for data in (*seeds, *(path.read_bytes() for path in target.findings())):
        campaign.one(data)
    guard(campaign)
    limit()
    if guided:
        _guide(campaign, seeds, executions, seed)
    random = Random(seed)
    while campaign.executions < executions:
        campaign.one(mutated(random.choice(seeds), random, seeds))
    _tell(campaign)


def _guide(campaign: Campaign, seeds: list[bytes], executions: int, seed: int) -> None:
    """Have atheris choose what is mutated further, by what it covers; it does not come back."""
    import atheris

    from .mutation import mutated

    corpus = campaign.scratch / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds):
        (corpus / str(number)).write_bytes(data)

    def one(data: bytes) -> None:
        if campaign.executions >= executions:
            _tell(campaign)
        campaign.one(data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.3:
            return atheris.Mutate(data, max_size)
        return mutated(data if random.random() < 0.5 else random.choice(seeds), random, seeds)[:max_size]

    options = [
        "-max_len=65536",
        f"-seed={seed + 1}",
        "-verbosity=0",
        "-timeout=0",
        "-rss_limit_mb=0",
        "-detect_leaks=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


def _tell(campaign: Campaign) -> NoReturn:
    told = (campaign.executions, campaign.values, campaign.slowest, campaign.found)
    print(json.dumps(told), flush=True)
    os._exit(0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=20_000, metavar="N", help="of each target (default: 20000)")
    parser.add_argument("--target", action="append", default=[], help="only this one; may be given several times")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--findings", type=Path, default=Path(".fuzz-findings"), help="a folder that findings are kept in"
    )
    parser.add_argument("--unguided", action="store_true", help="without atheris, also where it is installed")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser


def main() -> int:
    """Print a line for each target; 1 if there are findings."""
    options = _options().parse_args()
    guided = not options.unguided and find_spec("atheris") is not None
    keep = options.findings.resolve()
    if options.alone:
        _run_target(options.target[0], options.executions, options.seed, keep, guided)
    from .targets import TARGETS

    how = "guided by coverage" if guided else "not guided"
    print(f"| target | executions, {how} | read as a value | slowest | findings |")
    print("|---|---|---|---|---|")
    failed = False
    for name in options.target or TARGETS:
        told = _asked(name, options, guided)
        failed |= "found nothing" not in told
        print(told, flush=True)
    return int(failed)


def _asked(name: str, options: argparse.Namespace, guided: bool) -> str:
    """The line of one target, which runs in a process of its own."""
    command = [sys.executable, "-m", "tests.fuzz.campaign", "--alone", "--target", name, "--seed", str(options.seed)]
    command += ["--executions", str(options.executions), "--findings", str(options.findings)]
    command += [] if guided else ["--unguided"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    with suppress(ValueError, IndexError):
        executions, values, slowest, found = json.loads(done.stdout.strip().splitlines()[-1])
        told = "; ".join(f"{kind} ({text})" for kind, text in found.items()) or "found nothing"
        return f"| {name} | {executions:,} | {100 * values / executions:.0f} % | {slowest:.2f} s | {told} |"
    return f"| {name} | | | | its process ended with {done.returncode}: {done.stderr[-500:]} |"


if __name__ == "__main__":
    sys.exit(main())

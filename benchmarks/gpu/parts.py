"""The parts of a run on a GPU, each with a time limit of its own and a line of results; one that fails stops none.

    python benchmarks/gpu/parts.py --out DIR [--device cuda] [--only PART ...]

A part is done if its command ends as it should: a check of a kernel with a bug ends with 1. It ends with 1 if any is
not done. `results.json` is written again after each part, so that what was found is kept whatever happens.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = 1
_LINES = 12
_CONVORACLE = (sys.executable, "-m", "convoracle.suites")
_CASES = ("--cases", "12", "--checks", "structure", "precision", "-q")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked.

    Parameters
    ----------
    name : str
    seconds : int
        Its limit; all of them together are less than 450.
    commands : tuple of tuple of str
        One after another; ``{out}`` and ``{device}`` are filled in.
    ends_with : int
        What the last one is to end with; the others with 0.
    """

    name: str
    seconds: int
    commands: tuple[tuple[str, ...], ...]
    ends_with: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a part: ``done``, ``failed`` or ``timed out``, what its last command ended with, its last lines."""

    part: str
    outcome: str
    seconds: float
    ended_with: int | None
    told: tuple[str, ...]


def _check(name: str, seconds: int, candidate: str, *options: str, ends_with: int = 0) -> Part:
    report = ("--out", f"{{out}}/{name.replace(' ', '-')}")
    return Part(name, seconds, ((*_CONVORACLE, "check", candidate, *_CASES, *report, *options),), ends_with)


def _of_torch(name: str, attribute: str, *options: str) -> Part:
    return _check(name, 28, f"{HERE}/torch_ways.py:{attribute}", *options)


def _card(dtype: str, attribute: str) -> tuple[str, ...]:
    asked = ("--dtypes", dtype, "--passes", "forward", "--geometries", "small", "usual")
    return (
        *_CONVORACLE,
        "probe",
        f"{HERE}/torch_ways.py:{attribute}",
        *asked,
        "--out",
        f"{{out}}/card-{attribute}-{dtype}.json",
    )


_LIBRARY, _FAULTY = "{out}/libcuda_conv.so", "{out}/libcuda_conv_without_tail.so"
_COMPILE = (sys.executable, str(HERE / "kernels.py"), "{device}", _LIBRARY, _FAULTY)
_ALL = ("--dtypes", "float64", "float32", "float16", "bfloat16")
_CARDS = (("float16", "Tf32"), ("bfloat16", "Tf32"), ("float32", "Tf32"), ("float32", "Single"))
_CERTIFY = (*_CONVORACLE, "certify", f"{HERE}/torch_ways.py:Tf32", "--corpus", "resnet50", "--batch", "{batch}")
PARTS = (
    Part("adapter", 50, ((*_CONVORACLE, "adapter", f"{HERE}/torch_ways.py:Tf32"),)),
    _of_torch("all dtypes, TF32", "Tf32", *_ALL),
    _of_torch("TF32 off", "Single", "--dtypes", "float32"),
    _of_torch("channels last", "ChannelsLast", "--dtypes", "float32", "float16"),
    _of_torch("cudnn benchmark", "Benchmarked", "--dtypes", "float32", "float16"),
    _of_torch("deterministic", "Deterministic", "--dtypes", "float32", "float16"),
    _check("triton", 35, f"{HERE}/triton_ways.py:right", "--dtypes", "float32", "float16"),
    _check("triton with a tail bug", 35, f"{HERE}/triton_ways.py:without_tail", "--dtypes", "float32", ends_with=1),
    Part(
        "cuda c",
        40,
        (
            _COMPILE,
            (*_CONVORACLE, "check", _LIBRARY, *_CASES, "--out", "{out}/cuda-c"),
            (*_CONVORACLE, "check", _FAULTY, *_CASES, "--out", "{out}/cuda-c-with-a-tail-bug"),
        ),
        ends_with=1,
    ),
    _check("cupy", 25, f"{HERE}/array_ways.py:by_cupy", "--dtypes", "float32", "float64"),
    _check("jax", 25, f"{HERE}/array_ways.py:by_jax", "--dtypes", "float32"),
    Part(
        "certificates",
        60,
        (
            (sys.executable, f"{HERE.parent}/on_device.py", "{device}", "{out}/on-device.json"),
            (*_CERTIFY, "--passes", "forward", "--out", "{out}/certificates"),
        ),
    ),
    Part("cards", 40, tuple(_card(*each) for each in _CARDS)),
)


def run(part: Part, device: str, out: Path) -> Result:
    """The result of a part; what it started is ended with it."""
    start, ended, told = time.monotonic(), None, [""]
    for number, command in enumerate(part.commands):
        left = part.seconds - (time.monotonic() - start)
        ended, told = _ended(_filled(command, device, out), device, max(left, 0.1))
        is_last = number == len(part.commands) - 1
        if ended != (part.ends_with if is_last else 0):
            break
    else:
        return Result(part.name, "done", time.monotonic() - start, ended, tuple(told))
    return Result(part.name, "timed out" if ended is None else "failed", time.monotonic() - start, ended, tuple(told))


def _filled(command: Iterable[str], device: str, out: Path) -> list[str]:
    batch = "32" if device == "cuda" else "1"
    return [word.format(out=out, device=device, batch=batch) for word in command]


def _ended(command: list[str], device: str, seconds: float) -> tuple[int | None, list[str]]:
    """What a command ended with, None if it was ended, and its last lines."""
    environment = {**os.environ, "GPU_DEVICE": device, "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
    )
    try:
        told, _ = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        told, _ = running.communicate()
        return None, told.splitlines()[-_LINES:]
    return running.returncode, told.splitlines()[-_LINES:]


def machine(device: str) -> dict[str, str]:
    """What it ran on, asked in a process of its own: who has opened the GPU cannot be forked."""
    asked = "torch.cuda.get_device_name() if torch.cuda.is_available() else ''"
    told = f"import torch; print(torch.__version__); print({asked})"
    lines = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    torch, gpu = [*lines, "", ""][:2]
    return {"device": device, "gpu": gpu, "torch": torch, "python": platform.python_version()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a folder for results.json and the reports")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: what needs no GPU")
    parser.add_argument("--only", nargs="+", choices=[part.name for part in PARTS], help="these parts")
    parser.add_argument("--seconds", type=int, help="of each part, instead of its own limit")
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    document: dict[str, object] = {"document": "gpu", "version": VERSION, "machine": machine(chosen.device)}
    results = list[Result]()
    for part in PARTS:
        if chosen.only and part.name not in chosen.only:
            continue
        limited = replace(part, seconds=chosen.seconds) if chosen.seconds else part
        results.append(run(limited, chosen.device, out))
        print(f"{results[-1].outcome}: {part.name}, {results[-1].seconds:.0f} s", flush=True)
        document["parts"] = [asdict(result) for result in results]
        (out / "results.json").write_text(json.dumps(document, indent=2))
    return 0 if all(result.outcome == "done" for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The example exchange in docs/protocol.md is what the two sides really say."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.candidates.foreign import protocol
from convoracle.suites.candidates.foreign.executable import Executable, Program

ROOT = Path(__file__).parents[2]
CONV = ROOT / "examples" / "node" / "conv.js"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js on this machine")

Message = tuple[dict[str, Any], bytes]


def example(arrow: str) -> list[Message]:
    """The messages of one side: each a line of JSON, and perhaps a line of bytes."""
    section = (ROOT / "docs" / "protocol.md").read_text().partition("## An example")[2].split("```")[1]
    messages: list[Message] = []
    for line in section.splitlines():
        if line.startswith(f"{arrow} {{"):
            messages.append((json.loads(line[2:]), b""))
        elif line.startswith(arrow):
            messages[-1] = (messages[-1][0], bytes.fromhex(line[2:]))
    return messages


def read_all(stream: bytes) -> list[Message]:
    messages = []
    while stream:
        line, _, rest = stream.partition(b"\n")
        header = json.loads(line)
        messages.append((header, rest[: header["payload"]]))
        stream = rest[header["payload"] :]
    return messages


def test_what_the_program_replies() -> None:
    sent = b"".join(json.dumps(header).encode() + b"\n" + payload for header, payload in example("→"))
    done = subprocess.run(["node", CONV], input=sent, capture_output=True, check=True)
    assert read_all(done.stdout) == example("←")


def test_what_convoracle_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    write = Program._write
    monkeypatch.setattr(Program, "_write", lambda self, data: (sent.append(data), write(self, data)))
    program = Executable(shlex.join(["node", str(CONV)]))
    assert read_all(b"".join(sent)) == [example("→")[0], example("→")[2]]
    sent.clear()
    operands = Operands(np.float32([[[1, 2, 3]]]), np.float32([[[10, 1]]]), None, np.float32([[[0, 0]]]))
    result = program.evaluate(Pass.FORWARD, operands, parse_geometry("n1c1k1i3f2"))
    assert read_all(b"".join(sent)) == example("→")[:2]
    assert result.tolist() == [[[12, 23]]]


def test_the_versions_agree() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    assert f"describes version {protocol.VERSION} of the protocol" in text
    assert f"{protocol.LONGEST_LINE:,} bytes" in text
    assert f"{protocol.LARGEST_PAYLOAD // 2**30} GiB" in text

"""`convoracle vectors`: exit codes, and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.suites.command.cli import main
from convoracle.suites.vectors.manifest import DATA, MANIFEST


def test_export_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "set")
    assert main(["vectors", "export", folder, "--only", "float32", "EmptyBatch", "NoChannels"]) == 0
    assert main(["vectors", "export", folder, "--only", "int8"]) == 0
    assert main(["vectors", "verify", folder, "--thoroughly"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1].endswith("vectors are right")
    assert f"MiB, in {folder}" in printed


def test_a_wrong_vector_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "set"
    assert main(["vectors", "export", str(folder), "--only", "float16", "BiasReduction"]) == 0
    text = (folder / MANIFEST).read_text()
    assert text.count('"pass":"bias_gradient"') > 1
    (folder / MANIFEST).write_text(text.replace('"pass":"bias_gradient"', '"pass":"forward"', 1))
    assert main(["vectors", "verify", str(folder)]) == 1
    assert "\n1 of " in capsys.readouterr().out


def test_what_is_wrong_with_an_argument_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "set"
    assert main(["vectors", "export", str(folder), "--only", "sideways"]) == 2
    assert "sideways" in capsys.readouterr().err
    assert main(["vectors", "export", str(folder), "--only", "int8", "NanLeak"]) == 2
    assert "none has all of it" in capsys.readouterr().err
    assert main(["vectors", "verify", str(folder)]) == 2
    assert MANIFEST in capsys.readouterr().err
    assert main(["vectors", "export", str(folder), "--only", "int8"]) == 0
    (folder / DATA).write_bytes(b"")
    assert main(["vectors", "verify", str(folder)]) == 2

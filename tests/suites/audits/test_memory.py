"""How much memory there is: what the machine has free, and no more than a container may take."""

from __future__ import annotations

from pathlib import Path

from convoracle.suites.audits.memory import available_memory, layer_memory, memory_of_calls

GIB = 2**30


def machine(folder: Path) -> Path:
    (folder / "meminfo").write_text(f"MemTotal: {16 * 2**20} kB\nMemAvailable: {8 * 2**20} kB\n")
    return folder / "meminfo"


def test_of_a_machine_what_is_available(tmp_path: Path) -> None:
    assert available_memory(machine(tmp_path), tmp_path) == 8 * GIB


def test_a_container_may_take_less_by_either_version_of_control_groups(tmp_path: Path) -> None:
    meminfo = machine(tmp_path)
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(f"{6 * GIB}\n")
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text(f"{GIB}\n")
    assert available_memory(meminfo, tmp_path) == 5 * GIB
    (tmp_path / "memory.max").write_text(f"{2 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{GIB}\n")
    assert available_memory(meminfo, tmp_path) == GIB
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(meminfo, tmp_path) == 5 * GIB


def test_where_nothing_tells_it_is_all_there_is(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "none", tmp_path) >= available_memory()


def test_a_layer_may_take_half_and_its_candidate_most_of_that() -> None:
    assert 0 < layer_memory() <= available_memory() * 0.75
    assert memory_of_calls(8 * GIB) == 6 * GIB
    assert memory_of_calls(2**20) == GIB

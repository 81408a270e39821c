"""A candidate each of whose calls is the first of a process: it is restarted before each, and asked the same."""

from __future__ import annotations

from typing import Any

import pytest

from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.company import CompanyQuestion
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.illegal_calls import illegal_call
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.diagnosis.afresh import Afresh

CASE = parse_case("n1c1k1i4f2/float32/uniform/0")
QUESTION = CompanyQuestion(Pass.FORWARD, {})
ILLEGAL = illegal_call("stride 0 [forward, 2-D]")


class Keeps:
    """Keeps what is asked of it, and answers with what it kept."""

    info, passes = InProcess("reference").info, frozenset((Pass.FORWARD,))

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> object:
        def keep(*arguments: object, **keywords: object) -> object:
            self.asked.append((name, arguments, keywords))
            return self.asked[-1]

        return keep


@pytest.mark.parametrize(
    ("name", "arguments", "keywords", "restarted"),
    [
        (
            "call",
            (Pass.FORWARD, lattice_operands(CASE), CASE.geometry),
            {"seconds": 2.0, "layout": "strided", "is_filled": False},
            True,
        ),
        ("call_in_company", (QUESTION,), {}, True),
        ("illegal", (ILLEGAL,), {}, True),
        ("call_text", (Pass.FORWARD, CASE.geometry, "float32", False), {}, False),
        ("close", (), {}, False),
    ],
)
def test_it_is_asked_the_same_and_each_call_is_the_first(
    name: str, arguments: tuple[object, ...], keywords: dict[str, object], restarted: bool
) -> None:
    executor = Keeps()
    getattr(Afresh(executor), name)(*arguments, **keywords)  # type: ignore[arg-type]
    before = [("restart", (), {})] if restarted else []
    assert executor.asked == [*before, (name, arguments, keywords)]


def test_what_comes_back_is_the_executors() -> None:
    executor = Keeps()
    assert Afresh(executor).illegal(ILLEGAL) is executor.asked[-1]  # type: ignore[arg-type]
    assert Afresh(executor).call(Pass.FORWARD, lattice_operands(CASE), CASE.geometry) is executor.asked[-1]  # type: ignore[arg-type]
    assert Afresh(executor).info is executor.info  # type: ignore[arg-type]
    assert Afresh(executor).passes is executor.passes  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in vars(Executor) if not name.startswith("_")])
def test_it_has_all_that_an_executor_has(name: str) -> None:
    assert hasattr(Afresh(Keeps()), name)  # type: ignore[arg-type]

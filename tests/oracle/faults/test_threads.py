"""The threads in which mistakes were seen: written as one finds them, and each of something that there is."""

from __future__ import annotations

import re

import pytest

from convoracle.oracle.faults import FAULT_MODELS
from convoracle.oracle.faults.threads import THREADS, seen_in
from convoracle.suites.vectors.flags import FLAGS

MODELS = {re.sub(r"-\d+$", "", model.name) for model in FAULT_MODELS}


@pytest.mark.parametrize("thread", THREADS)
def test_a_thread_is_written_as_one_finds_it_and_shows_known_mistakes(thread: str) -> None:
    assert re.fullmatch(r"[\w.-]+(/[\w.-]+)?( PR)?#\d+", thread)
    assert THREADS[thread]
    assert set(THREADS[thread]) <= MODELS | FLAGS.keys()


def test_what_is_said_of_a_mistake_is_its_threads_in_order() -> None:
    assert seen_in("low-padding-on-both-sides") == "opencv PR#20394, tvm PR#6646, aimet PR#2873"
    assert seen_in("row-remainder-dropped-8") == seen_in("row-remainder-dropped-32") == "ncnn#1014, ggml PR#274"
    assert seen_in("PaddingSides") == "root#21737, opencv PR#20394, tvm PR#6646, aimet PR#2873"
    assert seen_in("padding-mode-ignored") == ""

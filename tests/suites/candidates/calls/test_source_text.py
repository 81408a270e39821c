"""The text of a call: the functions that run with what they refer to, and nothing else, before the call itself."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Operands
from convoracle.suites.candidates.calls.source_text import Call

pytest.importorskip("scipy")

from convoracle.suites.candidates.scipy import convolution as own

SETTINGS = {"size": (2,), "stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1, "mode": "constant"}
CALL = Call(
    own.forward, {"function": own.convolution, **SETTINGS, "method": "direct"}, ("input", "weight", "bias"), "# first\n"
)
ONE = np.ones((1, 1, 3))


def test_it_has_the_functions_that_are_needed_and_what_these_import() -> None:
    text = CALL.write(bias=True)
    assert [line for line in text.splitlines() if line.startswith("def ")] == [
        "def forward(function: Callable[..., np.ndarray], **settings: object) -> Callable[..., np.ndarray]:",
        "def wide(array: np.ndarray) -> np.ndarray:",
        "def convolution(",
        "def correlate(source: np.ndarray, kernel: np.ndarray, dilation: Sequence[int], method: str) -> np.ndarray:",
    ]
    assert text.splitlines()[:7] == [
        "# first",
        "from collections.abc import Callable",
        "from collections.abc import Sequence",
        "from typing import Literal",
        "import numpy as np",
        "import scipy.signal as signal",
        "",
    ]
    assert text.endswith("    method='direct',\n)\nactual = compute(input=input, weight=weight, bias=bias)\n")


def test_a_bias_is_given_where_there_is_one() -> None:
    assert CALL.write(bias=False).endswith("\nactual = compute(input=input, weight=weight)\n")
    assert CALL.arguments(Operands(ONE, ONE[:, :, :2], None, ONE)).keys() == {"input", "weight"}
    operands = Operands(ONE, ONE[:, :, :2], ONE[0, 0, :1], ONE)
    assert CALL.prepared()(**CALL.arguments(operands)).tolist() == [[[3.0, 3.0]]]

"""Conduct in company: each way in which calls can disturb each other is seen, and the honest one passes."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle import reference
from convoracle.oracle.data import Case, parse_case
from convoracle.oracle.geometry import ConvGeometry
from convoracle.oracle.passes import Array, Pass
from convoracle.oracle.verdict import Outcome, Verdict
from convoracle.suites.checks.company import ask_company, companion
from convoracle.suites.company import Company, from_message, to_message
from convoracle.suites.declared import arithmetic_of
from convoracle.suites.executor import Executor
from convoracle.suites.in_process import InProcess
from convoracle.suites.isolation import Isolated
from convoracle.suites.replies import Limits

OTHER_DTYPE, OTHER_BATCH, OTHER_SIZE = (
    parse_case(f"n2c3k2i6x5f3x2p1x1/bias/float32/uniform/{seed}") for seed in (0, 1, 2)
)
MANY_CHANNELS = parse_case("n2c16k2i6x5f3x2/float32/uniform/1")


class Honest:
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.input_gradient(output_gradient, weight, geometry)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.weight_gradient(input, output_gradient, geometry)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return reference.update(input, weight, output_gradient, geometry, learning_rate)


class KeepsItsFirstWeights:
    """Prepares weights once for each shape, whatever their values."""

    def __init__(self) -> None:
        self.prepared: dict[tuple[int, ...], Array] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        prepared = self.prepared.setdefault(weight.shape, weight.copy())
        return reference.forward(input, prepared, geometry)


class KeepsAPlanForOneDtype:
    """Keeps the dtype of the first call for the results of all calls with such a kernel."""

    def __init__(self) -> None:
        self.dtypes: dict[tuple[int, ...], np.dtype] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        dtype = self.dtypes.setdefault(geometry.kernel, input.dtype)
        return reference.forward(input, weight, geometry).astype(dtype)


class KeepsAPlanForOneSize:
    """Keeps the first call's number of rows for all calls with such a kernel."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, ...], int] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        rows = self.rows.setdefault(geometry.kernel, geometry.output_size[0])
        result = reference.forward(input, weight, geometry)
        result[:, :, rows:] = 0
        return result


class ReturnsOneBuffer:
    """Writes every result of a shape into the same array."""

    def __init__(self) -> None:
        self.buffers: dict[tuple[int, ...], Array] = {}

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        buffer = self.buffers.setdefault(geometry.output_shape, np.empty(geometry.output_shape, input.dtype))
        buffer[...] = reference.forward(input, weight, geometry)
        return buffer


class SharesAScratch:
    """Sums in one global array, as if there were one thread."""

    def __init__(self) -> None:
        self.scratch = np.zeros(10_000, np.float32)

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.scratch[: input.size] = input.ravel()
        return reference.forward(self.scratch[: input.size].reshape(input.shape), weight, geometry)


class SumsInAnyOrder:
    """Adds input channels in an order of its own each time."""

    conventions: dict[str, str] = {}

    def __init__(self) -> None:
        self.generator = np.random.default_rng()

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        order = self.generator.permutation(geometry.in_channels)
        result = np.zeros(geometry.output_shape, input.dtype)
        for channel in order:
            alone = ConvGeometry(
                geometry.batch,
                1,
                geometry.out_channels,
                geometry.size,
                geometry.kernel,
                geometry.stride,
                geometry.padding,
                geometry.dilation,
            )
            part = reference.forward(
                input[:, channel : channel + 1].astype(np.float64),
                weight[:, channel : channel + 1].astype(np.float64),
                alone,
            )
            result = (result + part).astype(input.dtype)
        return result


class SumsInAnyOrderAndSaysSo(SumsInAnyOrder):
    conventions = {"repeatability": "varies"}


class LosesATermNowAndThen(SumsInAnyOrderAndSaysSo):
    """Varies beyond the order of its sums."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        result = super().forward(input, weight, geometry)
        result[0, 0, 0, 0] += self.generator.integers(1, 100)
        return result


class RefusesTheSecondCall:
    def __init__(self) -> None:
        self.calls = 0

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("used up")
        return reference.forward(input, weight, geometry)


class TakesFloat32Only(Honest):
    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return None if dtype == "float32" else f"no {dtype}"


def verdict_of(executor: Executor, case: Case, pass_: Pass = Pass.FORWARD) -> Verdict:
    result = ask_company(executor, case, pass_, arithmetic_of(executor.info, case.dtype), seconds=20.0)
    assert result is not None
    assert (result.check, result.subject) == ("company", str(pass_))
    return result.verdict


def without_bias(case: Case) -> Case:
    return parse_case(str(case).replace("bias/", ""))


@pytest.mark.parametrize("case", [OTHER_DTYPE, OTHER_BATCH, OTHER_SIZE], ids=str)
def test_the_honest_one_passes(case: Case) -> None:
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE):
        verdict = verdict_of(InProcess(Honest), case, pass_)
        assert (verdict.outcome, verdict.reason) == (Outcome.CONFORMS, "")
        assert verdict.elements > 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int8", "float8_e4m3fn", "complex64"])
def test_every_dtype_has_a_sign_to_change(dtype: str) -> None:
    case = parse_case(f"n2c3k2i6x5f3x2p1x1/bias/{dtype}/uniform/1")
    assert verdict_of(InProcess("reference"), case).outcome is Outcome.CONFORMS


@pytest.mark.parametrize(
    ("candidate", "case", "cause", "told"),
    [
        (KeepsItsFirstWeights, OTHER_BATCH, "stale", "negated weight after the same with its first sign"),
        (KeepsAPlanForOneDtype, OTHER_DTYPE, "order", "float32 of shape"),
        (KeepsAPlanForOneSize, OTHER_SIZE, "order", "not in a fresh process"),
        (ReturnsOneBuffer, OTHER_BATCH, "reuse", "a returned array changes during later calls"),
        (SharesAScratch, OTHER_BATCH, "threads", "another thread"),
        (SumsInAnyOrder, MANY_CHANNELS, "repeat", "the same call again"),
        (RefusesTheSecondCall, OTHER_BATCH, "repeat", "the same call again: RuntimeError: used up"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_disturbance_is_seen(candidate: type, case: Case, cause: str, told: str) -> None:
    with Isolated(candidate, Limits()) as executor:
        verdict = verdict_of(executor, without_bias(case))
    assert (verdict.outcome, verdict.cause) == (Outcome.VIOLATES, cause)
    assert told in verdict.reason


def test_what_is_declared_to_vary_may_and_its_spread_is_told() -> None:
    verdict = verdict_of(InProcess(SumsInAnyOrderAndSaysSo), MANY_CHANNELS)
    assert verdict.outcome is Outcome.CONFORMS
    assert verdict.reason.startswith("varies, as declared: the same call again: ")
    assert "ulp" in verdict.reason


def test_exact_sums_may_not_vary_even_so() -> None:
    verdict = verdict_of(InProcess(LosesATermNowAndThen), MANY_CHANNELS)
    assert verdict.outcome is Outcome.VIOLATES


def test_another_call_that_is_declined_is_left_out() -> None:
    assert verdict_of(InProcess(TakesFloat32Only), OTHER_DTYPE).outcome is Outcome.CONFORMS


class Raises:
    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        raise ValueError("never")


class Exits:
    def __init__(self) -> None:
        self.calls = 0

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls += 1
        if self.calls == 4:
            import os

            os._exit(3)
        return reference.forward(input, weight, geometry)


def test_a_first_call_that_fails_is_told_as_it_is() -> None:
    assert verdict_of(InProcess(Raises), without_bias(OTHER_BATCH)).outcome is Outcome.REFUSED


def test_a_process_that_ends_in_company_has_crashed() -> None:
    with Isolated(Exits, Limits()) as executor:
        verdict = verdict_of(executor, without_bias(OTHER_BATCH))
    assert (verdict.outcome, verdict.cause) == (Outcome.CRASHED, "exit code 3")


def test_an_empty_result_says_nothing() -> None:
    executor = InProcess(Honest)
    case = parse_case("n0c1k1i3f2/float32/uniform/0")
    assert ask_company(executor, case, Pass.FORWARD, arithmetic_of(executor.info, case.dtype)) is None


def test_a_companion_differs_in_one_respect() -> None:
    assert companion(OTHER_DTYPE).dtype == "float64"
    assert companion(OTHER_BATCH).geometry.batch == 3
    assert companion(OTHER_SIZE).geometry.size == (7, 6)


def test_a_message_reads_back() -> None:
    sent = Company(np.ones(2), {"repeated": np.zeros(3), "kept": "ValueError: no"})
    read = from_message(*to_message(sent))
    assert read.parts["kept"] == "ValueError: no"
    assert np.array_equal(read.first, sent.first)
    assert np.array_equal(np.asarray(read.parts["repeated"]), np.zeros(3))
    with pytest.raises(ValueError, match="not a reply"):
        from_message({"kind": "Company"}, [])

"""Shared libraries: what crosses the C interface, what can go wrong on it, and the example in C with its faults."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import DTYPES, EVERYDAY, numpy_dtype
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Misbehaved, Raised, Reply, Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.loading.source import load
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

from ..conformity import GEOMETRIES, ask, run_call_text
from .compiling import EXAMPLES, compile_library, needs_compiler

pytestmark = needs_compiler
EXAMPLE = EXAMPLES / "c" / "conv.c"


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(Path(__file__).with_name("probe.c"), tmp_path_factory.mktemp("probe"))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(EXAMPLE, tmp_path_factory.mktemp("example"))


def one_of_each(geometry: ConvGeometry, dtype: str, *, bias: bool = True) -> Operands:
    """Operands of arbitrary bits, the directions included."""
    generator = np.random.default_rng(0)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape)) * numpy_dtype(dtype).itemsize
        return np.frombuffer(bytearray(generator.bytes(size)), numpy_dtype(dtype)).reshape(shape)

    shapes = (geometry.input_shape, geometry.weight_shape, geometry.bias_shape)
    values, directions = [draw(shape) for shape in shapes], [draw(shape) for shape in shapes]
    if not bias:
        values[2] = directions[2] = None
    return Operands(*values, draw(geometry.output_shape), 0.25, *directions)


def forward(library: Path, stride: int) -> Reply:
    geometry = ConvGeometry.of(size=(3,), kernel=1, stride=stride)
    return InProcess(str(library)).call(Pass.FORWARD, one_of_each(geometry, "float64"), geometry)


def test_declarations(probe: Path) -> None:
    candidate = load(str(probe))
    assert (candidate.info.name, candidate.info.version) == ("libprobe.so", "2.5")
    assert candidate.info.source == str(probe)
    assert candidate.info.accumulators == (("float16", "float32"),)
    assert candidate.info.multipliers == (("float32", "tfloat32"),)
    assert dict(candidate.info.results) == {dtype: dtype for dtype in DTYPES}
    assert candidate.info.conventions == (("contamination/float32", "spreads"), ("subnormals", "flushed"))
    assert candidate.info.dtypes == ("float32", "int8")
    assert (candidate.domain.ranks, candidate.info.threads) == ((1, 2, 3), "one")
    assert candidate.passes == frozenset(Pass)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_bit_crosses_in_every_layout(probe: Path, dtype: str, layout: str) -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=3, out_channels=3, size=(5,), kernel=1)
    operands = one_of_each(geometry, dtype)
    reply = InProcess(str(probe)).call(Pass.FORWARD, operands, geometry, layout=layout)
    assert isinstance(reply, Returned)
    assert reply.value.dtype == numpy_dtype(dtype)
    assert reply.value.tobytes() == operands.input.tobytes()
    assert (reply.mutated, reply.aliased) == ((), None)


def test_a_library_that_does_not_say_is_asked_in_the_everyday_dtypes(example: Path) -> None:
    assert load(str(example)).info.dtypes == EVERYDAY


def test_strides_of_zero_cross(probe: Path) -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=3, out_channels=3, size=(5,), kernel=1)
    ones = Operands(*(np.ones(shape) for shape in (geometry.input_shape, geometry.weight_shape)), None, np.ones(1))
    reply = InProcess(str(probe)).call(Pass.FORWARD, ones, geometry, layout="broadcast")
    assert isinstance(reply, Returned)
    assert np.array_equal(reply.value, ones.input)


@pytest.mark.parametrize(
    ("pass_", "received"),
    [
        (Pass.INPUT_GRADIENT, "weight output_gradient 0"),
        (Pass.WEIGHT_GRADIENT, "input output_gradient 0"),
        (Pass.BIAS_GRADIENT, "output_gradient 0"),
        (Pass.UPDATE, "input weight output_gradient 0.25"),
        (Pass.JVP, "input weight input_direction weight_direction bias_direction 0"),
        (
            Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT,
            "input weight input_direction weight_direction bias_direction 0",
        ),
        (Pass.DOUBLE_BACKWARD_INPUT, "output_gradient weight_direction 0"),
        (Pass.DOUBLE_BACKWARD_WEIGHT, "output_gradient input_direction 0"),
    ],
)
def test_each_pass_receives_its_operands(probe: Path, pass_: Pass, received: str) -> None:
    geometry = ConvGeometry.of(size=(3,), kernel=2)
    executor = InProcess(str(probe))
    reply = executor.call(pass_, one_of_each(geometry, "float32"), geometry)
    assert isinstance(reply, Raised)
    assert (reply.kind, reply.message, reply.where) == ("LibraryError", received, "")
    reply = executor.call(pass_, one_of_each(geometry, "float32", bias=False), geometry)
    assert isinstance(reply, Raised)
    assert reply.message == received.replace("bias_direction ", "")


def test_unsupported_with_and_without_a_message(probe: Path) -> None:
    assert forward(probe, 2) == Unsupported("no stride of 2")
    assert forward(probe, 3) == Unsupported("conv_forward says that it does not support this")


@pytest.mark.parametrize(("stride", "message"), [(4, "it broke"), (10, "m" * 1024)])
def test_errors(probe: Path, stride: int, message: str) -> None:
    reply = forward(probe, stride)
    assert isinstance(reply, Raised)
    assert reply.message == message


@pytest.mark.parametrize(
    ("stride", "told"),
    [
        (5, "conv_forward returned 17, which is no code of convoracle.h"),
        (6, "conv_forward wrote up to 3 bytes past the end of its message"),
        (7, "conv_forward wrote up to 9 bytes before the start of its result"),
        (8, "conv_forward wrote up to 1 byte past the end of its operand weight"),
    ],
)
def test_misconduct(probe: Path, stride: int, told: str) -> None:
    reply = forward(probe, stride)
    assert isinstance(reply, Misbehaved)
    assert reply.description == told


def test_what_is_not_written_shows(probe: Path) -> None:
    reply = forward(probe, 9)
    assert isinstance(reply, Returned)
    assert np.isnan(reply.value).all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("int conv_forward(void) { return 0; }", r"libbad.so exports no conv_abi_version, .* define int32_t conv_abi"),
        ("int conv_abi_version(void) { return 7; }", r"was compiled for version 7 of convoracle.h, but this is vers"),
        ("int conv_abi_version(void) { return 1; }", r"exports none of the functions .* conv_forward, conv_input_gra"),
        (
            "int conv_abi_version(void) { return 1; } int conv_forward(void) { return 0; } "
            "int conv_result(int dtype) { return dtype + 50; }",
            r"conv_result of libbad.so answers 51 for float64, but should answer CONVORACLE_DEFAULT or",
        ),
        (
            "int conv_abi_version(void) { return 1; } int conv_forward(void) { return 0; } "
            'const char *conv_convention(const char *name) { return name[0] == 97 ? "magic" : 0; }',
            r"libbad.so declares the convention 'algorithm' as 'magic', but should be one of direct, transform,",
        ),
    ],
)
def test_libraries_that_are_no_candidates(tmp_path: Path, text: str, sentence: str) -> None:
    source = tmp_path / "bad.c"
    source.write_text(f"{text}\n")
    with pytest.raises(CandidateError, match=sentence):
        load(str(compile_library(source, tmp_path)))


@pytest.mark.parametrize("name", ["libprobe.so.1", "libprobe.so.1.2.3", "libprobe.dylib"])
def test_names_of_libraries(probe: Path, tmp_path: Path, name: str) -> None:
    assert load(str(shutil.copy(probe, tmp_path / name))).info.name == name


def test_files_that_are_no_libraries(tmp_path: Path) -> None:
    with pytest.raises(CandidateError, match=r"there is no file .*absent.so: give the path of a shared library"):
        load("absent.so")
    text = tmp_path / "text.so"
    text.write_text("no library\n" * 100)
    with pytest.raises(CandidateError, match=r"text.so cannot be loaded as a shared library: "):
        load(str(text))


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_example_equals_the_equations(example: Path, geometry: ConvGeometry) -> None:
    executor = InProcess(str(example))
    for pass_ in executor.passes:
        assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), pass_
    assert ask(executor, Pass.FORWARD, geometry, "float16") == Unsupported("only float32 and float64")


def test_example_conforms_in_isolation(example: Path) -> None:
    with Isolated(str(example)) as executor:
        findings = examine_all(executor, Budget(PROFILES["quick"].space(), frozenset(Pass), 20, 0))
    assert findings.compared > 50
    assert not findings.mismatches, findings.text(executor.info)


def test_call_text_runs(example: Path) -> None:
    executor = InProcess(str(example))
    for pass_ in executor.passes:
        run_call_text(executor, pass_, parse_geometry("n1c2k2i3f2s2"), "float32")


@pytest.mark.parametrize(
    ("fault", "subject", "reason"),
    [
        ("KERNEL_ROTATED", "input_gradient", r"elements? differ"),
        ("WRITES_PAST_THE_END", "forward", r"conv_forward wrote up to \d+ bytes past the end of its result"),
        ("CRASHES_ON_STRIDE", "forward", r"SIGSEGV"),
        ("CHANGES_ITS_INPUT", "forward", r"changed its operand input"),
    ],
)
def test_example_with_a_fault(tmp_path: Path, fault: str, subject: str, reason: str) -> None:
    library = compile_library(EXAMPLE, tmp_path, f"-DBUG_{fault}")
    space = PROFILES["quick"].space(ranks=(1, 2), dtypes=("float32",))
    with Isolated(str(library)) as executor:
        findings = examine_all(executor, Budget(space, frozenset({Pass(subject)}), 25, 0))
        assert [mismatch.subject for mismatch in findings.mismatches] == [subject] * len(findings.mismatches)
        assert re.search(reason, findings.text(executor.info))


def test_example_of_another_version(tmp_path: Path) -> None:
    with pytest.raises(CandidateError, match="compiled for version 2"):
        load(str(compile_library(EXAMPLE, tmp_path, "-DBUG_OTHER_VERSION")))


def test_crash_names_its_signal(tmp_path: Path) -> None:
    library = compile_library(EXAMPLE, tmp_path, "-DBUG_CRASHES_ON_STRIDE")
    geometry = ConvGeometry.of(size=(3,), kernel=1, stride=2)
    with Isolated(str(library)) as executor:
        reply = executor.call(Pass.FORWARD, one_of_each(geometry, "float64"), geometry)
    assert isinstance(reply, Died)
    assert reply.cause == "SIGSEGV (segmentation fault)"

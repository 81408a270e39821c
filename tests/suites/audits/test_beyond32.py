"""The corpus "beyond32": indices that wrap in an input, a weight or an output are found, in memory that is there."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.certifying.room import is_sparse, lattice_of_layer
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import Arithmetic, numpy_dtype, result_dtype
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import LINKED, Array, Operands, Pass
from convoracle.suites.audits.certified_layers import CertifiedLayer, certified_layers
from convoracle.suites.audits.memory import available_memory
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.corpora import load_corpus
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance

ENTRIES = {entry.name: entry.geometry for entry in load_corpus("beyond32")}
ELEMENTS = ("input_elements", "weight_elements", "output_elements")
BEYOND = 1 << 31
SLAB = 16
GIB = 1 << 30


class Pointwise:
    """A convolution of kernels of one, in groups, that reads or writes one tensor by indices of so many bits."""

    passes = frozenset({Pass.FORWARD})
    version = "1.0"

    def __init__(self, bits: int = 0, tensor: str = "") -> None:
        self.bits, self.tensor = bits, tensor

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        groups, places = geometry.groups, geometry.size[0]
        images = self.seen("input", operands.input).reshape(groups, -1, places)
        filters = self.seen("weight", operands.weight).reshape(groups, -1, images.shape[1])
        output = np.empty((groups, filters.shape[1], places), numpy_dtype(result_dtype(operands.input.dtype.name)))
        for start in range(0, groups, SLAB):
            some = slice(start, start + SLAB)
            product = np.matmul(filters[some].astype(np.float32), images[some].astype(np.float32))
            np.copyto(output[some], product, casting="unsafe")
        return self.seen("output", output.reshape(geometry.output_shape))

    def seen(self, tensor: str, array: Array) -> Array:
        """What an index of so many bits reaches of it."""
        if tensor != self.tensor or array.size <= 1 << self.bits:
            return array
        flat = array.reshape(-1).copy()
        flat[1 << self.bits :] = flat[: flat.size - (1 << self.bits)]
        return flat.reshape(array.shape)


def smaller(geometry: ConvGeometry, groups: int) -> ConvGeometry:
    """With fewer groups, and less of all that a group has."""
    inputs, outputs = (min(count // geometry.groups, 20) for count in (geometry.in_channels, geometry.out_channels))
    channels = {"in_channels": groups * inputs, "out_channels": groups * outputs, "groups": groups}
    return replace(geometry, size=tuple(min(size, 20) for size in geometry.size), **channels)


def certified(candidate: Pointwise, geometry: ConvGeometry, dtype: str) -> CertifiedLayer:
    layer = CorpusCase(Case(geometry, False, dtype, "uniform", 0), Provenance("own"))
    (found,) = certified_layers(InProcess(candidate), [layer], [Pass.FORWARD])
    return found


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("name", ELEMENTS)
def test_an_index_that_wraps_is_found_where_there_are_more_elements_and_not_where_there_are_fewer(
    name: str, dtype: str
) -> None:
    """At 2**16 as at 2**31, of layers that are cut to just above it."""
    tensor = name.partition("_")[0]
    geometry = smaller(ENTRIES[name], 170)
    assert math.prod(getattr(geometry, f"{tensor}_shape")) > 1 << 16
    assert certified(Pointwise(), geometry, dtype).is_certified
    assert certified(Pointwise(16, tensor), smaller(ENTRIES[name], 160), dtype).is_certified
    wrong = certified(Pointwise(16, tensor), geometry, dtype)
    assert wrong.verdict.outcome is Outcome.VIOLATES
    assert wrong.certificate is not None
    assert wrong.certificate.wrong is not None
    assert wrong.certificate.wrong.index[1] >= 160 * geometry.out_channels // geometry.groups


def test_each_layer_reaches_what_it_is_named_after() -> None:
    for name, geometry in ENTRIES.items():
        tensor, _, kind = name.rpartition("_")
        if kind == "depth":
            forward = tensor == "forward"
            depth = (geometry.in_channels, *geometry.kernel) if forward else (geometry.batch, *geometry.output_size)
            assert math.prod(depth) > 1 << 27
        else:
            size = math.prod(getattr(geometry, f"{tensor}_shape"))
            assert size * (4 if kind == "bytes" else 1) > BEYOND
            assert size < 1.01 * BEYOND / (4 if kind == "bytes" else 1)
            assert geometry.batch == 1, "which no budget of memory can cut"


@pytest.mark.parametrize("dtype", ["float16", "int8"])
@pytest.mark.parametrize("name", ELEMENTS)
def test_integers_have_no_zeros_in_the_dtypes_that_take_little_memory(name: str, dtype: str) -> None:
    case = Case(ENTRIES[name], False, dtype, "uniform", 0)
    assert not is_sparse(case, lattice_of_layer(case, Arithmetic.of(dtype), LINKED))


@pytest.mark.parametrize("name", ["forward_depth", "weight_gradient_depth"])
def test_deep_sums_are_exact_in_float64(name: str) -> None:
    case = Case(ENTRIES[name], False, "float64", "uniform", 0)
    assert not is_sparse(case, lattice_of_layer(case, Arithmetic.of("float64"), LINKED))


@pytest.mark.campaign
@pytest.mark.parametrize("tensor", ["input", "weight"])
def test_an_index_of_31_bits_is_found_at_full_size_within_9_gib(tensor: str) -> None:
    """In int8, each in a process of its own: with what it is given and copies, a layer takes 8 GiB by the estimate."""
    if available_memory() < 10 * GIB:
        pytest.skip("needs 10 GiB of memory")
    layer = CorpusCase(Case(ENTRIES[f"{tensor}_elements"], False, "int8", "uniform", 0), Provenance("beyond32"))
    limits = Limits(seconds_per_call=600.0, memory_bytes=7 * GIB)
    for bits, outcome in ((0, Outcome.CONFORMS), (31, Outcome.VIOLATES)):
        with Isolated(Pointwise(bits, tensor if bits else ""), limits) as executor:
            (found,) = certified_layers(executor, [layer], [Pass.FORWARD], memory=9 * GIB)
        assert found.verdict.outcome is outcome, str(found)

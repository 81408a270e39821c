"""A declared domain: what lies in it, what does not and why, and what is wrong with one that cannot be read."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.calls.domain import KEYS, Domain, parse_domain, read_domain
from convoracle.suites.candidates.loading.source import bind_object


@pytest.mark.parametrize(
    ("key", "value", "inside", "outside"),
    [
        ("ranks", [2], "n1c1k1i4x4f2x2", "n1c1k1i4f2"),
        ("kernels", [3], "n1c1k1i4x4f3x3", "n1c1k1i4x4f3x1"),
        ("kernels", [1, [1, 7]], "n1c1k1i9x9f1x7", "n1c1k1i9x9f7x1"),
        ("kernels", range(1, 4), "n1c1k1i9x9f1x3", "n1c1k1i9x9f1x4"),
        ("strides", (1, 2), "n1c1k1i4x4f2x2s1x2", "n1c1k1i4x4f2x2s3x1"),
        ("dilations", [1], "n1c1k1i4f2", "n1c1k1i4f2d2"),
        ("paddings", [1, [2, 0]], "n1c1k1i4f2p2+0", "n1c1k1i4f2"),
        ("paddings", ["valid"], "n1c1k1i4f2", "n1c1k1i4f2p1"),
        ("paddings", ["half"], "n1c1k1i9f3s2p2d2", "n1c1k1i9f3s2p1d2"),
        ("paddings", ["same_upper"], "n1c1k1i4f3s2p0+1", "n1c1k1i4f3s2p1"),
        ("paddings", ["same_upper"], "n1c1k1i4f3s2p0+1t", "n1c1k1i4f3s2p1+0t"),
        ("paddings", ["causal"], "n1c1k1i9f3p4+0d2", "n1c1k1i9f3p2+0d2"),
        ("paddings", ["symmetric"], "n1c1k1i9x9f3x3p4x1", "n1c1k1i9x9f3x3p1x0+1"),
        ("padding_modes", ["zeros"], "n1c1k1i9f3p1", "n1c1k1i9f3p1mreflect"),
        ("groups", ["depthwise"], "n1c3k6i4f2g3", "n1c3k6i4f2"),
        ("groups", ["channelwise", 2], "n1c3k3i4f2g3", "n1c3k6i4f2g3"),
        ("input_channels", [1, 3], "n1c3k9i4f2", "n1c2k9i4f2"),
        ("output_channels", [8], "n1c3k8i4f2", "n1c3k9i4f2"),
        ("input_channel_multiple", 4, "n1c8k1i4f2", "n1c6k1i4f2"),
        ("output_channel_multiple", 4, "n1c1k8i4f2", "n1c1k6i4f2"),
        ("axes", "alike", "n1c1k1i4x4f2x2p1x1", "n1c1k1i4x5f2x2p1x1"),
        ("transposed", "no", "n1c1k1i4f2", "n1c1k1i4f2t"),
        ("transposed", "only", "n1c1k1i4f2t", "n1c1k1i4f2"),
    ],
)
def test_what_lies_in_a_domain_and_what_does_not(key: str, value: object, inside: str, outside: str) -> None:
    domain = parse_domain({key: value}, "mine")
    assert domain.why_outside(parse_geometry(inside), "float32", False) is None
    assert (domain.why_outside(parse_geometry(outside), "float32", False) or "").startswith(
        f"outside of the declared domain: {key} is "
    )
    assert Domain().why_outside(parse_geometry(outside), "float32", False) is None
    assert read_domain(domain.declared, "mine") == domain


def test_dtypes_and_bias() -> None:
    geometry = parse_geometry("n1c1k1i4f2")
    domain = parse_domain({"dtypes": ["float32"], "bias": "only"}, "mine")
    assert domain.why_outside(geometry, "float32", True) is None
    assert "dtypes is float32, not float64" in (domain.why_outside(geometry, "float64", True) or "")
    assert "bias is only, not one without" in (domain.why_outside(geometry, "float32", False) or "")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (["kernels"], r"mine declares domain=\['kernels'\], but should map keys to what it takes of each"),
        ({"kernel": [3]}, r"mine declares domain\['kernel'\], but should name some of ranks, kernels, "),
        ({"kernels": 3}, r"domain\['kernels'\]=3, but should be a list of sizes of at least 1"),
        ({"kernels": []}, r"domain\['kernels'\]=\[\], but should be a list"),
        ({"kernels": [0]}, "but should be a list of sizes of at least 1"),
        ({"kernels": [True]}, "but should be a list of sizes"),
        ({"paddings": ["same"]}, "or names among valid, same_upper, same_lower, causal, half, symmetric"),
        ({"paddings": [[1, 1, 1]]}, "pairs of a low and a high one"),
        ({"groups": ["deep"]}, "or names among depthwise, channelwise"),
        ({"padding_modes": "zeros"}, "but should be a list of names among zeros, reflect"),
        ({"transposed": True}, "but should be yes, no or only"),
        ({"dtypes": ["float31"]}, "but should be a list of names among"),
        ({"values": [1, 9]}, "one below and one above 0"),
        ({"input_channel_multiple": 0}, "an integer of at least 1"),
        ({"threads": 4}, "but should be any or one"),
    ],
)
def test_what_is_wrong_with_a_domain(declared: object, message: str) -> None:
    with pytest.raises(CandidateError, match=message):
        parse_domain(declared, "mine")


def test_every_key_is_a_field() -> None:
    assert KEYS.keys() == {name for name in Domain.__dataclass_fields__ if name != "declared"}


class Declaring:
    """Fails on what it says that it does not take."""

    domain = {"kernels": [3], "threads": "one", "values": [-127, 127]}

    def forward(self, x, w):
        assert w.shape[2:] == (3,), "called outside of its domain"
        return np.zeros((1, 1, 1), x.dtype)


@pytest.mark.parametrize("executor", [InProcess, Isolated])
def test_what_lies_outside_is_not_called(executor: type) -> None:
    with executor(Declaring) as candidate:
        assert (candidate.info.threads, candidate.info.values) == ("one", (-127, 127))
        assert dict(candidate.info.domain)["kernels"] == "[3]"
        for text, expected in (("n1c1k1i3f3", Returned), ("n1c1k1i2f2", Unsupported)):
            geometry = parse_geometry(text)
            ones = [
                np.ones(shape, "f4") for shape in (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
            ]
            reply = candidate.call(Pass.FORWARD, Operands(ones[0], ones[1], None, ones[2]), geometry)
            assert isinstance(reply, expected)


def test_dtypes_are_where_it_is_asked_and_those_of_a_domain_all_that_it_takes() -> None:
    def forward(x, w):
        return x

    short = bind_object(SimpleNamespace(forward=forward, dtypes=["float64"]), name="mine")
    assert (short.info.dtypes, short.domain.dtypes) == (("float64",), ())
    long = bind_object(SimpleNamespace(forward=forward, domain={"dtypes": ["float64"]}), name="mine")
    assert long.info.dtypes == long.domain.dtypes == ("float64",)
    with pytest.raises(CandidateError, match="leave out one of them"):
        bind_object(SimpleNamespace(forward=forward, dtypes=["float64"], domain={"dtypes": ["float64"]}), name="mine")

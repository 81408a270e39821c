"""Corpora: every line is read, the networks have the work that is published of them, errors tell the place."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.cases.corpora import CORPORA, Entry, load_corpus, parse


def _multiply_adds(entries: tuple[Entry, ...]) -> int:
    """As papers count them: every tap of every output, those in the padding included."""
    return sum(entry.count * _taps(entry.geometry) for entry in entries)


def _taps(geometry: ConvGeometry) -> int:
    channels = geometry.out_channels * (geometry.in_channels // geometry.groups)
    return geometry.batch * channels * math.prod(geometry.kernel) * math.prod(geometry.output_size)


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_line_is_read_and_has_a_name(corpus: str) -> None:
    entries = load_corpus(corpus)
    assert all(entry.name for entry in entries)
    assert len({entry.name for entry in entries}) == len(entries)
    assert all(entry.geometry.output_size for entry in entries)


@pytest.mark.parametrize(
    ("corpus", "published"),
    [
        ("resnet50", 4.09e9),  # He et al. say 3.8e9 of the first version; v1.5 has 4.09e9, 2e6 of them not convolutions
        ("vgg16", 15.35e9),
        ("convnext", 4.46e9),
        ("efficientnet", 0.39e9),
        ("inception", 5.71e9),
    ],
)
def test_a_network_has_the_multiply_adds_that_are_published(corpus: str, published: float) -> None:
    assert _multiply_adds(load_corpus(corpus)) == pytest.approx(published, rel=0.015)


@pytest.mark.parametrize(("version", "published"), [("v1:", 569e6), ("v2:", 300e6)])
def test_the_mobilenets_have_the_multiply_adds_of_their_papers(version: str, published: float) -> None:
    entries = tuple(entry for entry in load_corpus("mobilenet") if entry.name.startswith(version))
    assert _multiply_adds(entries) == pytest.approx(published, rel=0.01)


def test_resnet_has_its_known_layers() -> None:
    entries = {entry.name: entry for entry in load_corpus("resnet50")}
    assert sum(entry.count for entry in entries.values()) == 53
    assert entries["conv1"].geometry == parse_geometry("n1c3k64i224x224f7x7s2x2p3x3")
    assert entries["conv1"].geometry.output_size == (112, 112)
    assert entries["res4a_branch2c"].count == 6
    assert {entry.geometry.output_size[0] for entry in entries.values()} == {112, 56, 28, 14, 7}


def test_the_wavenet_is_causal_and_dilated() -> None:
    layers = [entry.geometry for entry in load_corpus("wavenet") if entry.name.startswith("dilated")]
    assert [layer.dilation for layer in layers] == [(2**power,) for power in range(10)]
    assert all(layer.padding == ((layer.dilation[0], 0),) and layer.output_size == layer.size for layer in layers)


def test_regressions_say_where_they_come_from() -> None:
    entries = {entry.name: entry for entry in load_corpus("regressions")}
    assert entries["tvm#19524"].geometry == parse_geometry("n1c16k3i7x7f3x3s2x2p1x1to1x1")
    assert entries["convoracle:T2"].geometry == parse_geometry("n1c16k1i1x1x1f1x5x1p0x2x0")
    assert all("#" in name or "!" in name or name.startswith("convoracle:") for name in entries)


@pytest.mark.parametrize("corpus", CORPORA)
def test_each_file_says_its_source_and_licence(corpus: str) -> None:
    import convoracle.suites.cases.corpora as package

    text = (Path(package.__file__).parent / f"{corpus}.txt").read_text()
    assert "# Source: " in text
    assert "Licence: " in text


def test_a_line_has_a_name_a_count_and_a_note() -> None:
    text = '# a comment\n\n--deconv mb1ic1oc1iw3kw2n"up*4"  # twice as large\nic1oc1iw3kw2\n'
    assert parse(text, "own.txt") == (
        Entry("up", ConvGeometry.of(size=3, kernel=2, transposed=True), 4, "twice as large"),
        Entry("", ConvGeometry.of(size=3, kernel=2, batch=2)),
    )


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("mb1ic1oc1iw3kw2\n")
    assert load_corpus(str(file)) == (Entry("", ConvGeometry.of(size=3, kernel=2)),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"ic1oc1iw3kw2\nic1oc1iw3\n", "own.txt:2]"),
        (b"# nothing\n", "at least one descriptor"),
        (b"\xff\n", "UTF-8"),
        (b"mb9999999999999999ic1oc1iw3kw2\n", "own.txt:1]"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(content: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(content)
    with pytest.raises(InvalidArgument) as refusal:
        load_corpus(str(file))
    assert told in str(refusal.value)


def test_an_unknown_corpus_is_refused_with_the_names() -> None:
    with pytest.raises(InvalidArgument, match="resnet50"):
        load_corpus("resnet51")

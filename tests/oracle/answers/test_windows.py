"""Windows: where a source is laid, what each window reads of it, and blocks that cover all of them once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import windows
from convoracle.oracle.answers.windows import (
    WindowLayout,
    input_windows,
    output_gradient_windows,
    rows_of,
    slices,
    unrolled,
    windows_view,
)
from convoracle.oracle.problem.geometry import parse_geometry


def layout(size: int, buffer: int, first: int, step: int) -> WindowLayout:
    """On one axis, with a window of one element at each position of the buffer."""
    return WindowLayout(1, (size,), (buffer,), (first,), (step,), (1,), (1,), (1,), (buffer,))


@pytest.mark.parametrize(
    ("size", "buffer", "first", "step", "kept", "laid"),
    [
        (3, 5, 1, 1, (0, 3), (1, 4)),
        (3, 3, 0, 1, (0, 3), (0, 3)),
        (3, 2, -1, 1, (1, 3), (0, 2)),
        (4, 4, -3, 2, (2, 4), (1, 5)),
        (4, 3, 0, 2, (0, 2), (0, 4)),
        (4, 4, 7, 2, (0, 0), (7, 7)),
        (4, 4, -9, 2, (5, 5), (1, 1)),
        (0, 2, 1, 1, (0, 0), (1, 1)),
    ],
)
def test_what_lies_in_the_buffer_is_kept(
    size: int, buffer: int, first: int, step: int, kept: tuple[int, int], laid: tuple[int, int]
) -> None:
    where = layout(size, buffer, first, step)
    assert where.kept == (slice(*kept),)
    assert where.laid == (slice(*laid, step),)


@pytest.mark.parametrize(
    ("size", "buffer", "first", "is_source"), [(3, 3, 0, True), (3, 4, 0, False), (3, 3, 1, False), (3, 3, -1, False)]
)
def test_a_source_that_fills_its_buffer_needs_no_copy(size: int, buffer: int, first: int, is_source: bool) -> None:
    assert layout(size, buffer, first, 1).is_source is is_source


@pytest.mark.parametrize(
    ("channels", "kernel", "positions", "block"),
    [
        (1, (1,), (10,), (13107, 10)),
        (512, (3, 3), (100, 56), (1, 5)),
        (512, (3, 3), (5, 56), (1, 5)),
        (512, (3, 3), (4, 4), (16, 4)),
        (512, (1,), (1000,), (1, 256)),
        (1, (1,), (1 << 17,), (1, 1 << 17)),
        (1, (1,), (1 << 18,), (1, 1 << 17)),
    ],
)
def test_a_block_is_some_images_or_some_rows_of_one(
    channels: int, kernel: tuple[int, ...], positions: tuple[int, ...], block: tuple[int, int]
) -> None:
    """As many windows as fill 2**17 elements, 256 at least."""
    ones = (1,) * len(kernel)
    assert WindowLayout(channels, ones, ones, ones, ones, kernel, ones, ones, positions).block == block


def test_the_windows_of_an_input_and_of_an_output_gradient() -> None:
    geometry = parse_geometry("n1c2k3i5x4f3x2s2x1p1x0+1d1x2")
    assert input_windows(geometry) == WindowLayout(
        2, (5, 4), (7, 5), first=(1, 0), step=(1, 1), kernel=(3, 2), dilation=(1, 2), stride=(2, 1), positions=(3, 3)
    )
    assert output_gradient_windows(geometry) == WindowLayout(
        3, (3, 3), (7, 6), first=(1, 2), step=(2, 1), kernel=(3, 2), dilation=(1, 2), stride=(1, 1), positions=(5, 4)
    )


def columns(source: list, text: str, groups: int = 1) -> list:
    geometry = parse_geometry(text)
    ((_, _, found),) = unrolled(np.array(source).reshape(geometry.input_shape), input_windows(geometry), groups)
    return found.tolist()


def test_a_column_is_what_a_window_reads() -> None:
    assert columns([1, 2, 3, 4], "n1c1k1i4f2p1") == [[[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]]]
    assert columns([1, 2, 3, 4, 5, 6, 7], "n1c1k1i7f2s2d3") == [[[1, 3], [4, 6]]]
    assert columns([1, 2, 3, 4], "n1c2k1i2f1") == [[[1, 2], [3, 4]]]
    assert columns([1, 2, 3, 4, 5, 6], "n1c1k1i2x3f1x2") == [[[1, 2, 4, 5], [2, 3, 5, 6]]]


def test_every_group_has_its_own_columns_and_images_follow_one_another() -> None:
    assert columns([1, 2, 3, 4, 5, 6, 7, 8], "n2c2k2i2f2g2", groups=2) == [[[1, 5], [2, 6]], [[3, 7], [4, 8]]]


@pytest.mark.parametrize("elements", [1, 4, 30, 1000])
@pytest.mark.parametrize("text", ["n3c2k2i5x4f2x3p1x1", "n5c1k1i7f2s2"])
def test_blocks_of_any_size_are_all_windows_once(text: str, elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = parse_geometry(text)
    source = np.arange(1, 1 + np.prod(geometry.input_shape)).reshape(geometry.input_shape)
    whole = windows_view(np.pad(source, ((0, 0), (0, 0), *geometry.padding)), input_windows(geometry))
    monkeypatch.setattr(windows, "BLOCK_ELEMENTS", elements)
    monkeypatch.setattr(windows, "LEAST_WINDOWS", 1)
    fresh = replace(input_windows(geometry))
    seen = np.zeros((geometry.batch, *geometry.output_size), int)
    for images, rows, found in unrolled(source, fresh, 1):
        seen[images, rows] += 1
        part = whole[..., images, :, :] if geometry.rank == 2 else whole[..., images, :]
        assert (found == rows_of(part, rows).reshape(found.shape)).all()
        assert found.shape[2] <= max(elements // found.shape[1], geometry.output_size[-1] if geometry.rank == 2 else 1)
    assert (seen == 1).all()


def test_the_view_has_no_memory_of_its_own_and_any_memory_order_is_read() -> None:
    geometry = parse_geometry("n2c2k1i3x3f2x2")
    source = np.arange(36).reshape(2, 2, 3, 3)
    view = windows_view(source, input_windows(geometry))
    assert np.shares_memory(view, source)
    assert view.shape == (2, 2, 2, 2, 2, 2)
    assert view[1, 0, 1, 1, 1, 0] == source[1, 1, 1 + 0, 0 + 1]
    for laid_out in (np.asfortranarray(source), np.repeat(source, 2, axis=3)[..., ::2]):
        ((_, _, found),) = unrolled(laid_out, input_windows(geometry), 1)
        assert (found == view.reshape(found.shape)).all()


def test_consecutive_slices() -> None:
    assert slices(5, 2) == [slice(0, 2), slice(2, 4), slice(4, 6)]
    assert slices(4, 2) == [slice(0, 2), slice(2, 4)]
    assert slices(0, 3) == []

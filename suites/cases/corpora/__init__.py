"""Corpora: the convolutions of well-known networks, benchmarks and bug reports, as files of benchdnn descriptors.

A line is a descriptor (of a deconvolution if it begins with ``--deconv``), with a
name after it, and a note behind a ``#``. A line that begins with ``#`` is a comment.
Each file begins with where its sizes come from.

A file may also be a log: one with lines that oneDNN or MIOpen log of their calls. Those of convolutions are read,
and each other line is skipped and counted. A descriptor or such a line can be given in place of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TypeVar

from ....oracle.errors import InvalidArgument
from ....oracle.problem.descriptor import parse_descriptor, split_name
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.validity import MOST_POSITIONS
from .logs import is_log, logged

CORPORA = {
    "resnet50": "ResNet-50 v1.5",
    "vgg16": "VGG-16",
    "googlenet": "GoogLeNet (Inception v1)",
    "inception": "Inception v3",
    "mobilenet": "MobileNet v1 and v2: depthwise and pointwise",
    "efficientnet": "EfficientNet-B0: depthwise, unequal padding",
    "densenet": "DenseNet 40: channels that grow by 12",
    "convnext": "ConvNeXt-T: depthwise 7 by 7",
    "unet3d": "3D U-Net: volumes",
    "wavenet": "WaveNet: causal, dilated, one axis",
    "maskrcnn": "Mask R-CNN: large images, many small regions",
    "deepbench": "Baidu's DeepBench: speech, vision, faces",
    "hard": "what oneDNN's tests keep to break kernels; deconvolutions too",
    "regressions": "public reports of wrong convolutions",
}
"""The corpora that come with the package: name, and what it is in a few words."""

AT_FULL_SIZE = {"beyond32": "more than 2^31 elements, or bytes, of one tensor; sums of more than 2^27 terms"}
"""Corpora that say something as they are alone: no run draws from them, and they are asked by certificate."""

_Given = TypeVar("_Given")
_Read = TypeVar("_Read")
_LARGEST_FILE = 1 << 22
_DECONVOLUTION = "--deconv"
_DESCRIPTOR = re.compile(r"(?:--deconv +)?_*(?:g|mb|[io][cdhw])\d")
_REPEATED = re.compile(r"(?P<name>.+)\*(?P<count>[1-9]\d{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One convolution of a corpus.

    Parameters
    ----------
    name : str
        Of the layer or the report; may be empty.
    geometry : ConvGeometry
    count : int
        How often it occurs in the network.
    note : str
        What is said of it.
    dtype : str
        Of a logged call; empty where none is told.
    """

    name: str
    geometry: ConvGeometry
    count: int = 1
    note: str = ""
    dtype: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was read.

    Parameters
    ----------
    entries : tuple of Entry
    skipped : int
        Lines of a log that are no call of a convolution.
    """

    entries: tuple[Entry, ...]
    skipped: int = 0


def load_corpus(corpus: str) -> tuple[Entry, ...]:
    """The entries of a corpus, as :func:`read_corpus` reads it."""
    return read_corpus(corpus).entries


def read_corpus(corpus: str) -> Corpus:
    """A corpus that comes with the package, or a file, or the text of one line.

    Parameters
    ----------
    corpus : str
        A name in `CORPORA` or `AT_FULL_SIZE`, the path of a file of descriptors or of a log, a descriptor, or a line of
        a log.

    Raises
    ------
    InvalidArgument
        If there is no such corpus, it cannot be read, it has no entry, or a
        line is no descriptor: the file and the line are then named.
    """
    if corpus in CORPORA or corpus in AT_FULL_SIZE:
        text = resources.files(__package__).joinpath(f"{corpus}.txt").read_text(encoding="utf-8")
        return Corpus(parse(text, f"{corpus}.txt"))
    if _DESCRIPTOR.match(corpus) or is_log(corpus):
        return _parsed(corpus, "corpus")
    path = Path(corpus)
    if not path.is_file():
        requirement = f"should be one of {', '.join(CORPORA)}, a file of benchdnn descriptors or a log, or a descriptor"
        raise InvalidArgument("corpus", corpus, requirement, where="load")
    if path.stat().st_size > _LARGEST_FILE:
        requirement = f"should be a file of at most {_LARGEST_FILE} bytes; it has {path.stat().st_size}"
        raise InvalidArgument("corpus", corpus, requirement, where="load")
    try:
        return _parsed(path.read_text(encoding="utf-8"), corpus)
    except OSError as error:
        raise InvalidArgument(
            "corpus", corpus, f"should be a file that can be read: {error.strerror}", where="load"
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidArgument("corpus", corpus, f"should be text in UTF-8: {error.reason}", where="load") from None


def _parsed(text: str, file: str) -> Corpus:
    return parse_log(text, file) if is_log(text) else Corpus(parse(text, file))


def parse(text: str, file: str) -> tuple[Entry, ...]:
    """The entries in the text of a corpus file; `file` is named in errors.

    Raises
    ------
    InvalidArgument
        If a line is no descriptor, or there is none.
    """
    lines = enumerate(text.splitlines(), 1)
    entries = [_placed(_entry, line, f"{file}:{n}") for n, line in lines if line.strip() and not line.startswith("#")]
    if not entries:
        raise InvalidArgument("corpus", file, "should have at least one descriptor", where="load")
    return tuple(entries)


def parse_log(text: str, file: str) -> Corpus:
    """The convolutions that are called in a log, each once in a dtype, named after the first line that has it.

    Raises
    ------
    InvalidArgument
        If a call of a convolution cannot be read, or there is none.
    """
    entries, skipped = dict[tuple[ConvGeometry, str], Entry](), 0
    for number, line in enumerate(text.splitlines(), 1):
        call = _placed(logged, line, f"{file}:{number}")
        if call is None:
            skipped += bool(line.strip()) and not line.startswith("#")
            continue
        _placed(_require_positions, call.geometry, f"{file}:{number}")
        first = entries.get((call.geometry, call.dtype))
        entries[call.geometry, call.dtype] = (
            replace(first, count=first.count + 1)
            if first
            else Entry(str(number), call.geometry, 1, call.note, call.dtype)
        )
    if not entries:
        requirement = f"should have at least one call of a convolution among its {skipped} lines"
        raise InvalidArgument("corpus", file, requirement, where="load")
    return Corpus(tuple(entries.values()), skipped)


def _placed(read: Callable[[_Given], _Read], given: _Given, place: str) -> _Read:
    """What is read, with the place in errors."""
    try:
        return read(given)
    except InvalidArgument as error:
        raise InvalidArgument(error.argument, error.value, error.requirement, where=place) from None


def _entry(line: str) -> Entry:
    words, _, note = line.partition(" #")
    transposed = words.startswith(f"{_DECONVOLUTION} ")
    descriptor = words.removeprefix(_DECONVOLUTION).strip()
    name = split_name(descriptor)[1]
    repeated = _REPEATED.fullmatch(name)
    geometry = parse_descriptor(descriptor, transposed=transposed)
    _require_positions(geometry)
    if repeated is None:
        return Entry(name, geometry, 1, note.strip())
    return Entry(repeated["name"], geometry, int(repeated["count"]), note.strip())


def _require_positions(geometry: ConvGeometry) -> None:
    if geometry.positions > MOST_POSITIONS:
        requirement = f"should have at most {MOST_POSITIONS} pairs of an output and a tap on an axis"
        raise InvalidArgument("geometry", str(geometry), requirement, where="load")

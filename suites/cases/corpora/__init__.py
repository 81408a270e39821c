"""Corpora: the convolutions of well-known networks, benchmarks and bug reports, as files of benchdnn descriptors.

A line is a descriptor (of a deconvolution if it begins with ``--deconv``), with a
name after it, and a note behind a ``#``. A line that begins with ``#`` is a comment.
Each file begins with where its sizes come from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ....oracle.errors import InvalidArgument
from ....oracle.problem.descriptor import parse_descriptor, split_name
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.validity import MOST_POSITIONS

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

_LARGEST_FILE = 1 << 22
_DECONVOLUTION = "--deconv"
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
    """

    name: str
    geometry: ConvGeometry
    count: int = 1
    note: str = ""


def load_corpus(corpus: str) -> tuple[Entry, ...]:
    """The entries of a corpus: one that comes with the package, or a file.

    Parameters
    ----------
    corpus : str
        A name in `CORPORA`, or the path of a file of descriptors.

    Raises
    ------
    InvalidArgument
        If there is no such corpus, it cannot be read, it has no entry, or a
        line is no descriptor: the file and the line are then named.
    """
    if corpus in CORPORA:
        text = resources.files(__package__).joinpath(f"{corpus}.txt").read_text(encoding="utf-8")
        return parse(text, f"{corpus}.txt")
    path = Path(corpus)
    if not path.is_file():
        requirement = f"should be one of {', '.join(CORPORA)}, or a file of benchdnn descriptors"
        raise InvalidArgument("corpus", corpus, requirement, where="load")
    if path.stat().st_size > _LARGEST_FILE:
        requirement = f"should be a file of at most {_LARGEST_FILE} bytes; it has {path.stat().st_size}"
        raise InvalidArgument("corpus", corpus, requirement, where="load")
    try:
        return parse(path.read_text(encoding="utf-8"), corpus)
    except OSError as error:
        raise InvalidArgument(
            "corpus", corpus, f"should be a file that can be read: {error.strerror}", where="load"
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidArgument("corpus", corpus, f"should be text in UTF-8: {error.reason}", where="load") from None


def parse(text: str, file: str) -> tuple[Entry, ...]:
    """The entries in the text of a corpus file; `file` is named in errors.

    Raises
    ------
    InvalidArgument
        If a line is no descriptor, or there is none.
    """
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                entries.append(_entry(line))
            except InvalidArgument as error:
                where = f"{file}:{number}"
                raise InvalidArgument(error.argument, error.value, error.requirement, where=where) from None
    if not entries:
        raise InvalidArgument("corpus", file, "should have at least one descriptor", where="load")
    return tuple(entries)


def _entry(line: str) -> Entry:
    words, _, note = line.partition(" #")
    transposed = words.startswith(f"{_DECONVOLUTION} ")
    descriptor = words.removeprefix(_DECONVOLUTION).strip()
    name = split_name(descriptor)[1]
    repeated = _REPEATED.fullmatch(name)
    geometry = parse_descriptor(descriptor, transposed=transposed)
    if geometry.positions > MOST_POSITIONS:
        requirement = f"should have at most {MOST_POSITIONS} pairs of an output and a tap on an axis"
        raise InvalidArgument("text", descriptor, requirement, where="load")
    if repeated is None:
        return Entry(name, geometry, 1, note.strip())
    return Entry(repeated["name"], geometry, int(repeated["count"]), note.strip())

"""Calls that libraries log, as convolutions: lines of oneDNN's verbose mode, and commands of MIOpen's driver.

oneDNN prints, with ``ONEDNN_VERBOSE=1``, a row of fields between commas for each call: a mark (``onednn_verbose``,
before ``dnnl_verbose`` and ``mkldnn_verbose``), since v3 ``v1``, maybe the time, ``exec``, the engine, the primitive,
and so on; the last two are a benchdnn descriptor and the milliseconds. MIOpen logs the commands of its driver that make
the same call; a flag that is left out has the driver's own value.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from ....oracle.errors import InvalidArgument
from ....oracle.problem.descriptor import parse_descriptor
from ....oracle.problem.geometry import ConvGeometry
from .miopen_flags import FLAGS, LETTERS, OTHERS

_VERBOSE = re.compile(r"(?:onednn|dnnl|mkldnn)_verbose,(?P<fields>.*)")
_DRIVER = re.compile(r"MIOpenDriver(?:\.exe)?\s+(?P<operation>\w+)(?P<flags>.*)")
_CONVOLUTIONS = {
    "conv": "float32",
    "convfp16": "float16",
    "convbfp16": "bfloat16",
    "convint8": "int8",
    "convfp8": "",
    "convbfp8": "",
}
"""Operations of MIOpen's driver, and their dtypes; its 8-bit floats are others than those known here."""
_INPUT = re.compile(r"\b(?:diff_)?src[_:](?P<dtype>[a-z]+\d+\w*):")
_DTYPES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "s8": "int8"}
"""As oneDNN names them; those that are left out, such as u8, are none that convolutions are asked in here."""
_AFTER_EXEC = 2
"""Fields from ``exec`` to the name of the primitive."""
_SHELL = re.compile(r"\d*>|[|;&<]")
_LONGEST = 4000
_VALUE = re.compile(r"\d{1,12}", re.ASCII)
_MAY_BE_ZERO = re.compile(r"pad_|trans_output_pad_|group_count")
_WHERE = "load"


def is_log(text: str) -> bool:
    """Whether a text has a line that a library logs."""
    return _VERBOSE.search(text) is not None or _DRIVER.search(text) is not None


@dataclass(frozen=True, slots=True)
class Logged:
    """A call of a convolution.

    Parameters
    ----------
    geometry : ConvGeometry
    dtype : str
        Of the input; empty where it is not told, or none of those known here.
    note : str
    """

    geometry: ConvGeometry
    dtype: str
    note: str


def logged(line: str) -> Logged | None:
    """The convolution that a line is the call of; None of a line that is no call of one.

    Raises
    ------
    InvalidArgument
        Naming what is missing or wrong in the call of a convolution.

    Examples
    --------
    >>> print(logged("./bin/MIOpenDriver conv -n 8 -c 3 -H 9 -W 9 -k 4 -p 1").geometry)
    n8c3k4i9x9f3x3p1x0
    """
    verbose, driver = _VERBOSE.search(line), _DRIVER.search(line)
    if verbose is not None:
        return _of_onednn(verbose["fields"].split(","), line)
    if driver is not None and driver["operation"] in _CONVOLUTIONS:
        operation = driver["operation"]
        return Logged(_of_miopen(driver["flags"], line), _CONVOLUTIONS[operation], operation)
    return None


def _of_onednn(fields: list[str], line: str) -> Logged | None:
    start = next((place for place, field in enumerate(fields) if field == "exec"), None)
    if start is None or len(fields) <= start + _AFTER_EXEC:
        return None
    primitive, rest = fields[start + _AFTER_EXEC], fields[start + _AFTER_EXEC + 1 :]
    if primitive not in ("convolution", "deconvolution"):
        return None
    descriptor = rest[-2] if len(rest) > 2 else ""
    if "ic" not in descriptor:
        requirement = "should end with a descriptor, such as mb1_ic3oc8_ih9oh7kh3, and a time"
        raise InvalidArgument("line", line[:_LONGEST], requirement, where=_WHERE)
    told = _INPUT.search(",".join(rest))
    geometry = parse_descriptor(descriptor, transposed=primitive == "deconvolution")
    return Logged(geometry, _DTYPES.get(told["dtype"], "") if told else "", rest[1])


def _of_miopen(flags: str, line: str) -> ConvGeometry:
    values = _values(flags, line)
    rank = _number("spatial_dim", values["spatial_dim"])
    if rank not in (2, 3):
        raise InvalidArgument("--spatial_dim", rank, "should be 2 or 3", where=_WHERE)
    numbers = {name: _number(name, value) for name, value in values.items() if FLAGS[name].isdigit()}
    axes = "dhw"[-rank:]
    size, kernel, stride, dilation, padding, extra = (
        tuple(numbers[f"{name}_{axis}"] for axis in axes)
        for name in ("in", "fil", "conv_stride", "dilation", "pad", "trans_output_pad")
    )
    transposed = _choice(values, "mode", ("conv", "trans")) == "trans"
    pad_mode = _choice(values, "pad_mode", ("default", "same", "valid"))
    if not transposed and pad_mode != "default" and (set(dilation) == {1} or set(kernel) == {1}):
        padding = tuple(map(_same, size, kernel, stride)) if pad_mode == "same" else (0,) * rank
    geometry = ConvGeometry(
        batch=numbers["batchsize"],
        in_channels=numbers["in_channels"],
        out_channels=numbers["out_channels"],
        size=size,
        kernel=kernel,
        stride=stride,
        padding=tuple((each, each) for each in padding),
        dilation=dilation,
        groups=max(numbers["group_count"], 1),
        transposed=transposed,
        output_padding=extra if transposed else (),
    )
    if 0 in geometry.output_size:
        requirement = f"should have some output: its size would be {geometry.output_size}"
        raise InvalidArgument("line", line[:_LONGEST], requirement, where=_WHERE)
    return geometry


def _same(size: int, kernel: int, stride: int) -> int:
    """What the driver pads each side with for an output of ``size / stride``, rounded up; an odd one is lost."""
    return max(kernel - (size % stride or stride), 0) // 2


def _values(flags: str, line: str) -> dict[str, str]:
    """All flags of a geometry by their long names, those that are left out as the driver has them."""
    try:
        words = shlex.split(flags)
    except ValueError as error:
        raise InvalidArgument("line", line[:_LONGEST], f"should be a command: {error}", where=_WHERE) from None
    end = next((place for place, word in enumerate(words) if _SHELL.match(word)), len(words))
    found, rest = dict(FLAGS), iter(words[:end])
    for word in rest:
        flag, _, value = word.partition("=")
        name = flag.lstrip("-")
        name = LETTERS.get(name, name)
        if not flag.startswith("-") or (name not in FLAGS and name not in OTHERS):
            raise InvalidArgument("flag", word, "should be a flag of the driver's conv, such as -n", where=_WHERE)
        given = value or next(rest, None)
        if given is None:
            raise InvalidArgument("flag", word, "should be followed by a value", where=_WHERE)
        if name in FLAGS:
            found[name] = given
    return found


def _number(name: str, value: str) -> int:
    least = 0 if _MAY_BE_ZERO.match(name) else 1
    if _VALUE.fullmatch(value) is None or int(value) < least:
        raise InvalidArgument(f"--{name}", value, f"should be an integer of at least {least}", where=_WHERE)
    return int(value)


def _choice(values: dict[str, str], name: str, possible: tuple[str, ...]) -> str:
    if values[name] not in possible:
        raise InvalidArgument(f"--{name}", values[name], f"should be one of {', '.join(possible)}", where=_WHERE)
    return values[name]

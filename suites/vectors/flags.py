"""Which mistake a vector is after: each flag with what the bug is, what it does, and where it really happened."""

from __future__ import annotations

from dataclasses import dataclass

from ...oracle.data import Case
from ...oracle.dtypes import COMPONENTS
from ...oracle.passes import Pass

_TAIL_OF = 4
"""Channels beyond a multiple of this are the tail of a vector."""


@dataclass(frozen=True, slots=True)
class Note:
    """A mistake.

    Parameters
    ----------
    bug : str
    effect : str
    seen_in : str
        A public report of it in a real library, as ``repository#number``; empty where none is known.
    """

    bug: str
    effect: str
    seen_in: str = ""


FLAGS: dict[str, Note] = {
    "KernelRotation": Note(
        "the kernel is flipped where it should not be, or not rotated by 180° in the input gradient",
        "taps meet the wrong elements wherever the kernel is not symmetric",
        "nntrainer#705, NNlib#518",
    ),
    "AxesExchanged": Note(
        "height and width of a size, stride, padding or dilation are exchanged",
        "right on square problems only",
        "autogluon PR#438, mxnet PR#4704",
    ),
    "PaddingSides": Note(
        "low and high padding are exchanged, or one of them is used for both", "the output is shifted", "root#21737"
    ),
    "PaddingMode": Note("padding repeats the wrong elements, or zeros", "wrong at the edges only"),
    "StrideInGradient": Note(
        "the stride is missing from a gradient, or exchanged with the dilation",
        "wrong gradients of a right forward pass",
        "candle PR#2337",
    ),
    "DilationIgnored": Note("the dilation is ignored", "taps lie too close together", "deeplearning4j#4100, ncnn#75"),
    "FloorRemainder": Note(
        "elements that no window reaches are mishandled",
        "an input gradient of another size, or not zero there",
        "backpack#30, CMU10-714#6",
    ),
    "UnreachedElements": Note(
        "input elements between windows are never written in the input gradient",
        "garbage in place of zeros where the stride is above the kernel",
        "pytorch#63314, pytorch#99519",
    ),
    "GroupOrder": Note(
        "channels of groups are taken in the wrong order", "each output reads another's channels", "oneDNN#352"
    ),
    "DepthMultiplier": Note("outputs of a depthwise channel are ordered wrongly", "permuted outputs", "MNN#1065"),
    "BiasReduction": Note(
        "the bias gradient is not summed over the batch, or over an axis", "too small by a factor", "mlpack PR#3679"
    ),
    "BatchReduction": Note("the weight gradient is of one image, or a mean", "too small by a factor", "cTensor#3"),
    "EmptyBatch": Note("an empty batch leaves a result unwritten, or of another shape", "garbage", "pytorch#19599"),
    "NoChannels": Note("a sum over no channels is not zero, or has another shape", "garbage or a crash"),
    "OutputPadding": Note(
        "the output padding is ignored, or filled with zeros", "the last rows are wrong", "tvm#19524"
    ),
    "TransposedPadding": Note(
        "the padding of a transposed convolution is taken for that of its input", "shifted, of another size", "TICO#420"
    ),
    "VectorTail": Note(
        "channels beyond a multiple of the vector's width are dropped", "right at 8 or 16 channels only", "ncnn#1014"
    ),
    "UpdateSign": Note("the step of the update has the wrong sign or size", "the loss grows"),
    "SecondOrder": Note(
        "one of the sums of a second derivative is missing", "wrong gradients of gradients", "pytorch#4500"
    ),
    "NarrowAccumulator": Note("sums are taken in too few bits", "beyond what rounding explains", "oneDNN PR#5041"),
    "Overflow": Note("a sum overflows that should not, or saturates where it should be Inf", "Inf, or a large number"),
    "FlushedSubnormals": Note("numbers below the smallest normal one are taken for zero", "zeros"),
    "NanLeak": Note(
        "NaN or Inf reaches elements that do not read it, or does not reach those that do",
        "NaN in neighbours",
        "burn#5385",
    ),
    "Conjugation": Note("the gradient of complex numbers is not conjugated", "wrong imaginary parts"),
    "IntegerOverflow": Note("int8 sums are taken in int8 or int16", "they wrap"),
    "AcceptedInvalid": Note("an illegal argument is accepted", "nonsense, or a crash", "pytorch#27598"),
    "Plain": Note("any of them", "anything"),
}


def flags_of(case: Case, pass_: Pass) -> tuple[str, ...]:
    """The mistakes that a case can show in a pass; at least ``Plain``."""
    geometry = case.geometry
    rank = geometry.rank
    gradient = pass_ not in (Pass.FORWARD, Pass.JVP)
    weight_like = pass_ in (Pass.WEIGHT_GRADIENT, Pass.UPDATE, Pass.DOUBLE_BACKWARD_WEIGHT)
    input_like = pass_ in (Pass.INPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT)
    dense = pass_ is not Pass.BIAS_GRADIENT
    direct = geometry.direct
    remainder = any(
        (size + low + high - d * (kernel - 1) - 1) % stride
        for size, kernel, stride, (low, high), d in zip(
            direct.size, direct.kernel, direct.stride, direct.padding, direct.dilation, strict=True
        )
    )
    found = {
        "KernelRotation": dense and max(geometry.kernel) > 1,
        "AxesExchanged": dense and rank > 1 and len(set(geometry.size)) > 1,
        "PaddingSides": dense and any(low != high for low, high in geometry.padding),
        "PaddingMode": dense and geometry.padding_mode != "zeros",
        "StrideInGradient": dense and gradient and max(geometry.stride) > 1,
        "DilationIgnored": dense and max(geometry.dilation) > 1,
        "FloorRemainder": input_like and remainder,
        "UnreachedElements": input_like and any(s > r for s, r in zip(geometry.stride, geometry.kernel, strict=True)),
        "GroupOrder": dense and geometry.groups > 1,
        "DepthMultiplier": dense and geometry.is_depthwise and geometry.out_channels > geometry.in_channels,
        "BiasReduction": pass_ is Pass.BIAS_GRADIENT,
        "BatchReduction": weight_like and geometry.batch > 1,
        "EmptyBatch": geometry.batch == 0,
        "NoChannels": geometry.batch > 0 and geometry.is_degenerate,
        "OutputPadding": any(geometry.output_padding),
        "TransposedPadding": dense and geometry.transposed and any(map(any, geometry.padding)),
        "VectorTail": any(c > _TAIL_OF and c % _TAIL_OF for c in (geometry.in_channels, geometry.out_channels)),
        "UpdateSign": pass_ is Pass.UPDATE,
        "SecondOrder": pass_.is_second_order,
        "Conjugation": case.dtype in COMPONENTS and gradient and dense,
        "IntegerOverflow": case.dtype == "int8",
    }
    return tuple(name for name, holds in found.items() if holds) or ("Plain",)

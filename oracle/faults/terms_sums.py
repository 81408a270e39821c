"""Sums over too few images, scaled sums, and results that are not the sums at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .planting import EVERY, Change, along, garbage, omitting, trailing, with_result, wrong_terms


def other_images(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    """Mask of all images but the first."""
    return along(0, trailing(shape[0], 1), len(shape))


def divided(count: Callable[[ConvGeometry], int]) -> Change:
    """The result divided by a number; of an update, its step."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        divisor = max(count(geometry), 1)
        if divisor == 1:
            return implementation(pass_, operands, geometry)
        if pass_ is Pass.UPDATE:
            rate = operands.learning_rate / divisor
            return implementation(pass_, replace(operands, learning_rate=rate), geometry)
        result = implementation(pass_, operands, geometry)
        quotient: Array = result / result.dtype.type(divisor)
        return quotient.astype(result.dtype)

    return change


def _doubled(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return result + result


def _zeros(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return np.zeros_like(result)


def _ones(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return np.ones_like(result)


def _on_garbage(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return (result + garbage(result.shape, result.dtype)).astype(result.dtype)


def _garbage_for_an_empty_batch(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return result if geometry.batch else _on_garbage(result, pass_, geometry)


MODELS = (
    wrong_terms(
        "batch-mean-of-weight-gradient",
        "the weight gradient were the mean over the batch",
        "The sum over the images is divided by their number, which belongs to the loss. Look at the scale of the "
        "weight gradient.",
        divided(lambda geometry: geometry.batch),
        WEIGHT_GRADIENTS,
    ),
    wrong_terms(
        "weight-gradient-is-a-mean",
        "the weight gradient were the mean over batch and positions",
        "The sum over images and output positions is divided by their number. Look at the scale of the weight "
        "gradient.",
        divided(lambda geometry: geometry.batch * math.prod(geometry.output_size)),
        WEIGHT_GRADIENTS,
    ),
    wrong_terms(
        "weight-gradient-of-first-image",
        "the weight gradient were that of the first image",
        "Each image's share replaces the one before, or the loop over the batch ends after one. Look at where the "
        "images' shares are added up.",
        omitting("output_gradient", other_images),
        WEIGHT_GRADIENTS,
    ),
    wrong_terms(
        "first-image-only",
        "only the first image of a batch were there",
        "The loop over the batch, or the stride from one image to the next, is missing. Look at the "
        "index of the image.",
        omitting("output_gradient", other_images),
        (*FORWARDS, *INPUT_GRADIENTS),
    ),
    wrong_terms(
        "input-gradient-doubled",
        "the input gradient were added to itself",
        "The shares are accumulated twice, such as by two paths that both run. Look at where the input gradient is "
        "accumulated.",
        with_result(_doubled),
        INPUT_GRADIENTS,
    ),
    wrong_terms(
        "empty-batch-uninitialised",
        "the gradients of an empty batch kept what was in memory",
        "Nothing runs for no images, not even what would clear the result. Look at the early return for an empty "
        "batch.",
        with_result(_garbage_for_an_empty_batch),
        (*WEIGHT_GRADIENTS, Pass.BIAS_GRADIENT),
    ),
    wrong_terms(
        "added-to-what-was-there",
        "results were added to what was in memory",
        "The workspace or the result is assumed to be zero, or a factor beta of the old content is not zero. Look at "
        "where the first share is written or added.",
        with_result(_on_garbage),
        EVERY,
    ),
    wrong_terms(
        "returns-zeros",
        "every result were zero",
        "Nothing is computed, or it is not written to what is returned. Look at whether the kernel runs at all, and "
        "for errors of its launch that nobody reads.",
        with_result(_zeros),
        EVERY,
    ),
    wrong_terms(
        "returns-a-constant",
        "every element of a result were 1",
        "The result does not depend on the operands. Look at whether the kernel runs at all, and what fills the result "
        "before it.",
        with_result(_ones),
        EVERY,
    ),
)

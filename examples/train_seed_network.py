"""The seed's network, trained by hand in NumPy, with every step proven: python examples/train_seed_network.py

The passes are the seed's equations for any batch and channels. `Proven` puts each result to the exact one of the
same operands; a step that is off by more than rounding can explain ends the training, and the wrong terms are told.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from convoracle.oracle import Arithmetic, Case, ConvGeometry, Operands, Outcome, Pass, judge, rounding_bound
from convoracle.oracle.answers import exact
from convoracle.oracle.answers.equations import terms
from convoracle.oracle.explaining.impulses import read_off
from convoracle.oracle.explaining.notation import write_equation
from convoracle.oracle.explaining.worked_example import SEED_GEOMETRY
from convoracle.oracle.explaining.wrong_terms import tell
from convoracle.oracle.operands.data import lattice_operands

Array = NDArray[np.float64]
Implementation = Callable[[Pass, Operands, ConvGeometry], Any]

DIGITS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
"""Which of the seven strokes a (top), b, c, d, e, f (clockwise) and g (middle) each digit has."""
STROKES = {
    "a": (1, 2, 1, 5), "b": (1, 5, 3, 5), "c": (3, 5, 6, 5), "d": (6, 2, 6, 5),
    "e": (3, 2, 6, 2), "f": (1, 2, 3, 2), "g": (3, 2, 3, 5),
}  # fmt: skip
"""From row and column to row and column, in an image of 8 × 8."""


# The layer, as the seed derives it.


def forward(x: Array, f: Array) -> Array:
    """O = X ⋆ F: each window times F, summed."""
    return np.einsum("ncpqrs,kcrs->nkpq", sliding_window_view(x, f.shape[2:], axis=(2, 3)), f)


def weight_gradient(x: Array, dl_do: Array) -> Array:
    """∂L/∂F = Conv(X, ∂L/∂O): every window shares F, so each of its elements has a term from every window."""
    return np.einsum("ncrspq,nkpq->kcrs", sliding_window_view(x, dl_do.shape[2:], axis=(2, 3)), dl_do)


def input_gradient(dl_do: Array, f: Array) -> Array:
    """∂L/∂X: the full convolution of ∂L/∂O with F rotated by 180°."""
    rows, columns = f.shape[2:]
    padded = np.pad(dl_do, ((0, 0), (0, 0), (rows - 1, rows - 1), (columns - 1, columns - 1)))
    return np.einsum("nkijrs,kcrs->ncij", sliding_window_view(padded, f.shape[2:], axis=(2, 3)), f[:, :, ::-1, ::-1])


def by_hand(pass_: Pass, given: Operands, geometry: ConvGeometry) -> Any:
    """The passes in one function, as the oracle asks for them."""
    match pass_:
        case Pass.FORWARD:
            output = forward(given.input, given.weight)
            return output if given.bias is None else output + given.bias[:, None, None]
        case Pass.INPUT_GRADIENT:
            return input_gradient(given.output_gradient, given.weight)
        case Pass.WEIGHT_GRADIENT:
            return weight_gradient(given.input, given.output_gradient)
        case Pass.BIAS_GRADIENT:
            return given.output_gradient.sum(axis=(0, 2, 3))
        case Pass.UPDATE:
            return given.weight - given.learning_rate * weight_gradient(given.input, given.output_gradient)
    raise NotImplementedError(f"the network does not need {pass_}")


def without_the_last_column(pass_: Pass, given: Operands, geometry: ConvGeometry) -> Any:
    """A mistake: where a row has several windows, the weight gradient and the update leave the last one out."""
    if pass_ in (Pass.WEIGHT_GRADIENT, Pass.UPDATE) and geometry.output_size[-1] > 1:
        shorter = replace(given, input=given.input[..., :-1], output_gradient=given.output_gradient[..., :-1])
        return by_hand(pass_, shorter, geometry)
    return by_hand(pass_, given, geometry)


class Layer:
    """The layer as a candidate: convoracle check examples/train_seed_network.py:Layer"""

    name, dtypes = "the seed's layer in NumPy", ["float64"]
    passes = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT, Pass.UPDATE)
    domain = {"ranks": [2], "strides": [1], "paddings": ["valid"], "dilations": [1], "groups": [1], "transposed": "no"}

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Any:
        return by_hand(pass_, operands, geometry)


# The proof of a step.


class WrongStep(Exception):
    """A result that is off by more than rounding can explain."""


@dataclass
class Proven:
    """An implementation whose results are each judged against the exact one of the same operands."""

    implementation: Implementation
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def __call__(self, pass_: Pass, given: Operands, geometry: ConvGeometry) -> Any:
        actual = self.implementation(pass_, given, geometry)
        right = exact.evaluate(pass_, given, geometry)
        bound = rounding_bound(pass_, right, given, Arithmetic.of("float64"), geometry)
        verdict = judge(actual, right, bound, "float64")
        if verdict.outcome is Outcome.VIOLATES:
            lines = [f"{pass_} of {geometry}: {verdict.reason}", *wrong_terms(self.implementation, pass_)]
            raise WrongStep("\n".join(lines))
        self.outcomes[verdict.outcome] += 1
        return actual


def wrong_terms(implementation: Implementation, pass_: Pass) -> tuple[str, ...]:
    """The terms that an implementation gets wrong on the seed's 3×3 by 2×2; of an update, those of its gradient."""
    pass_ = Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_
    given = lattice_operands(Case(SEED_GEOMETRY, False, "float64", "uniform", 0))
    reading = read_off(lambda operands: implementation(pass_, operands, SEED_GEOMETRY), pass_, given, SEED_GEOMETRY)
    return tell(reading, pass_, SEED_GEOMETRY)


def is_equal_on_integers(implementation: Implementation, pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether a pass has the right terms: on integers no sum rounds, and one wrong term shows."""
    given = lattice_operands(Case(geometry, geometry.out_channels > 1, "float64", "uniform", 0))
    right = exact.evaluate(pass_, given, geometry)
    verdict = judge(implementation(pass_, given, geometry), right, np.zeros(right.value.shape), "float64")
    return verdict.outcome is Outcome.CONFORMS


# The seed's 3×3 by 2×2.

X = np.array([[[[1.0, -2, 1], [2, 1, -1], [-1, 1, 2]]]])
TARGET = forward(X, np.array([[[[1.0, -1], [2, 3]]]]))
"""What O is to become: that of a filter which the training does not know."""


def train_seed(conv: Implementation, steps: int, rate: float = 0.0625) -> tuple[list[float], Array]:
    """Gradient descent on L = ½ Σ (O − T)²: the losses, and the filter."""
    f, losses = np.ones(SEED_GEOMETRY.weight_shape), []
    for _ in range(steps):
        output = conv(Pass.FORWARD, Operands(X, f, None, np.zeros_like(TARGET)), SEED_GEOMETRY)
        dl_do = output - TARGET
        losses.append(0.5 * float((dl_do**2).sum()))
        f = conv(Pass.UPDATE, Operands(X, f, None, dl_do, rate), SEED_GEOMETRY)
    return losses, f


def weight_sharing(dl_do: Array) -> list[str]:
    """∂L/∂F of the seed, each element as the sum over all windows: its equation, and its numbers."""
    given, lines = Operands(X, np.zeros(SEED_GEOMETRY.weight_shape), None, dl_do), []
    for index in np.ndindex(SEED_GEOMETRY.weight_shape):
        lines.append(write_equation(Pass.WEIGHT_GRADIENT, SEED_GEOMETRY, index))
        factors = [
            [float(getattr(given, factor.tensor)[factor.index]) for factor in term.factors]
            for term in terms(Pass.WEIGHT_GRADIENT, SEED_GEOMETRY, index)
        ]
        products = " + ".join(f"({a:g})·({b:g})" for a, b in factors)
        lines.append(f"        = {products} = {sum(a * b for a, b in factors):g}")
    return lines


# Digits, drawn on the spot.


def digits(count: int, seed: int) -> tuple[Array, NDArray[np.intp]]:
    """Images (count, 1, 8, 8) of digits in seven strokes, shifted, of varying brightness, on a noisy ground."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(10, size=count)
    images = rng.uniform(-0.4, -0.1, (count, 1, 8, 8))
    for image, label in zip(images[:, 0], labels, strict=True):
        down, right = rng.integers(0, 2, size=2)
        for stroke in DIGITS[label]:
            top, left, bottom, end = STROKES[stroke]
            image[top + down : bottom + down + 1, left + right : end + right + 1] += rng.uniform(0.6, 1.0)
    return images, labels


@dataclass(frozen=True)
class Network:
    """Two convolutions: 4 filters of 3 × 3, then 10 as large as what is left of the image, one for each digit."""

    first: Array
    bias: Array
    second: Array

    @classmethod
    def fresh(cls, seed: int = 0) -> Network:
        """With random weights."""
        rng = np.random.default_rng(seed)
        return cls(rng.normal(0, 0.3, (4, 1, 3, 3)), rng.normal(0, 0.1, 4), rng.normal(0, 0.1, (10, 4, 6, 6)))


def geometries(batch: int) -> tuple[ConvGeometry, ConvGeometry]:
    """Those of the two convolutions."""
    first = ConvGeometry.of(batch=batch, out_channels=4, size=(8, 8), kernel=3)
    return first, ConvGeometry.of(batch=batch, in_channels=4, out_channels=10, size=(6, 6), kernel=6)


def outputs(net: Network, images: Array, conv: Implementation) -> tuple[Array, Array, Array]:
    """Of the first convolution, the same with what is below zero cut to an eighth, and one score for each digit."""
    first, second = geometries(len(images))
    drawn = conv(Pass.FORWARD, Operands(images, net.first, net.bias, np.zeros(first.output_shape)), first)
    bent = np.where(drawn > 0, drawn, drawn / 8)
    scores = conv(Pass.FORWARD, Operands(bent, net.second, None, np.zeros(second.output_shape)), second)
    return drawn, bent, scores


def step(
    net: Network, images: Array, labels: NDArray[np.intp], conv: Implementation, rate: float
) -> tuple[Network, float]:
    """One step of gradient descent on the cross-entropy: the network after it, and the loss before it."""
    first, second = geometries(len(images))
    drawn, bent, scores = outputs(net, images, conv)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    loss = -float(np.log(shares[np.arange(len(labels)), labels]).mean())
    shares[np.arange(len(labels)), labels] -= 1
    of_second = Operands(bent, net.second, None, shares / len(labels), rate)
    dl_dbent = conv(Pass.INPUT_GRADIENT, of_second, second)
    of_first = Operands(images, net.first, net.bias, np.where(drawn > 0, dl_dbent, dl_dbent / 8), rate)
    bias = net.bias - rate * conv(Pass.BIAS_GRADIENT, of_first, first)
    return Network(conv(Pass.UPDATE, of_first, first), bias, conv(Pass.UPDATE, of_second, second)), loss


def train(conv: Implementation, steps: int = 150, batch: int = 32, rate: float = 0.15) -> tuple[Network, list[float]]:
    """The trained network, and the loss of each step."""
    images, labels = digits(steps * batch, seed=1)
    net, losses = Network.fresh(), []
    for start in range(0, steps * batch, batch):
        net, loss = step(net, images[start : start + batch], labels[start : start + batch], conv, rate)
        losses.append(loss)
    return net, losses


def accuracy(net: Network) -> float:
    """The share of 500 digits, drawn afresh, that it reads."""
    images, labels = digits(500, seed=2)
    return float((outputs(net, images, by_hand)[2].argmax(axis=1)[:, 0, 0] == labels).mean())


def told(conv: Proven) -> str:
    """What became of the results; of the others one missing term, the smallest, could hide below its bound."""
    total = conv.outcomes.total()
    tenths = 10 * conv.outcomes[Outcome.CONFORMS] // total
    seen = "in each" if tenths == 10 else f"in over {tenths}0 % of them"
    return f"{total} results within what rounding may come to; {seen}, one missing term would have shown"


def show_seed() -> None:
    """Train the seed's filter, with its first gradient written out."""
    conv = Proven(by_hand)
    losses, f = train_seed(conv, steps=100)
    print("The seed's 3×3 by 2×2. All four windows share F, so each ∂L/∂F is a sum over all of them:")
    print("\n".join(weight_sharing(forward(X, np.ones((1, 1, 2, 2))) - TARGET)))
    print(f"loss {losses[0]:.3g} → {losses[-1]:.3g}; F = {f[0, 0].round(2).tolist()}")
    print(f"100 steps: {told(conv)}")


def show_digits() -> None:
    """Train the network on digits, its passes asked on integers first."""
    print("\nDigits. Structure, on integers, before the training:")
    for geometry in geometries(batch=32):
        equal = [pass_.value for pass_ in Layer.passes if is_equal_on_integers(by_hand, pass_, geometry)]
        print(f"{geometry}: equal, bit for bit: {', '.join(equal)}")
    conv = Proven(by_hand)
    net, losses = train(conv)
    print(f"loss {losses[0]:.2f} → {losses[-1]:.2f}; {accuracy(net):.1%} of 500 others are read")
    print(f"150 steps: {told(conv)}")


def show_mistake() -> int:
    """Train with a weight gradient that lacks a column of windows, unproven and proven."""
    print("\nWith a mistake: the weight gradient leaves out the last window of each row.")
    net, losses = train(without_the_last_column)
    print(f"unproven: loss {losses[0]:.2f} → {losses[-1]:.2f}; {accuracy(net):.1%} are read; nothing tells of it")
    try:
        train(Proven(without_the_last_column))
    except WrongStep as wrong:
        print(f"proven: stopped in the first step\n{wrong}")
        return 0
    print("proven: the mistake was not seen", file=sys.stderr)
    return 1


if __name__ == "__main__":
    show_seed()
    show_digits()
    sys.exit(show_mistake())

"""What was measured of an arithmetic, in few lines and as JSON values: apart from what is certain of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ...oracle.numbers.dtypes import Arithmetic, format_of
from ...oracle.probing.card import Card
from ...oracle.probing.measuring import Growth, Measured, improbable

SHORT = {"forward": "forward", "input_gradient": "dgrad", "weight_gradient": "wgrad", "bias_gradient": "bgrad"}


def measured_lines(cards: Sequence[tuple[str, Card]], grown: Sequence[Growth]) -> Iterator[str]:
    """Of the cards and growths of one dtype: a line for each pass, and a table of how its errors grow."""
    units = {card.measured.unit for _, card in cards if card.measured} | {growth.unit for growth in grown}
    for unit in sorted(units):
        yield f"measured, on random numbers; errors in u S, u = 2^-{format_of(unit).precision} ({unit})"
    for pass_ in dict.fromkeys(card.pass_ for _, card in cards):
        of_pass = [(name, card.measured) for name, card in cards if card.pass_ is pass_ and card.measured]
        if of_pass:
            yield f"  {SHORT[str(pass_)]:24}{_largest(of_pass)}"
    answered = [growth for growth in grown if growth.rungs]
    if answered:
        yield from _table(answered)
    for growth in grown:
        if growth.ended:
            last = f"after {growth.rungs[-1].terms}" if growth.rungs else "not measured"
            yield f"  {SHORT[str(growth.pass_)]}, growth {last}: {growth.ended}"


def _largest(measured: Sequence[tuple[str, Measured]]) -> str:
    """The largest error of all geometries, and how many results are rounded right."""
    name, most = max(measured, key=lambda each: each[1].errors.largest)
    u = format_of(most.unit).unit_roundoff
    elements = sum(each.errors.elements for _, each in measured)
    right = sum(each.ulps[0].elements for _, each in measured)
    squares = sum(each.errors.root_mean_square**2 * each.errors.elements for _, each in measured)
    worst = f"largest {most.errors.largest / u:.2g} of {most.errors.proven / u:.3g} allowed [{name}]"
    typical = f"root mean square {(squares / elements) ** 0.5 / u:.2g}"
    return f"{worst}, {typical}; {right / elements:.0%} of {elements} within half an ULP"


def _table(grown: Sequence[Growth]) -> Iterator[str]:
    names = "".join(f"{SHORT[str(growth.pass_)]:>9}" for growth in grown)
    yield f"  {'largest, of n terms':>20}{names}   probable    proven"
    longest = max(grown, key=lambda growth: len(growth.rungs))
    u = format_of(longest.unit).unit_roundoff
    for place, rung in enumerate(longest.rungs):
        cells = "".join(
            f"{growth.rungs[place].errors.largest / u:9.2g}" if place < len(growth.rungs) else f"{'':9}"
            for growth in grown
        )
        yield f"  {rung.terms:>20}{cells}{rung.probable / u:11.4g}{rung.errors.proven / u:10.5g}"
    most = improbable(longest.rungs[-1].terms, Arithmetic.of(longest.dtype, longest.accumulator), longest.confidence)
    yield f"  probable: lambda = {longest.confidence:g}, exceeded by an element with probability {most:.1g} at most,"
    yield "  if roundings are independent and right on average (Higham and Mary 2019); never a verdict"


def growth_document(growth: Growth) -> dict[str, object]:
    """Of JSON values."""
    return {"pass" if name == "pass_" else name: value for name, value in asdict(growth).items()} | {
        "pass": str(growth.pass_)
    }

"""Closeness to retraining: what it says of membership tests (AX5) and of expected rates (AX6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise, permutations

from ...policy.model import Policy
from ..encode import Block, Encoder, conjunction, disjunction, number
from ..exponential import exp_bounds
from ..formulas import Removed, Tpr
from ..measured import reference_lacks
from ..regions import Region
from . import Row


def powers(encoder: Encoder, tests: tuple[Tpr, ...]) -> Iterator[Row]:
    """A test's power is a share, no less than guessing gives, and grows with the false positives that it may accept."""
    symbols = sorted(
        {(test.target, test.artifact, test.fair, test.at_fpr): encoder.tpr(test) for test in tests}.items()
    )
    for (*_, at_fpr), symbol in symbols:  # who only guesses, as often as may be wrong, is right as often
        yield Row(("AX1",), f"(and (<= {number(at_fpr)} {symbol}) (<= {symbol} 1))")
    for (one, low), (two, high) in pairwise(symbols):
        if one[:3] == two[:3]:  # a test may accept more false positives, never catch fewer members
            yield Row(("AX1",), f"(<= {low} {high})")


def weaker_removals(encoder: Encoder, removals: tuple[Removed, ...]) -> Iterator[Row]:
    """What is close is as close as any weaker limit asks."""
    alike: dict[tuple[str, str, str], list[Removed]] = {}
    for removal in removals:
        alike.setdefault((removal.target, removal.artifact, removal.compared_with), []).append(removal)
    for group in alike.values():
        for strong, weak in permutations(group, 2):
            if strong.epsilon <= weak.epsilon and strong.delta <= weak.delta:
                yield Row(("AX1",), f"(=> {encoder.removed(strong)} {encoder.removed(weak)})")


def membership(
    encoder: Encoder, removals: tuple[Removed, ...], tests: tuple[Tpr, ...], inwards: bool = False
) -> Iterator[Row]:
    """Closeness bounds every membership test whose non-members come from the same lottery."""
    for removal in removals:
        for test in tests:
            if test.fair and (test.target, test.artifact) == (removal.target, removal.artifact):
                caught = membership_bound(removal.epsilon, removal.delta, test.at_fpr, inwards)
                yield Row(("AX5",), f"(=> {encoder.removed(removal)} (<= {encoder.tpr(test)} {number(caught)}))")


def membership_bound(epsilon: Fraction, delta: Fraction, at_fpr: Fraction, inwards: bool = False) -> Fraction:
    """Highest true-positive rate that (ε, δ)-closeness leaves at a false-positive rate, rounded up (`inwards`: down)."""
    high, low = exp_bounds(epsilon)[not inwards], exp_bounds(-epsilon)[inwards]
    return min(high * at_fpr + delta, 1 - low * (1 - delta - at_fpr), Fraction(1))


def ties_rates(policy: Policy, removal: Removed) -> bool:
    """Whether AX6 says something of it: close to a plain retrain, and that is the reference."""
    return removal.compared_with == "retrain_without" and reference_lacks(policy, removal.target, removal.artifact)


def both_sides(
    encoder: Encoder,
    policy: Policy,
    removals: tuple[Removed, ...],
    gone: Mapping[str, str],
    block: Block,
    region: Region,
    inwards: bool = False,
) -> Iterator[Row]:
    """Both sides of (ε, δ)-closeness, summed over a region; e^±ε rounded so that the rows claim less, never more.

    A destroyed copy answers nothing, and is held against no reference.
    `inwards`: rounded so that they claim more, for worlds that lie exactly within.
    """
    expected = [rate for rate in block.rates if (rate.whose, rate.reading.about) == ("now", "process")] if removals else []
    pairs = [(rate, twin) for rate in expected if (twin := rate.at("reference")) in block.rates]
    for removal in removals if pairs else ():
        if removal.artifact != block.artifact or not ties_rates(policy, removal):
            continue
        up, down = exp_bounds(removal.epsilon)[not inwards], exp_bounds(-removal.epsilon)[inwards]
        delta, rest = number(removal.delta), number(1 - removal.delta)
        for rate, twin in pairs:
            x, reference, n = encoder.mass(rate, region), encoder.mass(twin, region), encoder.size(region)
            bounds = conjunction(
                [
                    f"(>= {x} (* {number(down)} (- {reference} (* {delta} {n}))))",
                    f"(<= {x} (+ (* {number(up)} {reference}) (* {delta} {n})))",
                    f"(>= {x} (- (* {rest} {n}) (* {number(up)} (- {n} {reference}))))",
                    f"(<= {x} (- {n} (* {number(down)} (- (* {rest} {n}) {reference}))))",
                ]
            )
            ended = [gone[block.artifact]] if block.artifact in gone else []
            yield Row(("AX6",), f"(=> {encoder.removed(removal)} {disjunction([*ended, bounds])})")

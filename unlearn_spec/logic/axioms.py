"""The axioms, numbered as in `spec/semantics.md`, and the rows each adds for the quantities a policy speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from ..policy.model import Destroy, Policy
from ..policy.vocabulary import ACCESS, PROBES, access_rank
from .encode import Encoder, conjunction, disjunction, number, total
from .exponential import exp_bounds
from .formulas import Rate, Reading, Removed, Tpr
from .regions import Region

Status = Literal["mathematics", "theorem", "definition", "model", "presumption"]


@dataclass(frozen=True)
class Axiom:
    id: str
    sentence: str
    status: Status


AXIOMS: Final[tuple[Axiom, ...]] = (
    Axiom("AX1", "Rates, shares and test powers lie between 0 and 1; sizes and times are not negative.", "mathematics"),
    Axiom("AX2", "A set's mean lies between the bounds that its counts above each threshold leave.", "mathematics"),
    Axiom(
        "AX3",
        "More access or stronger probing reveals at least as much in the worst case, and keeps at most as much in the best.",
        "definition",
    ),
    Axiom("AX4", "Weights given to an audience stay given; later filters or versions do not bind that copy.", "model"),
    Axiom(
        "AX5",
        "Closeness to retraining bounds every membership test whose non-members come from the same lottery.",
        "theorem",
    ),
    Axiom(
        "AX6", "Closeness to retraining ties every expected rate to the retrained model's, from both sides.", "theorem"
    ),
    Axiom(
        "AX7",
        "Where no used method reaches, behaviour stays as it was; the work takes at least the durations of the methods used, added up.",
        "model",
    ),
    Axiom("AX8", "Unlearning a parent leaves a derivative that was made before as it was.", "model"),
    Axiom("AX9", "A test that needs the raw items needs them kept until it has run.", "definition"),
    Axiom(
        "AX10",
        "An audience has whatever access an audience inside it has; means over a set mix by size.",
        "mathematics",
    ),
    Axiom("AX11", "0 failures in n draws show no less than 1 − α^(1/n); with failures, Clopper–Pearson.", "theorem"),
    Axiom(
        "AX12",
        "A refusal reveals nothing and shows no knowledge, for the same prompt at the same interface.",
        "definition",
    ),
    Axiom(
        "AX13",
        "Evidence for a bound comes from access at least as deep as the clause's; evidence against it, from at most as deep.",
        "definition",
    ),
    Axiom("AX14", "Durations run from the clock's start; each store has its own duty.", "definition"),
    Axiom("AX15", "A certificate exists only for a method with a declared guarantee.", "definition"),
    Axiom(
        "AX16",
        "An undeclared overlap is unknown: it may be anything that the declared sizes and relations allow.",
        "definition",
    ),
    Axiom(
        "K3",
        "Influence on parameters cannot go while the parameters stay: removal needs a method that reaches the weights.",
        "presumption",
    ),
    Axiom("C1", "A duty to act on an artifact presupposes control of it.", "presumption"),
)
BY_ID: Final[Mapping[str, Axiom]] = {axiom.id: axiom for axiom in AXIOMS}
PRESUMED: Final[frozenset[str]] = frozenset(a.id for a in AXIOMS if a.status in ("model", "presumption"))
"""Axioms a verdict may use only if it names them."""


@dataclass(frozen=True)
class Row:
    axiom: str
    text: str


def rows(encoder: Encoder, policy: Policy, removals: Iterable[Removed], tests: Iterable[Tpr]) -> Iterator[Row]:
    """Every axiom instance for the encoder's quantities, in the order of `AXIOMS`."""
    removals, tests = tuple(removals), tuple(tests)
    yield from _ranges(encoder, removals, tests)
    yield from _counts(encoder)
    yield from _chains(encoder, policy)
    yield from _membership(encoder, removals, tests)
    yield from _closeness(encoder, removals)
    yield from _frame(encoder, policy)
    yield from _refusals(encoder, policy)
    yield from _removal_needs_reach(encoder, policy, removals)


# --- AX1 -------------------------------------------------------------------------------------------------------------


def _ranges(encoder: Encoder, removals: tuple[Removed, ...], tests: tuple[Tpr, ...]) -> Iterator[Row]:
    for region in {r.number: r for regions in encoder.regions.of.values() for r in regions}.values():
        yield Row("AX1", f"(>= {encoder.size(region)} 0)")
    for rate in encoder.rates:
        for region in encoder.touched[rate.artifact]:
            mass = encoder.mass(rate, region)
            yield Row("AX1", f"(and (<= 0 {mass}) (<= {mass} {encoder.size(region)}))")
    symbols = sorted(
        {(test.target, test.artifact, test.fair, test.at_fpr): encoder.tpr(test) for test in tests}.items()
    )
    for _, symbol in symbols:
        yield Row("AX1", f"(and (<= 0 {symbol}) (<= {symbol} 1))")
    for (one, low), (two, high) in pairwise(symbols):
        if one[:3] == two[:3]:  # a test may accept more false positives, never catch fewer members
            yield Row("AX1", f"(<= {low} {high})")
    for strong in removals:
        for weak in removals:
            same = (strong.target, strong.artifact, strong.compared_with) == (
                weak.target,
                weak.artifact,
                weak.compared_with,
            )
            if same and strong != weak and strong.epsilon <= weak.epsilon and strong.delta <= weak.delta:
                yield Row("AX1", f"(=> {encoder.removed(strong)} {encoder.removed(weak)})")


# --- AX2 -------------------------------------------------------------------------------------------------------------


def _counts(encoder: Encoder) -> Iterator[Row]:
    for rate in encoder.rates:
        levels = encoder.thresholds.get(rate.artifact, ())
        if levels:
            for region in encoder.touched[rate.artifact]:
                yield Row("AX2", _linked(encoder, rate, region, levels))


def _linked(encoder: Encoder, rate: Rate, region: Region, levels: tuple[Fraction, ...]) -> str:
    """Counts fall with the threshold, and the mass lies in the band they leave, strictly inside where items do."""
    size, mass = encoder.size(region), encoder.mass(rate, region)
    at = [encoder.count(rate, region, level, True) for level in levels]
    above = [encoder.count(rate, region, level, False) for level in levels]
    falling = [size, *(count for pair in zip(at, above, strict=True) for count in pair), "0"]
    parts = [f"(>= {more} {fewer})" for more, fewer in pairwise(falling)]
    steps = [level - below for level, below in zip(levels, (Fraction(0), *levels), strict=False)]
    low = total([f"(* {number(step)} {count})" for step, count in zip(steps, at, strict=True) if step] or ["0"])
    gaps = [upper - level for level, upper in zip(levels, (*levels[1:], Fraction(1)), strict=True)]
    high = total(
        [
            f"(* {number(levels[0])} {size})",
            *(f"(* {number(gap)} {count})" for gap, count in zip(gaps, above, strict=True) if gap),
        ]
    )
    parts += [f"(<= {low} {mass})", f"(<= {mass} {high})"]
    if levels[0] > 0:  # items below the lowest threshold
        parts.append(f"(=> (> {size} {at[0]}) (< {mass} {high}))")
    for j, gap in enumerate(gaps):  # items strictly between two thresholds
        if gap:
            beyond = at[j + 1] if j + 1 < len(at) else None
            between = f"(> {above[j]} {beyond})" if beyond is not None else f"(> {above[j]} 0)"
            parts.append(f"(=> {between} (< {low} {mass}))")
            if beyond is not None:
                parts.append(f"(=> {between} (< {mass} {high}))")
    return conjunction(parts)


# --- AX3 -------------------------------------------------------------------------------------------------------------


def below(encoder: Encoder, low: Rate, high: Rate, region: Region) -> str:
    """`low` ≤ `high` item by item: in mass, in every count, and the mass between them covers the items that moved up."""
    levels = encoder.thresholds.get(low.artifact, ())
    parts = [f"(<= {encoder.mass(low, region)} {encoder.mass(high, region)})"]
    moved = []
    for j, level in enumerate(levels):
        for inclusive in (True, False):
            pair = encoder.count(low, region, level, inclusive), encoder.count(high, region, level, inclusive)
            if pair[0] != pair[1]:
                parts.append(f"(<= {pair[0]} {pair[1]})")
        if j:
            risen = f"(- {encoder.count(high, region, level, True)} {encoder.count(low, region, levels[j - 1], False)})"
            moved.append(f"(* {number(level - levels[j - 1])} (ite (> {risen} 0) {risen} 0))")
    if moved:
        parts.append(f"(>= (- {encoder.mass(high, region)} {encoder.mass(low, region)}) {total(moved)})")
    return conjunction(parts)


def _chains(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    present = set(encoder.rates)
    for low, high in _ordered_pairs(encoder.rates):
        paths = policy.artifacts[low.artifact].serves_from if low.artifact in policy.artifacts else ()
        second_path = bool(paths) and low.access == "product" and high.access != "product" and low.family == "reveals"
        for region in encoder.touched[low.artifact]:
            if second_path:  # an index, memory or cache may say what the model does not
                served = [encoder.served(low.artifact, path, region) for path in paths]
                for symbol in served:
                    yield Row("AX1", f"(and (<= 0 {symbol}) (<= {symbol} {encoder.size(region)}))")
                yield Row("AX3", f"(<= {encoder.mass(low, region)} {total([encoder.mass(high, region), *served])})")
            else:
                yield Row("AX3", below(encoder, low, high, region))
    for rate in encoder.rates:
        twin = Rate(rate.artifact, rate.whose, rate.family, "sup", rate.access, rate.asked, rate.reading)
        if rate.bound == "inf" and twin in present:
            for region in encoder.touched[rate.artifact]:
                yield Row("AX3", below(encoder, rate, twin, region))


def _ordered_pairs(rates: tuple[Rate, ...]) -> Iterator[tuple[Rate, Rate]]:
    """Neighbours in the order of the chains: (lower, higher)."""
    groups: dict[tuple[str, ...], list[Rate]] = {}
    for rate in rates:
        if rate.family in ("reveals", "answers"):
            groups.setdefault((rate.artifact, rate.whose, rate.family, rate.bound, str(rate.reading)), []).append(rate)
    for group in groups.values():
        for low in group:
            over = [high for high in group if high != low and _at_most(low, high)]
            for high in over:
                if not any(_at_most(middle, high) and middle != high for middle in over):
                    yield low, high


def _at_most(low: Rate, high: Rate) -> bool:
    if low.bound == "sup":
        deeper = (
            access_rank(low.access) <= access_rank(high.access)
            if low.family == "reveals"
            else low.access == high.access
        )
        return deeper and _weaker_probe(low.asked, high.asked)
    return low.access == high.access and _weaker_probe(high.asked, low.asked)


def _weaker_probe(weak: str, strong: str) -> bool:
    if weak == strong:
        return True
    if weak.startswith("suite:relearn-"):  # after fine-tuning, an item's own question is asked: a probe of every class
        return strong in PROBES
    if weak.startswith("suite:"):  # a finite suite's probes belong to the adversarial class, and to no weaker one
        return strong == "adversarial"
    return weak in PROBES and strong in PROBES and PROBES.index(weak) <= PROBES.index(strong)


# --- AX5, AX6 --------------------------------------------------------------------------------------------------------


def _membership(encoder: Encoder, removals: tuple[Removed, ...], tests: tuple[Tpr, ...]) -> Iterator[Row]:
    for removal in removals:
        high, low = exp_bounds(removal.epsilon)[1], exp_bounds(-removal.epsilon)[0]
        for test in tests:
            if test.fair and (test.target, test.artifact) == (removal.target, removal.artifact):
                caught = min(high * test.at_fpr + removal.delta, 1 - low * (1 - removal.delta - test.at_fpr))
                yield Row(
                    "AX5",
                    f"(=> {encoder.removed(removal)} (<= {encoder.tpr(test)} {number(min(caught, Fraction(1)))}))",
                )


def membership_bound(epsilon: Fraction, delta: Fraction, at_fpr: Fraction) -> Fraction:
    """Highest true-positive rate that (ε, δ)-closeness leaves at a false-positive rate, rounded up."""
    high, low = exp_bounds(epsilon)[1], exp_bounds(-epsilon)[0]
    return min(high * at_fpr + delta, 1 - low * (1 - delta - at_fpr), Fraction(1))


def _closeness(encoder: Encoder, removals: tuple[Removed, ...]) -> Iterator[Row]:
    """Both sides of (ε, δ)-closeness, summed over a region; e^±ε rounded so that the rows claim less, never more."""
    for removal in removals:
        if removal.compared_with != "retrain_without":
            continue
        up, down = exp_bounds(removal.epsilon)[1], exp_bounds(-removal.epsilon)[0]
        for rate in encoder.rates:
            twin = Rate(rate.artifact, "reference", rate.family, rate.bound, rate.access, rate.asked, rate.reading)
            if rate.artifact != removal.artifact or rate.whose != "now" or twin not in encoder.rates:
                continue
            for region in encoder.touched[rate.artifact]:
                x, reference, n = encoder.mass(rate, region), encoder.mass(twin, region), encoder.size(region)
                delta = number(removal.delta)
                bounds = conjunction(
                    [
                        f"(>= {x} (* {number(down)} (- {reference} (* {delta} {n}))))",
                        f"(<= {x} (+ (* {number(up)} {reference}) (* {delta} {n})))",
                        f"(>= {x} (- (* {number(1 - removal.delta)} {n}) (* {number(up)} (- {n} {reference}))))",
                        f"(<= {x} (- {n} (* {number(down)} (- (* {number(1 - removal.delta)} {n}) {reference}))))",
                    ]
                )
                yield Row("AX6", f"(=> {encoder.removed(removal)} {bounds})")


# --- AX7 -------------------------------------------------------------------------------------------------------------


def reaching(encoder: Encoder, policy: Policy, artifact: str, access: str) -> str:
    """Some method that reaches this access level is used on the artifact."""
    return disjunction(
        [
            encoder.uses(name, artifact)
            for name, method in (policy.methods or {}).items()
            if ACCESS.index(method.reaches) >= ACCESS.index(access) and artifact not in method.not_on
        ]
    )


def _frame(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    for artifact in policy.artifacts:
        done = encoder.finished(artifact)
        yield Row("AX1", f"(>= {done} 0)")
        if policy.methods is not None:
            spent = [
                f"(ite {encoder.uses(name, artifact)} {number(method.takes or 0)} 0)"
                for name, method in policy.methods.items()
            ]
            yield Row("AX7", f"(>= {done} {total(spent)})")
            for name, method in policy.methods.items():
                if artifact in method.not_on:
                    yield Row("AX7", f"(not {encoder.uses(name, artifact)})")
    if policy.methods is None:
        return
    present = set(encoder.rates)
    for rate in encoder.rates:
        before = Rate(rate.artifact, "before", rate.family, rate.bound, rate.access, rate.asked, rate.reading)
        if rate.whose != "now" or before not in present:
            continue
        changed = reaching(encoder, policy, rate.artifact, rate.access)
        for region in encoder.touched[rate.artifact]:
            same = [f"(= {encoder.mass(rate, region)} {encoder.mass(before, region)})"]
            for level in encoder.thresholds.get(rate.artifact, ()):
                for inclusive in (True, False):
                    pair = (
                        encoder.count(rate, region, level, inclusive),
                        encoder.count(before, region, level, inclusive),
                    )
                    if pair[0] != pair[1]:
                        same.append(f"(= {pair[0]} {pair[1]})")
            yield Row("AX7", f"(or {changed} {destroyed(encoder, policy, rate.artifact)} {conjunction(same)})")


def destroyed(encoder: Encoder, policy: Policy, artifact: str) -> str:
    """That the artifact is destroyed; possible only where some clause asks for it."""
    asked = any(isinstance(c, Destroy) and c.scope.artifacts and artifact in c.scope.artifacts for c in policy.clauses)
    return encoder.symbol("d", artifact, "Bool") if asked else "false"


# --- AX12, K3 --------------------------------------------------------------------------------------------------------


def _refusals(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    for rate in encoder.rates:
        if rate.family == "answers":
            continue
        answers = Rate(
            rate.artifact,
            rate.whose,
            "answers",
            rate.bound,
            rate.access,
            rate.asked,
            Reading("", rate.reading.decoding),
        )
        if rate.family in ("reveals", "corrects") and answers in encoder.rates:
            for region in encoder.touched[rate.artifact]:
                yield Row("AX12", below(encoder, rate, answers, region))
    for rate in encoder.rates:
        if rate.family == "corrects":
            yield from _correction(encoder, rate)
        gone = destroyed(encoder, policy, rate.artifact)
        if gone != "false" and rate.whose == "now" and rate.family != "drops":
            for region in encoder.touched[rate.artifact]:
                yield Row("AX1", f"(=> {gone} (= {encoder.mass(rate, region)} 0))")
        if rate.family == "drops":
            yield from _drop(encoder, rate)


def _correction(encoder: Encoder, rate: Rate) -> Iterator[Row]:
    old = Rate(rate.artifact, rate.whose, "reveals", "inf", rate.access, rate.asked, rate.reading)
    if old in encoder.rates:
        for region in encoder.touched[rate.artifact]:
            yield Row(
                "AX12", f"(<= (+ {encoder.mass(rate, region)} {encoder.mass(old, region)}) {encoder.size(region)})"
            )


def _drop(encoder: Encoder, rate: Rate) -> Iterator[Row]:
    before = Rate(rate.artifact, "before", "reveals", "inf", rate.access, rate.asked, rate.reading)
    now = Rate(rate.artifact, "now", "reveals", "inf", rate.access, rate.asked, rate.reading)
    for region in encoder.touched[rate.artifact]:
        fall = f"(- {encoder.mass(before, region)} {encoder.mass(now, region)})"
        yield Row("AX1", f"(<= {fall} {encoder.mass(rate, region)})")


def _removal_needs_reach(encoder: Encoder, policy: Policy, removals: tuple[Removed, ...]) -> Iterator[Row]:
    if policy.methods is not None:
        for removal in removals:
            if removal.target in exposures(policy, removal.artifact):
                changed = reaching(encoder, policy, removal.artifact, "weights")
                gone = destroyed(encoder, policy, removal.artifact)
                yield Row("K3", f"(=> {encoder.removed(removal)} (or {changed} {gone}))")
    if policy.controls is not None and policy.parties is not None:
        for artifact in policy.artifacts:
            act = encoder.symbol("a", artifact, "Bool")
            control = encoder.symbol("c", artifact, "Bool")
            yield Row("C1", f"(=> {act} {control})")


def exposures(policy: Policy, artifact: str) -> frozenset[str]:
    """Sets the artifact was trained on, itself or through the artifacts it is derived from."""
    found: set[str] = set()
    name: str | None = artifact
    while name is not None:
        found.update(policy.artifacts[name].trained_on)
        name = policy.artifacts[name].derived_from
    return frozenset(found)

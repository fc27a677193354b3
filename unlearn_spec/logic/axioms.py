"""The axioms, numbered as in `spec/semantics.md`, and the rows each adds for the quantities a policy speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise, permutations
from typing import Final, Literal

from ..policy.model import Guarantee, Policy
from ..policy.vocabulary import ACCESS, PROBES, Access, access_rank
from .encode import Block, Encoder, conjunction, disjunction, number, total
from .exponential import exp_bounds
from .formulas import Flag, Formula, KeptForTest, Rate, Removed, Stored, Tpr, Unserved
from .group_privacy import most_units
from .lineage import enclosing, exposures, inherited, kin, may_stem_from
from .meaning import reference_lacks
from .regions import Region
from .suites import own_questions

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
        "More access or stronger probing reveals at least as much; under stronger probing, at most as much is reliably known.",
        "definition",
    ),
    Axiom(
        "AX4",
        "Weights given to an audience stay given: no later act binds that copy, and whoever has it can fine-tune it.",
        "model",
    ),
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
    Axiom("AX8", "Treating a parent leaves a derivative that was made before as it was.", "model"),
    Axiom("AX9", "A test that needs the raw items needs them kept until it has run.", "definition"),
    Axiom(
        "AX10",
        "An audience has whatever access an audience inside it has; means over a set mix by size.",
        "mathematics",
    ),
    Axiom("AX11", "A rate shown by n draws lies in its Clopper–Pearson interval; 0 failures show 1 − α^(1/n).", "theorem"),
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
    Axiom(
        "AX15",
        "A certificate exists only for a method with a declared guarantee; one for a single unit loosens with every unit of the target.",
        "definition",
    ),
    Axiom(
        "AX16",
        "An undeclared overlap is unknown: it may be anything that the declared sizes and relations allow.",
        "definition",
    ),
    Axiom(
        "K1",
        "What an artifact was trained on shapes its parameters until a removal without remainder has covered it.",
        "presumption",
    ),
    Axiom(
        "K2",
        "Removal without remainder, of a set and of every retained set that is or may be made from it, ends the set's influence.",
        "definition",
    ),
    Axiom(
        "K3",
        "Influence on parameters cannot go while the parameters stay: removal needs a method that reaches the weights.",
        "presumption",
    ),
    Axiom("K4", "A derivative was shaped by whatever its parent had been trained on when it was made.", "definition"),
    Axiom("K5", "A retained set that was made from the target (a translation, a paraphrase) keeps its influence.", "model"),
    Axiom(
        "P1",
        "What is put together from parts that stay known can be put together again from a context that asks for it.",
        "presumption",
    ),
    Axiom("P2", "A model that must work with text which users supply repeats the target when they supply it.", "presumption"),
    Axiom(
        "P3",
        "Through the product appears what the model would say there, or what an index, a cache or a tool serves.",
        "definition",
    ),
    Axiom("P4", "At the weights no guardrail stands: what does not reach them changes nothing there.", "definition"),
    Axiom("C1", "A duty to act on an artifact presupposes control of it.", "presumption"),
)
BY_ID: Final[Mapping[str, Axiom]] = {axiom.id: axiom for axiom in AXIOMS}
PRESUMED: Final[frozenset[str]] = frozenset(a.id for a in AXIOMS if a.status in ("model", "presumption"))
"""Axioms a verdict may use only if it names them."""
WARNED: Final = ("P1", "P2")
"""Presumptions that no question assumes: what they exclude is told as a warning (C009)."""
FIXED: Final = ("AX14",)
"""How the language reads a word; not to be left out."""


@dataclass(frozen=True)
class Row:
    """One instance of axioms as SMT-LIB text, with the axioms' ids. None: true by what the symbols stand for."""

    axioms: tuple[str, ...]
    text: str


def rows(encoder: Encoder, policy: Policy, spoken: Iterable[Formula]) -> Iterator[Row]:
    """Every axiom instance for the encoder's quantities and for the propositions among the atoms `spoken` of."""
    every = tuple(dict.fromkeys(spoken))
    flags = tuple(atom for atom in every if isinstance(atom, Flag))
    influences = tuple(flag for flag in flags if flag.name == "influenced")
    exact = (
        exactly(outer, flag.of[1])
        for flag in influences
        for whole in enclosing(policy, flag.of[0])
        for name in (whole, *may_stem_from(policy, whole))
        for outer in enclosing(policy, name)
    )
    removals = tuple(dict.fromkeys((*(atom for atom in every if isinstance(atom, Removed)), *exact)))
    tests = tuple(atom for atom in every if isinstance(atom, Tpr))
    gone = {flag.of[0]: encoder.symbol("d", flag.of[0], "Bool") for flag in flags if flag.name == "destroyed"}
    yield from _sizes(encoder)
    yield from _tests(encoder, tests)
    yield from _weaker_removals(encoder, removals)
    for block in encoder.blocks:
        for region in block.regions:
            yield from _masses(encoder, block, region)
            yield from _order(encoder, policy, block, region)
            yield from _closeness(encoder, policy, removals, block, region)
            yield from _unchanged(encoder, policy, gone, block, region)
            yield from _corrected(encoder, block, region)
            yield from _fallen(encoder, block, region)
            yield from _silenced(encoder, gone, block, region)
            yield from _cut_off(encoder, policy, gone, block, region)
    yield from _emptied(encoder, gone, every)
    yield from _released(encoder, flags)
    yield from _membership(encoder, removals, tests)
    yield from _work(encoder, policy)
    yield from _kept_and_served(encoder, every)
    yield from _derivatives(encoder, policy)
    yield from _kept_for_tests(encoder, (atom for atom in every if isinstance(atom, KeptForTest)))
    yield from _certificates(encoder, policy, flags)
    yield from _influence(encoder, policy, influences)
    yield from _removal_needs_reach(encoder, policy, gone, removals)
    yield from _control(encoder, policy)


# --- AX1 -------------------------------------------------------------------------------------------------------------


def _sizes(encoder: Encoder) -> Iterator[Row]:
    for region in {r.number: r for regions in encoder.regions.of.values() for r in regions}.values():
        yield Row(("AX1",), f"(>= {encoder.size(region)} 0)")


def _tests(encoder: Encoder, tests: tuple[Tpr, ...]) -> Iterator[Row]:
    symbols = sorted(
        {(test.target, test.artifact, test.fair, test.at_fpr): encoder.tpr(test) for test in tests}.items()
    )
    for (*_, at_fpr), symbol in symbols:  # who only guesses, as often as may be wrong, is right as often
        yield Row(("AX1",), f"(and (<= {number(at_fpr)} {symbol}) (<= {symbol} 1))")
    for (one, low), (two, high) in pairwise(symbols):
        if one[:3] == two[:3]:  # a test may accept more false positives, never catch fewer members
            yield Row(("AX1",), f"(<= {low} {high})")


def _kept_and_served(encoder: Encoder, spoken: tuple[Formula, ...]) -> Iterator[Row]:
    """No store keeps an item until a day before the first; nothing serves more items than there are."""
    days: dict[tuple[str, Region], None] = {}
    shown: dict[str, str] = {}
    for atom in spoken:
        if isinstance(atom, Stored | KeptForTest):
            for store in (atom.store,) if isinstance(atom, Stored) else atom.stores:
                days.update(dict.fromkeys((store, region) for region in encoder.of(atom.target)))
        elif isinstance(atom, Unserved):
            for region in encoder.of(atom.target):
                shown[encoder.served(atom.artifact, atom.path, region)] = encoder.size(region)
    for store, region in days:
        first, last = encoder.stored(store, region, "all"), encoder.stored(store, region, "any")
        yield Row(("AX1",), f"(>= {first} 0)")
        yield Row((), f"(<= {first} {last})")
        yield Row((), f"(=> (<= {encoder.size(region)} 1) (= {first} {last}))")
    yield from (Row(("AX1",), f"(and (<= 0 {part}) (<= {part} {size}))") for part, size in shown.items())


def _weaker_removals(encoder: Encoder, removals: tuple[Removed, ...]) -> Iterator[Row]:
    alike: dict[tuple[str, str, str], list[Removed]] = {}
    for removal in removals:
        alike.setdefault((removal.target, removal.artifact, removal.compared_with), []).append(removal)
    for group in alike.values():
        for strong, weak in permutations(group, 2):
            if strong.epsilon <= weak.epsilon and strong.delta <= weak.delta:
                yield Row(("AX1",), f"(=> {encoder.removed(strong)} {encoder.removed(weak)})")


# --- AX2 -------------------------------------------------------------------------------------------------------------


def _masses(encoder: Encoder, block: Block, region: Region) -> Iterator[Row]:
    for rate in block.rates:
        mass = encoder.mass(rate, region)
        yield Row(("AX1",), f"(and (<= 0 {mass}) (<= {mass} {encoder.size(region)}))")
        if block.levels:
            yield Row(("AX2",), _linked(encoder, block, rate, region))


def _linked(encoder: Encoder, block: Block, rate: Rate, region: Region) -> str:
    """Counts fall with the threshold, and each band adds to the mass what they leave, strictly where items lie inside."""
    counts = [encoder.count(rate, region, level, inclusive) for level in block.levels for inclusive in (True, False)]
    parts = [f"(>= {more} {fewer})" for more, fewer in pairwise((encoder.size(region), *counts, "0"))]
    for band in block.bands:
        part, width = encoder.part(rate, region, band), number(band[1] - band[0])
        entering, leaving = _ends(encoder, block, rate, region, band)
        least, most = f"(* {width} {leaving})", f"(* {width} {entering})"
        parts += [f"(<= {least} {part})", f"(<= {part} {most})"]
        inside = f"(> {entering} {leaving})"
        if band[0] in block.levels:  # else the items inside may be at 0
            parts.append(f"(=> {inside} (< {least} {part}))")
        if band[1] in block.levels:  # else they may be at 1
            parts.append(f"(=> {inside} (< {part} {most}))")
    parts.append(f"(= {encoder.mass(rate, region)} {total([encoder.part(rate, region, b) for b in block.bands])})")
    return conjunction(parts)


def _ends(
    encoder: Encoder, block: Block, rate: Rate, region: Region, band: tuple[Fraction, Fraction]
) -> tuple[str, str]:
    """How many items exceed the band's lower end, and how many reach its upper one: the most and the least inside it."""
    low, high = band
    entering = encoder.count(rate, region, low, False) if low in block.levels else encoder.size(region)
    leaving = encoder.count(rate, region, high, True) if high in block.levels else "0"
    return entering, leaving


# --- AX3, AX12 -------------------------------------------------------------------------------------------------------


def _order(encoder: Encoder, policy: Policy, block: Block, region: Region) -> Iterator[Row]:
    paths = policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ()
    served = [encoder.served(block.artifact, path, region) for path in paths]
    for symbol in served:
        yield Row(("AX1",), f"(and (<= 0 {symbol}) (<= {symbol} {encoder.size(region)}))")
    for low, high, used in _neighbours(block.rates):
        if served and low.access == "product" != high.access:  # an index or a cache may say what the model does not
            most = total([encoder.mass(high, region), *served])
            if low.whose == "now":  # what was served before, or beside another model, is another matter
                yield Row((*used, "P3"), f"(<= {encoder.mass(low, region)} {most})")
        else:
            yield Row(used, below(encoder, block, low, high, region))


def below(encoder: Encoder, block: Block, low: Rate, high: Rate, region: Region) -> str:
    """`low` ≤ `high` item by item: in every count and in what every band adds."""
    if not block.levels:
        return f"(<= {encoder.mass(low, region)} {encoder.mass(high, region)})"
    bands = ((encoder.part(low, region, band), encoder.part(high, region, band)) for band in block.bands)
    return conjunction([f"(<= {less} {more})" for less, more in (*_counted(encoder, block, low, high, region), *bands)])


def _counted(encoder: Encoder, block: Block, one: Rate, other: Rate, region: Region) -> Iterator[tuple[str, str]]:
    for level in block.levels:
        for inclusive in (True, False):
            pair = encoder.count(one, region, level, inclusive), encoder.count(other, region, level, inclusive)
            if pair[0] != pair[1]:
                yield pair


@cache
def _neighbours(rates: tuple[Rate, ...]) -> tuple[tuple[Rate, Rate, tuple[str, ...]], ...]:
    """Neighbours in the order of the rates, (lower, higher), with the axioms that put them so."""
    alike: dict[tuple[str, str, str], list[Rate]] = {}
    for rate in rates:
        if rate.family != "drops":
            alike.setdefault((rate.whose, rate.reading.about, rate.reading.decoding), []).append(rate)
    found = []
    for group in alike.values():
        over = {low: [high for high in group if low != high and _under(low, high)] for low in group}
        for low, highs in over.items():
            for high in highs:
                if not any(high in over[middle] for middle in highs):
                    found.append((low, high, _used(low, high)))
    return tuple(found)


def _used(low: Rate, high: Rate) -> tuple[str, ...]:
    if low.family == high.family:
        return ("AX3",)
    same_cell = (low.bound, low.access, low.asked) == (high.bound, high.access, high.asked)
    return ("AX12",) if same_cell else ("AX3", "AX12")


def _under(low: Rate, high: Rate) -> bool:
    """Whether `low` ≤ `high` follows for every item, through other rates if need be.

    x∨ grows with access and with probing, x∧ falls with probing, x∧ ≤ x∨, and what is revealed or corrected is answered.
    """
    if low.family == high.family:
        if low.reading != high.reading or low.family == "corrects":
            return False
    elif high.family != "answers" or low.family == "answers":
        return False
    if low.bound == "sup":
        probing = high.bound == "sup" and _weaker_probe(low.asked, high.asked, high.access)
    elif high.bound == "inf":
        return low.access == high.access and _weaker_probe(high.asked, low.asked, low.access)
    else:  # some probes belong to both classes
        both = low.asked in PROBES and high.asked in PROBES
        probing = (
            both
            or _weaker_probe(low.asked, high.asked, high.access)
            or _weaker_probe(high.asked, low.asked, low.access)
        )
    deeper = (
        access_rank(low.access) <= access_rank(high.access) if low.family == "reveals" else low.access == high.access
    )
    return probing and deeper


def _weaker_probe(weak: str, strong: str, access: Access) -> bool:
    """Whether the probes of `weak` belong to `strong` at this access."""
    if weak == strong:
        return True
    if own_questions(weak, access):  # probes of every class, where the copy may be altered so
        return strong in PROBES
    if weak.startswith("suite:"):  # a finite suite's probes belong to the adversarial class, and to no weaker one
        return strong == "adversarial"
    if weak.startswith("in_context:"):  # nor those that hand the target over to any class of the chain
        return strong == "in_context"
    return weak in PROBES and strong in PROBES and PROBES.index(weak) <= PROBES.index(strong)


# --- AX4 -------------------------------------------------------------------------------------------------------------


def _released(encoder: Encoder, flags: tuple[Flag, ...]) -> Iterator[Row]:
    """No duty changes a copy that others hold."""
    for flag in flags:
        if flag.name == "recalled":
            yield Row(("AX4",), f"(not {encoder.flag(flag)})")


# --- AX5, AX6 --------------------------------------------------------------------------------------------------------


def _membership(
    encoder: Encoder, removals: tuple[Removed, ...], tests: tuple[Tpr, ...], inwards: bool = False
) -> Iterator[Row]:
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


def _closeness(
    encoder: Encoder, policy: Policy, removals: tuple[Removed, ...], block: Block, region: Region, inwards: bool = False
) -> Iterator[Row]:
    """Both sides of (ε, δ)-closeness, summed over a region; e^±ε rounded so that the rows claim less, never more.

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
            yield Row(("AX6",), f"(=> {encoder.removed(removal)} {bounds})")


# --- AX7, AX8, P4 ----------------------------------------------------------------------------------------------------


def reaching(encoder: Encoder, policy: Policy, artifact: str, access: str) -> str:
    """Some method that reaches this access level is used on the artifact, or on its parent if that treats it (AX8)."""
    used = [
        encoder.uses(name, artifact)
        for name, method in (policy.methods or {}).items()
        if ACCESS.index(method.reaches) >= ACCESS.index(access) and artifact not in method.not_on
    ]
    parent = policy.artifacts[artifact].derived_from if artifact in policy.artifacts else None
    if parent is not None:
        used.append(conjunction([_treated_along(encoder, artifact), reaching(encoder, policy, parent, access)]))
    return disjunction(used)


def _treated_along(encoder: Encoder, artifact: str) -> str:
    """A derivative is treated by treating its parent."""
    return encoder.symbol("w", artifact, "Bool")


def _derivatives(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    if policy.methods is not None:
        for name, artifact in policy.artifacts.items():
            if artifact.derived_from is not None:
                yield Row(("AX8",), f"(not {_treated_along(encoder, name)})")


def _work(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    for artifact in policy.artifacts:
        done = encoder.finished(artifact)
        yield Row(("AX1",), f"(>= {done} 0)")
        if policy.methods is not None:
            spent = [
                f"(ite {encoder.uses(name, artifact)} {number(method.takes or 0)} 0)"
                for name, method in policy.methods.items()
            ]
            yield Row(("AX7",), f"(>= {done} {total(spent)})")
            for name, method in policy.methods.items():
                if artifact in method.not_on:
                    yield Row(("AX7",), f"(not {encoder.uses(name, artifact)})")


def _unchanged(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], block: Block, region: Region
) -> Iterator[Row]:
    """Where no used method reaches, every item's rate is what it was, and none has fallen."""
    for rate in block.rates if policy.methods is not None else ():
        before = rate.at("before")
        if rate.family == "drops":
            same = [f"(= {encoder.mass(rate, region)} 0)"]
        elif rate.whose == "now" and before in block.rates:
            same = [f"(= {encoder.mass(rate, region)} {encoder.mass(before, region)})"]
            if block.levels:
                pairs = ((encoder.part(rate, region, band), encoder.part(before, region, band)) for band in block.bands)
                same += [f"(= {now} {was})" for now, was in (*pairs, *_counted(encoder, block, rate, before, region))]
        else:
            continue
        changed = reaching(encoder, policy, block.artifact, rate.access)
        destroyed = gone.get(block.artifact, "false")
        open_ = access_rank(rate.access) >= access_rank("weights")
        yield Row(("AX7", "P4") if open_ else ("AX7",), f"(or {changed} {destroyed} {conjunction(same)})")


# --- goals with a meaning of their own -------------------------------------------------------------------------------


def _silenced(encoder: Encoder, gone: Mapping[str, str], block: Block, region: Region) -> Iterator[Row]:
    """A destroyed copy answers nothing."""
    for rate in block.rates:
        if block.artifact in gone and rate.whose == "now" and rate.family != "drops":
            yield Row(("AX1",), f"(=> {gone[block.artifact]} (= {encoder.mass(rate, region)} 0))")


def _cut_off(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], block: Block, region: Region
) -> Iterator[Row]:
    """What is destroyed serves nothing through others."""
    for path in policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ():
        if path in gone:
            yield Row(("AX1",), f"(=> {gone[path]} (= {encoder.served(block.artifact, path, region)} 0))")


def _emptied(encoder: Encoder, gone: Mapping[str, str], spoken: Iterable[Formula]) -> Iterator[Row]:
    """A destroyed store keeps nothing beyond the day on which that work is done, and serves nothing."""
    kept: dict[tuple[str, str], None] = {}
    for atom in spoken:
        match atom:
            case Stored(target, store):
                kept[(store, target)] = None
            case KeptForTest(target, stores):
                kept.update({(store, target): None for store in stores})
            case Unserved(_, _, path) if path in gone:
                yield Row(("AX1",), f"(=> {gone[path]} {encoder.text(atom)})")
    regions = {(store, region): None for store, target in kept if store in gone for region in encoder.of(target)}
    for store, region in regions:
        last = f"(<= {encoder.stored(store, region, 'any')} {encoder.finished(store)})"
        yield Row(("AX1",), f"(=> {gone[store]} {last})")


def _corrected(encoder: Encoder, block: Block, region: Region) -> Iterator[Row]:
    """A corrected and an old statement are not both given."""
    for rate in block.rates:
        if rate.family == "corrects" and (old := replace(rate, family="reveals", bound="inf")) in block.rates:
            yield from (Row(("AX12",), text) for text in _never_above_one(encoder, block, rate, old, region))


def _never_above_one(encoder: Encoder, block: Block, one: Rate, other: Rate, region: Region) -> Iterator[str]:
    """Two rates of an item add up to 1 at most: in sum, and no item counts for both where two thresholds reach further."""
    size = encoder.size(region)
    yield f"(<= (+ {encoder.mass(one, region)} {encoder.mass(other, region)}) {size})"
    for low in block.levels:
        for high in sorted(level for level in block.levels if low + level >= 1)[:2]:  # counts at those beyond are no larger
            for at in ((True, True),) if low + high > 1 else ((False, True), (True, False)):
                both = encoder.count(one, region, low, at[0]), encoder.count(other, region, high, at[1])
                yield f"(<= (+ {both[0]} {both[1]}) {size})"


def _fallen(encoder: Encoder, block: Block, region: Region) -> Iterator[Row]:
    """A drop is at least before minus now, and no larger than leaves room for now."""
    for rate in block.rates:
        if rate.family == "drops":
            now = replace(rate, family="reveals", bound="inf")
            fall = f"(- {encoder.mass(now.at('before'), region)} {encoder.mass(now, region)})"
            yield Row(("AX1",), f"(<= {fall} {encoder.mass(rate, region)})")
            yield from (Row(("AX1",), text) for text in _never_above_one(encoder, block, rate, now, region))


# --- AX9, AX15 -------------------------------------------------------------------------------------------------------


def _kept_for_tests(encoder: Encoder, tests: Iterable[KeptForTest]) -> Iterator[Row]:
    """A test that needs the raw items needs a store that keeps them until it has run."""
    for test in tests:
        yield Row(("AX9",), f"(=> {encoder.text(test)} {encoder.kept(test)})")


def _certificates(encoder: Encoder, policy: Policy, flags: tuple[Flag, ...]) -> Iterator[Row]:
    """A certificate of a closeness comes with a used method that carries at least that guarantee, and only so."""
    for flag in flags:
        if flag.name == "certified":
            limit, artifact = (Fraction(flag.of[0]), Fraction(flag.of[1])), flag.of[2]
            able = [
                conjunction([encoder.uses(name, artifact), covering])
                for name, method in (policy.methods or {}).items()
                if method.guarantee is not None and artifact not in method.not_on
                if (covering := _covering(encoder, policy, method.guarantee, flag.of[3], limit)) != "false"
            ]
            yield Row(("AX15",), f"(= {encoder.flag(flag)} {disjunction(able)})")


def _covering(
    encoder: Encoder, policy: Policy, guarantee: Guarantee, target: str, limit: tuple[Fraction, Fraction]
) -> str:
    """That a guarantee covers the target within a limit on (ε, δ): at once, or as so many of the units it speaks of."""
    most = most_units((guarantee.epsilon, guarantee.delta), limit)
    info = policy.information[target]
    if most is None or (guarantee.per is None and most >= 1):
        return "true" if guarantee.per in (None, info.unit, *info.other_units) else "false"
    if guarantee.per is None or most < 1:
        return "false"
    if guarantee.per == info.unit:
        return f"(<= {encoder.set_size(target)} {most})"
    return "true" if 1 <= info.other_units.get(guarantee.per, 0) <= most else "false"


# --- K1 to K5 --------------------------------------------------------------------------------------------------------


def exactly(target: str, artifact: str) -> Removed:
    """Removal without remainder: the process is that of a plain retrain without the target."""
    return Removed(target, artifact, Fraction(0), Fraction(0), "retrain_without")


def _influence(encoder: Encoder, policy: Policy, influences: tuple[Flag, ...]) -> Iterator[Row]:
    for flag in influences:
        (target, artifact), influenced = flag.of, encoder.flag(flag)
        met = exposures(policy, artifact)
        gone, retained = _gone(encoder, policy, target, artifact), [name for name in kin(policy, target) if name in met]
        if target in met:
            yield Row(_with_lineage("K1", policy, artifact, target), f"(or {gone} {influenced})")
        kin_gone = [_gone(encoder, policy, name, artifact) for name in retained]
        for outer in enclosing(policy, target):
            made = [name for name in may_stem_from(policy, outer) if name in met]
            ended = [encoder.removed(exactly(outer, artifact)), *(_gone(encoder, policy, n, artifact) for n in made)]
            yield Row(("K2",), f"(=> {conjunction(ended)} (not {influenced}))")
        for name, without in zip(retained, kin_gone, strict=True):
            yield Row(_with_lineage("K5", policy, artifact, name), f"(or {without} {influenced})")


def _gone(encoder: Encoder, policy: Policy, target: str, artifact: str) -> str:
    """That a set was removed without remainder, alone or with a set that it lies within."""
    return disjunction([encoder.removed(exactly(name, artifact)) for name in enclosing(policy, target)])


def _with_lineage(axiom: str, policy: Policy, artifact: str, target: str) -> tuple[str, ...]:
    """The axiom, and K4 where the artifact met the set only through its parent."""
    return (axiom, "K4") if inherited(policy, artifact, target) else (axiom,)


# --- K3, C1 ----------------------------------------------------------------------------------------------------------


def _removal_needs_reach(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], removals: tuple[Removed, ...]
) -> Iterator[Row]:
    for removal in removals:
        if policy.methods is not None and removal.target in exposures(policy, removal.artifact):
            changed = reaching(encoder, policy, removal.artifact, "weights")
            destroyed = gone.get(removal.artifact, "false")
            used = _with_lineage("K3", policy, removal.artifact, removal.target)
            yield Row(used, f"(=> {encoder.removed(removal)} (or {changed} {destroyed}))")


def _control(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    if policy.controls is not None and policy.parties is not None:
        for artifact in policy.artifacts:
            act, control = encoder.symbol("a", artifact, "Bool"), encoder.symbol("c", artifact, "Bool")
            yield Row(("C1",), f"(=> {act} {control})")

"""A world as a policy test to paste: the same form that `unlearn-spec test` reads, and run before it is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from pathlib import PurePath

from msgspec.structs import replace
from pydantic import ValidationError

from ..logic.counted_again import decided, objections
from ..logic.formulas import Family, Flag, Rate, Reading, Removed
from ..logic.scope import scoped_artifacts
from ..logic.smt import Undecided
from ..logic.told_world import FAMILIES, as_world, readings_in, readings_of_items
from ..logic.trial import Answer, trial
from ..logic.world_model import Stratum, World
from ..policy.clauses import Govern, Rectify, Refuse, Retain, Suppress
from ..policy.expectations import WorldAsTold
from ..policy.model import Policy
from ..policy.read import read

_WORDS = {meant: word for word, meant in FAMILIES.items()}
_Table = dict[str, dict[str, dict[str, Fraction]]]


def as_test_file(
    policy: Policy,
    policy_file: str,
    world: World,
    name: str,
    *,
    expect_fail: Sequence[str] = (),
    whole: World | None = None,
    without: Collection[str] = (),
) -> str | None:
    """A whole test file about one world, with every answer that what is told of it decides and the reference confirms.

    None if the world, as it can be written, does not show that `expect_fail` fail, or if the reference finds that it breaks
    an axiom (but those in `without`) or a declared fact, or answers otherwise: then there is nothing to keep. `whole` is the
    world with what `world` leaves out for brevity.
    """
    whole = within(policy, world if whole is None else whole)
    lines = list(_world(policy, within(policy, world)))
    told = _read_back(lines)
    if told is None:
        return None
    answers = _confirmed(policy, as_world(policy, told), whole, without)
    if answers is None or any(answers.get(each) != "fail" for each in expect_fail):
        return None
    return "\n".join(
        (
            'unlearn_spec_test: "1.0"',
            f"policy: {_text(PurePath(policy_file).name)}",
            "tests:",
            f"  - name: {_text(name)}",
            "    world:",
            *(f"      {line}" for line in lines),
            "    expect:",
            *(f"      {each}: {answer}" for each, answer in answers.items()),
            "",
        )
    )


def _confirmed(policy: Policy, told: World, whole: World, without: Collection[str]) -> dict[str, Answer] | None:
    """What is told of a world decides, clause by clause and claim by claim; None where the reference objects to the whole."""
    found = trial(policy, told)
    names = [entry.id for entry in (*policy.clauses, *policy.claims)]
    try:
        if found.contradiction:
            return None
        answers = {each: found.answer(each) for each in names if found.wanted[each] in found.theory.literals}
    except Undecided:
        return None
    said = {each: answer == "pass" for each, answer in answers.items() if answer in ("pass", "fail")}
    if objections(policy, whole, said, without, where_bound=True):
        return None
    confirmed = decided(policy, whole, said, without, where_bound=True)
    return {each: answer for each, answer in answers.items() if each in confirmed or each not in said}


def within(policy: Policy, world: World) -> World:
    """The part of a world that the policy has names for."""
    sets, artifacts = set(policy.information), set(policy.artifacts)
    strata = []
    for stratum in world.strata:
        rates = {rate: value for rate, value in stratum.rates.items() if rate.artifact in artifacts}
        stored = {store: day for store, day in stratum.stored.items() if store in artifacts}
        served = {place: often for place, often in stratum.served.items() if artifacts.issuperset(place)}
        inside = stratum.inside & sets
        if inside or not stratum.inside:
            strata.append(Stratum(inside, stratum.count, rates, stored, served))
    methods = policy.methods or {}
    return World(
        situations=world.situations & set(policy.situations),
        strata=tuple(strata),
        means=tuple(mean for mean in world.means if mean.target in sets and mean.rate.artifact in artifacts),
        removals=tuple((r, holds) for r, holds in world.removals if r.target in sets and r.artifact in artifacts),
        tests=tuple(test for test in world.tests if test.target in sets and test.artifact in artifacts),
        finished=tuple((artifact, day) for artifact, day in world.finished if artifact in artifacts),
        stored=tuple((store, name, day) for store, name, day in world.stored if store in artifacts and name in sets),
        used=tuple(
            (artifact, tuple(name for name in used if name in methods))
            for artifact, used in world.used
            if artifact in artifacts
        ),
        served=tuple(s for s in world.served if s.target in sets and {s.artifact, s.path} <= artifacts),
        flags=(*((flag, holds) for flag, holds in world.flags if _known(policy, flag)), *_governed(policy, world)),
    )


def _governed(policy: Policy, world: World) -> Iterator[tuple[Flag, bool]]:
    """Whether the measures of a clause are in place, where a world tells of each by itself."""
    told = {flag.of: holds for flag, holds in world.flags if flag.name == "governed" and len(flag.of) > 1}
    for clause in policy.clauses if told else ():
        if isinstance(clause, Govern):
            places = product((clause.target or "",), scoped_artifacts(policy, clause), clause.measures)
            parts = [told.get(place) for place in places]
            if parts and (False in parts or None not in parts):
                yield Flag("governed", (clause.id,)), False not in parts


def _known(policy: Policy, flag: Flag) -> bool:
    match flag.name:
        case "destroyed":
            return flag.of[0] in policy.artifacts
        case "excluded" | "influenced":
            return flag.of[0] in policy.information and flag.of[1] in policy.artifacts
        case "governed":
            return any((clause.id,) == flag.of for clause in policy.clauses)
        case _:
            return flag.of[0] in policy.information


def _read_back(lines: Sequence[str]) -> WorldAsTold | None:
    reading = read("\n".join(lines) or "{}", "<world>")
    try:
        return None if reading.findings else WorldAsTold.model_validate(reading.data)
    except ValidationError:
        return None


# --- as text ---------------------------------------------------------------------------------------------------------


def _world(policy: Policy, world: World) -> Iterator[str]:
    if world.situations:
        yield f"situations: [{', '.join(sorted(world.situations))}]"
    if world.strata:
        yield "items:"
        for stratum in _merged(world.strata):
            first, *others = _stratum(policy, stratum)
            yield f"  - {first}"
            yield from (f"    {line}" for line in others)
    yield from _listed("removed", [_removal(removal, holds) for removal, holds in world.removals if removal.compared_with])
    yield from _listed("influenced", _pairs(world, "influenced", "in"))
    if world.tests:
        yield "membership:"
        for test in world.tests:
            cell = f"of: {test.target}, in: {test.artifact}, at_fpr: {share(test.at_fpr)}"
            yield f"  - {{{cell}, same_lottery: {_switch(test.fair)}, tpr: {share(test.tpr)}}}"
    if world.finished:
        yield f"finished: {{{', '.join(f'{artifact}: {day(until)}' for artifact, until in world.finished)}}}"
    if world.used:
        used = ", ".join(f"{artifact}: [{', '.join(names)}]" for artifact, names in world.used)
        yield f"used: {{{used}}}"
    if world.served:
        yield "served:"
        for entry in world.served:
            place = f"of: {entry.target}, by: {entry.artifact}, from: {entry.path}"
            yield f"  - {{{place}, anything: {_switch(entry.anything)}}}"
    yield from _flags(world)


def _merged(strata: Sequence[Stratum]) -> tuple[Stratum, ...]:
    """Strata that are alike, as one."""
    counts: dict[tuple[object, ...], int] = {}
    first: dict[tuple[object, ...], Stratum] = {}
    for stratum in strata:
        key = (stratum.inside, tuple(stratum.rates.items()), tuple(stratum.stored.items()))
        first.setdefault(key, stratum)
        counts[key] = counts.get(key, 0) + stratum.count
    return tuple(Stratum(s.inside, counts[key], s.rates, s.stored) for key, s in first.items())


def _stratum(policy: Policy, stratum: Stratum) -> Iterator[str]:
    yield f"in: [{', '.join(sorted(stratum.inside))}]"
    yield f"count: {stratum.count}"
    yield from _block(policy, stratum, "now", "")
    for whose in ("before", "reference"):
        lines = list(_block(policy, stratum, whose, "  "))
        if lines:
            yield f"{whose}:"
            yield from lines
    if stratum.stored:
        yield f"stored: {{{', '.join(f'{store}: {day(until)}' for store, until in stratum.stored.items())}}}"


def _block(policy: Policy, stratum: Stratum, whose: str, indent: str) -> Iterator[str]:
    """One line for each kind of rate; rates under other readings than all that are in use, by a clause that has them."""
    shared: dict[str, _Table] = {}
    apart: dict[str, dict[str, _Table]] = {}
    for cell, by_reading in _cells_of(stratum, whose).items():
        word = _WORDS[cell.family, cell.bound]
        every = {_then(r, whose) for r in readings_of_items(policy, cell.artifact, stratum.inside, cell.family)}
        if set(by_reading) == every and len(set(by_reading.values())) == 1:
            _put(shared.setdefault(word, {}), cell, next(iter(by_reading.values())))
            continue
        for reading, value in by_reading.items():
            name = _clause_with(policy, reading, cell.family, whose)
            if name is not None:
                _put(apart.setdefault(name, {}).setdefault(word, {}), cell, value)
    for word, table in shared.items():
        yield f"{indent}{word}: {_table(table)}"
    if apart:
        yield f"{indent}under:"
        for clause, words in apart.items():
            yield f"{indent}  {clause}:"
            yield from (f"{indent}    {word}: {_table(table)}" for word, table in words.items())


def _cells_of(stratum: Stratum, whose: str) -> dict[Rate, dict[Reading, Fraction]]:
    """The rates of a stratum by cell (a rate without its reading), with their value under each reading."""
    found: dict[Rate, dict[Reading, Fraction]] = {}
    for rate, value in stratum.rates.items():
        if rate.whose == whose and rate.family != "drops":
            found.setdefault(replace(rate, reading=Reading()), {})[rate.reading] = value
    return found


def _put(table: _Table, cell: Rate, value: Fraction) -> None:
    table.setdefault(cell.artifact, {}).setdefault(cell.access, {})[cell.asked] = value


def _then(reading: Reading, whose: str) -> Reading:
    """Of before, and of the reference, there is but one rate."""
    return reading if whose == "now" else replace(reading, about="model")


def _clause_with(policy: Policy, reading: Reading, family: Family, whose: str) -> str | None:
    """A clause or claim that has the reading."""
    rated = [clause for clause in policy.clauses if isinstance(clause, Suppress | Refuse | Retain | Rectify)]
    for entry in (*rated, *policy.claims):
        for own in readings_in(entry):
            if reading == _then(replace(own, predicate="") if family == "answers" else own, whose):
                return entry.id
    return None


def _table(table: _Table) -> str:
    artifacts = (
        f"{artifact}: {{{', '.join(f'{access}: {_cells(asked)}' for access, asked in levels.items())}}}"
        for artifact, levels in table.items()
    )
    return f"{{{', '.join(artifacts)}}}"


def _cells(asked: Mapping[str, Fraction]) -> str:
    return f"{{{', '.join(f'{probe}: {share(value)}' for probe, value in asked.items())}}}"


def _removal(removal: Removed, holds: bool) -> str:
    limits = f'epsilon: "{_decimal(removal.epsilon)}", delta: {share(removal.delta)}'
    where = f"of: {removal.target}, in: {removal.artifact}, {limits}, compared_with: {removal.compared_with}"
    return f"{{{where}, holds: {_switch(holds)}}}"


def _flags(world: World) -> Iterator[str]:
    for name in ("destroyed", "governed", "harmful_use"):
        said = [f"{flag.of[0]}: {_switch(holds)}" for flag, holds in world.flags if flag.name == name]
        if said:
            yield f"{name}: {{{', '.join(said)}}}"
    yield from _listed("excluded", _pairs(world, "excluded", "from"))


def _pairs(world: World, name: str, place: str) -> list[str]:
    """What a world says of sets and artifacts."""
    return [
        f"{{of: {flag.of[0]}, {place}: {flag.of[1]}, holds: {_switch(holds)}}}"
        for flag, holds in world.flags
        if flag.name == name
    ]


def _listed(block: str, entries: Sequence[str]) -> Iterator[str]:
    yield from (f"{block}:", *(f"  - {entry}" for entry in entries)) if entries else ()


def share(value: Fraction) -> str:
    """A share exactly: as a percentage if it ends, else as a ratio."""
    text = _ended(value * 100)
    return f'"{text}%"' if text is not None else f'"{value.numerator}/{value.denominator}"'


def day(value: Fraction) -> str:
    """A day exactly: in days or hours if either ends, else as a ratio."""
    text = _ended(value, 9)
    if text is None:
        hours = value * 24
        return f'"{hours} hours"' if hours.denominator == 1 else f'"{value.numerator}/{value.denominator} days"'
    return f'"{text} {"day" if value == 1 else "days"}"'


def _decimal(value: Fraction) -> str:
    return _ended(value, 30) or str(float(value))


def _ended(value: Fraction, most: int = 12) -> str | None:
    """The decimals of a number that ends within so many places."""
    places = next((n for n in range(most + 1) if (value * 10**n).denominator == 1), None)
    if places is None:
        return None
    digits = f"{int(value * 10**places):0{places + 1}d}"
    return digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"


def _switch(value: bool) -> str:
    return "true" if value else "false"


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

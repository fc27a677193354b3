"""What the data and the limits of a plan give reason to doubt: found before measuring, told in plan and report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..logic.idle import idle, told_of
from ..policy.clauses import AtLeast, Refuse, Remove, Retain, Suppress
from ..policy.evidence import Relearn
from ..policy.model import Policy
from ..wording.numbers import decimal
from ..wording.said import said
from .bound import Bindings
from .model import Note, Obligation


def notes(policy: Policy, bindings: Bindings, obligations: Sequence[Obligation]) -> tuple[Note, ...]:
    """All of them, in the policy's order. Counts only: no item is named."""
    return (
        *_repeated(bindings),
        *_both_sides(policy, bindings),
        *_untouched(bindings),
        *_chance(policy, obligations),
        *_cannot_refute(policy, obligations),
        *_one_rate(policy, obligations),
    )


def _repeated(bindings: Bindings) -> Iterator[Note]:
    for name, found in bindings.data.items():
        if found.repeated:
            yield Note(kind="repeated", about=(name,), items=found.repeated)


def _both_sides(policy: Policy, bindings: Bindings) -> Iterator[Note]:
    """Items of a set to go that a set to stay holds too, whatever their case, Unicode form and blanks."""
    go = dict.fromkeys(c.target for c in policy.clauses if isinstance(c, Suppress | Remove | Refuse) and c.target in bindings.data)
    stay = dict.fromkeys(c.target for c in policy.clauses if isinstance(c, Retain) and c.target in bindings.data)
    contents = {name: _contents(bindings, name) for name in (*go, *stay)}
    for left in go:
        for right in stay:
            shared = sum(content in set(contents[right]) for content in contents[left]) if left != right else 0
            if shared:
                yield Note(kind="both_sides", about=(left, right), items=shared)


def _untouched(bindings: Bindings) -> Iterator[Note]:
    """Artifacts whose original is the audited model, behind the same guards: before and after are one."""
    for name, audited in bindings.artifacts.items():
        before = bindings.original.get(name)
        if before is not None and (before.digest, before.guards_digest) == (audited.digest, audited.guards_digest):
            yield Note(kind="untouched", about=(name,), told=said("note.untouched", artifact=name))


def _contents(bindings: Bindings, name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(item.alike for item in bindings.data[name].items)


def _chance(policy: Policy, obligations: Sequence[Obligation]) -> Iterator[Note]:
    clauses = {clause.id: clause for clause in policy.clauses}
    for test in obligations:
        clause = clauses[test.clause]
        if test.chance is None:
            continue
        if isinstance(clause, Suppress) and clause.limit.at_most < test.chance:
            yield Note(kind="below_chance", about=(clause.id, test.artifact), share=test.chance)
        if isinstance(clause, Retain) and isinstance(clause.limit, AtLeast) and clause.limit.at_least <= test.chance:
            yield Note(kind="chance_suffices", about=(clause.id, test.artifact), share=test.chance)


def _cannot_refute(policy: Policy, obligations: Sequence[Obligation]) -> Iterator[Note]:
    """Tests of one run after which the clause about the process would stand, whatever they found."""
    clauses = {clause.id: clause for clause in policy.clauses}
    for test in obligations:
        clause = clauses[test.clause]
        reasons = idle(policy, clause, test.artifact)
        if reasons:
            told = said(
                "note.cannot_refute",
                clause=clause.id,
                artifact=test.artifact,
                told=told_of(reasons),
            )
            yield Note(kind="cannot_refute", about=(clause.id, test.artifact), told=told)


def _one_rate(policy: Policy, obligations: Sequence[Obligation]) -> Iterator[Note]:
    """Relearning at a single learning rate: another one may bring back what this one misses."""
    clauses = {clause.id: clause for clause in policy.clauses}
    for test in obligations:
        evidence = clauses[test.clause].evidence
        attack = evidence.relearn if evidence is not None else None
        if test.verifier == "relearning" and attack is not None and len(attack.rates) == 1:
            steps, rates = proposed_grid(attack)
            told = said(
                "note.one_rate",
                clause=test.clause,
                artifact=test.artifact,
                rate=attack.rates[0],
                steps=tuple(str(number) for number in steps),
                rates=tuple(f'"{decimal(rate)}"' for rate in rates),
            )
            yield Note(kind="one_rate", about=(test.clause, test.artifact), told=told)


def proposed_grid(attack: Relearn) -> tuple[tuple[int, ...], tuple[Fraction, ...]]:
    """Numbers of steps and learning rates around a single rate: a tenth and three tenths of it beside it, and a look on the
    way where there is one look in all."""
    (rate,) = attack.rates
    steps = attack.looks if len(attack.looks) > 1 else tuple(dict.fromkeys((max(1, attack.looks[0] // 3), attack.looks[0])))
    return steps, (rate / 10, rate * 3 / 10, rate)

"""The encoding and the reference against each other, both ways, on random policies over the whole language.

From worlds: in a world that keeps every axiom and every declared fact, each clause and each claim is true or false; the
encoding must have a world in which all of them come out the same. From the solver: a model of it, laid out item by item,
must be such a world. `UNLEARN_SPEC_WIDE` gives the number of policies, `UNLEARN_SPEC_WIDE_FROM` the first; the slices are
`UNLEARN_SPEC_WIDE / 6` long. Run as a script, it goes through them and prints what it counted.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import get_args

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from judging import binds, complies, obtainable, unmet_presuppositions
from wide import Case, random_case

from unlearn_spec.logic import meaning
from unlearn_spec.logic.bound import as_bound
from unlearn_spec.logic.counted_again import objections
from unlearn_spec.logic.realise import realise
from unlearn_spec.logic.statements import claim_formula
from unlearn_spec.logic.suspension import binding
from unlearn_spec.logic.theory import Theory, build
from unlearn_spec.logic.vocabulary import vocabulary
from unlearn_spec.policy.vocabulary import GoalKind, Says
from unlearn_spec.rules.check import check_text
from unlearn_spec.spec.reference import broken_axioms

POLICIES = int(os.environ.get("UNLEARN_SPEC_WIDE", "150"))
FIRST = int(os.environ.get("UNLEARN_SPEC_WIDE_FROM", "0"))
SLICES = 6
TODAY = date(2026, 11, 24)
CONFLICT = ("C001", "C002", "C003", "C004", "C005", "C006", "C008")


def encoded(case: Case) -> tuple[Theory, dict[str, str]]:
    """The theory, with the literal of each clause and claim."""
    theory = build(case.policy, asked_about=vocabulary(case.policy))
    literals = {clause.id: theory.body(clause) for clause in case.policy.clauses}
    return theory, literals | {c.id: theory.literal(claim_formula(case.policy, c)) for c in case.policy.claims}


def signed(literals: dict[str, str], answers: dict[str, bool]) -> tuple[str, ...]:
    return tuple(literal if answers[name] else f"-{literal}" for name, literal in literals.items())


# --- from worlds -----------------------------------------------------------------------------------------------------


def excluded(case: Case) -> str | None:
    """Why the encoding excludes the case's world, or None if it does not: answers, presuppositions, evidence to be had."""
    theory, literals = encoded(case)
    told = signed(literals, case.clauses_met() | case.claims_true())
    met = [clause for clause in case.policy.clauses if not unmet_presuppositions(case.policy, clause, case.world)]
    bound = binding(case.policy, case.world.situations)
    here = tuple(as_bound(case.policy.clauses, bound))  # the reference asks after evidence only of what binds
    had = [clause for clause in here if obtainable(case.policy, clause, case.world)]
    supposed = tuple(theory.literal(meaning.presupposed(case.policy, clause)) for clause in met)
    evidence = tuple(theory.literal(meaning.obtainable(case.policy, clause)) for clause in had)
    partly = tuple(
        theory.body(clause) if complies(case.policy, clause, case.world) else "-" + theory.body(clause)
        for clause in here
    )
    asked = (("the answers", ()), ("what is presupposed", supposed), ("evidence", evidence), ("what binds there", partly))
    for what, extra in asked:
        if not theory.possible((*told, *extra)):
            return what
    idle = {clause.id for clause in case.policy.clauses if not binds(case.policy, clause, case.world)}
    return None if bound.names | idle == {clause.id for clause in case.policy.clauses} else "what binds"


def wrong_findings(case: Case) -> list[str]:
    """What `check` says of the policy that its world shows to be wrong."""
    policy, world = case.policy, case.world
    true = {name for name, met in case.clauses_met().items() if met}
    able = {c.id for c in policy.clauses if c.id in true and not unmet_presuppositions(policy, c, world)}
    whole = [c for c in as_bound(policy.clauses, binding(policy, world.situations)) if c in policy.clauses]
    have = {c.id for c in whole if c.id in able and obtainable(policy, c, world)}
    presumed = not broken_axioms(policy, world, also=("P1", "P2"))
    findings = check_text(case.text, "wide.yaml", today=TODAY).findings
    average = all(world.rates[rate] == world.rates.get(replace(rate, about="process")) for rate in world.rates
                  if rate.when == "now" and rate.about == "model")  # fmt: skip
    found = []
    for f in findings:
        named = set(f.clauses)
        if f.code == "C008" and f.severity == "warning":
            continue  # told of copies that no world lists
        if f.code in (*CONFLICT, "C009") and f.severity == "warning" and not average:
            continue  # told of a model that does what its process does on average
        wrong = {
            "F001": True, "V002": True, "V003": not named <= true, "C007": named <= have, "C009": presumed and named <= able,
            "R001": len(named & true) == 1, "R002": f.clauses[-1:] != f.clauses[:1] and f.clauses[0] not in true and f.clauses[-1] in true,
            "R003": f.clauses[:1] != () and f.clauses[0] not in true and set(f.clauses[1:]) <= true,
        } if f.code not in CONFLICT else {f.code: named <= able}  # fmt: skip
        if wrong.get(f.code):
            found.append(f"{f.code} {f.message}")
    if len(true) == len(policy.clauses):
        doubted = {name for f in findings if f.code[0] == "M" for name in f.clauses}
        found += [f"{name} follows" for name, holds in case.claims_true().items() if not holds and name not in doubted]
    return found


# --- from the solver -------------------------------------------------------------------------------------------------


def questions_about(case: Case, literals: dict[str, str]) -> Iterator[dict[str, bool]]:
    """All clauses and claims together, each denied alone, and some of them at random."""
    draw = Random(f"asked {case.seed}")
    yield dict.fromkeys(literals, True)
    for denied in literals:
        yield {name: name != denied for name in literals}
    for _ in range(2):
        yield {name: draw.random() < 0.5 for name in literals}


def refused(case: Case, count: Counter[str]) -> Iterator[str]:
    """What the reference finds wrong with the worlds that the solver gives."""
    theory, literals = encoded(case)
    for asked in questions_about(case, literals):
        told = signed(literals, asked)
        if theory.possible(told):
            count["models"] += 1
            world = realise(theory, told)
            if world is None:
                count["not laid out"] += 1
            else:
                yield from (f"{objection} when asked {asked}" for objection in objections(case.policy, world, asked))


# --- both ------------------------------------------------------------------------------------------------------------


def cases(first: int, last: int) -> Iterator[Case]:
    return (case for seed in range(first, last) for case in [random_case(seed)] if case is not None)


def slices() -> list[tuple[int, int]]:
    long = POLICIES // SLICES
    return [(FIRST + i * long, FIRST + (i + 1) * long) for i in range(SLICES)]


@pytest.mark.parametrize(("first", "last"), slices())
def test_the_encoding_has_every_world_that_the_reference_has(first: int, last: int) -> None:
    for case in cases(first, last):
        assert excluded(case) is None, f"policy {case.seed}\n{case.text}\n{case.world}"


@pytest.mark.parametrize(("first", "last"), [(first, first + (last - first) // 3) for first, last in slices()])
def test_no_finding_is_refuted_by_a_world(first: int, last: int) -> None:
    for case in cases(first, last):
        assert not wrong_findings(case), f"policy {case.seed}\n{case.text}\n{case.world}"


@pytest.mark.parametrize(("first", "last"), [(first, first + (last - first) // 3) for first, last in slices()])
def test_the_reference_has_every_world_that_the_solver_gives(first: int, last: int) -> None:
    count: Counter[str] = Counter()
    for case in cases(first, last):
        assert not list(refused(case, count)), f"policy {case.seed}\n{case.text}"
    assert count["models"] and count["not laid out"] <= count["models"] // 4, count  # 2 % over many


def test_an_old_and_a_corrected_statement_are_not_both_given_on_average_either() -> None:
    """Where a clause speaks of the process, AX12 binds it, too, be the correction asked of the model."""
    (case,) = cases(6351774, 6351775)
    assert not list(refused(case, Counter()))


def test_every_goal_and_every_claim_is_met_and_failed() -> None:
    """What the comparison rests on: clauses of every kind come out both ways in the worlds that are drawn."""
    seen: set[tuple[str, bool]] = set()
    every = 2 * (len(get_args(GoalKind)) + len(get_args(Says)))
    for case in cases(0, 400):
        kinds = {c.id: c.goal for c in case.policy.clauses} | {c.id: c.says for c in case.policy.claims}
        seen |= {(kinds[name], answer) for name, answer in (case.clauses_met() | case.claims_true()).items()}
        if len(seen) == every:
            break
    assert len(seen) == every


def main() -> None:
    count: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + POLICIES):
        case = random_case(seed)
        count["policies" if case else "without a world"] += 1
        for told in () if case is None else (excluded(case), *wrong_findings(case), *refused(case, count)):
            if told is not None:
                count["disagreements"] += 1
                print(f"policy {seed}: {told}", flush=True)
        if seed % 500 == 499:
            print(f"{seed + 1}: {dict(count)}", flush=True)
    print(f"seeds {FIRST} to {FIRST + POLICIES - 1}: {dict(count)}")


if __name__ == "__main__":
    main()

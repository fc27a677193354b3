"""What evidence says of a clause: the corpus's facts, put to the theory."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from corpus import CASES, path_of

from unlearn_spec.logic.evidence import CountFact, DropFact, EvidenceFact, MembershipFact, RateFact, RecordFact
from unlearn_spec.logic.formulas import reading_of
from unlearn_spec.logic.judge import judge
from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.policy.clauses import Clause, Decoding, RevealsWhen
from unlearn_spec.policy.load import load

QUESTIONS = [(name, asked) for name, case in CASES.items() for asked in case.get("verdicts", ())]
ALPHA = Fraction(1, 100)
"""How likely a fact is wrong: registered with it, and no part of the answer."""


@pytest.mark.parametrize(("name", "asked"), QUESTIONS, ids=[f"{name}: {asked['shows']}" for name, asked in QUESTIONS])
def test_evidence_says(name: str, asked: dict[str, Any]) -> None:
    policy = load(path_of(name)).policy
    clause = next(clause for clause in policy.clauses if clause.id == asked["clause"])
    facts = [fact(written, clause, asked["in"]) for written in asked["facts"]]
    suite = f"suite:{asked['suite']}" if "suite" in asked else None
    rule = one_run_rules(policy).get((clause.id, asked["in"]))
    judged = judge(policy, clause, asked["in"], facts, suite=suite, one_run=rule)
    assert judged.answer == asked["answer"]
    assert set(judged.stands_on) == set(asked.get("stands_on", ()))
    assert set(judged.conditional_on) == set(asked.get("conditional_on", ()))


def fact(written: dict[str, Any], clause: Clause, artifact: str) -> EvidenceFact:
    """A fact as it is written in the corpus. Its reading is the clause's unless it states one."""
    kind, name = written["kind"], written["id"]
    if kind == "record":
        closeness = [Fraction(written["epsilon"]), share(written["delta"])] if "epsilon" in written else []
        day = Fraction(written["day"].split()[0])
        return RecordFact(name, written["by"], "signer", written["clause"], artifact, day, *closeness)
    low, high = (share(end) if isinstance(end, str) else end for end in written["between"])
    if kind == "membership":
        return MembershipFact(name, written["of"], artifact, share(written["at_fpr"]), low, high, ALPHA, written.get("same_lottery", True))
    place = (name, written["of"], artifact, written["access"], written["asked"], reading(written, clause))
    if kind == "drop":
        return DropFact(*place, low, high, ALPHA)
    if kind == "count":
        return CountFact(*place, written["side"], share(written["above"]), False, low, high, ALPHA)
    whose, one_run = written.get("whose", "audited"), written.get("runs", "one") == "one"
    return RateFact(*place, written["side"], low, high, ALPHA, whose, one_run)


def reading(written: dict[str, Any], clause: Clause) -> str:
    if "reveals_when" in written:
        revealed, drawn = RevealsWhen(**written["reveals_when"]), Decoding(**written["decoding"])
        return str(reading_of(revealed, drawn))
    return str(reading_of(getattr(clause, "reveals_when", None), clause.scope.decoding))


def share(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / 100

"""What may notice a fault in the encoding: each net is asked one case at a time and says whether the case comes out wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "logic"))

import test_oracle
import test_without
from policies import random_policy

from unlearn_spec.logic.axioms.closeness import membership_bound
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.clauses import AtLeast, AtMost
from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.check import check

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "spec" / "conformance"
ANY_DAY = date(2026, 11, 24)
POLICIES = 100
TELLING = (216, 791)
"""Policies beyond those that alone tell some fault."""


@dataclass(frozen=True)
class Net:
    name: str
    says: str
    """What it holds the encoding to."""
    cases: Callable[[], Iterator[str]]
    wrong: Callable[[str], bool]


def notices(net: Net, case: str) -> bool:
    """Whether the net finds the case wrong. A fault that merely ends in an exception counts as not noticed."""
    try:
        return net.wrong(case)
    except Exception:
        return False


# --- the exact oracle ------------------------------------------------------------------------------------------------


def _small_policies() -> Iterator[str]:
    return (str(seed) for seed in (*range(POLICIES), *TELLING) if test_oracle.is_small(random_policy(seed)))


def _parts_from_the_oracle(seed: str) -> bool:
    return bool(test_oracle.disagreements(random_policy(int(seed))))


# --- the conformance corpus ------------------------------------------------------------------------------------------


def _policies() -> Iterator[str]:
    for folder in sorted(path for path in CORPUS.iterdir() if (path / "cases.yaml").exists()):
        if folder.name[0] in "FVCRAMT" or folder.name == "S002":  # S002: days without a clock (AX14)
            cases = yaml.safe_load((folder / "cases.yaml").read_text("utf-8"))["cases"]
            yield from (
                f"{folder.name}/{case['policy']}" for case in cases if "policy" in case and "before" not in case
            )


def _breaks_the_corpus(name: str) -> bool:
    folder, policy = name.split("/")
    cases = yaml.safe_load((CORPUS / folder / "cases.yaml").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case.get("policy") == policy)
    day = date.fromisoformat(str(case.get("today", ANY_DAY)))
    result = check(CORPUS / folder / policy, today=day, effort=case.get("effort"))
    found = Counter((f.code, f.severity, f.clauses, f.accepted is not None) for f in result.findings)
    return found != Counter(
        (e["code"], e["severity"], tuple(e["clauses"]), e.get("accepted", False)) for e in case["expect"]
    )


# --- the axioms at work ----------------------------------------------------------------------------------------------


def _idles(axiom: str) -> bool:
    policy, telling = test_without.CASES[axiom]
    with_it, without_it = test_without.said(policy), test_without.said(policy, (axiom,))
    shown = any(telling in line for line in with_it) and not any(telling in line for line in without_it)
    return with_it == without_it or (bool(telling) and not shown)


# --- rounding --------------------------------------------------------------------------------------------------------

_EDGES = ("0.05", "0.1", "0.3", "0.7", "1.3", "2")
_RATE = Fraction(1, 4)


def _excludes_the_truth(epsilon: str) -> bool:
    """Whether a process exactly at an edge of closeness is called impossible: rounded against the clause."""
    up, close = _exp(Fraction(epsilon)), Fraction(1, 10**20)
    down = 1 / up
    most, least = min(up * _RATE, 1 - down * (1 - _RATE)), max(down * _RATE, 1 - up * (1 - _RATE))
    if membership_bound(Fraction(epsilon), Fraction(0), _RATE) < most - close:
        return True
    policy = load_text(_CLOSE.replace("EPSILON", epsilon), "edge.yaml").policy
    for goal, limit in (("suppress", AtMost(at_most=least + close)), ("retain", AtLeast(at_least=most - close))):
        removing, asking = (clause for clause in policy.clauses if clause.goal in ("remove", goal))
        asking = asking.model_copy(update={"limit": limit, "about": "process"})
        theory = build(policy.model_copy(update={"clauses": (removing, asking)}))
        if not theory.possible((theory.body(removing), theory.body(asking))):
            return True
    return False


def _exp(x: Fraction) -> Fraction:
    work = Context(prec=60)
    return Fraction(work.exp(work.divide(Decimal(x.numerator), Decimal(x.denominator))))


_CLOSE = test_without.HEAD + test_without.SETS + test_without.BOT + (
    "reference_retrain:\n"
    '  - {id: r, target: facts, without: diary, in: bot, access: api, asked: direct, mean_between: ["25%", "25%"]}\n'
    "clauses:\n"
    + test_without.remove("EPSILON")
    + test_without.suppress("a", "facts", test_without.API, "50%")
    + test_without.retain("b", "facts", test_without.API, "50%")
)  # fmt: skip


NETS: Mapping[str, Net] = {
    net.name: net
    for net in (
        Net("oracle", "exact encodings of random small policies, item by item or kind by kind", _small_policies, _parts_from_the_oracle),
        Net("corpus", "the findings that the conformance corpus states", _policies, _breaks_the_corpus),
        Net("axioms", "a policy for each axiom, answered differently without it", lambda: iter(test_without.CASES), _idles),
        Net("rounding", "processes exactly at the edge of closeness", lambda: iter(_EDGES), _excludes_the_truth),
    )
}  # fmt: skip

"""The facts of a measurement, put to the theory: they decide their clause when they should, and not otherwise."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.logic.judge import judge
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.verdict.facts import measure

POLICY = """\
unlearn_spec: "1.0"
policy: {{id: one, version: 1}}
information:
  facts: {{kind: facts, size: 100, unit: question}}
artifacts:
  assistant: {{kind: model, trained_on: [facts], seen_by: {{public: product}}}}
clauses:
  - id: clause
    goal: {goal}
    target: facts
    scope: {{artifacts: [assistant], access: product, asked: direct, decoding: {{method: greedy}}}}
    over: {over}
    about: model
    limit: {limit}
    reveals_when: {{metric: {metric}}}
    evidence: {{kind: test, access: product, population: these_items, samples: 100, decide: certify}}
"""


def policy(goal: str, limit: str, metric: str = "exact", over: str = "mean") -> Policy:
    return load_text(POLICY.format(goal=goal, limit=limit, metric=metric, over=over)).policy


def answer(text: Policy, hits: int, verifier: str = "leak", **fields: Any) -> str:
    """What the theory concludes when `hits` of 100 items are hits of the clause's metric."""
    (clause,) = text.clauses
    metric = clause.reveals_when.metric  # type: ignore[union-attr]
    table = make.answers(make.of(hits, 100), refusals=make.of(100 - hits if metric == "not_refusal" else hits, 100))
    before = make.answers(make.of(100, 100))
    units = make.seen({"audited": (make.generated(), table), "original": (make.generated("original"), before)})
    reading = make.EXACT.model_copy(update={"metric": metric})
    wanted = make.obligation(verifier, reading=reading, original=("original",), **fields)
    found = measure(wanted, clause, units, seed=0)
    return judge(text, clause, "assistant", found.facts).answer


@pytest.mark.parametrize(("hits", "expected"), [(0, "entailed"), (9, "open"), (30, "refuted")])
def test_suppression(hits: int, expected: str) -> None:
    assert answer(policy("suppress", '{at_most: "10%"}'), hits) == expected


@pytest.mark.parametrize(("hits", "expected"), [(100, "entailed"), (90, "open"), (60, "refuted")])
def test_retention(hits: int, expected: str) -> None:
    assert answer(policy("retain", '{at_least: "90%"}'), hits, "retention") == expected


@pytest.mark.parametrize(("hits", "expected"), [(100, "entailed"), (85, "open"), (40, "refuted")])
def test_retention_against_before(hits: int, expected: str) -> None:
    assert answer(policy("retain", '{within: "15%", of: before}'), hits, "retention") == expected


@pytest.mark.parametrize(("hits", "expected"), [(100, "entailed"), (90, "open"), (60, "refuted")])
def test_refusal(hits: int, expected: str) -> None:
    assert answer(policy("refuse", '{at_least: "90%"}', "refusal"), hits, "refusal") == expected


@pytest.mark.parametrize(("hits", "expected"), [(100, "entailed"), (90, "open"), (60, "refuted")])
def test_answers_to_neighbours(hits: int, expected: str) -> None:
    assert answer(policy("retain", '{at_least: "90%"}', "not_refusal"), hits, "refusal") == expected


@pytest.mark.parametrize(("hits", "expected"), [(0, "entailed"), (9, "open"), (30, "refuted")])
def test_answers_to_what_must_be_refused(hits: int, expected: str) -> None:
    assert answer(policy("suppress", '{at_most: "10%"}', "not_refusal"), hits, "refusal") == expected


@pytest.mark.parametrize(("hits", "expected"), [(0, "entailed"), (1, "refuted")])
def test_each_listed_item(hits: int, expected: str) -> None:
    assert answer(policy("suppress", '{at_most: "10%"}', over="each"), hits) == expected


@pytest.mark.parametrize(("hits", "expected"), [(5, "entailed"), (6, "refuted")])
def test_a_share_of_the_listed_items(hits: int, expected: str) -> None:
    assert answer(policy("suppress", '{at_most: "10%"}', over='{share: "95%"}'), hits) == expected


def test_items_drawn_from_a_wider_population_say_nothing_of_each() -> None:
    assert answer(policy("suppress", '{at_most: "10%"}', over="each"), 0, population="wider") == "open"


def test_evidence_of_one_run_leaves_a_process_open() -> None:
    text = policy("suppress", '{at_most: "10%"}')
    (clause,) = text.clauses
    process = clause.model_copy(update={"about": "process"})
    units = make.seen({"audited": (make.generated(), make.answers(make.of(0, 100)))})
    found = measure(make.obligation(refute_at=Fraction(1, 2)), process, units, seed=0)
    assert judge(text.model_copy(update={"clauses": (process,)}), process, "assistant", found.facts).answer == "open"

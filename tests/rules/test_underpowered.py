"""T003: how often a test would have its answer; against draws simulated by exact summation, and with the repair applied."""

import json

import pytest

from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.testability import testability_findings

testability_findings.__test__ = False

EVIDENCE = {"kind": "test", "access": "api", "population": "wider", "confidence": "95%", "decide": "certify"}


def document(goal="suppress", limit=None, size=40, over="mean", **evidence):
    clause = {
        "id": "it",
        "goal": goal,
        "target": "diary",
        "scope": {"artifacts": ["bot"], "access": "api", "asked": "direct", "decoding": {"method": "greedy"}},
        "over": over,
        "limit": limit or {"at_most": "1%"},
        "reveals_when": {"metric": "contains"},
        "evidence": {**EVIDENCE, **evidence},
    }
    return load_text(
        json.dumps(
            {
                "unlearn_spec": "1.0",
                "policy": {"id": "p", "version": 1},
                "information": {"diary": {"kind": "facts", "size": size, "unit": "question"}},
                "artifacts": {"bot": {"kind": "model", "seen_by": {"public": "api"}}},
                "clauses": [clause],
            }
        )
    )


def found(**fields):
    return [finding for finding in testability_findings(document(**fields)) if finding.code == "T003"]


def below(k, n, p):
    """P[X ≤ k], term by term, each from the one before."""
    term = total = (1 - p) ** n
    for i in range(k):
        term *= (n - i) / (i + 1) * p / (1 - p)
        total += term
    return total


@pytest.mark.parametrize("samples", [300, 600, 1000, 1900])
def test_the_share_that_passes_is_the_binomial_one(samples):
    allowed = max(k for k in range(60) if below(k, samples, 0.01) <= 0.05)
    (finding,) = found(samples=samples)
    assert f"passes only {below(allowed, samples, 0.005):.0%} of the time" in finding.message
    assert finding.severity == "warning" and finding.clauses == ("it",)


@pytest.mark.parametrize(
    "fields",
    [
        {"samples": 600},
        {"samples": 600, "limit": {"at_most": "2%"}, "power_at": "1.5%"},
        {"samples": 60, "limit": {"at_most": "10%"}, "power_at": "20%", "decide": "not_refuted"},
        {"samples": 200, "goal": "retain", "limit": {"at_least": "95%"}},
        {"samples": 150, "goal": "retain", "limit": {"at_least": "95%"}, "power_at": "3%", "decide": "not_refuted"},
        {"samples": 100, "goal": "retain", "limit": {"within": "5%", "of": "before"}, "power_at": "1%"},
        {"samples": 300, "over": {"share": "95%"}, "limit": {"at_most": "1%"}, "size": 9000},
    ],
)
def test_the_offered_sample_is_enough_and_none_smaller_by_a_tenth_is(fields):
    (finding,) = found(**fields)
    (fix,) = finding.fixes
    assert fix.verified
    enough = int(fix.snippet.removeprefix("samples: "))
    assert found(**{**fields, "samples": enough}) == []
    assert found(**{**fields, "samples": enough * 9 // 10})


@pytest.mark.parametrize(
    "fields",
    [
        {"samples": 40},  # T001: not even a clean test certifies
        {"samples": 600, "confidence": "100%"},  # T001
        {"samples": 412, "population": "these_items"},  # T004: more than there are
        {
            "samples": 40,
            "population": "these_items",
            "over": {"share": "95%"},
            "limit": {"at_most": "10%"},
        },  # no chance
        {"samples": 40, "population": "these_items", "over": "each", "limit": {"at_most": "10%"}},
        {"samples": 600, "decide": "not_refuted"},  # registers no effect
        {"samples": 10**12},
        {"samples": 600, "limit": {"at_most": "0%"}},
        {"samples": 600, "limit": {"at_most": "100%"}},
    ],
)
def test_silent_where_another_code_says_more_or_nothing_is_left_to_chance(fields):
    assert found(**fields) == []


def test_a_set_that_is_too_small_for_the_offer_is_said():
    (finding,) = found(samples=300, size=300, population="these_items")
    assert "from a wider population: the set has 300 items" in finding.fixes[0].text
    assert finding.fixes[0].snippet.endswith(", population: wider") and "{" not in finding.fixes[0].snippet
    assert not finding.fixes[0].verified

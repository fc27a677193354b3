"""S009, S010, S011: found in policies that load."""

from __future__ import annotations

from datetime import date

import pytest

from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.schema import schema_findings

TODAY = date(2026, 6, 1)
POLICY = """\
unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: day_zero}
information:
  facts: {kind: facts, size: 40, unit: question}
  wiki: {kind: facts, size: 400, unit: question}
artifacts:
  helper: {kind: model, seen_by: {public: api}}
situations: [audit, sale]
people: {public: {}, staff: {}}
clauses:
  - {id: hide, goal: suppress, target: facts, scope: {when: {any: [audit, {not: {all: [audit]}}]}}, limit: {at_most: "1%"}}
"""
USED = "relations: [{wiki: disjoint_from, with: facts}]\n"


def found(text: str, today: date = TODAY) -> list[tuple[str, str, int, int]]:
    findings = schema_findings(load_text(text, "p.yaml"), today)
    return [(item.code, item.severity, item.spans[0].line, item.spans[0].column) for item in findings]


def test_what_nothing_mentions_is_unused() -> None:
    assert found(POLICY) == [("S009", "warning", 6, 3), ("S009", "warning", 9, 21), ("S009", "warning", 10, 22)]


@pytest.mark.parametrize(
    "mention",
    [
        USED,
        "claims: [{id: c, says: no_harmful_use, of: wiki}]\n",
        'measured_before: [{id: b, target: wiki, in: helper, access: api, asked: direct, mean_at_least: "3%"}]\n',
        "out_of_scope: [{target: wiki, artifacts: [helper], reason: old, owner: it}]\n",
    ],
)
def test_any_mention_is_a_use(mention: str) -> None:
    assert (6, 3) not in [place[2:] for place in found(POLICY + mention)]


def test_training_data_and_stored_data_are_used() -> None:
    assert (6, 3) not in [place[2:] for place in found(POLICY.replace("seen_by", "holds: [wiki], seen_by"))]


def test_an_acceptance_counts_through_its_day() -> None:
    text = POLICY + USED + 'accept: [{code: R002, clause: hide, reason: x, by: dpo, until: "2026-06-01"}]\n'
    assert "S010" not in [item[0] for item in found(text)]
    after = [item for item in found(text, date(2026, 6, 2)) if item[0] == "S010"]
    assert after == [("S010", "error", 14, 57)]


def test_an_open_question_expires_too() -> None:
    text = POLICY + USED + 'open_questions: [{clause: hide, field: access, owner: me, until: "2026-01-01"}]\n'
    assert ("S010", "error", 14, 59) in found(text)


def test_a_policy_in_force_wants_digests_except_of_concepts() -> None:
    digest = "sha256:" + "0" * 64
    text = POLICY.replace("version: 1", 'version: 1, status: in_force, confidence: "95%"') + USED
    text += "parties: {obligor: acme}\ncontrols: {acme: [helper]}\n"
    text = text.replace("limit:", "reveals_when: {metric: exact}, limit:").replace(
        "scope: {", "scope: {decoding: {method: greedy}, "
    )
    text = text.replace("400, unit: question", f'400, unit: question, manifest: "{digest}"')
    text = text.replace("artifacts:\n", "  style: {kind: concept, adjudicator: panel}\nartifacts:\n")
    assert [item for item in found(text) if item[0] == "S011"] == [("S011", "warning", 5, 3)]

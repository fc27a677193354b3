"""Each axiom at work: a policy that `check` answers differently once the axiom is left out.

The other half of the claim that no axiom is there for nothing. AX14 says how the language reads a word and stays.
"""

from __future__ import annotations

import pytest

from unlearn_spec.logic.axioms import AXIOMS, FIXED
from unlearn_spec.rules.check import check_text

READ = "reveals_when: {metric: contains, normalisation: casefold}"
HEAD = 'unlearn_spec: "1.0"\npolicy: {id: p, version: 1, status: draft, confidence: "95%"}\nclock: {starts: request}\n'
SETS = """information:
  diary:   {kind: examples, size: 40, unit: page}
  dialect: {kind: examples, size: 40, unit: page, built_from: diary}
  facts:   {kind: facts, size: 100, unit: question}
  wiki:    {kind: facts, size: 100, unit: question}
"""
BOT = "artifacts: {bot: {kind: model, trained_on: [diary], seen_by: {public: product}}}\n"


def scope(access: str, asked: str = "direct", artifact: str = "bot", more: str = "") -> str:
    return f"scope: {{artifacts: [{artifact}], access: {access}, asked: {asked}, {more}decoding: {{method: greedy}}}}"


def suppress(name: str, target: str, where: str, limit: str, over: str = "mean", more: str = "") -> str:
    return f'  - {{id: {name}, goal: suppress, target: {target}, {where}, over: {over}, limit: {{at_most: "{limit}"}}, {READ}{more}}}\n'


def retain(name: str, target: str, where: str, limit: str, over: str = "mean") -> str:
    return f'  - {{id: {name}, goal: retain, target: {target}, {where}, over: {over}, limit: {{at_least: "{limit}"}}, {READ}}}\n'


def remove(epsilon: str, more: str = "") -> str:
    limit = f'{{epsilon: "{epsilon}", delta: "0%", compared_with: retrain_without}}'
    what = "goal: remove, target: diary, scope: {artifacts: [bot]}, measure: influence, about: process"
    return f"  - {{id: gone, {what}, limit: {limit}{more}}}\n"


def claim(artifact: str = "bot") -> str:
    return f"claims: [{{id: said, says: influence_removed, of: diary, in: [{artifact}]}}]\n"


API, PRODUCT, WEIGHTS = scope("api"), scope("product"), scope("weights")
CHILD = """artifacts:
  bot:  {kind: model, trained_on: [diary], seen_by: {public: product}}
  mini: {kind: model, derived_from: bot, seen_by: {public: product}}
"""
TEST = "evidence: {kind: test, access: product, population: these_items, samples: 20, decide: certify}"
BASE = 'measured_before: [{id: b, target: facts, in: bot, access: weights, asked: direct, mean_at_least: "50%"}]\n'

CASES: dict[str, tuple[str, str]] = {
    "AX1": (SETS + BOT + "clauses:\n" + remove("0") + remove("1").replace("gone", "loose"), "R002"),
    "AX2": (SETS + BOT + "clauses:\n" + suppress("a", "facts", API, "10%", "each") + retain("b", "facts", API, "50%"), "C001"),
    "AX3": (SETS + BOT + "clauses:\n" + suppress("a", "facts", API, "10%") + retain("b", "facts", PRODUCT, "50%"), "C001"),
    "AX4": (
        SETS + BOT.replace("product", "weights") + "clauses:\n" + suppress("a", "facts", scope("weights", more="audience: public, "), "1%"),
        "C008",
    ),
    "AX5": (
        SETS + BOT + "clauses:\n" + remove("0")
        + "  - {id: told, goal: remove, target: diary, scope: {artifacts: [bot]}, measure: membership, about: process, "
        + 'limit: {tpr_at_most: "1%", at_fpr: "1%"}, '
        + "evidence: {kind: test, access: logprobs, samples: 40, controls: [randomised_holdout]}}\n",
        "R002",
    ),
    "AX6": (
        SETS + BOT
        + 'reference_retrain: [{id: r, target: facts, without: diary, in: bot, access: api, asked: direct, mean_between: ["50%", "60%"]}]\n'
        + "clauses:\n" + remove("0.1") + suppress("a", "facts", API, "1%", more=", about: process"),
        "C004",
    ),
    "AX7": (
        SETS + BOT + BASE + "methods: {filter: {reaches: product}}\nclauses:\n" + suppress("a", "facts", WEIGHTS, "1%"),
        "C003",
    ),
    "AX8": (
        SETS + CHILD + BASE.replace("in: bot", "in: mini") + "methods: {retrain: {reaches: weights, not_on: [mini]}}\nclauses:\n"
        + suppress("a", "facts", scope("weights", artifact="mini"), "1%"),
        "C003",
    ),
    "AX9": (
        SETS + BOT[:-2] + ", store: {kind: dataset, holds: [diary], seen_by: {staff: product}}}\n" + "clauses:\n"
        + remove("0", ', evidence: {kind: test, access: weights, samples: 40, needs_raw_data: true, at: "60 days"}')
        + '  - {id: wipe, goal: delete, target: diary, scope: {artifacts: [store]}, by: "30 days"}\n',
        "C007",
    ),
    "AX10": (
        "people: {staff: {within: everyone}, everyone: {}}\n" + SETS
        + "artifacts: {bot: {kind: model, seen_by: {staff: finetune, everyone: product}}}\nclauses:\n"
        + suppress("a", "facts", PRODUCT, "1%"),
        "staff and everyone hold the weights",
    ),
    "AX11": (SETS + BOT + "clauses:\n" + suppress("a", "facts", PRODUCT, "1%", more=", " + TEST), "T001"),
    "AX12": (
        SETS + BOT + "clauses:\n" + retain("b", "facts", PRODUCT, "90%")
        + f"  - {{id: decline, goal: refuse, target: facts, {PRODUCT}, over: mean, "
        + 'limit: {at_least: "50%"}, reveals_when: {metric: refusal}}\n',
        "C001",
    ),
    "AX13": (SETS + BOT + "clauses:\n" + suppress("a", "facts", WEIGHTS, "50%", more=", " + TEST), "T005"),
    "AX15": (
        SETS + BOT + "methods: {tuning: {reaches: weights}}\nclauses:\n" + remove("1", ", evidence: {kind: certificate}"),
        "C003",
    ),
    "AX16": (
        SETS.replace("wiki:", "more:    {kind: facts, size: 60, unit: question}\n  wiki:")
        + "relations: [{facts: overlaps, with: wiki, exactly: 10}, {more: overlaps, with: wiki, exactly: 10}]\n" + BOT + "clauses:\n"
        + suppress("a", "facts", API, "0%") + suppress("b", "more", API, "0%") + retain("c", "wiki", API, "85%"),
        "",
    ),
    "K1": (
        SETS + BOT + "methods: {filter: {reaches: product}}\nclauses:\n" + suppress("a", "facts", PRODUCT, "1%") + claim(),
        "false in every world",
    ),
    "K2": (SETS + BOT + "clauses:\n" + remove("0") + claim(), ""),
    "K3": (SETS + BOT + "methods: {filter: {reaches: product}}\nclauses:\n" + remove("1"), "C003"),
    "K4": (
        SETS + CHILD + "methods: {filter: {reaches: product}}\nclauses:\n" + remove("1").replace("[bot]", "[mini]"),
        "C003",
    ),
    "K5": (
        SETS + BOT.replace("[diary]", "[diary, dialect]") + "methods: {filter: {reaches: product}}\nclauses:\n"
        + suppress("a", "facts", PRODUCT, "1%") + claim(),
        "dialect, made from diary",
    ),
    "P1": (
        SETS.replace("wiki:    {kind: facts,", "wiki:    {kind: facts, built_from: facts,") + BOT + "clauses:\n"
        + suppress("a", "wiki", scope("api", "in_context"), "1%") + retain("b", "facts", API, "50%"),
        "C009",
    ),
    "P2": (
        SETS + BOT + "clauses:\n" + suppress("a", "wiki", scope("api", "in_context"), "1%")
        + retain("b", "facts", scope("api", "in_context"), "50%"),
        "C009",
    ),
    "P3": (
        SETS + "artifacts:\n  bot: {kind: model, seen_by: {public: product}, serves_from: [shelf]}\n"
        "  shelf: {kind: index, holds: [facts], seen_by: {public: product}}\nclauses:\n"
        + suppress("a", "facts", API, "1%")
        + "  - {id: unlist, goal: de_index, target: facts, scope: {artifacts: [shelf]}}\n" + retain("b", "facts", PRODUCT, "50%"),
        "C001",
    ),
    "P4": (
        SETS + BOT + BASE + "methods: {filter: {reaches: product}}\nclauses:\n" + suppress("a", "facts", WEIGHTS, "1%"),
        "C003",
    ),
    "C1": (
        "parties: {obligor: acme, verifier: lab}\ncontrols: {acme: []}\n" + SETS + BOT + "clauses:\n"
        + suppress("a", "facts", PRODUCT, "1%"),
        "C003",
    ),
}  # fmt: skip


def said(policy: str, without: tuple[str, ...] = ()) -> list[str]:
    result = check_text(HEAD + policy, "p.yaml", without=without)
    assert not [finding for finding in result.findings if finding.code[0] == "Y" or finding.code in ("S001", "S002", "S006", "S007")]
    return [f"{finding.code} {finding.message} {' '.join(finding.why)}" for finding in result.findings]


@pytest.mark.parametrize("axiom", [axiom.id for axiom in AXIOMS if axiom.id not in FIXED])
def test_an_axiom_left_out_changes_an_answer(axiom: str) -> None:
    policy, telling = CASES[axiom]
    with_it, without_it = said(policy), said(policy, (axiom,))
    assert with_it != without_it
    if telling:
        assert any(telling in line for line in with_it)
        assert not any(telling in line for line in without_it)


def test_repairs_are_verified_with_the_axioms_that_were_asked_with() -> None:
    """Without AX7 nothing keeps the rate at its baseline of 50 %: either limit can give way until both meet."""
    policy = (
        SETS + BOT + BASE.replace("weights", "api") + "methods: {filter: {reaches: product}}\nclauses:\n"
        + suppress("a", "facts", API, "10%") + retain("b", "facts", API, "90%")
    )  # fmt: skip
    found = check_text(HEAD + policy, "p.yaml", without=("AX7",)).findings
    clash = next(finding for finding in found if finding.clauses == ("a", "b"))
    assert [fix.text for fix in clash.fixes if fix.verified] == ["at_most 90% on a", "at_least 10% on b"]
    assert "the other limits leave b at most 10% of facts" in clash.why

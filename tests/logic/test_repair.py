"""Repairs: exact optima in friendly steps, the lightest sets, and every one that is printed as re-checked is applied."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.logic.policies import loaded, random_policy, text_of
from unlearn_spec.finding import Finding, Fix
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.repair import Change, Repair, single_numbers, together
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.model import Policy
from unlearn_spec.rules.check import check, check_text

Build = Callable[[str], Policy]
SPEC = Path(__file__).parents[2] / "spec"
TODAY = date(2026, 11, 24)
HEAD = """
information:
  names: {kind: facts, size: 40, unit: question}
  wiki:  {kind: facts, size: 300, unit: question}
relations: [{names: overlaps, with: wiki, exactly: 30}]
artifacts: {bot: {kind: model, seen_by: {public: product}}}
clauses:
"""
SCOPE = "scope: {artifacts: [bot], access: product, asked: direct}, over: mean"


def hide(limit: str, name: str = "hide", more: str = "") -> str:
    return f'  - {{id: {name}, goal: suppress, target: names, {SCOPE}, limit: {{at_most: "{limit}"}}{more}}}\n'


def keep(limit: str, name: str = "keep", more: str = "") -> str:
    return f'  - {{id: {name}, goal: retain, target: wiki, {SCOPE}, limit: {{at_least: "{limit}"}}{more}}}\n'


def repairs(policy: Policy) -> list[tuple[str, str, str]]:
    theory = build(policy)
    (core,) = conflicts(theory, [clause.id for clause in policy.clauses]).cores
    found = [repair.changes for repair in single_numbers(theory, core)]
    return [(change.clause, change.field, change.value) for (change,) in found]


def test_numbers_are_exact_optima_rounded_outwards(policy_of: Build) -> None:
    """At most 4 of 40 names leave 274 of 300; 95% of 300 is 285, so 15 of the names must show: 37.5%."""
    policy = policy_of(HEAD + hide("10%") + keep("95%"))
    assert repairs(policy) == [("hide", "at_most", "37.5%"), ("keep", "at_least", "91.3%")]


def test_what_only_should_hold_gives_way_first(policy_of: Build) -> None:
    policy = policy_of(HEAD + hide("10%") + keep("95%", more=", strength: should"))
    assert [name for name, _, _ in repairs(policy)] == ["keep", "hide"]


def test_deadlines_move_by_whole_days(policy_of: Build) -> None:
    policy = policy_of(
        "information: {logs: {kind: examples, size: 40, unit: record}}\n"
        "artifacts: {store: {kind: dataset, holds: [logs], seen_by: {staff: product}}}\n"
        "clauses:\n"
        '  - {id: gone, goal: delete, target: logs, scope: {artifacts: [store]}, by: "36 hours"}\n'
        '  - {id: kept, goal: keep, target: logs, scope: {artifacts: [store]}, until: "60 hours"}\n'
    )
    assert repairs(policy) == [("gone", "by", "3 days"), ("kept", "until", "1 day")]


def test_several_conflicts_are_settled_by_the_lightest_set(policy_of: Build) -> None:
    """One floor against two ceilings: it alone gives way, unless it must hold and they only should."""
    policy = policy_of(HEAD + hide("10%", "a") + hide("5%", "b") + keep("95%"))
    assert together(policy, ("a", "b", "keep"), ((),)) == Repair((Change("keep", "at_least", "90.6%"),))
    soft = ", strength: should"
    policy = policy_of(HEAD + hide("10%", "a", soft) + hide("5%", "b", soft) + keep("95%"))
    both = Repair((Change("a", "at_most", "37.5%"), Change("b", "at_most", "37.5%")))
    assert together(policy, ("a", "b", "keep"), ((),)) == both


def test_a_heavier_wish_is_kept(policy_of: Build) -> None:
    wishes = hide("10%", more=", strength: should, weight: 2"), keep("95%", more=", strength: should, weight: 5")
    policy = policy_of(HEAD + "".join(wishes))
    assert together(policy, ("hide", "keep"), ((),)) == Repair((Change("hide", "at_most", "37.5%"),))


def test_where_no_number_helps_it_is_said(policy_of: Build) -> None:
    text = (
        'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\nclock: {starts: request}\n'
        "information: {records: {kind: examples, size: 40, unit: record}}\n"
        "artifacts: {bot: {kind: model, trained_on: [records], seen_by: {public: product}}}\n"
        "methods: {retrain: {reaches: weights}}\n"
        "clauses:\n"
        "  - {id: take-out, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process, "
        'limit: {epsilon: "1", delta: "1%", compared_with: retrain_without}}\n'
        "  - {id: no-retraining, goal: ban, methods: [retrain], scope: {artifacts: [bot]}}\n"
    )
    (finding,) = [f for f in check_text(text, today=TODAY).findings if f.code == "C001"]
    assert "no single number settles this" in finding.why
    assert [(fix.text, fix.verified) for fix in finding.fixes] == [
        ("drop no-retraining", True),
        ("drop take-out", True),
        ("or word take-out anew", False),
    ]


# --- every repair that is printed ------------------------------------------------------------------------------------

CHANGE = re.compile(r"\b(at_most|at_least|share|epsilon|tpr_at_most|by|until) (\S+(?: days?)?) on ([\w-]+)")


def applied(data: dict[str, Any], finding: Finding, fix: Fix) -> dict[str, Any]:
    """The policy with a printed repair, read from its words alone."""
    data = json.loads(json.dumps(data))
    by_id = {clause["id"]: clause for clause in data["clauses"]}
    changes = CHANGE.findall(fix.text)
    for field, value, name in changes:
        place = by_id[name] if field in ("by", "until") else by_id[name]["over" if field == "share" else "limit"]
        place[field] = value
    dropped = re.findall(r"\bdrop ([\w-]+)", fix.text)
    data["clauses"] = [clause for clause in data["clauses"] if clause["id"] not in dropped]
    snippet = yaml.safe_load(fix.snippet) or {}
    if reader := re.match(r"let (\S+) suspend", fix.text):
        by_id[reader[1]]["overrides"] = snippet.pop("overrides")
    elif lifted := re.match(r"take (\S+) out of (\S+)", fix.text):
        by_id[lifted[2]]["methods"].remove(lifted[1])
    elif front := re.match(r"put .* and let (\S+) speak of that", fix.text):
        for name, declared in snippet["artifacts"].items():
            data["artifacts"][name] = {**data["artifacts"].get(name, {}), **declared}
        by_id[front[1]]["scope"]["artifacts"] = snippet["scope"]["artifacts"]
    elif light := re.match(r"leave out `needs_raw_data`: show (\S+) without", fix.text):
        del by_id[light[1]]["evidence"]["needs_raw_data"]
    elif listed := re.match(r"list a method that reaches (\w+)", fix.text):
        data["methods"] = {**(data.get("methods") or {}), "unnamed": {"reaches": listed[1]}}
    elif snippet:
        data["artifacts"].update(snippet["artifacts"])
        data["clauses"] += snippet["clauses"]
    else:
        assert changes or dropped, fix.text
    return data


def all_hold(data: dict[str, Any]) -> int:
    """Applies every re-checked repair of every conflict, and counts them."""
    tried = 0
    for finding in check_text(json.dumps(data), today=TODAY).findings:
        for fix in finding.fixes:
            if finding.code.startswith("C") and fix.verified:
                after = check_text(json.dumps(applied(data, finding, fix)), today=TODAY)
                assert not any(f.code[0] in "YS" and f.severity == "error" for f in after.findings), (
                    fix,
                    after.findings,
                )
                left = {(f.code, f.clauses) for f in after.findings}
                assert (finding.code, finding.clauses) not in left, (finding.message, fix.text)
                tried += 1
    return tried


POLICIES = sorted(
    path
    for folder in ("C001", "C002", "C003", "C004", "C005", "C006", "C007")
    for path in (SPEC / "conformance" / folder).glob("*.yaml")
    if path.name not in ("cases.yaml", "negative.yaml")
)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_repair_of_the_corpus_holds(path: Path) -> None:
    found = (fix for f in check(path, today=TODAY).findings if f.code.startswith("C") for fix in f.fixes)
    assert bool(all_hold(yaml.safe_load(path.read_text("utf-8")))) == any(fix.verified for fix in found)


@pytest.mark.parametrize("name", ["bad-example", "book-settlement", "dual-use"])
def test_every_repair_of_the_examples_holds(name: str) -> None:
    assert all_hold(yaml.safe_load((SPEC / "examples" / f"{name}.yaml").read_text("utf-8"))) > 1


@settings(deadline=None, max_examples=20)
@example(1029)
@given(st.integers(0, 2_000))
def test_every_repair_of_random_policies_holds(seed: int) -> None:
    all_hold(yaml.safe_load(text_of(random_policy(seed))))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2_000))
def test_a_friendly_number_is_the_nearest(seed: int) -> None:
    """One step stricter, the conflict is still there."""
    policy = loaded(random_policy(seed))
    theory = build(policy)
    names = [clause.id for clause in policy.clauses]
    found = conflicts(theory, names)
    for core in found.cores:
        repairs = single_numbers(theory, core)
        told = single_numbers(theory, core, found.involved)
        assert [repair.changes for repair in told] == [repair.changes for repair in repairs]
        assert all(one.leaves == other.leaves for one, other in zip(repairs, told, strict=True) if one.leaves)
        for repair in repairs:
            (change,) = repair.changes
            if change.field in ("at_most", "at_least"):
                step = 0.1 if change.field == "at_least" else -0.1
                value = f"{float(change.value.rstrip('%')) + step:.1f}%"
                data = yaml.safe_load(text_of(random_policy(seed)))
                clause = next(c for c in data["clauses"] if c["id"] == change.clause)
                old = float(clause["limit"][change.field].rstrip("%"))
                now = float(value.rstrip("%"))
                if (now - old) * step < 0:  # between the old number and the offered one
                    clause["limit"][change.field] = value
                    still = check_text(json.dumps(data), today=TODAY)
                    assert any(f.code[0] == "C" and set(f.clauses) <= set(core.clauses) for f in still.findings)

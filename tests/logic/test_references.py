"""What the reference lacks is worked out once for a policy, not for every rate and removal."""

from __future__ import annotations

import pytest

from unlearn_spec.logic import meaning, measured, scope
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.clauses import Clause
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

SCOPE = "scope: {artifacts: [bot], access: api, asked: direct}, reveals_when: {metric: contains}"
CLOSE = 'limit: {epsilon: "0.1", delta: "0.5%", compared_with: retrain_without}'


def removing(sets: int) -> Policy:
    """A policy that removes many sets from one model, each of which is hidden as well."""
    lines = ['unlearn_spec: "1.0"', "policy: {id: many, version: 1, status: draft}", "information:"]
    lines += [f"  s{i}: {{kind: examples, size: 40, unit: record}}" for i in range(sets)]
    lines += ["artifacts: {bot: {kind: model, trained_on: [s0], seen_by: {public: api}}}", "clauses:"]
    for i in range(sets):
        lines += [f"  - {{id: r{i}, goal: remove, target: s{i}, scope: {{artifacts: [bot]}}, measure: influence, about: process, {CLOSE}}}"]
        lines += [f'  - {{id: c{i}, goal: suppress, target: s{i}, {SCOPE}, about: process, over: mean, limit: {{at_most: "5%"}}}}']
    lines += [f"relations: [{{disjoint: [{', '.join(f's{i}' for i in range(sets))}]}}]"]
    return load_text("\n".join(lines) + "\n", "many.yaml").policy


def scopes_read(sets: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the scope of a clause is read while a theory is built."""
    read, policy, plain = list[str](), removing(sets), scope.scoped_artifacts

    def counted(policy: Policy, clause: Clause, choice: scope.Choice = scope.WEAKEST) -> tuple[str, ...]:
        read.append(clause.id)
        return plain(policy, clause, choice)

    with monkeypatch.context() as patched:
        for reader in (meaning, measured):
            patched.setattr(reader, "scoped_artifacts", counted)
        build(policy)
    return len(read)


def test_twice_as_many_removals_ask_for_twice_as_many_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < scopes_read(20, monkeypatch) <= 2 * scopes_read(10, monkeypatch)

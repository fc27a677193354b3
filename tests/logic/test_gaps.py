"""Gaps in many artifacts: each is found, and those that have the same answer are asked about together."""

from __future__ import annotations

from unlearn_spec.logic.gaps import gaps
from unlearn_spec.logic.situations import cases
from unlearn_spec.logic.smt import recording
from unlearn_spec.logic.theory import build
from unlearn_spec.logic.vocabulary import vocabulary
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy


def models(number: int, *, together: bool) -> Policy:
    """A set in many models, silenced in each for the public, while staff hold the weights: by one clause, or by one for each."""
    names = [f"m{i}" for i in range(number)]
    clause = (
        "{{id: hide-{}, goal: suppress, target: records, over: mean, limit: {{at_most: '1%'}}, reveals_when: {{metric: contains}}, "
        "scope: {{artifacts: [{}], access: api, asked: direct, decoding: {{method: greedy}}}}}}"
    )
    clauses = [clause.format("all", ", ".join(names))] if together else [clause.format(name, name) for name in names]
    text = [
        'unlearn_spec: "1.0"', "policy: {id: p, version: 1}", "information: {records: {kind: examples, size: 100, unit: record}}",
        "artifacts:", *(f"  {name}: {{kind: model, trained_on: [records], seen_by: {{public: api, staff: weights}}}}" for name in names),
        "clauses:", *(f"  - {one}" for one in clauses),
    ]  # fmt: skip
    return load_text("\n".join(text), "p.yaml").policy


def asked(policy: Policy) -> int:
    """The questions it takes to find the gaps, which must be those for staff, in the order of the models."""
    situations = cases(policy)
    assert situations is not None
    theory = build(policy, asked_about=vocabulary(policy))
    with recording() as questions:
        found = gaps(theory, situations, frozenset())
    assert [(gap.artifact, gap.audiences, gap.named) for gap in found] == [(name, ("staff",), True) for name in policy.artifacts]
    return len(questions)


def test_more_models_take_no_more_questions() -> None:
    for together in (True, False):
        assert asked(models(40, together=together)) <= asked(models(10, together=together)) + 5

"""What must not change when a policy is only written otherwise, and what may change only one way when its meaning moves.

Over the examples and over random policies (`tests/logic/policies.py`). `UNLEARN_SPEC_METAMORPHIC` gives the number of random
policies a property is tried on. The conflicts that are *named* depend on the order of the clauses where several overlap;
whether there is one does not.
"""

from __future__ import annotations

import copy
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "logic"))

from policies import random_policy, text_of

from unlearn_spec.finding import Finding
from unlearn_spec.logic.meaning import body
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.read import read_bytes
from unlearn_spec.policy.vocabulary import ACCESS, access_rank
from unlearn_spec.rules.check import CheckResult, check_text
from unlearn_spec.rules.explain import sentence

Data = dict[str, Any]
SPEC = Path(__file__).parents[2] / "spec"
NAMES = ("erasure-request", "book-settlement", "dual-use", "bad-example", "small-world")
EXAMPLES: dict[str, Data] = {
    name: read_bytes((SPEC / "examples" / f"{name}.yaml").read_bytes(), name).data for name in NAMES
}
SEEDS = range(int(os.environ.get("UNLEARN_SPEC_METAMORPHIC", "10")))
DAY = date(2026, 11, 24)
SUBJECTS = [*NAMES, *SEEDS]


def data_of(subject: str | int) -> Data:
    if isinstance(subject, str):
        return copy.deepcopy(EXAMPLES[subject])
    return read_bytes(text_of(random_policy(subject)).encode(), "small").data


def checked(data: Data) -> CheckResult:
    return check_text(yaml.safe_dump(data, sort_keys=False, width=10_000, allow_unicode=True), "p.yaml", today=DAY)


def told(finding: Finding) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    return finding.code, finding.severity, tuple(sorted(finding.clauses)), tuple(sorted(finding.situation))


def told_of_each(result: CheckResult) -> Counter[Any]:
    """The findings; one that lists all clauses that leave the same open, for each of them."""
    return Counter(
        told(one)
        for found in result.findings
        for one in ([replace(found, clauses=(name,)) for name in found.clauses] if found.code == "X002" else [found])
    )


def apart_from_conflicts(result: CheckResult) -> Counter[Any]:
    """Findings other than conflicts; of clauses that add nothing to each other only how many there are."""
    return Counter("R" if f.code in ("R001", "R002") else told(f) for f in result.findings if f.code[0] != "C")


def conflicts(result: CheckResult) -> set[frozenset[str]]:
    return {
        frozenset(finding.clauses) for finding in result.findings if finding.code[0] == "C" and finding.code != "C010"
    }


# --- the same policy, written otherwise ------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_order_of_the_clauses_changes_no_finding(subject: str | int) -> None:
    data = data_of(subject)
    before = checked(data)
    random.Random(str(subject)).shuffle(data["clauses"])
    after = checked(data)
    assert after.consistent == before.consistent
    assert bool(conflicts(after)) == bool(conflicts(before))
    if conflicts(after) == conflicts(before):
        assert after.exit_code == before.exit_code
        assert apart_from_conflicts(after) == apart_from_conflicts(before)
        assert Counter(map(told, after.findings)).keys() >= {told(f) for f in before.findings if f.code[0] not in "R"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_new_names_change_nothing_but_the_names(subject: str | int) -> None:
    """Messages and reasons included: nothing is read from a name, and nothing goes by the alphabet."""
    data = data_of(subject)
    before = checked(data)
    names = declared_names(data)
    fresh = [f"zq{number}q" for number in range(100, 100 + len(names))]
    random.Random(str(subject)).shuffle(fresh)
    new = dict(zip(names, fresh, strict=True))
    after = checked(renamed(data, new))
    old = {value: key for key, value in new.items()}

    def restored(text: str) -> str:
        return re.sub(r"zq\d+q", lambda match: old[match[0]], text)

    def whole(finding: Finding, back: Callable[[str], str]) -> tuple[Any, ...]:
        said = (finding.message, *finding.why, *(fix.text for fix in finding.fixes))
        return finding.code, finding.severity, *(tuple(map(back, part)) for part in (finding.clauses, said))

    assert [whole(f, restored) for f in after.findings] == [whole(f, str) for f in before.findings]


def declared_names(data: Data) -> list[str]:
    """Every name that the drafter chose, once."""
    found: dict[str, None] = {}
    for block in ("information", "artifacts", "methods", "people"):
        found.update(dict.fromkeys(data.get(block) or {}))
    for block in ("clauses", "claims", "measured_before", "reference_retrain"):
        found.update(dict.fromkeys(entry["id"] for entry in data.get(block, [])))
    found.update(dict.fromkeys(data.get("situations", [])))
    found.update(dict.fromkeys(name for a in data["artifacts"].values() for name in a["seen_by"]))
    return list(found)


def renamed(value: Any, new: dict[str, str]) -> Any:
    """The data with every name replaced, wherever it stands as a whole word of the language or with `+derived`."""
    if isinstance(value, dict):
        return {new.get(k, k): item if k == "measure" else renamed(item, new) for k, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, new) for item in value]
    if isinstance(value, str):
        root, plus, rest = value.partition("+")
        return new.get(value, new.get(root, root) + plus + rest)
    return value


@pytest.mark.parametrize("subject", [*NAMES, *(seed for seed in SEEDS if not random_policy(seed).tiny)])
@pytest.mark.parametrize("factor", [2, 7])
def test_larger_sets_of_the_same_shape_change_no_finding(subject: str | int, factor: int) -> None:
    """Except those about how many items there are to test, and conflicts over today's whole items."""
    data = data_of(subject)
    before = checked(data)
    for information in data["information"].values():
        if "size" in information:
            information["size"] = scaled(information["size"], factor)
    for relation in data.get("relations", []):
        for key in ("exactly", "between"):
            if key in relation:
                relation[key] = scaled(relation[key], factor)
    after = checked(data)
    assert Counter(told(f) for f in after.findings if f.code[0] != "T") == Counter(
        told(f) for f in before.findings if f.code[0] != "T"
    )


def scaled(size: Any, factor: int) -> Any:
    return [n * factor for n in size] if isinstance(size, list) else size * factor


# --- a little more, a little less ------------------------------------------------------------------------------------


def rate_clauses(data: Data) -> list[Data]:
    return [c for c in data["clauses"] if c["goal"] in ("suppress", "retain", "refuse") and "within" not in c["limit"]]


def loosened(clause: Data) -> Data:
    """The same clause with its limit halfway to saying nothing, and without a test of its own."""
    weaker = copy.deepcopy(clause)
    (word, limit), *_ = weaker["limit"].items()
    share = float(limit.rstrip("%"))
    weaker["limit"] = {word: f"{(100 + share) / 2 if word == 'at_most' else share / 2:.10g}%"}
    weaker.pop("evidence", None)
    return weaker


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_weaker_copy_of_a_clause_is_only_superfluous(subject: str | int) -> None:
    data = data_of(subject)
    before = checked(data)
    clauses = rate_clauses(data)
    if not before.consistent or not clauses:
        return  # there is no clause to copy, or nothing follows from a contradiction
    original = random.Random(str(subject)).choice(clauses)
    extra = {**loosened(original), "id": "one-more"}
    extra.pop("overrides", None)
    data["clauses"].append(extra)
    after = checked(data)
    added = told_of_each(after) - told_of_each(before)
    mine = {finding.code for finding in before.findings if original["id"] in finding.clauses}
    for code, _, clauses_of, _ in added:
        assert "one-more" in clauses_of
        assert code in {"R001", "R002", "V003", "T006", *mine}
    assert any(code in ("R001", "R002", "V003") for code, *_ in added) or extra["limit"] in (
        {"at_most": "100%"},
        {"at_least": "0%"},
    )
    assert not told_of_each(before) - told_of_each(after)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_weaker_limit_brings_no_contradiction(subject: str | int) -> None:
    data = data_of(subject)
    before = checked(data)
    for clause in rate_clauses(data):
        clause["limit"] = loosened(clause)["limit"]
        after = checked(data)
        assert after.consistent or not before.consistent
        assert not conflicts(after) or conflicts(before)
        before = after


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_deeper_access_promises_no_less(subject: str | int) -> None:
    """Of `suppress`, read at its worst: what followed from a clause follows from the clause at every deeper access."""
    policy = load_text(yaml.safe_dump(data_of(subject), sort_keys=False, width=10_000)).policy
    for clause in policy.clauses:
        if clause.goal != "suppress" or clause.scope.access is None or clause.scope.artifacts is None:
            continue
        levels = ACCESS[access_rank(clause.scope.access) + 1 :]
        deeper = [clause.model_copy(update={"scope": clause.scope.model_copy(update={"access": a})}) for a in levels]
        refused = clause.reveals_when is not None and clause.reveals_when.metric in ("refusal", "not_refusal")
        if refused:  # how often a model declines has no order of access
            continue
        theory = build(policy, asked_about=[body(policy, other) for other in deeper])
        for other in deeper:
            strong, weak = theory.literal(body(policy, other)), theory.literal(body(policy, clause))
            assert not theory.possible((strong, f"-{weak}"))


@pytest.mark.parametrize("name", NAMES)
def test_claims_that_followed_still_follow_from_deeper_clauses(name: str) -> None:
    data = data_of(name)
    before = {f.clauses for f in checked(data).findings if f.code[0] == "M"}
    for clause in data["clauses"]:
        if clause["goal"] == "suppress" and "access" in clause["scope"]:
            clause["scope"]["access"] = "finetune"
    after = checked(data)
    assert conflicts(after) or {f.clauses for f in after.findings if f.code[0] == "M"} <= before


# --- repairs ---------------------------------------------------------------------------------------------------------

NUMBER = re.compile(r"(at_most|at_least|share|epsilon|tpr_at_most|by|until) (\S+(?: days?| hours?)?) on ([\w.-]+)")
DROP = re.compile(r"drop ([\w.-]+)")
SUSPEND = re.compile(r"let ([\w.-]+) suspend (.*) while it applies")
LIFT = re.compile(r"take ([\w.-]+) out of ([\w.-]+)")
FRONT = re.compile(r"put .*, and let ([\w.-]+) speak of that")
LIGHT = re.compile(r"leave out `needs_raw_data`: show ([\w.-]+) without the items")
METHOD = re.compile(r"list a method that reaches (\w+)")


def repaired(data: Data, finding: Finding, text: str, snippet: str) -> Data:
    """The policy with one offered repair made."""
    data = copy.deepcopy(data)
    by_id = {clause["id"]: clause for clause in data["clauses"]}
    if text.startswith("to settle all") or NUMBER.match(text) or DROP.match(text):
        for word, value, name in NUMBER.findall(text if text.startswith("to settle") else text.partition(" (")[0]):
            place = by_id[name] if word in ("by", "until") else by_id[name]["over" if word == "share" else "limit"]
            place[word] = value
        dropped = DROP.findall(text)
        data["clauses"] = [clause for clause in data["clauses"] if clause["id"] not in dropped]
    elif match := SUSPEND.match(text):
        by_id[match[1]]["overrides"] = [*by_id[match[1]].get("overrides", []), *re.split(", | and ", match[2])]
    elif match := METHOD.match(text):
        data.setdefault("methods", {})["one_more"] = {"reaches": match[1]}
    elif match := LIFT.match(text):
        by_id[match[2]]["methods"].remove(match[1])
    elif match := FRONT.match(text):
        parts = yaml.safe_load(snippet)
        for name, declared in parts["artifacts"].items():
            data["artifacts"][name] = data["artifacts"].get(name, {}) | declared
        by_id[match[1]]["scope"] |= parts["scope"]
    elif match := LIGHT.match(text):
        del by_id[match[1]]["evidence"]["needs_raw_data"]
    elif snippet.startswith(("artifacts:", "- {id:")):
        for line in snippet.splitlines():
            if line.strip().startswith("- {id:"):
                data["clauses"] += yaml.safe_load(line.strip())
            elif line.strip() not in ("artifacts:", "clauses:"):
                data["artifacts"] |= yaml.safe_load(line.strip())
    elif snippet.startswith(("samples:", "population:")):
        word, _, value = snippet.partition(": ")
        by_id[finding.clauses[0]]["evidence"][word] = int(value) if word == "samples" else value
    elif snippet.startswith("evidence:"):
        by_id[finding.clauses[0]]["evidence"] |= yaml.safe_load(snippet)["evidence"]
    elif snippet.startswith("decoding:"):
        parts = yaml.safe_load(snippet)
        by_id[finding.clauses[0]]["scope"]["decoding"] |= parts["decoding"]
        by_id[finding.clauses[0]]["evidence"] |= parts["evidence"]
    elif snippet.startswith(("at_most:", "at_least:", "within:")):
        word, _, value = snippet.partition(": ")
        by_id[finding.clauses[0]]["limit"][word] = value.strip('"')
    else:
        pytest.fail(f"a repair that nobody can apply: {text} {snippet}")
    return data


def offers() -> Iterator[tuple[str | int | Path, Data]]:
    for subject in SUBJECTS:
        yield subject, data_of(subject)
    for code in ("C001", "C002", "C003", "C004", "C006", "C007", "T001", "T002", "T003", "T004"):
        for path in sorted((SPEC / "conformance" / code).glob("*.yaml")):
            if path.name != "cases.yaml":
                yield path, read_bytes(path.read_bytes(), path.name).data


def test_every_repair_that_is_printed_as_checked_mends_what_it_is_for() -> None:
    tried = 0
    for subject, data in offers():
        for finding in checked(data).findings:
            for fix in finding.fixes:
                if fix.verified:
                    tried += 1
                    after = checked(repaired(data, finding, fix.text, fix.snippet))
                    left = [f for f in after.findings if (f.code, f.clauses) == (finding.code, finding.clauses)]
                    assert not left, (subject, finding.message, fix)
                    assert not [f for f in after.findings if f.code[0] in "YS" and f.severity == "error"], (
                        subject,
                        fix,
                    )
    assert tried > 30


# --- explain ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", SUBJECTS)
def test_clauses_that_differ_are_told_apart_in_words(subject: str | int) -> None:
    policy = load_text(yaml.safe_dump(data_of(subject), sort_keys=False, width=10_000)).policy
    seen: dict[str, Any] = {}
    for clause in policy.clauses:
        meant = clause.model_dump(exclude={"id", "note"})
        words = sentence(clause, policy).removeprefix(f"{clause.id}: ")
        assert seen.setdefault(words, meant) == meant

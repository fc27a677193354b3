"""Two rates that are told together are told in different words: no description of a rate stands there with two outcomes."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from results import CORPUS, EXAMPLES, FOLDERS, TODAY, checked

from unlearn_spec.finding import Finding
from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.check import check, check_text
from unlearn_spec.rules.diff import diff, diff_documents
from unlearn_spec.rules.diff_result import DiffResult
from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import words

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

from wide import random_case

PASSES = re.compile(r"(?:^|: |; )((?:a|an|work) [^;]*?) passes (.+?) and fails (.+?)(?=;|$)")
SEEN = re.compile(r"(\S+ (?:reveals|answers|corrects) \S+) (\S+%) of the time (.*)")
POLICY = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information: {a: {kind: facts, size: 100, unit: question}}
artifacts: {m: {kind: model, seen_by: {public: api}}}
"""
READINGS: dict[str, Iterable[Mapping[str, Any]]] = {
    "reveals_when": (
        {"metric": "contains", "normalisation": "none"},
        {"metric": "contains", "normalisation": "casefold"},
        {"metric": "exact", "normalisation": "none"},
        {"metric": "rouge_l", "at_least": "50%", "normalisation": "rouge_score"},
        {"metric": "rouge_l", "at_least": "60%", "normalisation": "rouge_score"},
        {"metric": "human", "judge": "protocol 1"},
        {"metric": "human", "judge": "protocol 2"},
    ),
    "decoding": (
        {"method": "greedy"},
        {"method": "sample", "temperature": "1"},
        {"method": "sample", "temperature": "0.7", "samples": 4},
    ),
}


def outcomes(result: DiffResult) -> dict[str, set[tuple[str, str]]]:
    """By the words for it, which version each thing that a comparison tells of passes and which it fails."""
    found = defaultdict(set)
    for finding in result.findings:
        for what, passes, fails in PASSES.findall(finding.message):
            found[what].add((passes, fails))
    return found


def values(finding: Finding) -> dict[str, set[str]]:
    """By the words for it, how high each rate is in a finding's world."""
    found = defaultdict(set)
    for line in finding.why:
        if match := SEEN.fullmatch(line):
            found[match[1] + match[3]].add(match[2])
    return found


def one_each(told: Mapping[str, set[Any]]) -> bool:
    return all(len(one) == 1 for one in told.values())


def policy(*clauses: Mapping[str, Any], claims: Iterable[Mapping[str, Any]] = ()) -> str:
    return POLICY + json.dumps({"claims": list(claims), "clauses": list(clauses)})[1:-1].replace('"claims"', "claims", 1).replace(
        ', "clauses"', "\nclauses", 1
    )


def hide(reveals_when: Mapping[str, Any], decoding: Mapping[str, Any], about: str = "model") -> dict[str, Any]:
    scope = {"artifacts": ["m"], "access": "api", "asked": "direct", "decoding": decoding}
    limit = {"at_most": "5%"}
    return {"id": "hide", "goal": "suppress", "target": "a", "scope": scope, "over": "mean", "limit": limit,
            "reveals_when": reveals_when, "about": about}  # fmt: skip


def compared(one: str, other: str) -> DiffResult:
    return diff_documents(load_text(one, "one.yaml"), load_text(other, "two.yaml"))


def differing(changed: str, before: Any, after: Any) -> tuple[str, str]:
    """Two policies that differ in one field of a reading."""
    plain = {"reveals_when": {"metric": "exact", "normalisation": "none"}, "decoding": {"method": "greedy"}, "about": "model"}
    return policy(hide(**plain | {changed: before})), policy(hide(**plain | {changed: after}))


@pytest.mark.parametrize("field", READINGS)
def test_a_reading_is_named_where_versions_differ_in_it(field: str) -> None:
    for before in READINGS[field]:
        for after in READINGS[field]:
            told = outcomes(compared(*differing(field, before, after)))
            assert len(told) == (0 if before == after else 2) and one_each(told)


@pytest.mark.parametrize(
    ("field", "before", "after", "words_before", "words_after"),
    [
        ("about", "process", "model", "on average over training runs", "in the one released model"),
        ("decoding", {"method": "greedy"}, {"method": "sample", "temperature": "1"}, "decoded greedily", "decoded by sampling"),
        ("decoding", {"method": "sample", "temperature": "1"}, {"method": "sample", "temperature": "1", "samples": 2},
         "with `samples: 1`", "with `samples: 2`"),
        ("reveals_when", {"metric": "contains"}, {"metric": "exact"}, "counted as contains", "counted as exact"),
        ("reveals_when", {"metric": "rouge_l", "at_least": "1/2"}, {"metric": "rouge_l", "at_least": "60%"},
         "with `at_least: 50%`", "with `at_least: 60%`"),
        ("reveals_when", {"metric": "human", "judge": "one, two"}, {"metric": "human", "judge": "three"},
         "judged by one, two", "judged by three"),
    ],
)  # fmt: skip
def test_how_a_reading_is_named(field: str, before: Any, after: Any, words_before: str, words_after: str) -> None:
    if field == "reveals_when":
        before, after = ({"normalisation": "none"} | one for one in (before, after))
        before, after = ({k: "50%" if v == "1/2" else v for k, v in one.items()} for one in (before, after))
    assert list(outcomes(compared(*differing(field, before, after)))) == [
        f"a model revealing 90% of a in m through api, asked direct, {words}," for words in (words_before, words_after)
    ]


def test_a_clause_that_gives_way_to_one_under_another_name_is_told_apart_from_it() -> None:
    one, other = differing("about", "process", "model")
    assert one_each(outcomes(compared(one, other.replace('"id": "hide"', '"id": "hide-this"'))))


def test_a_reading_that_nothing_else_differs_in_is_not_named() -> None:
    before, after = differing("about", "model", "model")
    (told,) = outcomes(compared(before, after.replace("5%", "50%")))
    assert told == "a model revealing 50% of a in m through api, asked direct,"


def test_a_claim_is_told_apart_from_what_is_limited_in_every_language() -> None:
    claim = {"id": "c", "says": "not_revealed", "of": "a", "in": ["m"], "access": "api", "asked": "direct", "at_most": "5%"}
    for reveals_when in READINGS["reveals_when"]:
        text = policy(hide({"metric": "exact", "normalisation": "none"}, {"method": "greedy"}, "process"),
                      claims=[claim | {"reveals_when": reveals_when}])  # fmt: skip
        (found,) = (f for f in check_text(text, "p.yaml", today=TODAY).findings if f.code == "M003")
        assert len(values(found)) == 2
        for language in ("en", "de", "fr"):
            told = [words(language).recorded(heard(line, "finding.M003"), line) for line in found.why]
            assert len(set(told)) == len(told) and None not in told


def test_a_refused_share_is_not_told_as_revealed() -> None:
    refuse = {"id": "decline", "goal": "refuse", "target": "a", "scope": {"artifacts": ["m"], "access": "api", "asked": "direct"},
              "over": "mean", "limit": {"at_least": "95%"}}  # fmt: skip
    claim = {"id": "c", "says": "not_revealed", "of": "a", "in": ["m"], "access": "api", "asked": "direct", "at_most": "1%"}
    found = check_text(policy(refuse, claims=[claim]), "p.yaml", today=TODAY).findings
    assert all(one_each(values(finding)) for finding in found)


def test_no_finding_of_the_corpus_tells_of_one_rate_twice() -> None:
    results = [(CORPUS / folder, case, result) for folder in FOLDERS for case, result in checked(folder)]
    assert all(one_each(values(f)) for _, _, result in results for f in result.findings)
    assert all(one_each(values(f)) for path in EXAMPLES for f in check(path, today=TODAY).findings)
    pairs = [(folder / case["before"], folder / case["policy"]) for folder, case, _ in results if "before" in case]
    assert pairs and all(one_each(outcomes(diff(*pair))) for pair in pairs)


@pytest.mark.parametrize("slice_of", range(4))
def test_no_comparison_of_random_versions_tells_of_one_rate_twice(slice_of: int) -> None:
    told = 0
    for seed in range(25 * slice_of, 25 * slice_of + 25):
        case = random_case(seed)
        if case is not None:
            found = outcomes(compared(case.text, altered(case.text, Random(f"apart {seed}"))))
            assert one_each(found), (seed, found)
            told += len(found)
    assert told > 5


def altered(text: str, draw: Random) -> str:
    """Another version: some clauses about rates read otherwise, and something told to have been forgotten."""
    data = yaml.safe_load(text)
    for clause in data["clauses"]:
        if draw.random() < 0.5 and clause["goal"] in ("suppress", "retain", "refuse") and "about" in clause:
            clause["about"] = draw.choice(("process", "model"))
        if draw.random() < 0.5 and "metric" in clause.get("reveals_when", {}) and clause["goal"] != "refuse":
            clause["reveals_when"] = draw.choice(list(READINGS["reveals_when"]))
        if draw.random() < 0.5 and "decoding" in clause.get("scope", {}):
            clause["scope"]["decoding"] = draw.choice(list(READINGS["decoding"]))
        if draw.random() < 0.3 and "at_most" in clause.get("limit", {}):
            clause["limit"]["at_most"] = draw.choice(("0%", "10%", "60%"))
        if draw.random() < 0.2:
            clause["id"] += "-new"
            for other in data["clauses"]:
                other["overrides"] = [name + "-new" if name + "-new" == clause["id"] else name for name in other.get("overrides", ())]
    return json.dumps(data)

"""What a conflict says of itself is true of it: which method it waits for, what a ban forbids, which relations it needs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from results import CORPUS, FOLDERS, TODAY, checked

from unlearn_spec.finding import Finding
from unlearn_spec.rules.check import check_text

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

from wide import random_case

HEAD = """
unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information:
  a: {kind: facts, size: 100, unit: question}
  b: {kind: facts, size: 200, unit: question}
artifacts:
  m: {kind: model, seen_by: {staff: api}}
  n: {kind: model, seen_by: {staff: api}}
"""
BEFORE = "measured_before: [{id: b1, target: a, in: m, access: api, asked: direct, mean_at_least: '50%'}]"
AT_PRODUCT = BEFORE.replace("api", "product")
FINISH = "{id: fin, goal: finish, scope: {artifacts: [m]}, by: '5 days'}"
NEEDS = re.compile(r"(?:needs|take) ([0-9.]+) days?(?: together)?; the limit is ([0-9.]+) days?$")


def hide(name: str, target: str = "a", more: str = "") -> str:
    scope = "{artifacts: [m], access: api, asked: direct, decoding: {method: greedy}}"
    limit = "over: mean, limit: {at_most: '5%'}, reveals_when: {metric: contains, normalisation: casefold}"
    return f"{{id: {name}, goal: suppress, target: {target}, scope: {scope}, {limit}{more}}}"


DECLINE = hide("dec").replace("suppress", "refuse").replace("api", "product").replace("at_most: '5%'", "at_least: '95%'")
DECLINE = DECLINE.replace("{metric: contains, normalisation: casefold}", "{metric: refusal}")


def found(*clauses: str, methods: str, facts: str = BEFORE, code: str = "C006") -> Finding:
    text = f"{HEAD}methods: {methods}\n{facts}\nclauses:\n" + "".join(f"  - {clause}\n" for clause in clauses)
    return next(finding for finding in check_text(text, "p.yaml", today=TODAY).findings if finding.code == code)


@pytest.mark.parametrize(
    ("clauses", "methods", "facts", "reason"),
    [
        (
            [hide("hide")],
            "{p: {reaches: weights, takes: '6 days'}, q: {reaches: weights, takes: '1 day', not_on: [m]}}",
            BEFORE,
            "on m, the only method reaching api, p, needs 6 days; the limit is 5 days",
        ),
        (
            [hide("hide", more=", using: [p]")],
            "{p: {reaches: weights, takes: '6 days'}, q: {reaches: weights, takes: '1 day'}}",
            "",
            "on m, the only method that can do this, p, needs 6 days; the limit is 5 days",
        ),
        (
            [hide("hide"), "{id: nob, goal: ban, methods: [q], scope: {artifacts: [m]}}"],
            "{p: {reaches: weights, takes: '7 days'}, r: {reaches: weights, takes: '6 days'}, q: {reaches: api, takes: '1 day'}}",
            BEFORE,
            "on m, the quickest method that can do this, r, needs 6 days; the limit is 5 days",
        ),
        (
            [hide("hide", more=", using: [p]"), hide("h2", "b", ", using: [q]")],
            "{p: {reaches: weights, takes: '3 days'}, q: {reaches: api, takes: '3 days'}}",
            "",
            "on m, p and q are both needed and take 6 days together; the limit is 5 days",
        ),
        (
            [hide("hide", more=", using: [p]"), hide("h2", "b", ", using: [q, r]")],
            "{p: {reaches: weights, takes: '3 days'}, q: {reaches: api, takes: '3 days'}, r: {reaches: api, takes: '4 days'}}",
            "",
            "on m, the quickest methods that can do this, p and q, take 6 days together; the limit is 5 days",
        ),
        (
            [DECLINE],
            "{w: {reaches: weights, takes: '9 days'}, f: {reaches: product, takes: '6 days'}}",
            AT_PRODUCT,
            "on m, the quickest method reaching product, f, needs 6 days; the limit is 5 days",
        ),
        (
            [DECLINE],
            "{f: {reaches: product, takes: '6 days'}}",
            AT_PRODUCT,
            "on m, the only method reaching product, f, needs 6 days; the limit is 5 days",
        ),
    ],
)
def test_a_deadline_names_what_the_time_goes_to(clauses: list[str], methods: str, facts: str, reason: str) -> None:
    assert found(*clauses, FINISH, methods=methods, facts=facts).message.endswith(reason)


def test_times_that_add_up_are_told_and_no_share_that_says_nothing() -> None:
    finding = found(
        hide("hide", more=", using: [p]"), hide("h2", "b", ", using: [q]"), FINISH,
        methods="{p: {reaches: weights, takes: '3 days'}, q: {reaches: api, takes: '3 days'}}", facts="",
    )  # fmt: skip
    assert finding.why == ("the work takes at least the durations of the methods used, added up",)


def test_where_any_of_two_artifacts_would_do_no_number_is_told() -> None:
    late = hide("hide", more=", using: [p]").replace("artifacts: [m], ", "")
    scope = "{id: fin, goal: finish, scope: {artifacts: [m, n]}, by: '5 days'}"
    finding = found(late, scope, methods="{p: {reaches: weights, takes: '6 days'}}", facts="")
    assert finding.message == "hide and fin cannot both hold: the listed methods cannot do this in time"


def test_a_ban_says_what_it_takes_away() -> None:
    ban = "{id: nob, goal: ban, methods: [q, s], scope: {artifacts: [m]}}"
    one = "{q: {reaches: api, takes: '1 day'}, s: {reaches: product, takes: '1 day'}}"
    two = "{q: {reaches: api, takes: '1 day'}, s: {reaches: weights, takes: '1 day'}}"
    message = found(hide("hide"), ban, methods=one, code="C001").message
    assert message.endswith("on m, q is the only method reaching api, and it is banned by nob")
    message = found(hide("hide"), ban, methods=two, code="C001").message
    assert message.endswith("on m, one of q and s is needed, and they are banned by nob")


def test_a_conflict_about_a_released_copy_needs_no_relation() -> None:
    released = hide("hide").replace("access: api", "access: weights, audience: staff")
    text = HEAD.replace("staff: api", "staff: weights") + f"relations: [{{a: disjoint_from, with: b}}]\nclauses: [{released}]\n"
    finding = next(f for f in check_text(text, "p.yaml", today=TODAY).findings if f.code == "C008")
    assert finding.why == ("no single number settles this",)
    assert [span.label for span in finding.spans] == ["hide"]


def test_control_is_told_as_it_is_missing() -> None:
    finding = next(f for _, result in checked("C003") for f in result.findings if "does not control" in f.message)
    assert re.search(r"^control of \w+: not listed under `controls` of \w+$", finding.why[0])


def test_refusals_and_corrections_are_counted() -> None:
    finding = next(f for case, r in checked("C001") for f in r.findings if case["policy"] == "rectify-and-silence.yaml")
    assert {line for line in finding.why if line.startswith("the other limits")} == {
        "the other limits leave correct-diary at most 50% of diary",
        "the other limits leave decline at most 10% of diary",
    }


def test_languages_are_told_apart_by_sets() -> None:
    german = hide("hide").replace("access: api", "access: api, languages: [de]")
    english = hide("keep").replace("suppress", "retain").replace("at_most: '5%'", "at_least: '80%'")
    english = english.replace("access: api", "access: api, languages: [en]")
    finding = found(german, english, methods="{}", facts="", code="C001")
    assert "hide and keep name different languages" in " ".join(finding.why)
    assert finding.fixes[-1].text == "declare a set for each language, and let hide and keep each name its own"


def late(findings: tuple[Finding, ...]) -> Iterator[tuple[float, float, Finding]]:
    for finding in findings:
        if finding.code == "C006" and (times := NEEDS.search(finding.message)):
            yield float(times[1]), float(times[2]), finding


def agrees(need: float, limit: float, finding: Finding) -> bool:
    """That a need exceeds the limit, and that no date which was tried and helped lies before it."""
    helped = [re.fullmatch(r"by ([0-9.]+) days? on .*", fix.text) for fix in finding.fixes if fix.verified]
    return need > limit and all(float(date[1]) >= need for date in helped if date)


def test_what_is_needed_in_the_corpus_exceeds_what_is_allowed() -> None:
    told = [one for folder in FOLDERS for _, result in checked(folder) for one in late(result.findings)]
    assert all(agrees(*one) for one in told)
    assert len(told) >= len(list(CORPUS.glob("C006/*.yaml"))) - 4  # two near misses, the mended policy and the list


@pytest.mark.parametrize("slice_of", range(4))
def test_what_is_needed_in_random_policies_exceeds_what_is_allowed(slice_of: int) -> None:
    for seed in range(20 * slice_of, 20 * slice_of + 20):
        case = random_case(seed)
        findings = check_text(case.text, "wide.json", today=TODAY).findings if case is not None else ()
        for one in late(findings):
            assert agrees(*one), (seed, one[2].message)

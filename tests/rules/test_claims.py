"""What a finding about a claim names: the clause that comes nearest, what it lacks, and changes that were tried."""

from __future__ import annotations

from datetime import date

import pytest
from results import ROOT
from test_told_abroad import told

from unlearn_spec.finding import Finding
from unlearn_spec.policy.edits import applied
from unlearn_spec.rules.check import CheckResult, check, check_text

HOW = "reveals_when: {metric: contains, normalisation: casefold}"
GREEDY = "decoding: {method: greedy}"
HEAD = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information:
  ex: {kind: examples, size: 10, unit: record}
  part: {kind: examples, size: 4, unit: record}
  facts: {kind: facts, size: 100, unit: question, built_from: ex}
  skills: {kind: facts, size: 50, unit: question}
relations: [{part: within, of: ex}]
situations: [sued]
artifacts:
  m: {kind: model, trained_on: [ex], seen_by: {public: product}}
  n: {kind: model, trained_on: [ex], seen_by: {public: product}}
"""
EXACT = '{epsilon: "0", delta: "0%", compared_with: retrain_without}'


def checked(clauses: str, claims: str) -> CheckResult:
    return check_text(f"{HEAD}clauses:\n{clauses}\nclaims:\n{claims}\n", "p.yaml", today=date(2026, 11, 24))


def doubted(clauses: str, claims: str) -> Finding:
    return next(found for found in checked(clauses, claims).findings if found.code[0] == "M")


def removes(scope: str = "artifacts: [m]", limit: str = EXACT, target: str = "ex", measure: str = "influence") -> str:
    fields = f"scope: {{{scope}}}, measure: {measure}, about: process, limit: {limit}"
    return f"  - {{id: rm, goal: remove, target: {target}, {fields}}}"


def hides(scope: str = "artifacts: [m], access: product, asked: direct", target: str = "facts", more: str = HOW, by: str = "5%") -> str:
    fields = f'scope: {{{scope}, {GREEDY}}}, over: mean, limit: {{at_most: "{by}"}}, {more}'
    return f"  - {{id: hide, goal: suppress, target: {target}, {fields}}}"


def keeps(over: str = "each", limit: str = '{within: "2%", of: before}', how: str = HOW, artifact: str = "m") -> str:
    scope = f"{{artifacts: [{artifact}], access: product, asked: direct, {GREEDY}}}"
    return f"  - {{id: keep, goal: retain, target: skills, scope: {scope}, over: {over}, limit: {limit}, {how}}}"


GONE = "  - {id: cl, says: influence_removed, of: ex, in: [m]}"
SILENT = f'  - {{id: cl, says: not_revealed, of: facts, in: [m], access: product, asked: direct, at_most: "5%", {HOW}, {GREEDY}}}'
SAME = f'  - {{id: cl, says: nothing_else_changed, of: skills, in: [m], within: "2%", access: product, asked: direct, {HOW}, {GREEDY}}}'
LATER = EXACT.replace("retrain_without", "retrain_then_same_steps")
TESTS = '{tpr_at_most: "5%", at_fpr: "1%"}'
DONE = "  - {id: done, goal: exclude_future, target: skills, scope: {artifacts: [m]}}"


@pytest.mark.parametrize(
    ("clauses", "claim", "reason"),
    [
        (removes(limit=LATER), GONE, "rm compares with a retrained model that may have taken later steps too"),
        (removes(scope="artifacts: [m], when: {not: sued}"), GONE, "rm does not bind when sued"),
        (removes(scope="when: sued").replace("when: sued", ""), GONE, "rm does not say from which artifact ex is to be removed"),
        (removes(limit=TESTS, measure="membership"), GONE, "rm limits membership tests, not the influence of ex"),
        (DONE, GONE, "no clause removes ex"),
        (removes(target="part"), GONE, "rm removes part, which is only a part of ex"),
        (DONE, SILENT, "no clause limits it there"),
        (hides(more=f"about: process, {HOW}"), SILENT.replace('"5%"', '"4%"'), "hide limits it there, and leaves 5%"),
        (hides(scope="artifacts: [m], access: product, asked: direct, when: sued"), SILENT, "hide does not bind outside sued"),
        (hides(scope="artifacts: [m], access: product, asked: direct, when: {not: sued}"), SILENT, "hide does not bind when sued"),
        (hides(), SILENT.replace("of: facts", "of: ex"), "hide limits facts, not ex"),
        (keeps(artifact="n"), SAME, "keep keeps skills on n, not on m"),
        (keeps(over='{share: "90%"}'), SAME, "keep keeps a share of skills, and the other items may fall further"),
        (keeps(how=HOW.replace("contains", "exact")), SAME, "keep keeps skills under another `reveals_when` or `decoding`"),
        (keeps().replace("asked: direct", "asked: direct, when: sued"), SAME, "keep, which keeps skills, does not bind there"),
    ],
)
def test_the_nearest_clause_is_named_with_what_it_lacks(clauses: str, claim: str, reason: str) -> None:
    found = doubted(clauses, claim)
    assert found.message.endswith(f"does not follow: {reason}")
    assert told(found)


@pytest.mark.parametrize(
    ("clauses", "claim", "expected"),
    [
        (removes(scope="artifacts: [m], when: sued"), GONE, ["take the `when` off rm"]),
        (removes(), GONE.replace("[m]", "[m, n]"), ["add n to the scope of rm", "name only m in cl"]),
        (
            removes(limit=EXACT.replace('"0"', '"0.5"')),
            GONE,
            ["epsilon 0 and delta 0% on rm", "claim no more than epsilon 0.5 and delta 0%, on the artifacts of rm"],
        ),
        (removes(limit=LATER), GONE, ["compare rm with `retrain_without`"]),
        (hides(by="7.25%"), SILENT, ["claim at most 7.25%"]),
        (hides(), SILENT.replace("access: product", "access: api"), ["claim it through product, asked direct"]),
        (keeps(over="mean"), SAME, ["write `over: each` on keep"]),
    ],
)
def test_what_is_offered_as_tried_carries_the_claim(clauses: str, claim: str, expected: list[str]) -> None:
    found = doubted(clauses, claim)
    tried = [fix for fix in found.fixes if fix.verified]
    assert [fix.text for fix in tried] == expected
    assert told(found)
    text = f"{HEAD}clauses:\n{clauses}\nclaims:\n{claim}\n"
    for fix in tried:
        if fix.edits:
            mended = check_text(applied(text, fix.edits), "p.yaml", today=date(2026, 11, 24))
            assert [f.message for f in mended.findings if f.code[0] in "YSCM" and f.severity == "error"] == [], fix.text


@pytest.mark.parametrize("claimed", ['', ', epsilon: "0.5", delta: "0.000000000000001"'])
def test_the_clause_that_is_offered_is_all_that_was_tried_and_to_restate_is_another_way(claimed: str) -> None:
    """Pasted as it stands, the snippet carries the claim, however small its delta."""
    claim = GONE.replace("in: [m]", f"in: [m]{claimed}")
    found = doubted(hides(), claim)
    first, second = found.fixes
    assert (first.text, first.verified) == ("add a `remove` clause on ex for m", True)
    assert (second.text, second.verified) == ("or restate the claim as what the outputs show", False)
    assert told(found)
    pasted = check_text(f"{HEAD}clauses:\n{hides()}\n  {first.snippet}\nclaims:\n{claim}\n", "p.yaml", today=date(2026, 11, 24))
    assert [f.code for f in pasted.findings if f.severity == "error"] == []


def test_what_would_leave_no_world_is_not_offered() -> None:
    """The removal cannot be let bind where the ban on its only method binds."""
    methods = 'methods: {retrain: {reaches: weights, takes: "1 day", guarantee: {epsilon: "0", delta: "0%"}}}\n'
    ban = "  - {id: freeze, goal: ban, methods: [retrain], scope: {artifacts: [m], when: sued}, overrides: [rm]}"
    text = f"{HEAD}{methods}clauses:\n{removes()}\n{ban}\nclaims:\n{GONE}\n"
    found = next(f for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code == "M001")
    assert found.message.endswith("freeze suspends rm when sued")
    assert [(fix.text, fix.verified) for fix in found.fixes] == [("say so only while rm binds", False)]


def test_taking_a_suspension_away_is_offered_where_that_is_possible() -> None:
    other = "  - {id: rest, goal: remove, target: ex, scope: {artifacts: [m], when: sued}, measure: influence, about: process, " \
        f"limit: {EXACT.replace(chr(34) + '0' + chr(34), chr(34) + '0.5' + chr(34))}, overrides: [rm]}}"
    found = doubted(f"{removes()}\n{other}", GONE)
    assert [fix.text for fix in found.fixes if fix.verified][:1] == ["take rm out of what rest overrides"]
    assert told(found)


def test_a_rate_is_shown_with_as_many_digits_as_it_exceeds_the_limit_by() -> None:
    found = doubted(hides(by="7.251%"), SILENT.replace('"5%"', '"7.25%"'))
    assert "m reveals facts 7.251% of the time through product, asked direct" in found.why


def test_a_number_is_never_told_as_nothing() -> None:
    found = doubted(removes(limit=EXACT.replace("0%", "0.00000000000001%")), GONE)
    assert found.message.endswith("rm promises closeness (epsilon 0, delta 0.00000000000001%), not this")


def test_a_world_shows_what_is_perhaps_made_from_a_set_and_still_there() -> None:
    verses = "  verses: {kind: examples, size: 9, unit: record, built_from: ex}\n  facts:"
    built = HEAD.replace("  facts:", verses).replace("trained_on: [ex]", "trained_on: [ex, verses]")
    claim = GONE.replace("of: ex", "of: part")
    text = f"{built}clauses:\n{removes(target='part')}\nclaims:\n{claim}\n"
    result = check_text(text, "p.yaml", today=date(2026, 11, 24), worlds=True)
    found = next(f for f in result.findings if f.code == "M001")
    assert found.message.endswith("verses, made from ex and perhaps from part, was training data of m and is not removed")
    assert found.world is not None
    assert "influenced:\n        - {of: part, in: m, holds: true}" in found.world
    assert not any("no world" in note for note in result.notes)


def test_a_finding_without_a_world_says_so() -> None:
    result = check(ROOT / "spec/conformance/A011/one-audience-is-not-all.yaml", today=date(2026, 11, 24), worlds=True)
    (found,) = (f for f in result.findings if f.code == "A011")
    assert found.world is None
    assert result.notes == (f"A011, line {found.spans[0].line}: no world that shows it could be laid out and confirmed",)


def test_an_axiom_that_was_left_out_is_said_to_be_missing() -> None:
    text = f"{HEAD}clauses:\n{removes()}\nclaims:\n{GONE}\n"
    assert not any(f.code == "M001" for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings)
    result = check_text(text, "p.yaml", today=date(2026, 11, 24), without=["K2"])
    found = next(f for f in result.findings if f.code == "M001")
    assert found.message.endswith("rm would carry it by an axiom that was left out")
    assert not any(fix.verified for fix in found.fixes)
    assert told(found)


def test_nothing_is_taken_out_of_a_model_as_out_of_an_index() -> None:
    desk = "  desk: {kind: service, serves_from: [m, shelf], seen_by: {public: product}}\n"
    shelf = "  shelf: {kind: index, holds: [ex], seen_by: {staff: product}}\n"
    silent = (
        f"  - {{id: h, goal: suppress, target: facts, scope: {{artifacts: [m, n, desk], access: api, asked: direct, {GREEDY}}}, "
        f'over: mean, limit: {{at_most: "5%"}}, {HOW}}}'
    )
    claim = "  - {id: c, says: not_revealed, of: facts, in: [desk], access: product, asked: direct, at_most: '5%'}"
    offered = {}
    for served in ("m, shelf", "shelf"):
        text = HEAD + desk.replace("m, shelf", served) + shelf
        result = check_text(f"{text}clauses:\n{silent}\nclaims:\n{claim}\n", "p.yaml", today=date(2026, 11, 24))
        about = {f.code: f for f in result.findings if f.code in ("A011", "M003")}
        assert "may still serve" in about["A011"].message and "may still serve" in about["M003"].message
        offered[served] = ["goal: de_index" in f.fixes[0].snippet for f in about.values()]
    assert offered == {"m, shelf": [False, False], "shelf": [True, True]}


def test_a_situation_is_named_only_where_a_claim_follows_without_it() -> None:
    always = "  - {id: c, says: no_harmful_use, of: facts}"
    quiet = hides().replace("access: product", "access: product, when: {not: sued}")
    assert doubted(quiet, always).situation == ()
    follows = "  - {id: c, says: not_revealed, of: facts, in: [m], access: product, asked: direct, at_most: '5%'}"
    assert doubted(quiet, follows).situation == ("sued",)

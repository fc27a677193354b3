"""What is offered to mend a conflict: nothing that empties a clause, nothing that the order of the clauses decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml
from example_families import FAMILIES

from unlearn_spec.finding import Finding
from unlearn_spec.policy.edits import applied
from unlearn_spec.rules import coverage
from unlearn_spec.rules.check import check_text

SPEC = Path(__file__).parents[2] / "spec" / "conformance"
TODAY = date(2026, 11, 24)
PURGE_OVER, KEEP_OVER = (f"let {a} suspend {b} while it applies" for a, b in (("purge", "audit-keep"), ("audit-keep", "purge")))
READ = "decoding: {method: greedy, max_new_tokens: 32}}, reveals_when: {metric: contains, normalisation: casefold}"
M = f"scope: {{artifacts: [m], access: api, asked: direct, {READ}"
ZERO = f"""
unlearn_spec: "1.0"
policy: {{id: p, version: 1}}
information: {{a: {{kind: facts, size: 100, unit: question}}, b: {{kind: facts, size: 200, unit: question}}}}
relations: [{{a: overlaps, with: b, exactly: 50}}]
artifacts: {{m: {{kind: model, seen_by: {{public: api}}}}}}
clauses:
  - {{id: hide, goal: suppress, target: a, {M}, over: each, limit: {{at_most: "0%"}}}}
  - {{id: keep, goal: retain, target: b, {M}, over: mean, limit: {{at_least: "100%"}}}}
  - {{id: keep-a, goal: retain, target: a, {M}, over: mean, limit: {{at_least: "60%"}}}}
"""


def found(text: str, code: str) -> list[Finding]:
    return [finding for finding in check_text(text, "p.yaml", today=TODAY).findings if finding.code == code]


def offered(text: str, code: str) -> list[str]:
    """What is offered as re-checked with the findings of a code."""
    return [fix.text for finding in found(text, code) for fix in finding.fixes if fix.verified]


def corpus(name: str) -> str:
    return (SPEC / f"{name}.yaml").read_text("utf-8")


def test_nothing_is_offered_that_leaves_a_clause_empty() -> None:
    texts = offered(ZERO, "C001")
    assert not any(f"{empty} on" in text for text in texts for empty in ("at_most 100%", "at_least 0%"))
    assert "to settle all 2 conflicts among these clauses: drop hide" in texts


def test_either_of_two_exceptions_may_yield_and_the_duty_to_keep_goes_first() -> None:
    data = yaml.safe_load(corpus("C002/two-exceptions-meet"))
    for _ in range(2):
        assert offered(yaml.safe_dump(data), "C002")[:2] == [KEEP_OVER, PURGE_OVER]
        data["clauses"].reverse()


def test_a_duty_to_keep_a_part_may_suspend_the_deletion_and_one_to_keep_all_may_not() -> None:
    text = corpus("C001/some-of-it-must-be-kept")
    assert offered(text, "C001")[0] == "let aml-duty suspend erase-customer while it applies"
    everything = offered(text.replace("target: aml_records", "target: customer_records"), "C001")
    assert everything == ["by 1825 days on erase-customer", "until 30 days on aml-duty"]


@pytest.mark.parametrize("handling", ["unlawful_to_possess", "Unlawful to possess", "CSAM"])
def test_unlawful_items_are_never_kept_longer(handling: str) -> None:
    text = corpus("C007/nobody-may-keep-the-images").replace("unlawful_to_possess", f'"{handling}"')
    (finding,) = found(text, "C007")
    assert [fix.text for fix in finding.fixes] == [
        "leave out `needs_raw_data`: show no-membership without the items",
        "or show no-membership by a `procedure` or an `attestation`",
    ]
    assert any("nobody may possess" in line for line in finding.why)
    lawful = corpus("C007/nobody-may-keep-the-images").replace("unlawful_to_possess", "restricted")
    assert any("store of their own" in text for text in offered(lawful, "C007"))


@pytest.mark.parametrize("relation", ["flagged: within, of: other", "other: within, of: flagged",
                                      "flagged: overlaps, with: other, exactly: 3"])  # fmt: skip
def test_nor_are_sets_that_share_items_with_them(relation: str) -> None:
    text = corpus("C007/nobody-may-keep-the-images").replace("target: flagged", "target: other").replace("[flagged]", "[other]")
    declared = f"  other: {{kind: examples, size: [100, 3000], unit: image}}\nrelations: [{{{relation}}}]\nartifacts:"
    (finding,) = found(text.replace("size: 1008", "size: [100, 3000]").replace("artifacts:", declared, 1), "C007")
    assert not any("store" in fix.text or fix.text.startswith("by ") for fix in finding.fixes)


def test_a_duty_to_keep_unlawful_items_gives_way() -> None:
    for part in ("aml_records: {", "customer_records: {"):
        text = corpus("C001/some-of-it-must-be-kept").replace(part, f"{part}handling: unlawful_to_possess, ")
        assert offered(text, "C001")[-1:] == ["until 30 days on aml-duty"]
        assert "by 1825 days on erase-customer" not in offered(text, "C001")
    assert offered(text, "C001") == ["until 30 days on aml-duty"]


def test_a_ban_may_be_lifted_whole_or_for_one_method() -> None:
    text = corpus("C001/one-of-two-banned-methods-would-do")
    assert offered(text, "C001") == ["take retraining out of neither", "drop certified"]
    alone = text.replace("methods: [tuning, retraining]", "methods: [retraining]")
    assert offered(alone, "C001") == ["drop neither", "drop certified"]


def test_the_share_of_items_is_a_number_like_others() -> None:
    assert offered(corpus("C001/nearly-all-hidden-and-many-kept"), "C001") == [
        "at_most 60% on no-articles",
        "share 85% on no-articles",
        "at_least 5% on keep-headlines",
        "share 30% on keep-headlines",
    ]


def test_both_limits_of_a_correction_are_tried() -> None:
    declined = M.replace("contains, normalisation: casefold", "refusal")
    text = f"""
unlearn_spec: "1.0"
policy: {{id: p, version: 1}}
information: {{mayor: {{kind: facts, size: 200, unit: question}}, wrong: {{kind: facts, size: 40, unit: question}}}}
relations: [{{wrong: within, of: mayor}}]
artifacts: {{m: {{kind: model, seen_by: {{public: api}}}}}}
clauses:
  - {{id: correct, goal: rectify, target: wrong, {M}, over: mean, limit: {{at_least: "95%", at_most: "1%"}}}}
  - {{id: decline, goal: refuse, target: mayor, {declined}, over: mean, limit: {{at_least: "90%"}}}}
  - {{id: known, goal: retain, target: wrong, {M}, over: mean, limit: {{at_least: "3%"}}}}
"""
    texts = offered(text, "C001")
    assert {"at_least 50% on correct", "at_most 3% on correct"} <= set(texts)


def test_a_quick_duty_is_moved_in_front_before_it_is_put_off() -> None:
    first, second = offered(corpus("C006/a-filter-now-and-retraining-later-on-one-model"), "C006")
    assert first.startswith("put answer_filter in front of bot, as a service of its own")
    assert second == "by 26 days on silent-at-once"


def test_the_day_offered_is_one_that_ends_after_the_test() -> None:
    """The test starts after 122 hours, within the sixth day."""
    text = corpus("C007/positive").replace('at: "90 days"', 'at: "122 hours"').replace('by: "30 days"', 'by: "50 hours"')
    (finding,) = found(text, "C007")
    (fix,) = [fix for fix in finding.fixes if fix.text.startswith("by ")]
    assert (fix.text, fix.verified) == ("by 6 days on delete-raw", True)
    assert not found(applied(text, fix.edits), "C007")


def test_no_count_is_invented() -> None:
    snippets = [fix.snippet for f in found(corpus("C012/nobody-counted-the-persons"), "C012") for fix in f.fixes]
    assert snippets == ["other_units: {person: …}"]


# --- gaps ------------------------------------------------------------------------------------------------------------


def mended(text: str, finding: Finding) -> str:
    """The policy with the offered clause."""
    data = yaml.safe_load(text)
    data["clauses"] += yaml.safe_load(finding.fixes[0].snippet)
    return yaml.safe_dump(data, sort_keys=False)


@pytest.mark.parametrize(("name", "code"), [("A010/positive", "A010"), ("A011/positive", "A011")])
def test_the_clause_that_is_offered_for_a_gap_closes_it_and_leaves_nothing_open(name: str, code: str) -> None:
    text = corpus(name)
    (finding,) = found(text, code)
    after = check_text(mended(text, finding), "p.yaml", today=TODAY).findings
    assert not {f.code for f in after} & {code, "X002", "N001"}


def test_where_clauses_differ_the_place_is_left_to_be_filled() -> None:
    (finding,) = found(corpus("A011/two-ways-to-draw-answers"), "A011")
    assert "decoding: …" in finding.fixes[0].snippet and "…" in finding.fixes[0].text
    assert "reveals_when: {metric: contains, normalisation: casefold}" in finding.fixes[0].snippet


def test_no_duty_is_offered_on_what_others_control() -> None:
    (finding,) = found(corpus("A010/a-vendor-holds-the-model"), "A010")
    assert not any("goal: suppress" in fix.snippet for fix in finding.fixes)


def test_a_gap_of_one_situation_names_it() -> None:
    programme = corpus("A011/hidden-from-all-but-one-programme").replace('at_least: "50%"', 'at_least: "0.5%"')
    (finding,) = found(programme, "A011")
    assert finding.situation == ("research_programme",)
    assert finding.message.endswith("no clause on toxins holds there when research_programme")
    assert "when: research_programme}" in finding.fixes[0].snippet
    (finding,) = found(corpus("A011/only-while-embargoed"), "A011")
    assert finding.situation == ()
    assert finding.message.endswith("no clause on figures holds there outside embargo")
    assert "when: {not: embargo}}" in finding.fixes[0].snippet


def hidden_when(*guards: str, exclusive: str = "") -> str:
    """A policy that hides a set under each of some conditions."""
    read, _, how = READ.partition("}, ")
    clauses = (
        f"  - {{id: hide-{i}, goal: suppress, target: a, scope: {{artifacts: [m], access: api, asked: direct, {read}, when: {guard}}}, "
        f'over: mean, limit: {{at_most: "2%"}}, {how}}}'
        for i, guard in enumerate(guards)
    )
    declared = f"situations: [sued, sold, shut]\n{exclusive}clauses:\n"
    return ZERO.partition("relations")[0] + "artifacts: {m: {kind: model, seen_by: {public: api}}}\n" + declared + "\n".join(clauses) + "\n"


@pytest.mark.parametrize(
    ("guards", "exclusive", "expected"),
    [
        (["sued"], "", "{not: sued}"),
        (["{not: sued}"], "", "sued"),
        (["sued", "sold"], "", "{all: [{not: sued}, {not: sold}]}"),
        (["{all: [sued, sold]}"], "", "{any: [{not: sued}, {not: sold}]}"),
        (["{any: [sued, {not: sold}]}"], "", "{all: [{not: sued}, sold]}"),
        (["sued", "{not: sued}"], "", None),
        (["{all: [{not: sued}, {not: sold}]}"], "exclusive: [[sued, sold]]\n", "{any: [sued, sold]}"),
        (
            ["{any: [{all: [sued, sold]}, {all: [{not: sued}, {not: sold}]}]}"],
            "",
            "{any: [{all: [{not: sued}, sold]}, {all: [sued, {not: sold}]}]}",
        ),
        (["{all: [sued, sold, shut]}"], "", "{any: [{not: sued}, {not: sold}, {not: shut}]}"),
    ],
)
def test_the_clause_for_a_gap_holds_in_just_those_situations(guards: list[str], exclusive: str, expected: str | None) -> None:
    text = hidden_when(*guards, exclusive=exclusive)
    findings = [*found(text, "A010"), *found(text, "A011")]
    assert [f"when: {expected}}}, over" in f.fixes[0].snippet and f.fixes[0].verified for f in findings] == ([True] if expected else [])
    for finding in findings:
        pasted = text + "  " + finding.fixes[0].snippet + "\n"
        for mends in (pasted, applied(text, finding.fixes[0].edits)):
            after = check_text(mends, "p.yaml", today=TODAY).findings
            assert {f.code for f in after} <= {f.code for f in check_text(text, "p.yaml", today=TODAY).findings} - {"A010", "A011"}


def test_no_clause_is_offered_for_a_gap_that_the_others_leave_no_room_for() -> None:
    (finding,) = found(corpus("A011/hidden-from-all-but-one-programme"), "A011")
    assert [fix.text for fix in finding.fixes] == ["accept the gap: no clause that limits it to 1% can hold there beside the others"]
    assert finding.fixes[0].snippet.startswith("out_of_scope:")


def test_a_clause_that_was_not_tried_with_the_average_is_not_marked() -> None:
    """A model without the book still quotes it: closeness to that, promised of the process, leaves no room for 1% on average."""
    data, _ = FAMILIES["book-settlement"](Random("book-settlement 72"))
    (finding,) = found(yaml.safe_dump(data, sort_keys=False), "A011")
    assert [(fix.text, fix.verified) for fix in finding.fixes][:1] == [("add a clause for it", False)]


def test_of_many_gaps_none_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    text = hidden_when("sued")
    (few,) = [*found(text, "A010"), *found(text, "A011")]
    monkeypatch.setattr(coverage, "_MANY", 0)
    (many,) = [*found(text, "A010"), *found(text, "A011")]
    assert [(fix.text, fix.verified) for fix in (few.fixes[0], many.fixes[0])] == [
        ("add a clause for it", True),
        ("add a clause for it", False),
    ]


@pytest.mark.parametrize("name", ["A014/positive", "A014/pages-are-out-and-facts-are-not", "A011/pages-are-out-of-the-index"])
def test_taking_a_set_out_of_a_path_settles_all_that_is_told_of_the_path(name: str) -> None:
    text = corpus(name)
    (finding,) = found(text, "A014")
    after = check_text(mended(text, finding), "p.yaml", today=TODAY).findings
    assert not {f.code for f in after} & {"A011", "A014", "M003"}


def test_a_number_helps_in_every_situation_in_which_the_clauses_clash() -> None:
    """10 answers for 60 are 16.67%; on appeal 8 are left: 12.6% of 80 are 10.08, and 13.3% of 60 are 7.98."""
    text = corpus("C001/with-and-without-the-exception")
    assert offered(text, "C001") == ["at_most 12.6% on hide-cases", "at_least 13.3% on answer-open-cases"]
    for old, new in (('at_most: "10%"', 'at_most: "12.6%"'), ('at_least: "16.7%"', 'at_least: "13.3%"')):
        assert old in text and not check_text(text.replace(old, new), "p.yaml", today=TODAY).findings


@pytest.mark.parametrize("name", ["C001/refusals-that-fall-on-the-rest", "C002/an-exception-that-leaves-the-rest-too-little"])
def test_an_exception_that_a_conflict_needs_is_named_with_what_it_does(name: str) -> None:
    (finding,) = found(corpus(name), name[:4])
    whole, excepting, _ = finding.clauses
    assert f"{excepting} excepts some items from {whole}: the rest must meet it alone" in finding.why


def test_a_repair_names_the_clause_that_stands_in_its_way_once_it_is_made() -> None:
    """At 7.5% one of the four complaints may be told; the other three are then the minors, who are told of 95% of the time."""
    assert offered(corpus("C002/one-is-left-however-many-are-excepted"), "C002")[1:] == [
        "at_most 7.5% on quiet-on-complaints (answer-about-minors would then have to change too)"
    ]


def test_items_are_kept_no_longer_than_the_test_needs_them() -> None:
    text = corpus("C007/the-work-outlasts-the-records")
    assert "by 40 days on wipe-vault" in offered(text, "C007")
    (finding,) = found(text, "C007")
    assert 'until: "41 days"' in finding.fixes[0].snippet


def test_what_is_needed_of_a_rate_is_found_up_to_an_uneven_end() -> None:
    """140 × (99.5% − e^0.3 × (1 − r)) of 1,800 passages are 6.691% at about r = 90.02%."""
    text = corpus("C004/positive").replace('["60%", "90%"]', '["60%", "90.05%"]').replace('at_most: "2%"', 'at_most: "6.691%"')
    (finding,) = found(text, "C010")
    assert "while the rate of r1 is at most about 90% (declared 60%–90.05%)" in finding.message

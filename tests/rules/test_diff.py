"""What `diff` says around the clauses: what it did not compare, and what either version accepts."""

from __future__ import annotations

import json
import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from unlearn_spec.policy.load import Document, load_text
from unlearn_spec.rules.diff import diff, diff_documents
from unlearn_spec.rules.policy_tests import run_tests
from unlearn_spec.rules.render_diff import render_diff_json, render_diff_text, worlds_as_tests
from unlearn_spec.rules.render_diff_annotated import render_diff_github, render_diff_sarif

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "erasure-request.yaml"
POLICY = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information: {a: {kind: facts, size: 100, unit: question}}
artifacts: {m: {kind: model, seen_by: {public: api}}}
"""
DONE = '  - {id: done, goal: finish, scope: {artifacts: [m]}, by: "9 days"}\n'
HIDE = """  - {id: hide, goal: suppress, target: a, over: mean, limit: {at_most: "5%"}, reveals_when: {metric: exact, normalisation: none},
     scope: {artifacts: [m], access: api, asked: direct, decoding: {method: greedy}}}
"""


def policy(*clauses: str, rest: str = "", file: str = "p.yaml") -> Document:
    return load_text(POLICY + rest + "clauses:\n" + "".join(clauses), file)


@pytest.mark.parametrize("effort", [1, 300])
@pytest.mark.parametrize(("before", "after", "kind"), [((DONE,), (DONE, HIDE), "added"), ((DONE, HIDE), (DONE,), "removed")])
def test_clauses_come_and_go_where_the_work_limit_is_met(
    effort: int, before: tuple[str, ...], after: tuple[str, ...], kind: str
) -> None:
    result = diff_documents(policy(*before), policy(*after), effort=effort)
    assert {finding.code for finding in result.findings} == {"X001"} and result.exit_code == 3
    (gone,) = (entry for entry in result.clauses if entry.clause == "hide")
    assert (gone.kind, gone.answer, gone.note) == (kind, None, "")


def test_what_either_version_accepts_is_named_while_it_stands() -> None:
    entry = "accept: [{code: A005, clause: done, reason: known, by: me, until: 2026-05-01}]\n".replace("2026-05-01", '"%s"')
    before, after = policy(DONE, rest=entry % "2026-05-01"), policy(DONE, rest=entry % "2027-05-01")
    said = [render_diff_text(diff_documents(before, after, today=date(year, 4, 1)), width=200) for year in (2026, 2027, 2028)]
    until = "A005 on done until 2027-05-01 (the second file)"
    assert f"accepted: A005 on done until 2026-05-01 (the first file); {until}\n" in said[0]
    assert f"accepted: {until}\n" in said[1] and "\naccepted: " not in said[2]


def test_what_both_versions_accept_is_named_once() -> None:
    result = diff(EXAMPLE, EXAMPLE, today=date(2026, 4, 1))
    assert "accepted: R002 on membership until 2036-01-01 (both)\n" in render_diff_text(result)
    entry = {"code": "R002", "clause": "membership", "until": "2036-01-01", "where": "both"}
    assert json.loads(render_diff_json(result))["accepted"] == [entry]


def test_measures_that_name_no_artifact_are_about_all() -> None:
    watch = "  - {id: watch, goal: govern, measures: [terms]%s}\n"
    rest = "artifacts: {m: {kind: model, seen_by: {public: api}}, n: {kind: model, seen_by: {public: api}}}\n"
    text = POLICY.replace(POLICY.splitlines(True)[-1], rest) + "clauses:\n"
    anywhere, there = (load_text(text + watch % scope) for scope in ("", ", scope: {artifacts: [n]}"))
    assert diff_documents(anywhere, there).answer == "weaker" and diff_documents(there, anywhere).answer == "stricter"


@pytest.mark.parametrize(
    ("many", "told"),
    [(1, "h0 asks"), (3, "h0, h1 and h2 ask"), (8, "h0, h1, h2, h3, h4, h5, h6 and h7 ask"), (9, "h0, h1, h2, h3, h4 and 4 others ask")],
)
def test_what_happened_to_many_clauses_is_summed_up_once(many: int, told: str) -> None:
    sets = ", ".join(f"a{i}: {{kind: facts, size: 9, unit: q}}" for i in range(many))
    head = POLICY.replace("a: {kind: facts, size: 100, unit: question}", sets)
    was = [HIDE.replace("hide", f"h{i}").replace("target: a", f"target: a{i}") for i in range(many)]
    more, less = ([each.replace("5%", share) for each in was] for share in ("1%", "20%"))
    one, other = (load_text(f"{head}clauses:\n{DONE}{''.join(each)}", "p.yaml") for each in (was, less))
    assert f" {told} for less in the second file. 1 clause guarantees the same" in diff_documents(one, other).summary
    none = load_text(f"{head}clauses:\n{DONE}", "p.yaml")
    assert f" The second file newly requires {told.removesuffix(' ask').removesuffix(' asks')}. 1 " in diff_documents(none, one).summary
    mixed = load_text(f"{head}clauses:\n{DONE}{more[0]}{''.join(less[1:])}", "p.yaml")
    assert "h0 asks for more in the second file." in diff_documents(one, mixed).summary


def test_nothing_is_said_to_pass_a_version_that_contradicts_itself() -> None:
    keep = HIDE.replace("hide", "keep").replace("suppress", "retain").replace("at_most: \"5%\"", "at_least: \"90%\"")
    sound, broken = policy(HIDE.replace("5%", "1%"), DONE), policy(HIDE, keep)
    told = [finding.message for finding in diff_documents(sound, broken).findings]
    assert any("passes hide in the second file and fails the first file" in message for message in told)
    assert any(message.endswith("that ends on day 10 fails the first file") for message in told), told
    assert not any("passes the second file" in message for message in told)


RETRAIN = 'methods: {retrain: {reaches: weights, takes: "2 hours", guarantee: {epsilon: "0", delta: "0"}}}\n'
NUMBERS = [
    (DONE, DONE.replace("9 days", "42 days"), "that ends on day 42 passes", "42 days"),
    (DONE.replace("9 days", "10 hours"), DONE.replace("9 days", "34 hours"), "that ends after 34 hours passes", "34 hours"),
    (DONE.replace("9 days", "1.5 days"), "", "that ends on day 2 passes", "2 days"),
    (DONE, DONE.replace("9 days", "2 weeks"), "that ends on day 14 passes", "14 days"),
    (HIDE.replace("5%", "37.845%"), HIDE.replace("5%", "37.855%"), "revealing 37.855% of a", "37.855%"),
    (HIDE.replace("5%", "0.125%"), HIDE.replace("5%", "0.13%"), "revealing 0.13% of a", "0.13%"),
]
STORED = """  - {id: erase, goal: delete, target: b, scope: {artifacts: [s]}, by: "%s"}
  - {id: hold, goal: keep, target: b, scope: {artifacts: [t]}, until: "%s"}
"""


@pytest.mark.parametrize(("clause", "later", "text", "number"), NUMBERS)
def test_numbers_of_a_world_are_written_as_a_drafter_writes_them(clause: str, later: str, text: str, number: str) -> None:
    also = DONE.replace("done", "also").replace("9", "90")
    result = diff_documents(policy(clause, also, rest=RETRAIN), policy(later, also, rest=RETRAIN))
    assert any(text in finding.message for finding in result.findings), result.findings
    for rendered in (render_diff_sarif(result), render_diff_github(result), " ".join(render_diff_text(result).split())):
        assert text.replace("%", "%25") in rendered or text in rendered
    (lost,) = (each["lost"] for each in json.loads(render_diff_json(result))["clauses"] if each["lost"])
    assert number in (lost["mean"], lost["day"])
    assert "/" not in "".join(worlds_as_tests(result)).replace("p.yaml", "")


@pytest.mark.parametrize(
    ("was", "now", "until", "on"),
    [
        (("30 days", "365 days"), ("42 days", "364 days"), "until day 42", "on day 364"),
        (("36 hours", "365 days"), ("40 hours", "364.5 days"), "for 40 hours", "after 364.5 days"),
        (("30 days", "36 hours"), None, "until day 31", "on day 1"),
    ],
)
def test_every_item_is_kept_equally_long_in_whole_days(
    was: tuple[str, str], now: tuple[str, str] | None, until: str, on: str
) -> None:
    head = POLICY.replace("{a: {", "{b: {kind: examples, size: 412, unit: record}, a: {").replace(
        "api}}}", "api}}, s: {kind: dataset, holds: [b], seen_by: {staff: product}}, "
        "t: {kind: dataset, holds: [b], seen_by: {staff: product}}}",
    )  # fmt: skip
    one, other = (load_text(f"{head}clauses:\n{DONE}{STORED % days if days else ''}", "p.yaml") for days in (was, now))
    result = diff_documents(one, other)
    told = [finding.message for finding in result.findings]
    assert any(f"keeping b in s {until} passes" in each for each in told), told
    assert any(f"dropping b from t {on} passes" in each for each in told), told
    for world in worlds_as_tests(result):
        assert world.count("stored:") == 1 and "count: 412" in world


def test_powers_of_tests_are_round() -> None:
    head = POLICY.replace("{a: {", "{b: {kind: examples, size: 412, unit: record}, a: {").replace("model,", "model, trained_on: [b],")
    power = """  - {id: p, goal: remove, target: b, measure: membership, about: process, scope: {artifacts: [m]},
     limit: {tpr_at_most: "%s", at_fpr: "1%%"}}
"""
    one, laxer, without = (load_text(f"{head}clauses:\n{DONE}{each}", "p.yaml") for each in (power % "4%", power % "5.25%", ""))
    told = [diff_documents(one, other).findings[0].message for other in (laxer, without)]
    assert "finds 5.25% of the members of b passes" in told[0] and "finds 90% of the members of b passes" in told[1], told


def test_refusals_are_told_in_the_drafters_shares() -> None:
    decline = HIDE.replace("suppress", "refuse").replace("at_most", "at_least")
    decline = decline.replace(", reveals_when: {metric: exact, normalisation: none}", "")
    result = diff_documents(policy(decline.replace("5%", "98.75%")), policy(decline.replace("5%", "98.5%")))
    assert "refusing 98.5% of the askings about a" in result.findings[0].message
    assert json.loads(render_diff_json(result))["clauses"][0]["lost"]["mean"] == "98.5%"


def test_a_budget_is_named_once_with_its_numbers() -> None:
    budgets = (("36 hours", "100"), ("2 weeks", "0.125"))
    one, other = (policy(DONE, rest=f'budget: {{days: "{days}", gpu_hours: "{hours}"}}\n') for days, hours in budgets)
    assert [each.text for each in diff_documents(one, other).declared] == [
        "budget: days 36 hours → 14 days",
        "budget: gpu_hours 100 → 0.125",
    ]


def test_nothing_is_lost_that_only_parts_of_items_could_show() -> None:
    """Of 100 items, 99.5% are all of them: then no mean is above the limit."""
    share = HIDE.replace("over: mean", 'over: {share: "99.5%"}')
    assert diff_documents(policy(HIDE), policy(share)).answer == "stricter"
    assert diff_documents(policy(share), policy(HIDE)).answer == "weaker"
    looser = diff_documents(policy(HIDE), policy(share.replace("99.5%", "99%")))
    assert looser.answer == "incomparable" and len(list(worlds_as_tests(looser))) == 2


def test_a_margin_is_told_with_what_was_before() -> None:
    keep = HIDE.replace("suppress", "retain").replace('at_most: "5%"', 'within: "%s", of: before')
    (finding,) = diff_documents(policy(keep % "2.5%"), policy(keep % "4.75%")).findings
    assert re.search(r"knowing [0-9.]+% of a \([0-9.]+% before\) in m through api", finding.message), finding.message
    was, now = (Fraction(found) for found in re.findall(r"([0-9.]+)%", finding.message)[1::-1])
    assert Fraction("2.5") < was - now <= Fraction("4.75")


def test_the_world_of_a_clause_beside_one_that_is_partly_suspended_is_shown(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    for name, until in (("one.yaml", "365 days"), ("two.yaml", "180 days")):
        (tmp_path / name).write_text(text.replace('until: "365 days"', f'until: "{until}"'))
    result = diff(tmp_path / "one.yaml", tmp_path / "two.yaml")
    (world,) = worlds_as_tests(result)
    assert "situations: [litigation_hold]" in world and "delete-raw: pass\n      hold-raw: fail" in world
    (tmp_path / "one.test.yaml").write_text(world)
    assert run_tests(tmp_path / "one.test.yaml").exit_code == 0


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("method: greedy", "method: greedy, max_new_tokens: 32"), "by `scope.decoding.max_new_tokens` (not written → 32)"),
        (("api, asked", "api, audience: public, asked"), "by `scope.audience` (not written → public)"),
        (("over: mean", "over: mean, strength: should"), "by `strength` (must → should)"),
    ],
)
def test_fields_of_which_no_axiom_speaks_are_told_as_they_were_and_are(edit: tuple[str, str], told: str) -> None:
    (finding,) = diff_documents(policy(HIDE), policy(HIDE.replace(*edit))).findings
    assert finding.message == f"hide asks for less in the second file: {told}, whatever the limits say"


def test_parts_of_a_field_are_told_one_by_one() -> None:
    parts = "near_duplicates: {{metric: jaccard, at_least: \"{}\"}}, paraphrases: {}"
    head = POLICY.replace("{a: {", "{b: {kind: examples, size: 9, unit: record, closure: {exact_duplicates: true, PARTS}}, a: {").replace(
        "model,", "model, trained_on: [b],"
    )
    remove = """  - {id: r, goal: remove, target: b, measure: influence, about: process, scope: {artifacts: [m]},
     limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}}
"""
    one, other = (
        load_text(head.replace("PARTS", parts.format(*each)) + "clauses:\n" + remove, "p.yaml")
        for each in (("80%", "false"), ("85.5%", "true"))
    )
    result = diff_documents(one, other)
    assert [each.text for each in result.declared] == [
        "information: b, closure.near_duplicates.at_least 80% → 85.5%",
        "information: b, closure.paraphrases false → true",
    ]
    (finding,) = result.findings
    assert finding.message.endswith(
        "in another: by `closure` (near_duplicates.at_least 80% → 85.5% and paraphrases false → true), whatever the limits say"
    )


def test_more_evidence_is_summed_up_as_less_is() -> None:
    test = ", evidence: {kind: test, access: api, samples: %s, population: these_items, decide: not_refuted}}"
    few, many = (policy(HIDE.rstrip()[:-1] + test % samples + "\n") for samples in (50, 90))
    assert "More evidence is demanded for hide." in diff_documents(few, many).summary
    assert "Less evidence is demanded for hide." in diff_documents(many, few).summary


MANY = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: request}
information: {a: {kind: facts, size: 80, unit: question}, b: {kind: examples, size: 9, unit: record}}
artifacts: {m: {kind: model, trained_on: [b], seen_by: {public: api}}, n: {kind: model, seen_by: {public: api}}}
methods: {npo: {reaches: weights, takes: "2 days"}, filter: {reaches: api, takes: "1 day"}}
clauses:
"""
MEND = HIDE.replace("suppress", "rectify").replace('{at_most: "5%"}', '{at_least: "90%", at_most: "5%"}').replace("hide", "c")
SCRAP = '  - {id: c, goal: destroy, scope: {artifacts: [m]}, by: "30 days"}\n'
BAN = "  - {id: c, goal: ban, scope: {artifacts: [m]}, methods: [filter, npo]}\n"
WATCH = "  - {id: c, goal: govern, scope: {artifacts: [m]}, measures: [monitoring, terms]}\n"
LIKE = """  - {id: c, goal: remove, target: b, measure: influence, about: process, scope: {artifacts: [m]},
     limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_then_same_steps}}
"""
HOW = HIDE.replace("hide", "c").replace("target: a,", 'target: a, using: [npo], by: "30 days",')
EACH = HIDE.replace("suppress", "retain").replace('at_most: "5%"', 'within: "5%", of: before').replace("over: mean", "over: each")
WHAT_FAILS = [
    (MEND, ('most: "5%"', 'most: "6%"'), "a model giving the old statement on 6% of a in m"),
    (MEND, ('least: "90%"', 'least: "85%"'), "a model correcting 85% of a in m"),
    (MEND.replace("mean", "each"), ('most: "5%"', 'most: "6%"'), "giving the old statement on 80 of the 80 items of a above 5%"),
    (SCRAP, ("30 days", "45 days"), "work on m that ends on day 45"),
    (SCRAP.replace("[m]", "[n, m]"), ("[n, m]", "[n]"), "keeping m in being"),
    (BAN, ("[filter, npo]", "[npo]"), "work on m that uses filter"),
    (WATCH, ("[monitoring, terms]", "[monitoring]"), "a use of m without terms"),
    (LIKE, ("then_same_steps", "without"), "(ε 0.5, δ 1%)-close to one without b that then takes the same steps"),
    (HOW, ("[npo]", "[npo, filter]"), "work on m without npo"),
    (HOW, ("30 days", "60 days"), "work on m that ends on day 60"),
    (EACH, ("5%", "10%"), "items of a over 5% less often than before in m"),
]


@pytest.mark.parametrize(("clause", "edit", "told"), WHAT_FAILS)
def test_what_is_told_is_what_fails(clause: str, edit: tuple[str, str], told: str) -> None:
    one, other = (load_text(MANY + text, "p.yaml") for text in (clause, clause.replace(*edit)))
    result = diff_documents(one, other)
    assert result.answer in ("weaker", "incomparable") and told in result.findings[0].message, result.findings[0].message
    assert len(list(worlds_as_tests(result))) == sum(bool(shown) for c in result.clauses for shown in (c.lost, c.gained))


def test_a_mistake_in_a_version_is_shown_in_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POLICY + "clauses:\n" + HIDE)
    (tmp_path / "b.yaml").write_text(POLICY + "clauses:\n" + HIDE.replace("target: a", "target: ab"))
    text = render_diff_text(diff(tmp_path / "a.yaml", tmp_path / "b.yaml"), width=200)
    assert "7 |   - {id: hide, goal: suppress, target: ab, " in text


def test_a_clause_that_another_overrides_binds_in_no_situation() -> None:
    done, first = DONE.replace("id: done", "id: done%s"), DONE.replace("id: done", "id: first%s").replace("9 days", "20 days")
    before, after = policy(done % "", first % ""), policy(done % "", first % ", overrides: [done]")
    back, forth = (render_diff_text(diff_documents(*pair), width=200) for pair in ((before, after), (after, before)))
    assert "done no longer binds, whatever the situation" in back and "done now binds, whatever the situation" in forth

"""A corpus of mistakes: what is written, the code, where the finding points, and words its message has."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from unlearn_spec.finding import Finding
from unlearn_spec.policy.edits import applied
from unlearn_spec.policy.load import PolicyError, load, load_text

HEAD = """\
unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: day_zero}
information:
  facts: {kind: facts, size: 30, unit: question}
  wiki: {kind: facts, size: 400, unit: question}
  docs: {kind: examples, size: 60, unit: document}
  style: {kind: concept, adjudicator: panel}
artifacts:
  helper: {kind: model, seen_by: {public: api}}
  small: {kind: model, derived_from: helper, seen_by: {staff: product}}
situations: [audit, sale]
methods:
  output_filter: {reaches: product, takes: "1 day"}
"""
CLAUSES = """\
clauses:
  - {id: hide, goal: suppress, target: facts, limit: {at_most: "1%"}}
"""
TEST = "evidence: {kind: test, decide: certify"


def found(text: str) -> tuple[Finding, ...]:
    with pytest.raises(PolicyError) as caught:
        load_text(text, "policy.yaml")
    return caught.value.findings


def check(text: str, code: str, fragment: str) -> Finding:
    """The text has one `⟦…⟧` around what the single finding must point at (`⟦` alone: only where it begins)."""
    start = text.index("⟦")
    plain = text.replace("⟦", "").replace("⟧", "")
    findings = found(plain)
    assert [item.code for item in findings] == [code], [(item.code, item.message) for item in findings]
    span = findings[0].spans[0]
    assert (span.line, span.column) == (text[:start].count("\n") + 1, start - (text.rfind("\n", 0, start) + 1) + 1)
    if "⟧" in text:
        assert span.length == text.index("⟧") - start - 1
    assert fragment in findings[0].message, findings[0].message
    assert findings[0].severity == "error" and span.file == "policy.yaml"
    return findings[0]


# --- Y: the file -----------------------------------------------------------------------------------------------------

FILES = [
    ("Y001", "⟦", "this file is empty"),
    ("Y001", "# only a comment\n⟦", "this file is empty"),
    ("Y001", "⟦- a\n- b\n", "found a list"),
    ("Y001", "⟦just text", "found a single value"),
    ("Y001", 'unlearn_spec: "1.0"\n⟦---\na: 1\n', "a second document"),
    ("Y001", "a: 1\n⟦\x07", "U+0007"),
    ("Y001", "a: 1\nb: x ⟦\u202e y\n", "U+202E"),
    ("Y001", 'a: ⟦"\\u0000"⟧\n', "U+0000"),
    ("Y001", "? ⟦[a, b]\n: c\n", "a key must be plain text"),
    ("Y004", "⟦%YAML 1.2\n---\na: 1\n", "directives"),
    ("Y005", "a: " + "[" * 31 + "⟦[" + "]" * 32, "deeper than 32"),
]


@pytest.mark.parametrize(("code", "text", "fragment"), FILES, ids=[f"{c}-{f[:24]}" for c, _, f in FILES])
def test_file(code: str, text: str, fragment: str) -> None:
    if "only a comment" in text or text == "⟦":
        findings = found(text.replace("⟦", ""))
        assert [(item.code, item.spans[0].line) for item in findings] == [("Y001", 1)]
        assert fragment in findings[0].message
        return
    check(text, code, fragment)


def test_a_syntax_error_is_told_alone_and_with_its_place() -> None:
    findings = found(HEAD + "clauses:\n  - {id: hide, goal: supress\n")
    assert [item.code for item in findings] == ["Y001"]
    assert findings[0].message == "expected `,` or `}` here"
    assert [(span.line, span.label) for span in findings[0].spans] == [(17, ""), (16, "in the braces that begin here")]


def test_a_tab_is_a_syntax_error_in_plain_words() -> None:
    (finding,) = found("policy:\n\tid: x\n")
    assert finding.code == "Y001" and (finding.spans[0].line, finding.spans[0].column) == (2, 1)
    assert "indented with spaces" in finding.message and len(finding.spans) == 1


def test_a_line_that_leaves_a_list_too_early_is_told_with_the_list() -> None:
    (finding,) = found("clauses:\n  - id: a\n    goal: suppress\n  scope: {}\n")
    assert finding.message.startswith("expected `-` here, or a deeper indentation")
    assert [(span.line, span.label) for span in finding.spans] == [(4, ""), (2, "in the list that begins here")]


# --- Y and S: one value or key in an otherwise good policy -----------------------------------------------------------


def clause(body: str) -> str:
    return HEAD + "clauses:\n  - " + body + "\n"


def goal_limit(limit: str) -> str:
    return clause(f"{{id: hide, goal: suppress, target: facts, limit: {limit}}}")


def suppress(more: str) -> str:
    return clause(f'{{id: hide, goal: suppress, target: facts, limit: {{at_most: "1%"}}, {more}}}')


def remove(more: str) -> str:
    return clause(f"{{id: gone, goal: remove, target: docs, {more}}}")


CLOSE = 'limit: {epsilon: "0.5", delta: "1%"}'

VALUES = [
    # implicit types
    ("Y002", suppress("note: ⟦no⟧"), 'write "no" in quotes'),
    ("Y002", suppress("note: ⟦Off⟧"), "truth value"),
    ("Y002", suppress("note: ⟦2026-04-17⟧"), "read as a date"),
    ("Y002", suppress("note: ⟦12:30:45⟧"), "read as a number"),
    ("Y002", suppress("note: ⟦412⟧"), 'write "412" in quotes'),
    ("Y002", suppress("note: ⟦true⟧"), "truth value"),
    ("Y002", suppress("note: ⟦~⟧"), "`note` has no value"),
    ("Y002", goal_limit("{at_most: ⟦0.01⟧}"), 'write "0.01" in quotes'),
    ("Y002", goal_limit("{at_most: 0,⟦5%⟧}"), "`0,5%` is read as two entries"),
    ("Y002", HEAD.replace("size: 30,", "size: 1,⟦200⟧,300,") + CLAUSES, "`1,200` is read as two entries"),
    ("Y002", HEAD.replace("size: 30", "size: ⟦1_000⟧") + CLAUSES, "write 1000 (a whole number)"),
    ("Y002", HEAD.replace("size: 30", "size: ⟦010⟧") + CLAUSES, "write 10 (a whole number)"),
    ("Y002", HEAD.replace('"1.0"', "⟦1.0⟧") + CLAUSES, 'write "1.0" in quotes'),
    ("Y002", HEAD.replace("  wiki:", "  ⟦no⟧:") + CLAUSES, "the key no is read as a truth value"),
    ("Y002", HEAD.replace("size: 60,", "size: 60, closure: {excerpts: ⟦\"true\"⟧},") + CLAUSES, "write true or false"),
    # what YAML would not take for text, and quoted would be refused as well
    ("Y002", HEAD.replace("size: 60,", "size: 60, closure: {excerpts: ⟦yes⟧},") + CLAUSES, "write true or false"),
    ("S004", suppress("over: ⟦no⟧"), "`no` is not a value of `over`"),
    ("S005", goal_limit("{at_most: ⟦1e-3⟧}"), "expected a share"),
    ("S005", suppress("by: ⟦2026-04-01⟧"), "a date has no place here"),
    ("S005", suppress(f"{TEST}, samples: ⟦1.000⟧}}"), "expected a whole number"),
    ("S006", HEAD.replace("situations: [audit,", "situations: [⟦2026-04-17⟧,") + CLAUSES, "a name starts with"),
    # typographic quotation marks
    ("S004", suppress("over: ⟦“each”⟧"), 'write "each"'),
    ("S004", suppress("scope: {artifacts: [⟦„helper“⟧]}"), 'write "helper"'),
    ("S005", goal_limit("{at_most: ⟦« 1% »⟧}"), 'write "1%"'),
    ("S008", HEAD.replace('"1.0"', "⟦“1.0”⟧") + CLAUSES, 'write "1.0"'),
    # duplicates, tags, anchors
    ("Y003", suppress("note: a, ⟦note⟧: b"), "`note` is written twice"),
    ("Y003", HEAD + CLAUSES + "⟦clauses⟧: []\n", "`clauses` is written twice (first at 15:1)"),
    ("Y004", suppress("note: ⟦!!str x"), "tags"),
    ("Y004", suppress("note: ⟦&a x"), "anchors"),
    ("Y004", suppress("note: ⟦*a"), "anchors and aliases"),
    ("Y004", suppress("⟦<<⟧: {note: x}"), "merge keys"),
    # unknown keys
    ("S001", goal_limit('{⟦at_mst⟧: "1%"}'), "did you mean `at_most`?"),
    ("S001", suppress("⟦nots⟧: x"), "did you mean `note`?"),
    ("S001", suppress("⟦access⟧: api"), "it belongs in `scope`"),
    ("S001", suppress("⟦suite⟧: x"), "it belongs in `evidence`"),
    ("S001", HEAD + CLAUSES + "⟦claus⟧: []\n", "did you mean `clauses`?"),
    ("S001", HEAD.replace("version: 1", "version: 1, ⟦titel⟧: x") + CLAUSES, "did you mean `title`?"),
    ("S001", clause("{id: hide, ⟦gaol⟧: suppress, target: facts}"), "did you mean `goal`?"),
    (
        "S001",
        HEAD + CLAUSES + "claims:\n  - {id: c, says: contains_no_information, of: facts, in: [helper], ⟦in_⟧: [helper]}\n",
        "did you mean `in`?",
    ),
    # missing
    ("S002", clause("⟦{id: hide, goal: suppress, target: facts}⟧"), 'clause "hide" has no `limit`'),
    ("S002", clause('⟦{goal: suppress, target: facts, limit: {at_most: "1%"}}⟧'), "clause number 1 has no `id`"),
    ("S002", clause("⟦{id: hide, target: facts}⟧"), 'clause "hide" has no `goal`'),
    ("S002", HEAD.replace("helper: {kind: model, ", "helper: ⟦{") + CLAUSES, 'artifact "helper" has no `kind`'),
    ("S002", clause("⟦{id: out, goal: delete, target: docs}⟧"), 'clause "out" has no `by`'),
    ("S002", clause("⟦{id: out, goal: keep, target: docs}⟧"), 'clause "out" has no `until`'),
    ("S002", clause("⟦{id: out, goal: finish}⟧"), 'clause "out" has no `by`'),
    ("S002", HEAD + "clauses: ⟦[]⟧\n", "0 clauses"),
    ("S002", "⟦" + HEAD, "has no `clauses`"),
    ("S002", "⟦" + (HEAD + CLAUSES).replace("clock: {starts: day_zero}\n", "").replace("limit:", 'by: "3 days", limit:'), "has no `clock`"),
    ("S002", HEAD.replace("style: {kind: concept, adjudicator: panel}", "style: ⟦{kind: concept}⟧") + CLAUSES, "adjudicator"),
    ("S002", suppress("reveals_when: ⟦{metric: human}⟧"), "no `judge`, which `human` needs"),
    ("S002", suppress("reveals_when: ⟦{metric: rouge_l}⟧"), "no `at_least`"),
    ("S002", suppress("scope: {decoding: ⟦{method: sample}⟧}"), "no `temperature`"),
    ("S002", suppress(f"scope: {{asked: adversarial}}, {TEST.replace('{', '⟦{')}}}⟧"), "no `suite`"),
    ("S002", HEAD + CLAUSES + "claims: [⟦{id: c, says: no_harmful_use}⟧]\n", 'claim "c" has no `of`'),
    ("S002", HEAD + CLAUSES + "relations: [⟦{facts: within}⟧]\n", "within which set?"),
    # goals
    ("S003", clause("{id: hide, goal: ⟦supress⟧, target: facts}"), "did you mean `suppress`?"),
    ("S003", clause("{id: hide, goal: ⟦supress⟧, target: facts, scope: {access: api}, over: each}"), "`suppress`?"),
    ("S003", clause("{id: hide, goal: ⟦löschen⟧, target: facts}"), "`löschen` is not a goal"),
    ("S003", clause("{id: hide, goal: ⟦forget⟧, target: facts}"), "several things"),
    ("S003", clause("{id: hide, goal: ⟦Unlearn⟧, target: facts}"), "several things"),
    # names
    ("S004", clause('{id: hide, goal: suppress, target: ⟦fact⟧, limit: {at_most: "1%"}}'), "did you mean `facts`?"),
    ("S004", suppress("scope: {artifacts: [⟦helpr⟧]}"), "no artifact called `helpr`; did you mean `helper`?"),
    ("S004", suppress("scope: {artifacts: [⟦helpr+derived⟧]}"), "did you mean `helper`?"),
    ("S004", suppress("scope: {artifacts: [⟦helper+copies⟧]}"), "only `+derived`"),
    ("S004", suppress("scope: {audience: ⟦publik⟧}"), "no audience called `publik`; did you mean `public`?"),
    ("S004", suppress("scope: {access: ⟦wieghts⟧}"), "not an access level; did you mean `weights`?"),
    ("S004", suppress("scope: {when: ⟦audits⟧}"), "no situation called `audits`"),
    ("S004", suppress("scope: {when: {all: [sale, {not: ⟦audits⟧}]}}"), "no situation called `audits`"),
    ("S004", suppress("using: [⟦filter⟧]"), "no method called `filter`"),
    ("S004", suppress("overrides: [⟦hidden⟧]"), "no clause called `hidden`; did you mean `hide`?"),
    ("S013", suppress("overrides: [⟦hide⟧]"), "`hide` overrides itself"),
    ("S004", suppress("over: ⟦eech⟧"), "did you mean `each`?"),
    ("S004", HEAD + CLAUSES + "relations: [{⟦fact⟧: within, of: wiki}]\n", "did you mean `facts`?"),
    ("S004", HEAD + CLAUSES + "relations: [{facts: disjoint_from, with: ⟦wikis⟧}]\n", "did you mean `wiki`?"),
    ("S004", HEAD + CLAUSES + "relations: [{facts: ⟦overlap⟧, with: wiki}]\n", "did you mean `overlaps`?"),
    ("S013", HEAD + CLAUSES + "relations: [{facts: within, of: ⟦facts⟧}]\n", "in relation to itself"),
    ("S004", HEAD + CLAUSES + "relations: [{disjoint: [facts, ⟦wikis⟧]}]\n", "did you mean `wiki`?"),
    ("S013", HEAD + CLAUSES + "relations: [{disjoint: [facts, wiki, ⟦facts⟧]}]\n", "in relation to itself"),
    ("S013", HEAD.replace("derived_from: helper", "derived_from: ⟦small⟧") + CLAUSES, "`small` is derived from itself"),
    ("S004", HEAD + CLAUSES + '  - {id: ⟦hide⟧, goal: finish, by: "3 days"}\n', "second clause or claim is called `hide`"),
    ("S004", HEAD + CLAUSES + "parties: {obligor: acme}\ncontrols: {⟦acne⟧: [helper]}\n", "did you mean `acme`?"),
    ("S004", HEAD + CLAUSES + "open_questions: [{clause: hide, field: ⟦acess⟧, owner: me, until: \"2030-01-01\"}]\n", "`access`?"),
    ("S004", HEAD + CLAUSES + "exclusive: [[audit, ⟦sales⟧]]\n", "did you mean `sale`?"),
    # units and ranges
    ("S005", goal_limit("{at_most: ⟦1⟧}"), 'write "1%" or a decimal'),
    ("S005", goal_limit("{at_most: ⟦one in a hundred⟧}"), "expected a share"),
    ("S005", suppress("by: ⟦30⟧"), 'write "30 days"'),
    ("S005", suppress("by: ⟦a month⟧"), "months and years differ in length"),
    ("S005", HEAD.replace("size: 30", "size: ⟦many⟧") + CLAUSES, "expected a whole number"),
    ("S005", HEAD.replace("kind: facts, size: 30", 'kind: facts, manifest: ⟦"sha256:12"⟧') + CLAUSES, "64 hexadecimal"),
    ("S005", HEAD.replace("derived_from: helper", 'on: ⟦"last week"⟧') + CLAUSES, "expected a date"),
    ("S005", suppress(f'scope: {{asked: adversarial}}, {TEST}, suite: ⟦"attacks"⟧}}'), "name@sha256:"),
    ("S005", HEAD + CLAUSES + "relations: [{facts: overlaps, with: wiki, exactly: ⟦few⟧}]\n", "a number of items"),
    ("S006", goal_limit('{at_most: ⟦"101%"⟧}'), "between 0% and 100%"),
    ("S006", goal_limit('{at_most: ⟦"-1%"⟧}'), "between 0% and 100%"),
    ("S006", remove('measure: influence, limit: {epsilon: ⟦"51"⟧, delta: "1%"}'), "between 0 and 50"),
    ("S006", HEAD.replace("size: 30", "size: ⟦0⟧") + CLAUSES, "between 1 and"),
    ("S006", HEAD.replace("size: 30", "size: ⟦[9, 3]⟧") + CLAUSES, "backwards"),
    ("S006", HEAD.replace("  helper:", '  ⟦"a b"⟧:').replace("derived_from: helper, ", "") + CLAUSES, "a name starts with"),
    ("S006", HEAD + CLAUSES + "relations: [{facts: overlaps, with: wiki, between: ⟦[5, 2]⟧}]\n", "backwards"),
    ("S006", HEAD + CLAUSES + "exclusive: [⟦[audit]⟧]\n", "at least two"),
    ("S006", HEAD + CLAUSES + "relations: [{disjoint: ⟦[facts]⟧}]\n", "at least two sets"),
    ("S006", HEAD + CLAUSES + "relations: [{disjoint: [facts, ⟦[wiki]⟧]}]\n", "the name of an information set"),
    ("S006", suppress("scope: {artifacts: ⟦helper⟧}"), "expected a list, found `helper`"),
    ("S006", suppress("scope: {artifacts: ⟦[]⟧}"), "covers nothing"),
    ("S006", suppress("scope: ⟦[helper]⟧"), "expected a mapping, found a list"),
    ("S006", suppress("note: ⟦[x]⟧"), "expected text, found a list"),
    ("S006", suppress("scope: {when: {all: ⟦[]⟧}}"), "says nothing"),
    ("S006", suppress("scope: {when: ⟦{every: [sale]}⟧}"), "a condition is the name of a situation"),
    ("S006", suppress("scope: {when: ⟦{all: [sale], not: audit}⟧}"), "a condition"),
    ("S006", clause("⟦hide everything⟧"), "expected a mapping"),
    ("S006", HEAD + "clauses: ⟦{id: x}⟧\n", "expected a list, found a mapping"),
    (
        "S006",
        HEAD + CLAUSES + 'accept: [{code: ⟦"S001"⟧, clause: hide, reason: x, by: me, until: "2030-01-01"}]\n',
        "no code that can be accepted",
    ),
    # fields without meaning
    ("S007", clause('{id: out, goal: delete, target: docs, by: "3 days", ⟦over⟧: mean}'), "`over` has no meaning for `delete`"),
    ("S007", clause('{id: out, goal: delete, target: docs, by: "3 days", scope: {⟦access⟧: api}}'), "no meaning for `delete`"),
    ("S007", clause('{id: out, goal: keep, target: docs, until: "3 days", ⟦by⟧: "2 days"}'), "no meaning for `keep`"),
    ("S007", suppress("over: each, evidence: {kind: test, ⟦stop⟧: anytime}"), "but for a limit `over: mean`"),
    ("S007", suppress("about: process, evidence: {kind: test, ⟦stop⟧: anytime}"), "a clause about the process"),
    ("S007", suppress("evidence: {kind: attestation, ⟦stop⟧: anytime}"), "for evidence by attestation"),
    (
        "S007",
        suppress('evidence: {kind: test, relearn: {steps: 3, learning_rate: "0.1"}, ⟦stop⟧: anytime}'),
        "with `relearn`",
    ),
    (
        "S007",
        suppress('reveals_when: {metric: extraction_probability, at_least: "1%"}, evidence: {kind: test, ⟦stop⟧: anytime}'),
        "for the metric `extraction_probability`",
    ),
    (
        "S007",
        clause('{id: k, goal: retain, target: wiki, limit: {at_least: "9%"}, evidence: {kind: test, ⟦stop⟧: anytime}}'),
        "for the goal `retain`",
    ),
    ("S007", goal_limit('{⟦at_least⟧: "1%"}'), 'whose limit is {at_most: "1%"}'),
    (
        "S007",
        clause('{id: k, goal: retain, target: wiki, limit: {⟦at_least⟧: "95%", within: "2%", of: before}}'),
        "are two promises",
    ),
    ("S007", goal_limit('{⟦epsilon⟧: "1", delta: "1%"}'), "no meaning for `suppress`"),
    ("S007", remove('measure: influence, limit: ⟦{tpr_at_most: "4%", at_fpr: "1%"}⟧'), "no meaning for the measure `influence`"),
    ("S007", remove(f"measure: membership, {CLOSE.replace('{', '⟦{')}⟧"), "no meaning for the measure `membership`"),
    ("S007", remove(f"measure: influence, about: ⟦model⟧, {CLOSE}"), "`about: model` has no meaning for `influence`"),
    ("S007", clause(f"{{id: gone, goal: ⟦remove⟧, target: style, measure: influence, {CLOSE}}}"), "concept `style`"),
    ("S007", suppress("⟦weight⟧: 3"), "strength `must`"),
    ("S007", suppress("scope: {decoding: {method: greedy, ⟦top_k⟧: 3}}"), "greedy"),
    ("S007", suppress('reveals_when: {metric: exact, ⟦at_least⟧: "50%"}'), "metric `exact`"),
    ("S007", suppress("evidence: {kind: attestation, ⟦samples⟧: 40}"), "evidence by attestation"),
    (
        "S007",
        suppress('evidence: {kind: test, suite: s, ⟦relearn⟧: {steps: 3, learning_rate: "0.1"}}'),
        "beside `suite`; give it a clause of its own",
    ),
    ("S007", remove(f"measure: influence, {CLOSE}, evidence: {{kind: test, ⟦suite⟧: s}}"), "for `remove`"),
    (
        "S007",
        remove(f"measure: influence, {CLOSE}, evidence: {{kind: test, canaries: {{guesses: 9}}, ⟦samples⟧: 40}}"),
        "beside `canaries`",
    ),
    (
        "S007",
        remove(f"measure: influence, {CLOSE}, evidence: {{kind: test, canaries: {{guesses: 9}}, ⟦population⟧: wider}}"),
        "beside `canaries`",
    ),
    (
        "S004",
        remove(f"measure: influence, {CLOSE}, evidence: {{kind: test, canaries: {{guesses: 9, score: ⟦min_k_plus⟧}}}}"),
        "did you mean `min_k_pp`",
    ),
    ("S007", suppress("evidence: {kind: test, ⟦record⟧: log}"), "evidence by test"),
    ("S007", HEAD + CLAUSES + "claims: [{id: c, says: no_harmful_use, of: facts, ⟦at_most⟧: \"1%\"}]\n", "`no_harmful_use`"),
    ("S007", HEAD + CLAUSES + "relations: [{facts: within, of: wiki, ⟦exactly⟧: 3}]\n", "no meaning for `within`"),
    ("S007", HEAD + CLAUSES + "relations: [{disjoint: [facts, wiki], ⟦exactly⟧: 3}]\n", "no meaning beside `disjoint`"),
    # version
    ("S008", HEAD.replace('"1.0"', '⟦"2.0"⟧') + CLAUSES, "version 2.0"),
    ("S008", HEAD.replace('"1.0"', '⟦"one"⟧') + CLAUSES, "no version of the language"),
    # another kind of file
    ("S008", '⟦unlearn_spec_bindings⟧: "1.0"\npolicy: {id: p}\ndata: {facts: {file: a.jsonl}}\n', "bindings file, not a policy"),
    ("S008", 'id: done\n⟦unlearn_spec_record⟧: "1.0"\nsigner: acme\n', "record file, not a policy"),
]


@pytest.mark.parametrize(("code", "text", "fragment"), VALUES, ids=[f"{c}-{f[:28]}" for c, _, f in VALUES])
def test_mistake(code: str, text: str, fragment: str) -> None:
    check(text, code, fragment)


def test_a_policy_with_a_key_of_another_file_is_still_a_policy() -> None:
    assert [item.code for item in found(HEAD + CLAUSES + 'unlearn_spec_bindings: "1.0"\n')] == ["S001"]


def test_only_the_end_of_a_number_continues_one() -> None:
    dense = (HEAD + CLAUSES).replace(", ", ",")
    assert load_text(dense).policy == load_text(HEAD + CLAUSES).policy
    (finding,) = found(dense.replace("size: 30,unit", "size: 30,unt"))
    assert finding.message.startswith("unknown key `unt`")


def test_the_good_parts_of_the_corpus_are_good() -> None:
    for text in (HEAD + CLAUSES, suppress("note: x"), remove(f"measure: influence, about: process, {CLOSE}")):
        load_text(text)


def test_goal_words_with_many_meanings_list_their_readings() -> None:
    (finding,) = found(clause("{id: hide, goal: erase, target: facts}"))
    assert {line.partition(":")[0] for line in finding.why} == {
        "remove", "suppress", "refuse", "delete", "destroy", "exclude_future",
    }


def test_a_word_that_is_no_goal_gets_those_that_are() -> None:
    (finding,) = found(clause("{id: hide, goal: löschen, target: facts}"))
    assert "delete" in finding.why[0] and "exclude_future" in finding.why[0]


def test_all_is_told_behind_a_version_in_typographic_quotation_marks() -> None:
    findings = found(HEAD.replace('"1.0"', "“1.0”") + CLAUSES.replace('"1%"', "“1%”"))
    assert [(item.code, item.spans[0].line) for item in findings] == [("S008", 1), ("S005", 16)]


def test_a_name_is_declared_where_names_of_its_kind_are() -> None:
    (finding,) = found(suppress("scope: {audience: everyone}"))
    assert finding.fixes[0].text == "declare it under `people`, or use another name"


def test_fixes_can_be_pasted() -> None:
    (finding,) = found(clause("{id: hide, goal: suppress, target: facts}"))
    assert finding.fixes[0].snippet == 'limit: {at_most: "1%"}'
    (finding,) = found(goal_limit("{at_most: 0.01}"))
    assert finding.fixes[0].snippet == '"0.01"'
    load_text(goal_limit(f"{{at_most: {finding.fixes[0].snippet}}}"))


def test_a_party_that_is_none_is_not_to_be_declared_anywhere() -> None:
    (finding,) = found(HEAD + CLAUSES + "parties: {obligor: acme}\ncontrols: {vendor: [helper]}\n")
    assert finding.message == "no party called `vendor`; there is `acme`"
    assert finding.fixes[0].text.startswith("name it under `parties` as obligor, verifier or beneficiary, or leave it out")


@pytest.mark.parametrize(("code", "text"), [case[:2] for case in (*FILES, *VALUES)])
def test_an_edit_takes_the_mistake_away(code: str, text: str) -> None:
    plain = text.replace("⟦", "").replace("⟧", "")
    for item in found(plain):
        for fix in item.fixes:
            if fix.edits:
                left = reading(applied(plain, fix.edits))
                assert (code, item.message) not in [(each.code, each.message) for each in left], fix


def reading(text: str) -> tuple[Finding, ...]:
    try:
        load_text(text, "policy.yaml")
    except PolicyError as error:
        return error.findings
    return ()


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (clause("{id: hide, goal: supress, target: facts}"), "supress", "suppress"),
        (suppress("scope: {artifacts: [helpr+derived]}"), "helpr+derived", "helper+derived"),
        (suppress("scope: {artifacts: helper}"), "artifacts: helper}", "artifacts: [helper]}"),
        (suppress('over: "eech"'), '"eech"', '"each"'),
        (goal_limit('{"at_mst":"1%"}'), "at_mst", "at_most"),
        (goal_limit("{at_most: 1}"), "at_most: 1}", 'at_most: "1%"}'),
        (suppress('by: "30"'), 'by: "30"', 'by: "30 days"'),
        (suppress("note: no"), "note: no}", 'note: "no"}'),
        (suppress("note: a\u202eb"), "\u202e", ""),
        (HEAD.replace('"1.0"', '"one"') + CLAUSES, '"one"', '"1.0"'),
    ],
)
def test_a_simple_repair_is_an_edit(text: str, before: str, after: str) -> None:
    assert text.count(before) == 1
    edits = [fix.edits for item in found(text) for fix in item.fixes if fix.edits]
    assert applied(text, edits[0]) == text.replace(before, after)


def test_no_edit_writes_a_key_twice() -> None:
    for text in (
        goal_limit('{at_mst: "2%", at_most: "1%"}'),
        HEAD + CLAUSES + "parties: {obligor: acme}\ncontrols: {acme: [helper], acne: [helper]}\n",
    ):
        for edits in (fix.edits for item in found(text) for fix in item.fixes if fix.edits):
            assert "Y003" not in [each.code for each in reading(applied(text, edits))]


def test_a_second_writing_points_at_the_first() -> None:
    (finding,) = found(suppress("note: a, note: b"))
    assert [span.label for span in finding.spans] == ["", "first written here"]


def test_a_policy_in_force_needs_more() -> None:
    text = (HEAD + CLAUSES).replace("version: 1", "version: 1, status: in_force")
    lacking = {re.findall("`([a-z_]+)`", item.message)[-1] for item in found(text) if item.code == "S002"}
    assert lacking == {"parties", "controls", "confidence", "reveals_when", "decoding"}
    text = remove(f"measure: influence, {CLOSE}").replace("version: 1", 'version: 1, status: in_force, confidence: "95%"')
    text += "parties: {obligor: acme}\ncontrols: {acme: [helper]}\n"
    assert [item.message for item in found(text)] == ['clause "gone" has no `about`, which a policy in force needs']


def test_all_mistakes_of_a_file_are_told_together_in_the_order_of_the_file() -> None:
    text = dedent("""\
        unlearn_spec: "1.0"
        policy: {id: p, versoin: 1, title: no}
        information:
          facts: {kind: fact, size: 40}
          facts: {kind: facts}
        artifacts:
          helper: {kind: model, seen_by: {public: wieghts}}
        clauses:
          - {id: a, goal: supress}
          - {id: b, goal: suppress, target: fcts, limit: {at_mst: "1%"}}
          - {id: b, goal: delete, target: facts, over: mean}
          - {id: c, goal: suppress, target: facts, limit: {at_most: 1}, scope: {artifacts: [helpr], when: &x y}}
    """)
    findings = found(text)
    assert [(item.spans[0].line, item.code) for item in findings] == [
        (2, "S001"), (2, "Y002"), (4, "S004"), (5, "Y003"), (7, "S004"), (9, "S003"), (10, "S004"), (10, "S001"),
        (11, "S002"), (11, "S004"), (11, "S007"), (12, "S005"), (12, "S004"), (12, "Y004"),
    ]
    places = [(item.spans[0].line, item.spans[0].column) for item in findings]
    assert places == sorted(places)


def test_the_error_says_file_line_column_code_and_message() -> None:
    with pytest.raises(PolicyError, match=r"^policy\.yaml:16:64: S005 write \"1%\""):
        load_text(goal_limit("{at_most: 1}"), "policy.yaml")


def test_findings_name_their_clause() -> None:
    assert [item.clauses for item in found(suppress("scope: {access: wieghts}"))] == [("hide",)]


def test_a_long_wrong_word_is_cut_short() -> None:
    (finding,) = found(suppress(f"over: {'x' * 5000}"))
    assert len(finding.message) < 200


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for name, content in (("latin.yaml", "title: Müller".encode("latin-1")), ("utf16.yaml", "a: b".encode("utf-16"))):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(PolicyError, match="Y001 this file is not UTF-8"):
            load(path)
    for path in (tmp_path, tmp_path / "absent.yaml", Path("nul\0name")):
        with pytest.raises(PolicyError, match="Y001 cannot read this file"):
            load(path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + CLAUSES).replace("\n", "\r\n").encode())
    document = load(path)
    assert document.source.value(("clauses", 0, "goal")).line == 16
    assert document.source.line(16) == CLAUSES.splitlines()[1]


def test_names_are_not_missed_that_the_second_writing_of_a_block_declares() -> None:
    accepted = "accept: [{code: R002, clause: %s, reason: r, by: me, until: '2030-01-01'}]\n"
    twice = HEAD + CLAUSES.replace("clauses:", "clauses: []\nclauses:") + accepted % "hide"
    assert [item.code for item in found(twice)] == ["S002", "Y003"]
    assert [item.code for item in found(HEAD + CLAUSES + accepted % "hyde")] == ["S004"]


@pytest.mark.parametrize(
    ("left_out", "snippet"),
    [("in: [small], ", "in: [helper, small]"), ("of: facts, ", "of: facts")],
)
def test_a_claim_is_completed_in_declared_names(left_out: str, snippet: str) -> None:
    claim = '  - {id: c, says: not_revealed, of: facts, in: [small], access: api, asked: direct, at_most: "1%"}\n'
    stored = HEAD.replace("situations:", "  store: {kind: dataset, holds: [docs], seen_by: {staff: product}}\nsituations:")
    (finding,) = found(stored + CLAUSES + "claims:\n" + claim.replace(left_out, ""))
    assert (finding.code, finding.fixes[0].snippet) == ("S002", snippet)


@pytest.mark.parametrize(("size", "told"), [(3, "`a0` overrides itself through `a1`, `a2`"), (12, "`a7`, `a8`, 3 more")])
def test_a_circle_of_overrides_is_told_step_by_step(size: int, told: str) -> None:
    clause = '  - {{id: a{0}, goal: finish, scope: {{artifacts: [helper]}}, by: "9 days", overrides: [a{1}]}}\n'
    (item,) = found(HEAD + CLAUSES + "".join(clause.format(i, (i + 1) % size) for i in range(size)))
    assert item.code == "S013" and item.message.endswith(told)
    assert item.clauses == (f"a{size - 1}",) and item.why
    labels = [span.label for span in item.spans[1:]]
    assert labels == [f"`a{i}` overrides `a{i + 1}`" for i in range(min(size - 1, 8))]

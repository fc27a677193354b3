"""Worlds that show a difference tell of what hangs together with the clause, and of nothing that the other version forbids."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from unlearn_spec.logic.compare import compare
from unlearn_spec.logic.trial import trial
from unlearn_spec.policy.load import PolicyError, load, load_text
from unlearn_spec.rules.diff import diff_documents
from unlearn_spec.rules.diff_worlds import confirmed
from unlearn_spec.rules.policy_tests import run_tests
from unlearn_spec.rules.render_diff import worlds_as_tests
from unlearn_spec.rules.snippet import within

CORPUS = Path(__file__).parents[2] / "spec" / "conformance"
POLICIES = sorted(path for path in CORPUS.glob("[AKLMNT]*/*.yaml") if path.name != "cases.yaml")
HEAD = """unlearn_spec: "1.0"
policy: {id: p, version: 1}
information: {letters: {kind: examples, size: 412, unit: letter}, faq: {kind: facts, size: 5000, unit: question},
  bios: {kind: facts, size: 80, unit: question}}
artifacts: {bot: {kind: model, trained_on: [letters], seen_by: {public: product}}}
methods: {npo: {reaches: weights, takes: "4 days", guarantee: {epsilon: "0", delta: "0%"}}}
clauses:
  - {id: without-letters, goal: remove, target: letters, scope: {artifacts: [bot]}, measure: influence, about: process,
     limit: {epsilon: "0", delta: "0%", compared_with: retrain_without}, using: [npo]}
"""
RATE = (
    "  - {id: %s, goal: %s, target: %s, over: mean, limit: {%s}, reveals_when: {metric: contains},\n"
    "     scope: {artifacts: [bot], access: product, asked: direct, decoding: {method: greedy}}}\n"
)
HIDE, KEEP = RATE % ("hide", "suppress", "bios", 'at_most: "1%"'), RATE % ("keep", "retain", "faq", 'at_least: "90%"')


def halved(text: str) -> str:
    """Every share in it half as large."""
    return re.sub(r'"([0-9.]+)%"', lambda found: f'"{float(Fraction(found[1]) / 2):g}%"', text)


def test_a_world_tells_of_what_hangs_together_with_the_clause() -> None:
    silent = 'claims: [{id: silent, says: not_revealed, of: bios, in: [bot], access: product, asked: direct, at_most: "1%"}]\n'
    whole, looser = (load_text(HEAD + HIDE + keep + silent) for keep in (KEEP, halved(KEEP)))
    (world,) = worlds_as_tests(diff_documents(whole, looser))
    assert "keep: fail" in world and 'knows: {bot: {product: {direct: "45%"}}}' in world
    assert "in: [letters]" in world  # what the model was trained on
    assert "bios" not in world and "hide" not in world and "silent" not in world  # nothing ties them to what is known of the questions
    assert "used" not in world  # with no method used, it would fail `without-letters`


def test_sets_that_relations_tie_to_the_clause_are_told_of() -> None:
    tied = HEAD.replace("clauses:", "relations: [{bios: within, of: faq}]\nclauses:")
    (world,) = worlds_as_tests(diff_documents(load_text(tied + KEEP), load_text(tied + halved(KEEP))))
    assert "in: [bios, faq]" in world and "count: 80" in world and "count: 4920" in world


def test_no_numbers_are_told_of_a_world_that_the_clauses_own_version_rules_out() -> None:
    """Only the earlier version has the books lie in the questions; the two are compared without that."""
    tied = HEAD.replace("clauses:", "relations: [{bios: within, of: faq}]\nclauses:")
    result = diff_documents(load_text(tied + KEEP), load_text(HEAD + halved(KEEP)))
    assert "a model that fails keep on faq" in result.findings[0].message and not list(worlds_as_tests(result))


def test_what_suspends_a_clause_is_known_where_nothing_else_ties_it(tmp_path: Path) -> None:
    more = RATE % ("more", "retain", "faq", 'at_least: "95%"')
    watch = "  - {id: watch, goal: govern, measures: [terms], scope: {artifacts: [bot], when: audit}, overrides: [more]}\n"
    text = HEAD.replace("clauses:", "situations: [audit]\nclauses:") + KEEP + more + watch
    later = load_text(text.replace(KEEP, KEEP.replace("access", "when: {not: audit}, access")))
    (tmp_path / "before.yaml").write_text(text)
    (world,) = worlds_as_tests(diff_documents(load(tmp_path / "before.yaml"), later))
    assert "keep: fail" in world and "more: not_applicable" in world
    (tmp_path / "it.test.yaml").write_text(world)
    assert run_tests(tmp_path / "it.test.yaml").exit_code == 0


OVER = HIDE.replace("{id: hide,", "{id: hide, overrides: [less],")
LESS = RATE % ("less", "suppress", "rest", 'at_most: "2%"')
WIPE = """  - {id: closer, goal: remove, target: letters, scope: {artifacts: [bot]}, measure: influence, about: process,
     overrides: [wipe], limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}}
  - {id: wipe, goal: delete, target: forms, scope: {artifacts: [bot, files]}, by: "9 days"}
"""
FUTURE = "  - {id: future, goal: exclude_future, target: bios, scope: {artifacts: [bot]}, overrides: [less]}\n"
TIGHT = LESS.replace("less", "tight").replace("2%", "1%")
SETS = "{rest: {kind: facts, size: 36, unit: question}, forms: {kind: examples, size: 140, unit: form}, letters:"
FILES = "product}}, files: {kind: dataset, holds: [forms], seen_by: {hr: product}}}\nclock: {starts: go}\nmethods"


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("", OVER + LESS, "hide: fail"),
        (OVER + LESS, OVER + LESS.replace("2%", "4%"), "less: fail"),
        (WIPE, WIPE.replace("[bot, files]", "[files]"), "wipe: fail"),
        (LESS + TIGHT, FUTURE + LESS + TIGHT.replace("1%", "3%"), ": fail"),
    ],
)
def test_a_clause_that_is_suspended_for_some_items_is_told_of_with_its_whole_target(
    was: str, now: str, told: str, tmp_path: Path
) -> None:
    head = HEAD.replace("{letters:", SETS).replace("product}}}\nmethods", FILES)
    versions = [tmp_path / name for name in ("was.yaml", "now.yaml")]
    for path, text in zip(versions, (was, now), strict=True):
        path.write_text(head + KEEP + text)
    worlds = list(worlds_as_tests(diff_documents(*map(load, versions))))
    assert worlds
    for number, world in enumerate(worlds):
        assert told in world
        (tmp_path / f"{number}.test.yaml").write_text(world)
        assert run_tests(tmp_path / f"{number}.test.yaml").exit_code == 0


def test_where_something_was_measured_the_whole_is_told() -> None:
    known = "measured_before: [{id: b1, target: faq, in: bot, access: product, asked: direct, mean_at_least: \"50%\"}]\nclauses:"
    text = HEAD.replace("clauses:", known) + HIDE
    (world,) = worlds_as_tests(diff_documents(load_text(text + KEEP), load_text(text + halved(KEEP))))
    assert "hide: pass" in world and "keep: fail" in world


@pytest.mark.parametrize("start", range(4))
def test_what_passes_a_version_fails_nothing_in_it(start: int) -> None:
    worlds = 0
    for path in POLICIES[start::16]:
        try:
            versions = load(path).policy, load_text(halved(path.read_text("utf-8"))).policy
        except PolicyError:
            continue  # not every file of the corpus is a policy, and not every limit can be halved
        compared = confirmed(compare(*versions))
        if compared.contradictory:
            continue  # nothing passes what contradicts itself
        for change in compared.changes:
            for loss, version in ((change.lost, versions[1]), (change.gained, versions[0])):
                if loss is not None and loss.shown is not None and loss.shown.world is not None:
                    worlds += 1
                    found = trial(version, within(version, loss.shown.world))
                    assert not found.contradiction, (path, change)
                    assert not [clause.id for clause in version.clauses if found.answer(clause.id) == "fail"], (path, change)
    assert worlds > 5

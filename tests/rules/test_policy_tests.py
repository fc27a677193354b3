"""Policy tests: what the format says, what it refuses, and that every witness becomes a test that runs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from unlearn_spec.cli import app
from unlearn_spec.policy import expectations
from unlearn_spec.policy.expectations import WRITTEN, TestFile, WorldAsTold
from unlearn_spec.rules.check import check
from unlearn_spec.rules.diff import diff
from unlearn_spec.rules.policy_tests import TestRun, run_tests
from unlearn_spec.rules.render_diff import worlds_as_tests
from unlearn_spec.rules.render_policy_tests import render_tests_json, render_tests_text

SPEC = Path(__file__).parents[2] / "spec"
EXAMPLES = sorted((SPEC / "examples").glob("*.test.yaml"))
PAGE = (SPEC / "language.md").read_text("utf-8")
POLICY = """unlearn_spec: "1.0"
policy: {id: small, version: 1}
clock: {starts: request}
information:
  records: {kind: examples, size: 40, unit: record}
  facts: {kind: facts, size: 4, unit: question}
  more_facts: {kind: facts, size: 6, unit: question}
relations: [{facts: within, of: more_facts}]
artifacts:
  bot: {kind: model, trained_on: [records], serves_from: [cache], seen_by: {public: api}}
  cache: {kind: cache, holds: [records], seen_by: {staff: product}}
situations: [hold, audit]
exclusive: [[hold, audit]]
methods: {npo: {reaches: weights, takes: "2 days"}, filter: {reaches: product, takes: "1 day"}}
measured_before:
  - {id: b1, target: facts, in: bot, access: api, asked: direct, mean_at_least: "50%"}
clauses:
  - {id: hide, goal: suppress, target: facts,
     scope: {artifacts: [bot], access: api, asked: direct}, over: each, limit: {at_most: "10%"}}
  - {id: decline, goal: refuse, target: facts,
     scope: {artifacts: [bot], access: product, asked: direct}, over: mean, limit: {at_least: "80%"}}
  - {id: keep, goal: retain, target: more_facts,
     scope: {artifacts: [bot], access: product, asked: direct}, over: each, limit: {within: "20%", of: before}}
  - {id: mend, goal: rectify, target: facts,
     scope: {artifacts: [bot], access: product, asked: direct}, over: mean, limit: {at_least: "90%", at_most: "5%"}}
  - {id: gone, goal: remove, target: records,
     scope: {artifacts: [bot]}, measure: influence, about: process, limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}}
  - {id: hidden, goal: remove, target: records,
     scope: {artifacts: [bot]}, measure: membership, about: process, limit: {tpr_at_most: "4%", at_fpr: "1%"}}
  - {id: wiped, goal: delete, target: records, scope: {artifacts: [cache], when: {not: hold}}, by: "30 days"}
  - {id: done, goal: finish, scope: {artifacts: [bot]}, by: "10 days"}
  - {id: no-filter, goal: ban, scope: {artifacts: [bot]}, methods: [filter]}
  - {id: unlisted, goal: de_index, target: records, scope: {artifacts: [cache]}}
  - {id: scrapped, goal: destroy, scope: {artifacts: [bot]}}
  - {id: later, goal: exclude_future, target: records, scope: {artifacts: [bot]}}
  - {id: watched, goal: govern, scope: {artifacts: [bot]}, measures: [monitoring]}
claims:
  - {id: harmless, says: no_harmful_use, of: facts}
  - {id: unmarked, says: influence_removed, of: records, in: [bot]}
"""
LEFT = """unlearn_spec: "1.0"
policy: {id: left, version: 1}
information:
  letters: {kind: examples, size: 40, unit: letter}
  mine: {kind: examples, size: 4, unit: letter}
  digests: {kind: examples, size: 6, unit: digest, built_from: letters}
relations: [{mine: within, of: letters}]
artifacts: {bot: {kind: model, trained_on: [letters, digests], seen_by: {public: api}}}
clauses:
  - {id: without-mine, goal: remove, target: mine, scope: {artifacts: [bot]}, measure: influence, about: process,
     limit: {epsilon: "0", delta: "0%", compared_with: retrain_without}}
claims:
  - {id: unmarked, says: influence_removed, of: mine, in: [bot]}
"""


@pytest.fixture
def run(tmp_path: Path):
    (tmp_path / "small.yaml").write_text(POLICY)

    def running(text: str, head: str = 'unlearn_spec_test: "1.0"\npolicy: small.yaml\ntests:\n') -> TestRun:
        (tmp_path / "x.test.yaml").write_text(head + text)
        return run_tests(tmp_path / "x.test.yaml")

    return running


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_as_expected(path: Path) -> None:
    result = run_tests(path)
    assert result.exit_code == 0, [o for r in result.results for o in r.outcomes if o.status != "as_expected"]


def test_every_example_policy_has_tests() -> None:
    policies = {p.name.removesuffix(".yaml") for p in (SPEC / "examples").glob("*.yaml") if p.name.count(".") == 1}
    assert policies == {path.name.removesuffix(".test.yaml") for path in EXAMPLES}


def test_the_example_on_the_page_runs(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    (tmp_path / "small.test.yaml").write_text(re.search(r"```yaml small.test.yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    result = run_tests(tmp_path / "small.test.yaml")
    told = [(o.about, o.expected, o.found) for r in result.results for o in r.outcomes if o.status != "as_expected"]
    assert result.exit_code == 0, told or result.findings


def test_every_field_is_on_the_page() -> None:
    words = set(re.findall(r"[A-Za-z_]+", PAGE[PAGE.index("## 13.") :]))
    models = [m for m in vars(expectations).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    fields = {
        field.alias or name
        for model in models
        if model.__module__ == TestFile.__module__
        for name, field in model.model_fields.items()
    }
    assert fields <= words, fields - words


@pytest.mark.parametrize(
    ("world", "expect"),
    [
        ('items: [{in: [facts, more_facts], count: 4, reveals: {bot: {api: {direct: "10%"}}}}, '
         '{in: [more_facts], count: 2}]', "hide: pass"),
        ('items: [{in: [facts, more_facts], count: 3, reveals: {bot: {api: {direct: "0%"}}}}, '
         '{in: [facts, more_facts], count: 1, reveals: {bot: {api: {direct: "10.01%"}}}}, {in: [more_facts], count: 2}]', "hide: fail"),
        ('means: [{of: facts, in: bot, access: api, asked: direct, revealed: "10%"}]', "hide: not_shown"),
        ('means: [{of: facts, in: bot, access: api, asked: direct, revealed: "11%"}]', "hide: fail"),
        ('means: [{of: facts, in: bot, access: weights, asked: adversarial, revealed: "2.5%"}]', "hide: pass"),
        ('means: [{of: facts, in: bot, access: product, asked: direct, answered: "20%"}]', "decline: pass"),
        ('means: [{of: facts, in: bot, access: product, asked: direct, answered: "21%"}]', "decline: fail"),
        ('items: [{in: [facts, more_facts], count: 4, knows: {bot: {product: {direct: "60%"}}}, '
         'before: {knows: {bot: {product: {direct: "80%"}}}}}, '
         '{in: [more_facts], count: 2, knows: {bot: {product: {direct: "1/2"}}}, '
         'before: {knows: {bot: {product: {direct: "0.5"}}}}}]', "keep: pass"),
        ('items: [{in: [facts, more_facts], count: 4, knows: {bot: {product: {direct: "50%"}}}, '
         'before: {knows: {bot: {product: {direct: "50%"}}}}}, '
         '{in: [more_facts], count: 2, knows: {bot: {product: {direct: "1/2"}}}, '
         'before: {knows: {bot: {product: {direct: "71%"}}}}}]', "keep: fail"),
        ('items: [{in: [facts, more_facts], count: 4, corrects: {bot: {product: {direct: "95%"}}}, '
         'reveals: {bot: {product: {direct: "5%"}}}}, {in: [more_facts], count: 2}]', "mend: pass"),
        ('means: [{of: facts, in: bot, access: product, asked: direct, corrected: "89%"}]', "mend: fail"),
        ('removed: [{of: records, in: bot, epsilon: "0.2", delta: "1%", compared_with: retrain_without}]', "gone: pass"),
        ('removed: [{of: records, in: bot, epsilon: "0.7", delta: "1%", compared_with: retrain_without, holds: false}]', "gone: fail"),
        ('removed: [{of: records, in: bot, epsilon: "0.7", delta: "1%", compared_with: retrain_without}]', "gone: not_shown"),
        ("{used: {bot: [filter]}, destroyed: {bot: false}}", "gone: fail"),
        ("used: {bot: [filter]}", "no-filter: fail"),
        ("used: {bot: [npo]}", "no-filter: pass"),
        ("{used: {bot: []}, destroyed: {bot: false}}", "hide: fail"),
        ('membership: [{of: records, in: bot, at_fpr: "1%", tpr: "4%"}]', "hidden: pass"),
        ('membership: [{of: records, in: bot, at_fpr: "1%", tpr: "5%", same_lottery: false}]', "hidden: fail"),
        ('membership: [{of: records, in: bot, at_fpr: "1%", tpr: "5%", same_lottery: true}]', "hidden: not_shown"),
        ('stored: {cache: {records: "31 days"}}', "wiped: fail"),
        ('{situations: [hold], stored: {cache: {records: "31 days"}}}', "wiped: not_applicable"),
        ('items: [{in: [records], count: 40, stored: {cache: "4 weeks"}}]', "wiped: pass"),
        ('finished: {bot: "10 days"}', "done: pass"),
        ('finished: {bot: "21/2 days"}', "done: fail"),
        ("served: [{of: records, by: bot, from: cache, anything: false}]", "unlisted: pass"),
        ("served: [{of: records, by: bot, from: cache, anything: true}]", "unlisted: fail"),
        ("destroyed: {bot: true}", "scrapped: pass"),
        ("destroyed: {bot: true}", "hide: pass"),
        ("destroyed: {bot: false}", "scrapped: fail"),
        ("influenced: [{of: records, in: bot, holds: false}]", "unmarked: pass"),
        ("influenced: [{of: records, in: bot}]", "unmarked: fail"),
        ("influenced: [{of: records, in: bot}]", "gone: not_shown"),
        ("influenced: [{of: facts, in: bot}]", "unmarked: not_shown"),
        ("{used: {bot: [filter]}, destroyed: {bot: false}}", "unmarked: fail"),
        ("excluded: [{of: records, from: bot}]", "later: pass"),
        ("excluded: [{of: records, from: bot, holds: false}]", "later: fail"),
        ("governed: {watched: true}", "watched: pass"),
        ("harmful_use: {facts: true}", "harmless: fail"),
        ("harmful_use: {facts: false}", "harmless: pass"),
        ("{}", "hide: not_shown"),
    ],
)  # fmt: skip
def test_what_is_told_decides(run, world: str, expect: str) -> None:
    world = world if world.startswith("{") else f"{{{world}}}"
    result = run(f"  - {{name: t, world: {world}, expect: {{{expect}}}}}\n")
    assert result.exit_code == 0, (result.findings, result.results)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("  - {name: t, world: {influenced: [{of: recods, in: bot}]}, expect: {hide: pass}}\n", "S004", "did you mean `records`"),
        ("  - {name: t, world: {influenced: [{of: records, in: bott}]}, expect: {hide: pass}}\n", "S004", "did you mean `bot`"),
        ("  - {name: t, world: {influenced: {records: true}}, expect: {hide: pass}}\n", "S006", "list"),
        ("  - {name: t, wrld: {}, expect: {hide: pass}}\n", "S001", "did you mean `world`"),
        ("  - {name: t, world: {}, expect: {hid: pass}}\n", "S004", "did you mean `hide`"),
        ("  - {name: t, world: {}, expect: {hide: passed}}\n", "S004", "did you mean `pass`"),
        ("  - {name: t, expect: {hide: pass}}\n", "S002", "no `world`"),
        ("  - {name: t, world: {}}\n", "S002", "expects nothing"),
        ("  - {name: t}\n", "S002", "expects nothing"),
        ("  []\n", "S002", "no tests"),
        ("  - {name: t, world: {finished: {bot: 3}}, expect: {hide: pass}}\n", "S005", "3 days"),
        ("  - {name: t, world: {finished: {bot: 3 days, boot: 3 days}}, expect: {hide: pass}}\n", "S004", "did you mean `bot`"),
        ("  - {name: t, world: {situations: [hold, audit]}, expect: {hide: pass}}\n", "S006", "exclude each other"),
        ("  - {name: t, world: {situations: [held]}, expect: {hide: pass}}\n", "S004", "situation"),
        ('  - {name: t, world: {items: [{in: [facts], count: 4, reveals: {bot: {apii: {direct: "1%"}}}}]}, '
         'expect: {hide: pass}}\n', "S004", "did you mean `api`"),
        ('  - {name: t, world: {items: [{in: [facts], count: 4, reveals: {bot: {api: {direct: "7/6"}}}}]}, '
         'expect: {hide: pass}}\n', "S006", "between 0 and 1"),
        ('  - {name: t, world: {means: [{of: facts, in: bot, access: api, asked: direct}]}, '
         'expect: {hide: pass}}\n', "S002", "exactly one"),
        ("  - {name: t, expect_check: [not C01]}\n", "S004", "no finding of `check`"),
        ("  - {name: t, expect_check: [not C999]}\n", "S004", "no finding of `check`"),
        ("  - {name: t, expect_check: [not D001]}\n", "S004", "finding of `diff`"),
        ("  - {name: t, expect_check: [not C001@hid]}\n", "S004", "did you mean `hide`"),
        ("  - {name: t, expect_check: [not M004@harmles]}\n", "S004", "did you mean `harmless`"),
        ("  - {name: t, world: {}, expect: {harmless: not_applicable}}\n", "S006", "always applies"),
        ("  - {name: t, world: {}, expect: {hide: pass}}\n  - {name: t, world: {}, expect: {hide: pass}}\n", "S004", "second test"),
        ("  - {name: t, world: &a {}, expect: {hide: pass}}\n", "Y004", "anchors"),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_place(run, text: str, code: str, words: str) -> None:
    result = run(text)
    assert result.exit_code == 2 and not result.results
    assert code in {finding.code for finding in result.findings}
    assert any(words in finding.message for finding in result.findings), [f.message for f in result.findings]
    assert all(finding.spans[0].line >= 1 for finding in result.findings)


def test_all_mistakes_are_told_together_and_those_of_the_policy_too(run, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(POLICY.replace("goal: finish", "goal: finnish"))
    result = run('  - {name: t, world: {items: [{in: [fact], count: 0}], usd: {}}, expect: {hide: pas}}\n')
    assert {finding.code for finding in result.findings} >= {"S001", "S003", "S004", "S006"}


@pytest.mark.parametrize(
    "head", ['unlearn_spec: "1.0"\ntests:\n', 'unlearn_spec_test: "2.0"\npolicy: small.yaml\ntests:\n']
)
def test_other_files_and_versions_are_named(run, head: str) -> None:
    result = run("  - {name: t, world: {}, expect: {hide: pass}}\n", head)
    assert [finding.code for finding in result.findings] == ["S008"] and result.exit_code == 2


@pytest.mark.parametrize(
    ("world", "names"),
    [
        ("items: [{in: [facts, more_facts], count: 3}, {in: [more_facts], count: 3}]", {"the 3 items listed for facts", "size of facts"}),
        ('means: [{of: facts, in: bot, access: api, asked: direct, whose: before, revealed: "40%"}]',
         {"a mean of 40% over facts before", "`b1`"}),
        ('means: [{of: facts, in: bot, access: api, asked: direct, revealed: "40%"}, {of: facts, in: bot, '
         'access: weights, asked: direct, revealed: "30%"}]',
         {"a mean of 40% over facts in bot through api", "30%", "cannot both be true"}),
        ('{finished: {bot: "1 day"}, used: {bot: [npo]}}', {"the day on which bot is finished", "the methods used on bot"}),
    ],
)  # fmt: skip
def test_a_world_that_cannot_be_is_an_error_that_names_the_clash(run, world: str, names: set[str]) -> None:
    world = world if world.startswith("{") else f"{{{world}}}"
    result = run(f"  - {{name: t, world: {world}, expect: {{hide: pass}}}}\n")
    assert result.exit_code == 2
    (finding,) = result.results[0].findings
    assert finding.code == "F001" and all(name in finding.message for name in names), finding.message


def test_an_unmet_expectation_is_told_with_what_was_found(run) -> None:
    result = run('  - {name: t, world: {finished: {bot: "12 days"}}, expect: {done: pass, hide: fail}}\n')
    assert result.exit_code == 1
    assert [(o.about, o.status, o.found) for o in result.results[0].outcomes] == [
        ("done", "otherwise", "fail"),
        ("hide", "otherwise", "not_shown"),
    ]


def test_diff_and_check_are_expected_too(run, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(POLICY.replace('by: "10 days"', 'by: "12 days"').replace("version: 1", "version: 0x"))
    bad = run("  - {name: t, expect_diff: {against: old.yaml, is: stricter}}\n")
    assert bad.exit_code == 2
    (tmp_path / "old.yaml").write_text(POLICY.replace('by: "10 days"', 'by: "12 days"'))
    found = run("  - {name: t, expect_check: [C001, not C006@done]}\n")
    assert [o.about for o in found.results[0].outcomes] == ["check C001", "check C006@done"]


def test_nothing_decided_is_undetermined(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(POLICY)
    text = 'unlearn_spec_test: "1.0"\npolicy: small.yaml\ntests:\n  - {name: t, world: {}, expect: {hide: not_shown}}\n'
    (tmp_path / "x.test.yaml").write_text(text)
    assert run_tests(tmp_path / "x.test.yaml", effort=1).exit_code == 3


# --- witnesses -------------------------------------------------------------------------------------------------------


def witnesses(code: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((SPEC / "conformance" / code).glob("*.yaml")):
        if path.name != "cases.yaml":
            for finding in check(path, worlds=True).findings:
                if finding.world is not None:
                    yield path, finding.world


@pytest.mark.parametrize("code", ["M001", "M002", "M003", "M004", "M005", "A001", "A003", "A010", "A011"])
def test_every_witness_is_a_test_that_runs(code: str, tmp_path: Path) -> None:
    many = 0
    for number, (path, text) in enumerate(witnesses(code)):
        (tmp_path / path.name).write_text(path.read_text())
        file = tmp_path / f"{number}.test.yaml"
        file.write_text(text)
        result = run_tests(file)
        assert result.exit_code == 0, (path, text, result.findings)
        many += 1
    assert many


@pytest.mark.parametrize("code", ["D001", "D002", "D003"])
def test_every_witness_of_a_difference_is_a_test_that_runs(code: str, tmp_path: Path) -> None:
    folder = SPEC / "conformance" / code
    for case in yaml.safe_load((folder / "cases.yaml").read_text())["cases"]:
        result = diff(folder / case["before"], folder / case["policy"])
        texts = list(worlds_as_tests(result))
        losses = [c for c in result.clauses for shown in (c.lost, c.gained) if shown is not None]
        assert len(texts) == len(losses)
        for file in folder.glob("*.yaml"):
            (tmp_path / file.name).write_text(file.read_text())
        for number, text in enumerate(texts):
            (tmp_path / f"{number}.test.yaml").write_text(text)
            assert run_tests(tmp_path / f"{number}.test.yaml").exit_code == 0, text


def command(monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["unlearn-spec", *arguments])
    with pytest.raises(SystemExit) as end:
        app.main()
    return int(end.value.code or 0), capsys.readouterr().out


def test_commands_and_their_exit_codes(monkeypatch, capsys) -> None:
    folder = SPEC / "conformance" / "D001"
    before, after = str(folder / "before.yaml"), str(folder / "positive.yaml")
    assert command(monkeypatch, capsys, "diff", before, after)[0] == 0
    status, text = command(monkeypatch, capsys, "diff", before, after, "--no-weaker")
    assert status == 1 and text.startswith("Version 2 is weaker than version 1.")
    assert command(monkeypatch, capsys, "diff", before, str(folder / "open-field.yaml"))[0] == 3
    assert command(monkeypatch, capsys, "diff", before, str(folder / "no-such-file.yaml"))[0] == 2
    status, text = command(monkeypatch, capsys, "diff", before, after, "--format", "json")
    assert status == 0 and yaml.safe_load(text)["answer"] == "weaker"
    assert command(monkeypatch, capsys, "test", str(EXAMPLES[0]))[0] == 0
    status, text = command(monkeypatch, capsys, "test", str(EXAMPLES[0]), "--format", "json")
    assert status == 0 and yaml.safe_load(text)[0]["summary"]["exit_code"] == 0


def test_a_witness_that_turns_on_influence_says_so(tmp_path: Path) -> None:
    (tmp_path / "left.yaml").write_text(LEFT)
    (finding,) = (f for f in check(tmp_path / "left.yaml", worlds=True).findings if f.code == "M001")
    assert finding.world is not None and "influenced:\n        - {of: mine, in: bot, holds: true}\n" in finding.world
    (tmp_path / "left.test.yaml").write_text(finding.world)
    result = run_tests(tmp_path / "left.test.yaml")
    assert result.exit_code == 0 and [(o.about, o.found) for o in result.results[0].outcomes][-1] == ("unmarked", "fail")
    without = re.sub(r" *influenced:\n *- .*\n", "", finding.world)
    (tmp_path / "left.test.yaml").write_text(without)
    assert run_tests(tmp_path / "left.test.yaml").exit_code == 1


def test_what_contradicts_influence_is_named_at_its_own_entry(run) -> None:
    told = (
        'removed: [{of: records, in: bot, epsilon: "0", delta: "0", compared_with: retrain_without}], '
        "influenced: [{of: facts, in: bot}, {of: records, in: bot}]"
    )
    result = run(f"  - {{name: t, world: {{{told}}}, expect: {{hide: pass}}}}\n")
    ((finding,),) = (each.findings for each in result.results)
    assert "whether records still influences bot" in finding.message
    assert [span.length for span in finding.spans][-1] == len("{of: records, in: bot}")


@pytest.mark.parametrize("field", WorldAsTold.model_fields)
def test_a_field_of_the_wrong_shape_is_answered_with_one_of_the_right(run, field: str) -> None:
    wrong = "x" if field != "situations" else "{hold: true}"
    (finding,) = run(f"  - {{name: t, world: {{{field}: {wrong}}}, expect: {{hide: pass}}}}\n").findings
    snippets = [fix.snippet for fix in finding.fixes]
    assert finding.code == "S006" and snippets == [WRITTEN[field]]
    WorldAsTold.model_validate(yaml.safe_load(WRITTEN[field]))


def test_mistakes_are_shown_in_their_line(run, tmp_path: Path) -> None:
    text = render_tests_text(run("  - {name: t, world: {}, expect: {hid: pass}}\n"))
    assert "4 |   - {name: t, world: {}, expect: {hid: pass}}\n" in text and "^^^" in text
    (tmp_path / "small.yaml").write_text(POLICY.replace("target: facts", "target: fact", 1))
    assert " |   - {id: b1, target: fact, in: bot," in render_tests_text(run("  - {name: t, expect_check: [C001]}\n"))


def test_an_impossible_world_is_shown_in_its_line_and_told_only_what_bears_on_it(run) -> None:
    items = "items: [{in: [facts, more_facts], count: 3}, {in: [more_facts], count: 3}]"
    listed = run(f"  - {{name: t, world: {{{items}}}, expect: {{hide: pass}}}}\n")
    assert "count: 3" in render_tests_text(listed)
    assert [len(each.findings[0].why) for each in listed.results] == [2]
    days = run('  - {name: t, world: {finished: {bot: "1 day"}, used: {bot: [npo]}}, expect: {hide: pass}}\n')
    assert all("items" not in line for line in days.results[0].findings[0].why)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("hide", ["`items` in facts in bot through api, asked direct"]),
        ("decline", ["`means` of facts in bot through product, asked direct"]),
        ("keep", ["`items` in more_facts in bot through product, asked direct now and before"]),
        ("mend", ["`means` of facts in bot through product, asked direct"]),
        ("gone", ["`removed` of records in bot at ε 0.5, δ 1%, compared with `retrain_without`"]),
        ("hidden", ["`membership` of records in bot at a false-positive rate of 1%"]),
        ("wiped", ["`stored` of records in cache"]),
        ("done", ["`finished` of bot"]),
        ("no-filter", ["`used` on bot"]),
        ("unlisted", ["`served` of records by bot from cache"]),
        ("scrapped", ["`destroyed` of bot"]),
        ("later", ["`excluded` of records in bot"]),
        ("watched", ["`governed` of watched"]),
        ("harmless", ["`harmful_use` of facts"]),
        ("unmarked", ["`influenced` of records in bot"]),
    ],
)
def test_what_is_not_shown_is_told_with_the_fields_that_would_decide_it(run, name: str, fields: list[str]) -> None:
    result = run(f"  - {{name: t, world: {{}}, expect: {{{name}: pass}}}}\n")
    ((outcome,),) = (each.outcomes for each in result.results)
    assert outcome.found == "not_shown" and outcome.turns_on == " and ".join(fields)
    assert f"it turns on {outcome.turns_on}\n" in render_tests_text(result, width=200)
    assert json.loads(render_tests_json([result]))[0]["tests"][0]["outcomes"][0]["turns_on"] == outcome.turns_on
    word = re.match("`(.*)`", outcome.turns_on)
    assert word is not None and word[1].partition("`")[0] in WRITTEN


def test_what_is_expected_not_to_be_shown_needs_no_more(run) -> None:
    result = run("  - {name: t, world: {}, expect: {hide: not_shown}}\n")
    assert result.exit_code == 0 and result.results[0].outcomes[0].turns_on == ""

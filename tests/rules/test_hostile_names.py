"""Whatever a policy and its files are called, no output moves a cursor, reorders a line, sets a link or commands a build."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from results import ROOT, TODAY

from unlearn_spec.policy.load import load
from unlearn_spec.rules.check import check
from unlearn_spec.rules.diff import diff
from unlearn_spec.rules.explain import explain_policy
from unlearn_spec.rules.policy_tests import run_tests
from unlearn_spec.rules.render_diff import render_diff_json, render_diff_text
from unlearn_spec.rules.render_diff_annotated import render_diff_github, render_diff_sarif
from unlearn_spec.rules.render_github import render_github
from unlearn_spec.rules.render_json import render_json_all
from unlearn_spec.rules.render_policy_tests import render_tests_json, render_tests_text
from unlearn_spec.rules.render_sarif import render_sarif
from unlearn_spec.rules.render_text import render_text

HOSTILE = {
    "emoji in one": "🧑\u200d🚒 ❤\ufe0f 🏴\U000e0067\U000e007f",
    "zero widths": "a\u200bb\u200cc\u2060d\u00ade\u180ef\u3164",
    "a command": "::error file=x::y",
    "an old command": "##[group]x",
    "a link": "[click](https://example.org) \\](x)",
    "a placeholder": "{0} {{1}} %s %0A%0D",
    "very long": "w" * 5000,
    "very long and wide": "消去" * 2000,
    "right to left": "מחק את זה",
    "combining": "z" + "\u0335\u0336" * 40,
}
"""What a file may hold: control characters and marks that reorder are refused on reading (Y001)."""
REFUSED = {
    "bidi override": "a\u202eb",
    "isolate": "\u2066x\u2069",
    "escape": "\x1b[31m",
    "bell": "\x07",
    "C1": "\x9b2J",
}
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
COMMAND = re.compile(r"::(error|warning|notice) title=[^:\n]*::")


def policy(name: str, *, limit: str = "1%", prose: str = "") -> str:
    """A policy that says `name` wherever prose may stand, and that has findings."""
    return json.dumps(
        {
            "unlearn_spec": "1.0",
            "policy": {"id": "hostile", "title": name, "version": 1, "owner": name},
            "information": {
                "diary": {"kind": "facts", "size": 40, "unit": "question", "description": name, "source": name + prose,
                          "exceptions": [name + prose]}
            },
            "artifacts": {"helper": {"kind": "model", "description": name, "seen_by": {"public": "product"}}},
            "clauses": [
                {
                    "id": clause, "goal": "suppress", "target": "diary", "note": name, "over": "mean",
                    "limit": {"at_most": at_most},
                    "scope": {"artifacts": ["helper"], "access": "product", "asked": "direct", "decoding": {"method": "greedy"}},
                    "reveals_when": {"metric": "human", "judge": "panel"},
                    "evidence": {"kind": "test", "access": "product", "population": "these_items", "samples": 40,
                                 "confidence": "95%", "decide": "certify"},
                }
                for clause, at_most in (("hide", limit), ("hide-more", "2%"))
            ],
            "claims": [{"id": "reply", "says": "influence_removed", "of": "diary", "in": ["helper"], "epsilon": "1", "delta": "1%",
                        "text": name}],
            "accept": [{"code": "R002", "clause": "hide-more", "reason": name, "by": name, "until": "2027-01-01"}],
        },
        ensure_ascii=False,
    ).replace('"clauses"', '\n"clauses"')  # fmt: skip


def refused(name: str) -> str:
    """A policy with mistakes at `name`: as a key, a goal, a target, an artifact and a number."""
    return json.dumps(
        {
            "unlearn_spec": "1.0", name: name, "policy": {"id": name, "version": 1},
            "information": {"diary": {"kind": name, "size": name}}, "artifacts": {name: {"kind": "model"}},
            "clauses": [{"id": "hide", "goal": name}, {"id": name, "goal": "suppress", "target": name, "limit": {name: name}}],
        },
        ensure_ascii=False,
    )  # fmt: skip


def outputs(folder: Path, name: str) -> dict[str, str]:
    """Everything that is printed of hostile policies, from a folder whose name is as bad."""
    place = folder / f"p{name.replace('/', '')[:40]}"
    place.mkdir()
    for file, text in (
        ("one.yaml", policy(name)),
        ("two.yaml", policy(name, limit="3%", prose=name)),
        ("broken.yaml", refused(name)),
        ("no.yaml", f"{name}: [" + name),
        ("p.test.yaml", yaml.safe_dump(
            {"unlearn_spec_test": "1.0", "policy": "one.yaml",
             "tests": [{"name": name, "expect_check": ["C001@hide"]}, {"name": name, "expect": {name: "pass"}}]},
            allow_unicode=True, width=10**9)),
    ):  # fmt: skip
        (place / file).write_text(text, "utf-8")
    results = tuple(check(place / file, today=TODAY) for file in ("one.yaml", "broken.yaml", "no.yaml", "none.yaml"))
    versions = [diff(place / "one.yaml", place / other, no_weaker=True) for other in ("two.yaml", "broken.yaml")]
    run = run_tests(place / "p.test.yaml")
    assert {result.exit_code for result in results} >= {1, 2} and results[0].counts["accepted"]
    return {
        "text": "".join(map(render_text, results)),
        "json": render_json_all(results),
        "sarif": render_sarif(results, root=str(folder)),
        "github": render_github(results, root=str(folder)),
        "diff": "".join(map(render_diff_text, versions)),
        "diff as JSON": "".join(map(render_diff_json, versions)),
        "diff, sarif": "".join(render_diff_sarif(one, root=str(folder)) for one in versions),
        "diff, github": "".join(render_diff_github(one, root=str(folder)) for one in versions),
        "tests": render_tests_text(run),
        "tests as JSON": render_tests_json([run]),
        "explain": explain_policy(load(place / "one.yaml")),
    }


def unseen(text: str) -> list[str]:
    return sorted(
        {f"U+{ord(c):04X}" for c in text if c != "\n" and (unicodedata.category(c) in UNSEEN or c in "\ufe0f\u3164")}
    )


@pytest.mark.parametrize("what", HOSTILE)
def test_no_output_is_more_than_text(what: str, tmp_path: Path) -> None:
    for asked, text in outputs(tmp_path, HOSTILE[what]).items():
        assert unseen(text) == [], asked
        commands = [line for line in text.split("\n") if line.lstrip().startswith("::")]
        assert asked.endswith("github") == bool(commands) and all(map(COMMAND.match, commands)), asked
        assert ("JSON" in asked or asked.endswith(("json", "sarif"))) <= text.isascii()
        assert "JSON" in asked or asked.endswith(("json", "sarif", "github")) or "##[" not in text, asked


@pytest.mark.parametrize("what", REFUSED)
def test_what_reorders_or_moves_is_refused_and_shown_as_an_escape(what: str, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    for text in (policy(REFUSED[what]), policy("NAME").replace("NAME", json.dumps(REFUSED[what])[1:-1])):
        file.write_text(text, "utf-8")
        result = check(file, today=TODAY)
        assert [finding.code for finding in result.findings] == ["Y001"]
        renderers: tuple[Callable[..., str], ...] = (render_sarif, render_github)
        for shown in (render_text(result), *(render([result]) for render in renderers)):
            assert unseen(shown) == []


@pytest.mark.parametrize("what", HOSTILE)
def test_json_says_the_name_itself(what: str, tmp_path: Path) -> None:
    name = HOSTILE[what]
    data = json.loads(outputs(tmp_path, name)["json"])
    jsonschema.Draft202012Validator(
        json.loads((ROOT / "spec" / "schema" / "findings.schema.json").read_text("utf-8"))
    ).validate(data[0])
    assert any(finding["accepted"] == f"{name} ({name}, until 2027-01-01)" for finding in data[0]["findings"])

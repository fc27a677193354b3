"""What people state beside the results: signed, kept in the run, shown in every form as theirs, deciding nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli.sign import keygen, sign
from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.policy.load import load
from unlearn_spec.report import render
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.marked import escaped
from unlearn_spec.run.audit import audit
from unlearn_spec.run.verify import RunResult, verify
from unlearn_spec.wording.language import LANGUAGES, Language, words

TEXTS = {
    "management_assertion": "The diaries have been permanently removed, and the model is safe.",
    "independence": "I was paid by the publisher <b>and</b> report to nobody there.",
    "waiver": "We accept that [relearning](http://evil.example) was not tested.",
    "counsel_note": "In my view the operator complies with the law.",
}

KIND_WORDS = {
    "management_assertion": "Assertion of the management",
    "independence": "Statement on independence",
    "waiver": "Waiver",
    "counsel_note": "Note of counsel",
}


def write(folder: Path, kind: str, more: dict[str, Any] | None = None) -> Path:
    """A statement of that kind, not yet signed."""
    content = {
        "unlearn_spec_statement": "1.0", "id": kind, "kind": kind, "signer": "publisher", "name": "Erika Beispiel",
        "role": "head of privacy", "signed_on": "2026-05-12", "text": TEXTS[kind], **(more or {}),
    }  # fmt: skip
    path = folder / f"{kind}.yaml"
    path.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in content.items()))
    return path


def bound(folder: Path, *files: str) -> tuple[Path, Path]:
    """The miniature with those statements bound."""
    policy, bindings = tiny.build(folder)
    assert keygen(folder / "publisher") == keygen(folder / "stranger") == 0
    bindings.write_text(f"{bindings.read_text()}keys: {{publisher: publisher.pub}}\nstatements: [{', '.join(files)}]\n")
    return policy, bindings


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("stated")
    inputs = bound(folder / "in", *(f"{kind}.yaml" for kind in TEXTS))
    for kind in TEXTS:
        more = {"clauses": ["hidden"], "expires": "2027-05-12"} if kind == "waiver" else {}
        assert sign(write(folder / "in", kind, more), folder / "in" / "publisher.key") == 0
    return verify(*inputs, folder / "run", executor=Here())


def test_they_are_shown_as_theirs_in_every_form_that_shows_text(result: RunResult) -> None:
    report = result.report
    assert [one.kind for one in report.statements] == sorted(TEXTS)
    text, page = (" ".join(render(report, format).split()) for format in ("text", "markdown"))  # type: ignore[arg-type]
    for kind, theirs in TEXTS.items():
        assert f"“{theirs}”" in text and escaped(f"“{theirs}”") in page
        assert KIND_WORDS[kind] in text
    assert words("en")("statements.lead") in text and "Until 12 May 2027." in text
    attested = json.loads(render(report, "oscal"))["assessment-results"]["results"][0]["attestations"]
    assert [one["parts"][0]["name"] for one in attested] == sorted(TEXTS)
    assert {one["id"] for one in json.loads(render(report, "statement"))["predicate"]["statements"]} == set(TEXTS)
    for format in ("text", "markdown", "oscal", "statement", "junit", "model-card"):
        plain = render(report, format)  # type: ignore[arg-type]
        plain = json.dumps(json.loads(plain), ensure_ascii=False) if plain.startswith("{") else plain
        assert claims(plain.replace("\\", "")) == (), "their claims are theirs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_escapes_their_words(result: RunResult, language: Language) -> None:
    page = render(result.report, "html", language)
    section = page[page.index('id="statements"') :]
    assert "&lt;b&gt;and&lt;/b&gt;" in section and "<b>" not in section


def test_no_verdict_reads_them_and_the_audit_does(result: RunResult, tmp_path: Path) -> None:
    bare = tiny.build(tmp_path / "in")
    without = verify(*bare, tmp_path / "run", executor=Here())
    assert [one.verdict for one in without.report.results] == [one.verdict for one in result.report.results]
    assert audit(result.folder).exit_code == 0
    digest = result.report.statements[0].digest
    path = result.folder / "objects" / digest[7:9] / digest[7:]
    before = path.read_bytes()
    path.write_bytes(before.replace(b"law", b"LAW"))
    assert audit(result.folder).exit_code == 1
    path.write_bytes(before)


@pytest.mark.parametrize(
    ("more", "key", "said"),
    [
        ({}, None, "is not signed; `unlearn-spec sign` signs it"),
        ({}, "stranger", "was signed with another key"),
        ({"signer": "nobody"}, "publisher", "whose public key is not bound"),
        ({"clauses": ["elsewhere"]}, "publisher", "a clause that the policy does not have, `elsewhere`"),
        ({"policy": "sha256:" + "0" * 64}, "publisher", "about another text of the policy"),
        ({"kind": "praise"}, None, "management_assertion"),
        ({"text": ""}, None, "B003"),
        ({"mood": "good"}, None, "unknown key `mood`"),
    ],
)
def test_a_statement_that_is_not_in_order_is_not_bound(
    tmp_path: Path, more: dict[str, Any], key: str | None, said: str
) -> None:
    policy, bindings = bound(tmp_path, "waiver.yaml")
    path = write(tmp_path, "waiver", more)
    if key is not None:
        assert sign(path, tmp_path / f"{key}.key") == 0
    with pytest.raises(BindingError, match=said):
        load_bindings(bindings, load(policy).policy, "sha256:" + "1" * 64)


def test_a_changed_word_voids_the_signature(tmp_path: Path) -> None:
    policy, bindings = bound(tmp_path, "waiver.yaml", "gone.yaml")
    path = write(tmp_path, "waiver")
    assert sign(path, tmp_path / "publisher.key") == 0
    assert sign(path, tmp_path / "publisher.key") == 2, "signed already"
    path.write_text(path.read_text().replace("accept", "deny"))
    with pytest.raises(BindingError, match="was changed after"):
        load_bindings(bindings, load(policy).policy)

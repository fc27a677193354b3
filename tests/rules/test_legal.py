"""Notes for counsel: dated, with their source, quiet, and without a conclusion."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from unlearn_spec.report.forbidden import claims
from unlearn_spec.rules.check import check, check_text
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.legal import RULES
from unlearn_spec.rules.legal.instruments import BASES, MEASURES, PURPOSES, article, recognised
from unlearn_spec.rules.legal.notes import notes, read
from unlearn_spec.rules.render_text import render_text

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "spec" / "legal").glob("*.yaml"))
TODAY = date(2026, 11, 24)
L_CODES = [code for code in CODES if code[0] == "L"]
POLICIES = sorted(path for path in (ROOT / "spec" / "conformance").glob("L*/*.yaml") if path.name != "cases.yaml")
CONCLUSION = re.compile(r"(?<![\w-])(?:un)?(?:lawful|compliant|infringing)(?:ly)?(?![\w-])", re.I)


def entries():
    return [entry for file in FILES for entry in yaml.safe_load(file.read_text("utf-8"))]


def found(path):
    return [finding for finding in check(path, today=TODAY).findings if finding.code[0] == "L"]


def test_there_are_twenty_in_the_order_of_the_rules():
    assert list(notes()) == L_CODES == [f"L{n:03d}" for n in range(1, 21)]
    assert [note.id for note in notes().values()] == [f"L{n:02d}" for n in range(1, 21)]
    assert len(RULES) == len(L_CODES)
    assert {CODES[code].severity for code in L_CODES} == {"info"}


@pytest.mark.parametrize("key", ["id", "code", "title", "recorded", "provisions", "bears_on", "does_not_determine"])
@pytest.mark.parametrize("wrong", ["absent", "empty"])
def test_a_note_without_a_part_is_refused(key, wrong):
    for entry in entries():
        broken = {name: value for name, value in entry.items() if name != key}
        if wrong == "empty":
            broken[key] = [] if key == "provisions" else ""
        with pytest.raises(ValueError):
            read((yaml.safe_dump([broken]),))


@pytest.mark.parametrize("key", ["instrument", "provision", "jurisdiction", "says", "text", "source"])
@pytest.mark.parametrize("wrong", ["absent", "blank"])
def test_a_provision_without_a_part_is_refused(key, wrong):
    for entry in entries():
        first, *rest = entry["provisions"]
        broken = {name: value for name, value in first.items() if name != key}
        if wrong == "blank":
            broken[key] = " "
        with pytest.raises(ValueError):
            read((yaml.safe_dump([{**entry, "provisions": [broken, *rest]}]),))


def test_a_note_filed_twice_or_under_another_code_is_refused():
    one, two, *_ = entries()
    for wrong in ([one, one], [{**one, "code": two["code"]}]):
        with pytest.raises(ValueError):
            read((yaml.safe_dump(wrong),))


def test_nothing_is_recorded_in_the_future():
    assert all(note.recorded <= date.today() for note in notes().values())


def test_what_a_provision_says_is_told_in_our_words():
    """No quotation marks: a wording that was only recalled is not given as the provision's own, nor is any other."""
    for note in notes().values():
        assert not any(mark in part.says for part in note.provisions for mark in '"“”‘«»')


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_note_quotes_its_date_and_sources_and_leaves_the_rest_to_counsel(path):
    result = check(path, today=TODAY)
    told = [finding for finding in result.findings if finding.code[0] == "L"]
    for finding in told:
        note = notes()[finding.code]
        assert finding.severity == "info"
        assert f"note of {note.recorded}" in finding.message and "counsel decides" in finding.message
        assert str(note.recorded) in finding.why[0] and "Counsel decides." in finding.why[0]
        assert all(part.source in finding.why[0] for part in note.provisions)
        text = "\n".join((finding.message, *finding.why, *(fix.text for fix in finding.fixes)))
        assert claims(text) == ()
        assert not CONCLUSION.search(re.sub(r'"[^"]*"|infringing (?:copies|copy|outputs)', "", text))
    assert result.exit_code == 0
    shown = render_text(result)
    assert shown.count("For counsel.") == bool(told)


@pytest.mark.parametrize("code", L_CODES)
def test_no_page_draws_a_conclusion(code):
    page = (ROOT / "docs" / "rules" / f"{code}.md").read_text("utf-8")
    assert claims(re.sub(r"```yaml.*?```", "", page, flags=re.DOTALL)) == ()


def test_notes_come_last_and_leave_the_exit_code_alone():
    path = ROOT / "spec" / "conformance" / "L003" / "positive.yaml"
    text = path.read_text("utf-8").replace("clauses:\n", "situations: [a, b]\nexclusive: [[a, b]]\nclauses:\n")
    text += '  - {id: idle, goal: delete, target: visit_log, scope: {artifacts: [visits], when: {all: [a, b]}}, by: "9 days"}\n'
    both = check_text(text, today=TODAY)
    assert [finding.code for finding in both.findings] == ["V001", "L003"]
    broken = check_text(
        text + '  - {id: hold, goal: keep, target: visit_log, scope: {artifacts: [visits]}, until: "90 days"}\n'
    )
    assert broken.exit_code == 1
    shown = render_text(broken)
    assert shown.index("error[") < shown.index("For counsel.") < shown.index("info[L003]")


@pytest.mark.parametrize(
    "path", sorted(p for p in (ROOT / "spec" / "examples").glob("*.yaml") if "bindings" not in p.name)
)
def test_the_examples_deal_with_what_their_basis_speaks_of(path):
    assert found(path) == []


def test_the_language_lists_every_known_spelling():
    text = (ROOT / "spec" / "language.md").read_text("utf-8")
    for known in BASES:
        also = ", ".join(f"`{word}`" for word in known.also)
        assert f"| `{known.id}` | {known.name} | {also} |" in text
        assert {recognised(word) for word in (known.id, *known.also)} == {known.id}
    assert all(f"| `{word}` | {meaning} |" in text for word, meaning in PURPOSES.items())


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("GDPR", "gdpr"),
        ("FTC consent-order", "ftc_order"),
        ("Court Order", "court_order"),
        ("custom", ""),
        ("gdprs", ""),
    ],
)
def test_spellings(written, known):
    assert recognised(written) == known


@pytest.mark.parametrize(
    ("written", "number", "paragraph"),
    [
        ("17(1)(b)", "17", "1"),
        ("Art. 17(3)(e)", "17", "3"),
        ("Article 12 (3)", "12", "3"),
        ("17 U.S.C. § 503(b)", "503", ""),
        ("17 USC 512(c)(3)", "512", ""),
        ("Civ. Code §1798.105(a)", "1798.105", ""),
        ("11 CCR §7022(b)", "7022", ""),
        ("part II", "", ""),
        (None, "", ""),
    ],
)
def test_provisions(written, number, paragraph):
    assert article(written) == (number, paragraph)


@pytest.mark.parametrize(
    ("measure", "words", "known"),
    [
        ("notify", "Notify the studios", True),
        ("notify", "keep the staff trained", False),
        ("notify", "access control", False),
        ("terms", "acceptable-use terms", True),
        ("terms", "determine access", False),
        ("complaints", "contact point for complaints", True),
        ("complaints", "contact tracing", False),
    ],
)
def test_measures(measure, words, known):
    assert bool(MEASURES[measure].search(words)) == known

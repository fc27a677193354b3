"""The list catches what it is for, and a rendered report has none of it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.model import Policy
from unlearn_spec.policy.vocabulary import GoalKind
from unlearn_spec.report import LANGUAGES, Language, render
from unlearn_spec.report import annex as restricted
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.glyphs import shown
from unlearn_spec.report.model import Redacted, Report, digest
from unlearn_spec.report.pdf import Encoder
from unlearn_spec.report.sections import document
from unlearn_spec.report.text import table
from unlearn_spec.verdict.model import WORST_FIRST, ClauseVerdict, GateResult, Interval, Outcome, Verification
from unlearn_spec.wording.language import words as catalogue
from unlearn_spec.wording.said import said, sentences

NEVER = (
    "The diary has been forgotten.",
    "The diary has been removed from the model.",
    "The data was successfully erased.",
    "This is verified removal of the diary.",
    "Removal is confirmed.",
    "No influence remains.",
    "The model contains no personal data.",
    "The model no longer knows the diary.",
    "The model is anonymous.",
    "The model is GDPR-compliant.",
    "The owner complies with the AI Act.",
    "The processing is lawful.",
    "There is no infringement.",
    "The output is not substantially similar.",
    "This is fair use.",
    "The model is safe.",
    "It cannot be used to build weapons.",
    "Leaks: zero.",
    "The model never reveals the diary.",
    "It withstands all prompts.",
    "The diary is permanently gone.",
    "It is suppressed, therefore removed.",
    "Removed, so it will not appear.",
    "The result also holds for its fine-tuned variants.",
    "There is no effect on other behaviour.",
    "Nothing else has changed.",
    "The unlearning score is 0.93.",
    "Seal of approval.",
    "The clause passed.",
    "The model passes every test.",
    "The diary will never reappear.",
    "The tests demonstrate the absence of the capability.",
    "The evidence is conclusive.",
    "The checker proves the policy right.",
    "The policy is right.",
    "This guarantees that nothing leaks.",
    "We certify that the diary is gone.",
)


@pytest.mark.parametrize("sentence", NEVER)
def test_each_forbidden_claim_is_caught(sentence: str) -> None:
    assert claims(sentence), sentence
    assert claims(sentence.upper()), sentence
    assert claims(sentence.replace(" ", "\n    ")), sentence


NEVER_GERMAN = (
    "Das Tagebuch wurde vergessen.", "Das Tagebuch ist aus dem Modell entfernt.", "Die Löschung ist bestätigt.",
    "Im Modell besteht kein Einfluss: kein Einfluss verbleibt.", "Das Modell enthält keine personenbezogenen Daten.",
    "Das Modell ist anonym.", "Das Modell ist DSGVO-konform.", "Die Verarbeitung ist rechtmäßig.",
    "Es liegt keine Urheberrechtsverletzung vor.", "Das Modell ist sicher.", "Es kann nicht missbraucht werden.",
    "Preisgaben: null.", "Es gibt das Tagebuch niemals preis.", "Es hält allen Angriffen stand: alle Prompts.",
    "Es ist dauerhaft weg.", "Es ist unterdrückt, also entfernt.", "Das gilt auch für quantisierte Kopien.",
    "Es gibt keine Auswirkungen auf anderes.", "Gütesiegel.", "Die Klausel ist bestanden.", "Das garantiert Sicherheit.",
    "Das beweist die Einhaltung.", "Die Policy ist richtig.",
)  # fmt: skip
NEVER_FRENCH = (
    "Le journal a été oublié.", "Le journal a été supprimé du modèle.", "L'effacement est confirmé : effacement vérifié.",
    "Aucune influence ne subsiste.", "Le modèle ne contient aucune donnée personnelle.", "Le modèle est anonyme.",
    "Le modèle est conforme au RGPD.", "Le traitement est licite.", "Il n'y a aucune contrefaçon.", "Le modèle est sûr.",
    "Il ne peut pas être détourné.", "Fuites : zéro.", "Il ne révèle jamais le journal.", "Il résiste à toutes les attaques.",
    "Il a disparu définitivement.", "Il est masqué, donc supprimé.", "Cela vaut aussi pour ses copies quantifiées.",
    "Il n'y a aucun effet sur le reste.", "Score de conformité : 0,93.", "Cela garantit la sécurité.",
    "Cela prouve le respect.", "La politique est juste.",
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "language"), [*((s, "de") for s in NEVER_GERMAN), *((s, "fr") for s in NEVER_FRENCH)]
)
def test_each_forbidden_claim_is_caught_in_german_and_french(sentence: str, language: Language) -> None:
    assert claims(sentence, language), sentence
    assert claims(sentence.upper(), language), sentence
    marks = {"de": f"Die Policy sagt „{sentence}“.", "fr": f"La politique dit «\u00a0{sentence}\u00a0»."}
    assert claims(marks[language], language) == ()


@pytest.mark.parametrize("sentence", NEVER)
def test_the_policys_own_quoted_words_are_exempt(sentence: str) -> None:
    assert claims(f"The policy says “{sentence}” and we quote it.") == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "These tests cannot establish that no influence remains.",
        "A model never trained on it shows 2 of 150.",
        "never-applies can never apply: audit_open and audit_closed are exclusive.",
        '"contains no information" on diary does not follow from the clauses.',
        "Attacks bound a rate from below only; a removal is shown by its process.",
        "It passes if read as direct and fails if read as paraphrase.",
    ],
)
def test_what_is_said_of_clauses_and_tests_is_admissible(sentence: str) -> None:
    assert claims(sentence) == ()


class Words(HTMLParser):
    """Text of a document, quotations marked as quotations, with the text alternatives and without the style sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.style = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.style += tag == "style"
        self.said.append({"q": "“", "blockquote": " “", "p": ". ", "td": ". ", "li": ". ", "th": ". "}.get(tag, ""))
        self.said.extend(
            f" {value}. " for name, value in attributes if name in ("alt", "title", "aria-label", "data-label")
        )

    def handle_endtag(self, tag: str) -> None:
        self.style -= tag == "style"
        self.said.append({"q": "”", "blockquote": "” "}.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.said.append(data)


def words(html: str) -> str:
    parser = Words()
    parser.feed(html)
    return "".join(parser.said)


def printed(report: Report, language: Language) -> str:
    """All text that the PDF is made of, pieces apart."""
    say, markup = catalogue(language), {"svg", "anchor", "to", "t", "tone", "outcome"}

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for key, part in value.items() if key not in markup for text in texts(part)]
        if isinstance(value, list):
            return [text for part in value for text in texts(part)]
        return [value] if isinstance(value, str) else []

    return ". ".join(texts(Encoder(say, shown()).document(document(report, say)))).replace("\u200b", "")


def clause(goal: GoalKind) -> dict[str, Any]:
    rate: dict[str, Any] = {"target": "facts", "over": "mean"}
    return {
        "id": f"c-{goal}",
        "goal": goal,
        "scope": {"artifacts": ["assistant"]},
        **{
            "remove": {"target": "facts", "measure": "influence", "about": "process",
                       "limit": {"epsilon": "0.5", "delta": "1%"}},
            "suppress": {**rate, "limit": {"at_most": "5%"}},
            "refuse": {**rate, "limit": {"at_least": "95%"}},
            "retain": {**rate, "limit": {"within": "2%", "of": "before"}},
            "rectify": {**rate, "limit": {"at_least": "90%", "at_most": "1%"}},
            "ban": {"methods": ["filter"]},
            "govern": {"measures": ["access control"]},
        }.get(goal, {} if goal in ("destroy", "finish") else {"target": "facts"}),
    }  # fmt: skip


@pytest.mark.parametrize("outcome", WORST_FIRST)
def test_no_outcome_of_any_goal_in_any_format_makes_a_forbidden_claim(
    outcome: Outcome, make_report: Callable[..., Report], run_policy: Policy, run_plan: Plan
) -> None:
    goals: tuple[GoalKind, ...] = get_args(GoalKind)
    document = run_policy.model_dump(mode="json", by_alias=True, exclude_none=True)
    policy = Policy.model_validate(
        {
            "unlearn_spec": "1.0",
            "policy": {"id": "all-goals", "version": 1, "title": "The model is safe and GDPR-compliant"},
            "information": {"facts": document["information"]["subject_facts"] | {"size": 10}},
            "artifacts": {"assistant": {"kind": "model", "seen_by": {"public": "weights"}}},
            "clauses": [clause(goal) for goal in goals],
        }
    )
    audited = Interval(label="audited", point=0.2, low=0.1, high=0.3, hits=2, n=10)
    shown = said("gate_found.original_reveals", k=9, n=10, low=Fraction(1, 2))
    gate = GateResult(
        gate="positive", passed=outcome != "inconclusive", found=str(shown), units=(), found_said=shown
    )
    why = sentences(
        said("found.rate.revealed", k=2, n=10, clusters="", chance="", aided="", ended="", log=""), said("because.entailed")
    )
    found = tuple(
        ClauseVerdict(
            clause=f"c-{goal}", artifact=artifact, outcome=outcome, reason=str(why), reason_said=why, access=access,
            asked=asked, limit="as the clause states", limit_at=0.25, intervals=drawn, effect=0.1, realised_power=0.9,
            gates=(gate,), conditional_on=("AX4",),
        )
        for goal in goals
        for artifact, access, asked, drawn in (("assistant", "api", "direct", (audited,)), ("copy", None, None, ()))
    )  # fmt: skip
    report = make_report(
        policy=policy,
        sentences={f"c-{goal}": "“The diary is forgotten forever.”" for goal in goals},
        verification=Verification(confidence=Fraction(19, 20), facts=(), verdicts=found),
        findings=(),
    )
    assert len(report.results) == 2 * len(goals)
    for language in LANGUAGES:
        assert claims(render(report, "text", language), language) == ()
        assert claims(words(render(report, "html", language)), language) == ()
        assert claims(printed(report, language), language) == ()
        assert claims(words(restricted.render(annexed(report), language)), language) == ()
        for format in ("markdown", "model-card"):
            assert claims(exported(render(report, format, language)), language) == (), (format, language)
    for format in ("junit", "oscal", "statement"):
        assert claims(exported(render(report, format))) == (), format
    assert claims(table({"one": report, "two": report})) == ()
    concluded = [r.conclusion for r in report.results] + [text for gap in report.not_covered for text in (gap.what, gap.why)]
    assert [claim for text in concluded for claim in claims(text)] == []


def annexed(report: Report) -> restricted.Annex:
    """An annex with an item and a digest under every clause; the item's words, and the policy's, are nobody's claims of ours."""
    hit = Redacted(obligation=report.tests[0].id, item="hmac-sha256:" + "5" * 64, length=12)
    shown = restricted.Shown(item=hit.item, length=1, ids=("page-1",), question="", secret="I hid the key")
    tests = tuple(restricted.ByTest(test=test, shown=(shown,), unresolved=(hit,)) for test in report.tests)
    return restricted.Annex(
        report=digest(report),
        policy=report.policy,
        policy_digest=report.integrity.policy,
        clauses=tuple(restricted.ByClause(clause=clause, handling="It is safe.", tests=tests) for clause in report.clauses),
        ground="Art. 17(3)(e)",
    )


def exported(text: str) -> str:
    """Without the escapes of Markdown, XML and JSON."""
    plain = json.dumps(json.loads(text), ensure_ascii=False) if text.startswith("{") else unescape(text)
    return plain.replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_full_report_is_admissible(report: Report, language: Language) -> None:
    assert claims(render(report, "text", language), language) == ()
    assert claims(words(render(report, "html", language)), language) == ()
    assert claims(printed(report, language), language) == ()
    assert claims(words(restricted.render(annexed(report), language)), language) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_the_catalogues_is_a_claim(language: Language) -> None:
    """Whatever report they come to stand in. None holds what `explain` tells of a policy's claims; English meanings of codes and
    wordings of findings are the checker's, of policies."""
    unsaid = ("claim.", "rule.", "finding.", "piece.") if language == "en" else ("claim.",)
    sentences = [text for key, text in catalogue(language).sentences.items() if not key.startswith(unsaid)]
    assert [claim for sentence in sentences for claim in claims(re.sub(r"\{[^}]*\}", "X", sentence), language)] == []


def test_the_list_is_held_against_what_is_rendered(
    make_report: Callable[..., Report], run_verification: Verification
) -> None:
    """A claim let in through a free text is seen in both formats: the check above can fail."""
    first, *rest = run_verification.verdicts
    bad = first.model_copy(update={"reason": "the model is safe"})
    report = make_report(verification=run_verification.model_copy(update={"verdicts": (bad, *rest)}))
    for text, words_of in itertools.product(("is safe",), (render(report, "text"), words(render(report, "html")))):
        assert any(text in claim for claim in claims(words_of))

"""What notes on law and on methods can say, be it in the corpus or not, is told in German and French."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files

import pytest
from made_up import of_law, of_methods

from unlearn_spec.finding import Finding
from unlearn_spec.policy.load import Document
from unlearn_spec.rules.feasibility import feasibility_findings
from unlearn_spec.rules.legal import legal_findings
from unlearn_spec.rules.legal.notes import notes
from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import flat, words
from unlearn_spec.wording.said import Said

TODAY = date(2026, 11, 24)


def pieces(name: str) -> set[str]:
    """The parts of sentences that a catalogue has."""
    table = tomllib.loads((files("unlearn_spec.wording") / "catalogues" / f"{name}.en.toml").read_text("utf-8"))
    return set(flat({"piece": table["piece"]}))


def keys(one: object) -> Iterator[str]:
    if isinstance(one, Said):
        yield one.key
        for _, filling in one.gaps:
            yield from keys(filling)
    elif isinstance(one, tuple):
        for part in one:
            yield from keys(part)


def told(findings: Iterator[Finding]) -> tuple[set[str], set[str]]:
    """Parts of sentences met, and what is not told."""
    met, untold = set[str](), set[str]()
    for finding in findings:
        for text in (finding.message, *finding.why, *(fix.text for fix in finding.fixes)):
            found = heard(text, f"finding.{finding.code}")
            if found is None or any(words(language).recorded(found, text) in (None, text) for language in ("de", "fr")):
                untold.add(f"{finding.code} {text}")
            met |= set(keys(found))
    return met, untold


def on_methods(document: Document) -> tuple[Finding, ...]:
    return feasibility_findings(document, TODAY).findings


@pytest.mark.parametrize(
    ("made_up", "rules", "catalogue"), [(of_law, legal_findings, "legal"), (of_methods, on_methods, "fact")], ids=["law", "methods"]
)
def test_each_form_is_told(
    made_up: Callable[[], Iterator[Document]], rules: Callable[[Document], tuple[Finding, ...]], catalogue: str
) -> None:
    met, untold = told(finding for document in made_up() for finding in rules(document))
    assert sorted(untold) == []
    assert pieces(catalogue) == met & pieces(catalogue)


def test_what_is_cited_is_told_too() -> None:
    """All that is translated of citations is the citation of a note."""
    assert {key for key in words("en").sentences if key.startswith("cited.")} <= {f"cited.{note.cited}" for note in notes().values()}
    english = "a says \"fair use\", which no measurement computes (note of 2026-11-25 on substantial similarity; counsel decides)"
    found = heard(english, "finding.L010")
    assert found is not None and words("fr").say(found) == (
        "“a” dit “fair use”, ce qu'aucune mesure ne calcule (note du 25 novembre 2026 sur similarité substantielle "
        "(“substantial similarity”)\u00a0; le conseil décide)"
    )


def test_several_are_told_in_the_plural() -> None:
    english = (
        "the policy cites ccpa 1798.105 and leaves open whether s0, s1, s2 and 1,997 more came from the consumer and how service "
        "providers and third parties are told (note of 2026-11-25 on California Civ. Code §1798.105; counsel decides)"
    )
    found = heard(english, "finding.L007")
    assert found is not None and words("de").quoted(words("de").say(found)) == (
        "die Policy führt „ccpa 1798.105“ an und lässt offen, ob „s0“, „s1“, „s2“ und 1.997 mehr vom Verbraucher stammen und wie "
        "Dienstleister und Dritte unterrichtet werden (Hinweis vom 25. November 2026 zu California Civ. Code §1798.105; es "
        "entscheidet die Rechtsberatung)"
    )


def test_a_list_that_fits_no_sentence_is_answered_at_once() -> None:
    names = ", ".join(f"a-{number}" for number in range(2000))
    for code, text in (("L004", "no measure tells those who hold a copy: {}"), ("L003", "{} end"), ("K019", "a asks {} for silence; b")):
        assert heard(text.format(names), f"finding.{code}") is None

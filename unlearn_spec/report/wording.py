"""Pieces of text that every renderer shares: numbers rounded on the safe side, quoted names, visible characters."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final, Literal

from ..verdict.model import Outcome

Rounding = Literal["up", "down", "nearest"]
_ROUNDING: Final = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_EVEN}

QUOTED: Final = re.compile("“([^”]*)”")
"""The policy's own words inside our sentences. Nothing else in a report stands between these marks."""

OUTCOME_NAME: Final[dict[Outcome, str]] = {
    "violated": "violated",
    "rejected": "rejected by the checker",
    "inconclusive": "inconclusive",
    "not_testable": "not testable",
    "not_tested": "not tested",
    "not_falsified": "not falsified",
    "supported": "supported",
}
OUTCOME_SYMBOL: Final[dict[Outcome, str]] = {
    "violated": "✕",
    "rejected": "⊘",
    "inconclusive": "?",
    "not_testable": "–",
    "not_tested": "·",
    "not_falsified": "○",
    "supported": "●",
}
"""Shapes that differ in black and white."""

OUTCOME_MEANING: Final[dict[Outcome, str]] = {
    "violated": "The evidence excludes the clause at the confidence of the run.",
    "rejected": "The checker found an error in the policy that blocks a reading of this clause.",
    "inconclusive": "Tests ran, but the sample, a control or the reference does not allow a decision.",
    "not_testable": "A prerequisite is absent: access, material, a reference or a randomised hold-out.",
    "not_tested": "Nothing was measured or examined for this clause.",
    "not_falsified": "Valid tests with the stated power did not find a breach. Other tests may.",
    "supported": "Holds for the declared population, decoding, access and files, at the confidence of the run, "
    "or according to a signed record.",
}

ACCESS_PHRASE: Final = {
    "product": "through the product",
    "api": "through the API",
    "top_logprobs": "with the top log-probabilities",
    "logprobs": "with log-probabilities of chosen text",
    "weights": "with the weights",
    "gradients": "with gradients",
    "finetune": "with fine-tuning",
}
ASKED_PHRASE: Final = {
    "direct": "asked directly",
    "paraphrase": "asked in other words",
    "adversarial": "under adversarial prompts",
    "in_context": "with the target supplied in context",
}


def quote(text: str) -> str:
    """The policy's own words, marked as such; quotation marks inside become plain ones, so the marks stay balanced."""
    return "“" + text.replace("“", '"').replace("”", '"') + "”"


def named(clause: str, artifact: str) -> str:
    """`“hide-facts” on “assistant”`; the clause alone where it speaks of no artifact."""
    return f"{quote(clause)} on {quote(artifact)}" if artifact else quote(clause)


def percent(share: Fraction | float, rounding: Rounding = "nearest") -> str:
    """A share as a percentage of about three significant digits; bounds are rounded away from the favourable side.

    >>> percent(Fraction(1, 3)), percent(Fraction(1, 3000), "up"), percent(0.0)
    ('33.3%', '0.0334%', '0%')
    """
    exact = Fraction(repr(share)) if isinstance(share, float) else share
    if exact == 0:
        return "0%"
    value = Decimal(exact.numerator * 100) / Decimal(exact.denominator)
    places = max(0, 2 - value.adjusted())
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=_ROUNDING[rounding])
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") + "%"


def count(number: int) -> str:
    return f"{number:,}"


def access_phrase(access: str) -> str:
    return ACCESS_PHRASE.get(access, quote(access))


def asked_phrase(asked: str) -> str:
    """`asked directly`, or the suite's name and digest."""
    if asked.startswith("suite:"):
        return "under the suite " + quote(asked.removeprefix("suite:"))
    return ASKED_PHRASE.get(asked, quote(asked))


_AXIOM: Final = re.compile(r"[A-Z]+[0-9]+")


def condition_words(name: str) -> str:
    """What a verdict is conditional on, by what it is: a signer's word, an assumption of the theory, or a fact the policy declares."""
    if name.startswith("signer "):
        return f"the word of the signer {quote(name.removeprefix('signer '))}"
    if _AXIOM.fullmatch(name):
        return f"the assumption {name} (see the axioms)"
    return f"{quote(name)}, which the policy declares as a fact and this run did not test"


def short_digest(digest: str) -> str:
    """Algorithm and the first twelve digits; the full digest stands in the integrity section."""
    algorithm, colon, digits = digest.partition(":")
    return f"{algorithm}:{digits[:12]}…" if colon and len(digits) > 12 else digest


def stopped(text: str) -> str:
    """On one line, with one full stop at the end. The first letter stays: it may begin a name."""
    text = spaced(text)
    return text if text.endswith((".", "!", "?", "…")) else text + "."


_SPACE: Final = re.compile(r"[ \t\r\n\f\v]+")


def spaced(text: str) -> str:
    """On one line, with single spaces; spaces that must not break a line stay as they are."""
    return _SPACE.sub(" ", text).strip(" ")


def visible(text: str) -> str:
    """Control, format and private characters written out (`⟨U+202E⟩`): none may reorder, hide or end a text."""
    return "".join(
        character if character == "\n" or unicodedata.category(character)[0] != "C" else f"⟨U+{ord(character):04X}⟩"
        for character in text
    )

"""What a conformance report must never claim, as patterns over rendered text.

Tests falsify, they do not prove; a finite sample bounds a rate, it does not exclude it; conformity with a policy is
evidence for a legal question, not its answer. Words in quotation marks are the policy's own and are not held to the list:
a finding may quote the claim that does not follow. What the checker says of a clause (`never applies`) is not a claim.
"""

from __future__ import annotations

import re
from typing import Final

from ..wording.language import Language
from .forbidden_french import FRENCH
from .forbidden_german import GERMAN
from .wording import QUOTED

FORBIDDEN: Final[tuple[tuple[str, str], ...]] = (
    # removal concluded from tests
    (
        r"\b(?:has|have|had|was|were|is|are|been|being) (?:\w+ )?(?:forgotten|removed|erased|unlearn(?:ed|t))\b",
        "removal as a fact",
    ),
    (r"\b(?:forgotten|forgot|unlearned|unlearnt)\b", "removal as a fact"),
    (r"\bverified (?:removal|erasure|deletion|unlearning)\b", "removal as verified"),
    (
        r"\b(?:removal|erasure|unlearning) (?:is|was|has been) (?:verified|confirmed|shown|demonstrated|successful)\b(?! by its process)",
        "removal as verified",
    ),
    (
        r"(?<!cannot establish that )\bno (?:residual |remaining )?influence (?:remains|is left|exists)\b",
        "absence of influence",
    ),
    # anonymity
    (r"\b(?:contains?|holds?|has) no (?:personal|private) (?:data|information)\b", "absence of personal data"),
    (r"\bno longer (?:contains?|knows?|holds?)\b", "absence of content"),
    (r"\bcontains? no\b", "absence of content"),
    (r"\b(?:is|are|counts? as) anonymous\b|\banonymi[sz]ed\b", "anonymity"),
    # legal conclusions
    (r"\b(?:gdpr|ccpa|cpra|lgpd|pipa|ai[ -]act|legally|fully)[ -]compliant\b", "legal compliance"),
    (
        r"\bcompl(?:y|ies|iant|iance) with (?:the )?(?:gdpr|ccpa|cpra|ai act|law|regulation|article)\b",
        "legal compliance",
    ),
    (
        r"(?<![\w-])(?:lawful|unlawful|legal)(?:ly)?(?! (?:assessment|basis|question|conclusion))(?![\w-])",
        "legal conclusion",
    ),
    (r"\b(?:no|non|not)[ -]infring\w+|\bnot substantially similar\b|\bfair use\b", "copyright conclusion"),
    # safety and use
    (r"\b(?:is|are|remains?|now) safe\b|\bsafely\b", "safety"),
    (r"\bcan(?:not|'t| not|’t) be (?:used|misused|abused)\b", "use"),
    (r"\b(?:absence|lack) of (?:the |any )?capabilit", "absence of a capability"),
    # beyond the sample
    (r"(?<![\w-])zero(?![\w-])", "zero"),
    (r"(?<![\w-])never(?![\w-])(?! (?:trained|had|used|appl(?:y|ies)|binds|be met)\b)", "never"),
    (r"\b(?:all|any|every|whatever) (?:possible )?(?:prompts?|questions?|attacks?|attackers?)\b", "all prompts"),
    (r"\bpermanent(?:ly)?\b|\birreversibl[ey]\b|\bforever\b", "permanence"),
    (r"\bimpossible to (?:extract|recover|reveal)\b", "impossibility"),
    # one goal concluded from another
    (r"\b(?:therefore|thus|hence|so) (?:\w+ ){0,3}(?:removed|not appear|suppressed|erased)\b", "one goal from another"),
    (
        r"\b(?:also|equally) (?:holds|applies) (?:for|to) (?:its |all )?(?:fine-tun|quanti[sz]|merg|distil|deriv)",
        "transfer to variants",
    ),
    # side effects
    (r"\bno (?:other )?(?:effect|impact|change)s? on\b|\bnothing else (?:has )?chang", "no side effects"),
    # scores and seals
    (
        r"\b(?:unlearning|forgetting|privacy|safety|compliance|overall) score\b|\bseal of\b|\baverage verdict\b",
        "a score or seal",
    ),
    (r"\bpassed\b|\bpasses (?:all|every|the test|verification)\b", "passed"),
    (r"\bguarantee(?:s|d)? (?:that|the|no|removal|absence)\b", "a guarantee"),
    (r"\bcertif(?:y|ies|ied) (?:as|that|removal|conform|complian)", "certification"),
    # authority of the tool
    (r"\bconclusive(?:ly)?\b", "conclusiveness"),
    (r"\bprov(?:es|ed|en|ing)\b|\bproof (?:of|that)\b", "proof"),
    (r"\bthe policy is (?:right|correct|sound|valid|adequate|sufficient)\b", "rightness of the policy"),
)
"""Pattern and what it would claim. Matched without regard to case, over text with line breaks made spaces."""

_PLAIN_QUOTED: Final = re.compile('"[^"]{1,80}"')
_MARKS: Final[dict[Language, re.Pattern[str]]] = {
    "en": QUOTED,
    "de": re.compile("„([^“„]*)“"),
    "fr": re.compile("«\u00a0([^«»]*)\u00a0»"),
}
_COMPILED: Final = {
    language: tuple((re.compile(pattern, re.IGNORECASE), claim) for pattern, claim in patterns)
    for language, patterns in (("en", FORBIDDEN), ("de", (*FORBIDDEN, *GERMAN)), ("fr", (*FORBIDDEN, *FRENCH)))
}
"""What the run recorded is English in every language, so the English list is held against every language."""


def claims(text: str, language: Language = "en") -> tuple[str, ...]:
    """Every forbidden claim in our own words of `text`: `"zero: … zero …"`. Empty for an admissible report."""
    own = re.sub(r"[ \t\r\n\f\v]+", " ", text)
    for marks in dict.fromkeys((_MARKS[language], QUOTED)):
        own = marks.sub("“”", own)
    own = _PLAIN_QUOTED.sub('""', own).replace("\u00a0", " ")
    return tuple(
        f"{claim}: …{own[max(0, match.start() - 40) : match.end() + 40]}…"
        for pattern, claim in _COMPILED[language]
        for match in pattern.finditer(own)
    )

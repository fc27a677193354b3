"""What people state beside the results, in words that keep it theirs. Renderers show it; no verdict reads it."""

from __future__ import annotations

from typing import Final

from .model import Stated
from .wording import quote

TITLE: Final = "Statements by others"
LEAD: Final = (
    "The following was stated and signed by the persons named, before the run. It is theirs: nothing of it was examined "
    "here, and no result stands on it. A waiver changes no result."
)
KIND_WORDS: Final = {
    "management_assertion": "Assertion of the management",
    "independence": "Statement on independence",
    "waiver": "Waiver",
    "counsel_note": "Note of counsel",
}


def heading(stated: Stated) -> str:
    """`Waiver, by “Erika Beispiel” (“head of privacy”, signer “acme”), signed on 2026-05-12, on “hide-facts”`."""
    on = f", on {', '.join(map(quote, stated.clauses))}" if stated.clauses else ""
    until = f", until {stated.expires.isoformat()}" if stated.expires is not None else ""
    who = f"by {quote(stated.name)} ({quote(stated.role)}, signer {quote(stated.signer)})"
    return f"{KIND_WORDS[stated.kind]}, {who}, signed on {stated.signed_on.isoformat()}{on}{until}"


def words(stated: Stated) -> str:
    """Their own words, marked as such, on one line."""
    return quote(" ".join(stated.text.split()))

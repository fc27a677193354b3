"""The restricted annex: a document apart from the report, and the only one that shows target material."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from ..plan.units import Frozen
from ..wording.language import Language, words
from .html import environment
from .model import ClauseEntry, Digest, KeyedDigest, PolicyHeader, Redacted, RegisteredTest
from .sections.criteria import read, reading_words
from .sentences import how


class Shown(Frozen):
    """A revealed item in full."""

    item: KeyedDigest
    """Under this the report names it."""
    length: int
    """Characters of `secret`."""
    ids: tuple[str, ...]
    """In its data file; several where items have the same wording, and so the same digest."""
    question: str
    """The item's own question or beginning; nothing where the whole document is what must not be said."""
    secret: str


class ByTest(Frozen):
    """The items that one test counts as revealed."""

    test: RegisteredTest
    shown: tuple[Shown, ...]
    unresolved: tuple[Redacted, ...]
    """Named by digest only: not among the bound data."""


class ByClause(Frozen):
    """A clause with revealed items, test by test."""

    clause: ClauseEntry
    handling: str | None
    """What the policy says about storing this material."""
    tests: tuple[ByTest, ...]


class Annex(Frozen):
    """All that a report names by keyed digest only. Holds target material: not part of any report, ledger or log."""

    report: Digest
    """The report it belongs to."""
    policy: PolicyHeader
    policy_digest: str
    clauses: tuple[ByClause, ...]
    readers: str | None = None
    """Who may read it, in the words of whoever made it."""
    kept_until: date | None = None
    ground: str | None = None
    """On what ground it is kept until then."""

    @property
    def shown(self) -> int:
        """Items in full, each counted once however many tests reveal it."""
        return len({one.item for clause in self.clauses for test in clause.tests for one in test.shown})

    @property
    def unresolved(self) -> int:
        return len({one.item for clause in self.clauses for test in clause.tests for one in test.unresolved})


def digest(annex: Annex) -> str:
    """SHA-256 of what the annex holds, as canonical JSON: named in the annex itself, the same in every language."""
    text = json.dumps(annex.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def render(annex: Annex, language: Language = "en") -> str:
    """One HTML document, under the same rules as the report's: no script, nothing loaded, everything escaped. Our sentences
    are in that language; the items, the policy's words and those of whoever made it stay as they are."""
    template = environment().get_template("annex.html.j2")
    return template.render(
        annex=annex, own=digest(annex), say=words(language), language=language, how=how, read=read, reading_words=reading_words
    )

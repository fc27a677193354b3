"""Policies and codes in plain words: one sentence a clause, one page a code."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from ..feasibility.base import facts
from ..policy.clauses import Clause
from ..policy.load import Document
from ..policy.model import Accept, Claim, OpenQuestion, Override, Policy
from ..wording.language import Language, words
from ..wording.said import Said, said
from .codes import CODES
from .reading.claim import claim_reading
from .reading.clause import reading
from .reading.parts import all_of
from .terminal import inert, visible


def explain_code(code: str, language: Language = "en") -> str:
    """The page of a code: in English, below what the code is about in another language. Raises `KeyError` for a code that
    does not exist."""
    entry = CODES[code]
    page = resources.files("unlearn_spec.rules").joinpath("pages", f"{entry.code}.md").read_text(encoding="utf-8")
    if language == "en":
        return page
    say = words(language)
    head = say("explain.code", severity=entry.severity, code=code, title=say(f"rule.{code}.title"))
    return f"{head}\n\n{say(f'rule.{code}.meaning')}\n\n{say('explain.page')}\n\n{page}"


def sentence(clause: Clause, policy: Policy) -> str:
    """A clause as one English sentence."""
    return str(reading(clause, policy))


def claim_sentence(claim: Claim) -> str:
    """A claim as one English sentence."""
    return str(claim_reading(claim))


def explain_policy(document: Document, language: Language = "en") -> str:
    """What a policy says: its head, one sentence for each clause and claim, and what it knowingly leaves out, accepts or leaves open."""
    say = words(language)
    lines = ("" if line is None else say.quoted(say.say(line)) for line in _told(document.policy))
    return "\n".join(inert(visible(line)) for line in lines) + "\n"


def _told(policy: Policy) -> Iterator[Said | None]:
    """Line by line; None is an empty one."""
    head = policy.policy
    title = said("explain.titled", title=head.title, id=head.id) if head.title else head.id
    yield said("explain.head", title=title, version=str(head.version), status=head.status)
    if head.confidence is not None:
        yield said("explain.confidence", share=head.confidence)
    yield None
    for clause in policy.clauses:
        yield said("explain.clause", id=clause.id, sentence=reading(clause, policy))
    if policy.claims:
        yield from (None, said("explain.claims"))
        for claim in policy.claims:
            yield said("explain.clause", id=claim.id, sentence=claim_reading(claim))
    if policy.out_of_scope:
        yield from (None, said("explain.gaps"))
        for gap in policy.out_of_scope:
            yield said("explain.gap", target=gap.target, artifacts=all_of(gap.artifacts), reason=gap.reason, owner=gap.owner)
    if policy.accept:
        yield from (None, said("explain.accepted"))
        yield from map(_accepted, policy.accept)
    if policy.open_questions:
        yield from (None, said("explain.opened"))
        yield from map(_opened, policy.open_questions)
    if policy.feasibility:
        yield from (None, said("explain.known"))
        yield from map(_overridden, policy.feasibility)


def _accepted(entry: Accept) -> Said:
    until = str(entry.until)
    return said("explain.acceptance", code=entry.code, clause=entry.clause, until=until, reason=entry.reason, by=entry.by)


def _opened(entry: OpenQuestion) -> Said:
    note = "" if entry.note is None else said("explain.remark", note=entry.note)
    until = str(entry.until)
    return said("explain.question", field=entry.field, clause=entry.clause, owner=entry.owner, until=until, note=note)


def _overridden(entry: Override) -> Said:
    fact = facts()[entry.fact]
    return said(
        "explain.overridden",
        fact=fact.id,
        statement=fact.statement,
        source=fact.source,
        reason=entry.reason,
        by=entry.by,
        until=str(entry.until),
    )

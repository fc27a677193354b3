"""N001, N002: ids that are written unlike others, and names that a reader would take for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..finding import Edit, Finding, Fix, Span
from ..policy.edits import name_replaced
from ..policy.load import Document
from ..policy.lookalikes import looks
from ..policy.source import Path
from .edits import all_or_none

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


def name_findings(document: Document) -> tuple[Finding, ...]:
    """N001 and N002, in that order; each in the order of the file."""
    return (*id_style(document), *look_alike_names(document))


def id_style(document: Document) -> Iterator[Finding]:
    """N001: an id of the policy, a clause or a claim that is not in kebab-case.

    It matters because ids are quoted in reports, file names and letters: one style is easier to search and to say.
    Names of sets, artifacts and methods are left to the drafter. Cannot see whether an id says what the clause does.
    """
    policy = document.policy
    ids: list[tuple[str, Path, tuple[str, ...]]] = [(policy.policy.id, ("policy", "id"), ())]
    ids += [(clause.id, ("clauses", i, "id"), (clause.id,)) for i, clause in enumerate(policy.clauses)]
    ids += [(claim.id, ("claims", i, "id"), (claim.id,)) for i, claim in enumerate(policy.claims)]
    for name, path, clauses in ids:
        if not _KEBAB.match(name):
            text = f"the id `{name}` is not in kebab-case: small letters and digits, with single hyphens between words"
            edits = _renamed(document, path, name, kebab(name))
            fix = Fix(f"rename it `{kebab(name)}`, wherever it is named", snippet=f"id: {kebab(name)}", edits=edits)
            yield Finding("N001", "info", text, (document.source.value(path),), fixes=(fix,), clauses=clauses)


def _renamed(document: Document, path: Path, name: str, new: str) -> tuple[Edit, ...]:
    """The id at `path` and every mention of it, of a clause or claim, under its new name; none if that is taken."""
    policy = document.policy
    places = [path]
    if path[0] != "policy":
        if not new or new in {entry.id for entry in (*policy.clauses, *policy.claims)}:
            return ()
        places += [
            ("clauses", i, "overrides", j)
            for i, clause in enumerate(policy.clauses)
            for j, other in enumerate(clause.overrides)
            if other == name
        ]
        places += [("accept", i, "clause") for i, entry in enumerate(policy.accept) if entry.clause == name]
        places += [("open_questions", i, "clause") for i, entry in enumerate(policy.open_questions) if entry.clause == name]
    return all_or_none(*(name_replaced(document.source, each, new) for each in places))


def kebab(name: str) -> str:
    """The name in kebab-case.

    >>> kebab("Hide_Facts"), kebab("hideFacts2"), kebab("keep--wiki.")
    ('hide-facts', 'hide-facts2', 'keep-wiki')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def look_alike_names(document: Document) -> Iterator[Finding]:
    """N002: two names of one kind that differ only in case, in `-`, `_` and `.`, or in 1, l and I, or 0 and O.

    It matters because a reader will take one for the other, and a clause about the wrong one is still well formed.
    Letters of other scripts never reach this rule: a name that has one is refused when the file is read. Cannot see
    `rn` for `m`, words that differ in one letter, or names of different kinds.
    """
    for kind, names in _declared(document).items():
        seen: dict[tuple[int, str], str] = {}
        for name, (span, clauses) in names.items():
            earlier = next((seen[key] for key in enumerate(looks(name)) if key in seen), None)
            for key in enumerate(looks(name)):
                seen.setdefault(key, name)
            if earlier is None:
                continue
            first, about = names[earlier]
            yield Finding(
                "N002",
                "warning",
                f"two {kind} look alike: `{earlier}` and `{name}`",
                (span, replace(first, label="the other")),
                fixes=(Fix("rename one of them, wherever it is named"),),
                clauses=(*about, *clauses),
            )


Named = dict[str, tuple[Span, tuple[str, ...]]]
"""Names, each with where it is declared and the clause or claim it stands for."""


def _declared(document: Document) -> dict[str, Named]:
    """The declared names of each kind, in the order of the file."""
    policy, source = document.policy, document.source

    def keys(*paths: Path) -> Named:
        found: Named = {}
        for path in paths:
            found.setdefault(str(path[-1]), (source.key(path), ()))
        return found

    def ids(*paths: tuple[str, Path]) -> Named:
        return {name: (source.value((*path, "id")), (name,)) for name, path in paths}

    situations: Named = {}
    for i, name in enumerate(policy.situations):
        situations.setdefault(name, (source.value(("situations", i)), ()))
    parties: Named = {}
    for role in ("obligor", "verifier", "beneficiary"):
        party = getattr(policy.parties, role, None)
        if party is not None:
            parties.setdefault(party, (source.value(("parties", role)), ()))
    audiences: list[Path] = [("people", name) for name in policy.people]
    audiences += [
        ("artifacts", a, "seen_by", name) for a, artifact in policy.artifacts.items() for name in artifact.seen_by
    ]
    facts: Named = {}
    for i, measured in enumerate(policy.measured_before):
        facts[measured.id] = (source.value(("measured_before", i, "id")), ())
    for i, retrained in enumerate(policy.reference_retrain):
        facts[retrained.id] = (source.value(("reference_retrain", i, "id")), ())
    return {
        "information sets": keys(*(("information", name) for name in policy.information)),
        "artifacts": keys(*(("artifacts", name) for name in policy.artifacts)),
        "methods": keys(*(("methods", name) for name in policy.methods or {})),
        "audiences": keys(*audiences),
        "situations": situations,
        "parties": parties,
        "measured facts": facts,
        "ids": ids(
            *((clause.id, ("clauses", i)) for i, clause in enumerate(policy.clauses)),
            *((claim.id, ("claims", i)) for i, claim in enumerate(policy.claims)),
        ),
    }

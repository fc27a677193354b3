"""C008 as a warning: copies whose weights others hold, which no destruction and no claim about one's own copy reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..finding import Finding, Fix
from ..logic.lineage import audience_levels
from ..logic.scope import MODELS, scoped_artifacts
from ..policy.clauses import Destroy, Govern
from ..policy.load import Document
from ..policy.model import Claim, Policy
from ..policy.source import Path
from ..policy.vocabulary import access_rank
from .wording import listed

_ABOUT_WEIGHTS = ("influence_removed", "as_if_never_trained", "contains_no_information")
WHY = "Weights that were given out stay given: no later act binds those copies, and whoever has one can fine-tune it."
FIX = "say that it is about the copy that you run, and add a `govern` clause for what those who hold others are told"


def released_findings(document: Document, doubted: Collection[str]) -> Iterator[Finding]:
    """C008, as a warning. Flags a model that is to be destroyed, or whose weights are claimed to be free of something, although
    others hold its weights: a later act binds no copy already given out (AX4). `doubted`: claims that do not follow anyway.

    Cannot see whether those others destroyed theirs. A `govern` clause on the model says what is done about them.
    """
    policy = document.policy
    speaking: dict[str, dict[str, Path]] = {}
    for i, clause in enumerate(policy.clauses):
        if isinstance(clause, Destroy) and clause.scope.artifacts is not None:
            for name in scoped_artifacts(policy, clause):
                speaking.setdefault(name, {})[clause.id] = ("clauses", i, "id")
    for i, claim in enumerate(policy.claims):
        for name in _claimed(policy, claim) if claim.id not in doubted else ():
            speaking.setdefault(name, {})[claim.id] = ("claims", i, "says")
    for name, places in speaking.items():
        holders = _holders(policy, name)
        if holders and not _governed(policy, name):
            reach = "reaches" if len(places) == 1 else "reach"
            message = f"{listed(holders)} may hold the weights of {name}; {listed(tuple(places))} {reach} only the copy that you run"
            seen = document.source.value(("artifacts", name, "seen_by"), "who has it")
            spans = (*(document.source.value(path) for path in places.values()), seen)
            yield Finding("C008", "warning", message, spans, (WHY,), (Fix(FIX),), tuple(places), ("AX4",))


def _holders(policy: Policy, artifact: str) -> tuple[str, ...]:
    """The audiences other than the obligor that see a model at the weights or deeper."""
    if artifact not in policy.artifacts or policy.artifacts[artifact].kind not in MODELS:
        return ()
    own = policy.parties.obligor if policy.parties is not None else None
    levels = audience_levels(policy, artifact)
    return tuple(name for name, access in levels.items() if name != own and access_rank(access) >= access_rank("weights"))


def _governed(policy: Policy, artifact: str) -> bool:
    """Whether a clause says how the model's use is governed. One that names no artifact speaks of all."""
    governing = (clause for clause in policy.clauses if isinstance(clause, Govern))
    return any(c.scope.artifacts is None or artifact in scoped_artifacts(policy, c) for c in governing)


def _claimed(policy: Policy, claim: Claim) -> tuple[str, ...]:
    """The models of whose weights a claim speaks: as such, or by what they give at the weights or deeper."""
    deep = claim.says == "not_revealed" and access_rank(claim.access or "finetune") >= access_rank("weights")
    if claim.says not in _ABOUT_WEIGHTS and not deep:
        return ()
    return claim.in_ or tuple(name for name, artifact in policy.artifacts.items() if artifact.kind in MODELS)

"""The proof of a conflict, as lines of arithmetic beside its finding; X003 where checking it fails."""

from __future__ import annotations

from dataclasses import replace

from ..finding import Finding
from ..logic.arithmetic import arithmetic
from ..logic.explanation import Core
from ..logic.formulas import Size
from ..logic.nearby import of_sets, spoken_of
from ..logic.proof import Proof, prove
from ..logic.suspension import standing, with_overriders
from ..logic.theory import Premise, facts_near, targets
from ..policy.model import Policy
from .context import Context
from .wording import listed

MANY_FACTS = 100
"""Facts beyond which those are left out that the conflict does not need: exact fractions are slow."""
NONE_FOUND = "no proof in exact fractions was found within the limits of the search; the answer of the search stands alone"


def proven(context: Context, core: Core, finding: Finding, *, evidence: bool = False) -> tuple[Finding, ...]:
    """The finding with its arithmetic, and X003 if the proof was rejected."""
    policy = standing(with_overriders(context.policy, core.clauses), frozenset(core.situation))
    facts, sets = (None, None) if core.family else _facts(context, core, policy)
    asked = (policy,) if sets is None else (of_sets(policy, sets), policy)  # the first as a rule, and in fewer words
    proofs = (prove(one, core.clauses, facts=facts, evidence=evidence, without=context.without) for one in asked)
    proof = next((proof for proof in proofs if proof is not None), None)
    if proof is None:
        return (replace(finding, arithmetic=(NONE_FOUND,)),)
    if not proof.accepted:
        return finding, certificate_rejected(finding, proof)
    return (replace(finding, arithmetic=arithmetic(proof)),)


def _facts(context: Context, core: Core, bound: Policy) -> tuple[tuple[Premise, ...], frozenset[str] | None]:
    """What the arithmetic may count with: all that is declared near the clauses, or if that is much, what the conflict stands
    on and how large its sets are; then with these sets."""
    clauses = [clause for clause in bound.clauses if clause.id in core.clauses]
    near = facts_near(context.policy, clauses)
    if len(near) <= MANY_FACTS:
        return near, None
    sets = frozenset[str]().union(*map(spoken_of, clauses))
    sized = (fact for fact in near if isinstance(fact.formula, Size) and fact.formula.target in sets)
    spoken = sets.union(*(targets(fact.formula) for fact in core.facts))
    return tuple(dict.fromkeys((*core.facts, *sized))), spoken


def certificate_rejected(finding: Finding, proof: Proof) -> Finding:
    """X003. Flags a proof that does not add up when it is checked in exact fractions: a fault of this tool, not of the policy.

    Cannot say which of the two is wrong, the answer or the proof.
    """
    return Finding(
        "X003",
        "error",
        f"internal: the proof that {listed(finding.clauses)} cannot hold together does not add up; please report this",
        finding.spans[:1],
        why=(
            f"a check in exact fractions rejected it ({len(proof.stated)} statements); do not rely on {finding.code} above",
        ),
        clauses=finding.clauses,
        situation=finding.situation,
    )

"""What the theory must be able to say beyond the clauses: the formulas that are asked about."""

from __future__ import annotations

from ..policy.model import Policy
from .ambiguity import open_fields
from .formulas import Formula
from .gaps import intended_targets, revealed_formulas
from .lineage import audience_levels
from .meaning import body
from .scope import MODELS
from .statements import claim_formula


def vocabulary(policy: Policy) -> tuple[Formula, ...]:
    """Every formula that claims, open fields and gaps are asked about by, beyond clause bodies."""
    found: dict[Formula, None] = {}
    for claim in policy.claims:
        found[claim_formula(policy, claim)] = None
    for clause in policy.clauses:
        for _, choices in open_fields(policy, clause):
            found.update({body(policy, clause, choice): None for choice in choices})
    for target in intended_targets(policy):
        for artifact, declared in policy.artifacts.items():
            if declared.kind in MODELS:
                levels = (*audience_levels(policy, artifact).values(), *declared.seen_by.values())
                for access in dict.fromkeys(levels):
                    found.update(dict.fromkeys(revealed_formulas(policy, target, artifact, access)))
    return tuple(found)

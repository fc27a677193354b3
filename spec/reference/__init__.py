"""What a policy means, in plain Python on concrete finite worlds: `semantics.md` made executable, without a solver."""

from .axioms import broken_axioms, broken_facts
from .clauses import complies, follows, meets, obtainable, unmet_presuppositions
from .reach import binds, reading
from .world import Rate, Removal, Unmentioned, World

__all__ = ["Rate", "Removal", "Unmentioned", "World", "binds", "broken_axioms", "broken_facts", "complies", "follows",
           "meets", "obtainable", "reading", "unmet_presuppositions"]  # fmt: skip

"""What a policy means, in plain Python on concrete finite worlds: `semantics.md` made executable, without a solver."""

from .axioms import broken_axioms, level, made_from
from .clauses import Judge, reading
from .facts import broken_facts, of_the_reference
from .world import Rate, Removal, Unmentioned, World, at_most_exp, given

__all__ = ["Judge", "Rate", "Removal", "Unmentioned", "World", "at_most_exp", "broken_axioms", "broken_facts", "given",
           "level", "made_from", "of_the_reference", "reading"]  # fmt: skip

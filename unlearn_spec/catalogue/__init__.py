"""What each verifier declares: goals, access, needs, cost. Imports nothing heavy."""

from .declaration import Attack, Declaration, Effort, Gate, Need, Unit, VerifierId, Work
from .verifiers import VERIFIERS, attacks, reachable, read_by

__all__ = [
    "VERIFIERS",
    "Attack",
    "Declaration",
    "Effort",
    "Gate",
    "Need",
    "Unit",
    "VerifierId",
    "Work",
    "attacks",
    "reachable",
    "read_by",
]

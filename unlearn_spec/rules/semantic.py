"""What is found about the meaning of a policy."""

from __future__ import annotations

from ..finding import Finding
from ..record import Record


class SemanticResult(Record):
    findings: tuple[Finding, ...]
    clauses_evaluated: int = 0
    """Clauses whose meaning was asked about."""
    consistent: bool = False
    """No contradiction was found, and every question about one was answered."""

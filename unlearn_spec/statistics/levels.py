"""What every bound and test here asks of an error probability. Standard library only."""

from __future__ import annotations

from .binomial import Rate


def error_level(alpha: Rate) -> float:
    """The error probability as a float; `ValueError` unless it lies strictly between 0 and 1."""
    if not 0 < alpha < 1:
        raise ValueError(f"an error probability must be strictly between 0 and 1, got {alpha}")
    return float(alpha)

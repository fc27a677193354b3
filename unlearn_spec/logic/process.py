"""What training runs can say about the process behind them.

A clause about the process limits an expectation over training randomness. One run never shows that such a limit holds. It
can refute it: if the expected rate were at most τ, a single run would reach a rate ℓ > τ fixed beforehand with probability
at most τ/ℓ (Markov's inequality). Of M independent runs as many as k would reach it with probability at most
P[Bin(M, τ/ℓ) ≥ k]. That error is registered with the plan, and so is k.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from ..policy.clauses import Clause, Closeness, MembershipBound, Remove, Suppress
from ..policy.model import Policy
from ..record import Record
from ..statistics.binomial import ceil_decimal, tail
from .exponential import exp_bounds
from .footing import footing
from .memo import once_a_policy
from .registered import registered_facts
from .scope import scoped_artifacts

_ABOVE = Fraction(
    1, 10**9
)  # by how much a refuted expectation must exceed its limit, so that the contradiction is strict


class OneRun(Record):
    """How one run may refute a clause: the expectation at stake, the rate fixed beforehand, the error of the step."""

    tau: Fraction
    refute_at: Fraction
    reference: str | None
    """The declared fact that bounds what a retrained model does, if τ rests on one."""
    runs: int = 1
    """Independent train-and-unlearn runs that are counted."""
    needed: int = 1
    """So many of them at or above `refute_at` refute."""

    @property
    def error(self) -> Fraction:
        """Probability that so many runs reach `refute_at` though the expectation is at most `tau`."""
        chance = self.tau / self.refute_at
        return chance if self.runs == 1 else ceil_decimal(tail(self.needed, self.runs, chance))


@once_a_policy
def one_run_rules(policy: Policy) -> Mapping[tuple[str, str], OneRun]:
    """For each tested clause about a process, on each artifact: how one run may refute it.

    A clause without `refute_at`, without a limit on the reference, or with τ ≥ ℓ has none. If the errors together reach
    what the policy's confidence leaves, none may be used.
    """
    found: dict[tuple[str, str], OneRun] = {}
    for clause in policy.clauses:
        if clause.evidence is None or clause.evidence.kind != "test" or clause.evidence.refute_at is None:
            continue
        for artifact in scoped_artifacts(policy, clause):
            stake = expectation(policy, clause, artifact)
            if stake is None or stake[0] + _ABOVE >= clause.evidence.refute_at:
                continue
            tau, level, runs = stake[0] + _ABOVE, clause.evidence.refute_at, clause.evidence.runs or 1
            needed = 1 if runs == 1 else _fewest(policy, clause, runs, tau / level)
            if needed is not None:
                found[(clause.id, artifact)] = OneRun(tau, level, stake[1], runs, needed)
    family = 1 - policy.policy.confidence if policy.policy.confidence is not None else Fraction(1)
    return MappingProxyType(found if sum((rule.error for rule in found.values()), Fraction(0)) < family else {})


def runs_needed(policy: Policy, clause: Clause, artifact: str) -> int | None:
    """The fewest runs, up to 1,000, of which all at `refute_at` would refute a limit on an expectation; None if none."""
    stake, level = expectation(policy, clause, artifact), clause.evidence.refute_at if clause.evidence else None
    if stake is None or level is None or stake[0] + _ABOVE >= level:
        return None
    chance = (stake[0] + _ABOVE) / level
    return next((runs for runs in range(2, 1001) if _fewest(policy, clause, runs, chance) is not None), None)


def _fewest(policy: Policy, clause: Clause, runs: int, chance: Fraction) -> int | None:
    """The smallest number of runs that reach the registered rate with a probability that the step may spend."""
    most = _step(policy, clause)
    return next((k for k in range(1, runs + 1) if tail(k, runs, chance) <= most), None)


def _step(policy: Policy, clause: Clause) -> Fraction:
    """What counting several runs may spend: half of what each registered fact would have; the facts keep the rest."""
    errors = []
    if policy.policy.confidence is not None:
        errors.append((1 - policy.policy.confidence) / registered_facts(policy))
    if clause.evidence is not None and clause.evidence.confidence is not None:
        errors.append(1 - clause.evidence.confidence)
    return min(errors, default=Fraction(0)) / 2


def expectation(policy: Policy, clause: Clause, artifact: str) -> tuple[Fraction, str | None] | None:
    """The highest expected rate that the clause allows, and the declared fact that this rests on."""
    if isinstance(clause, Suppress) and clause.about == "process" and clause.over in ("mean", None):
        return clause.limit.at_most, None
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        return (clause.limit.tpr_at_most, None) if clause.about != "model" else None
    if (
        not isinstance(clause, Remove)
        or not isinstance(clause.limit, Closeness)
        or clause.limit.compared_with != "retrain_without"
        or _counts_runs(clause)
    ):
        return None
    found = footing(policy, clause, artifact)
    if found is None:
        return None
    return exp_bounds(clause.limit.epsilon)[1] * found.fact.mean_between[1] + clause.limit.delta, found.fact.id


def _counts_runs(clause: Clause) -> bool:
    """Whether several runs are set beside several references: then nothing rests on a declared reference."""
    return clause.evidence is not None and (clause.evidence.runs or 1) > 1

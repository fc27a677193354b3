"""Worlds that show a finding, as policy tests: only where they are asked for, since laying out items takes time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..logic.encode import rates_in
from ..logic.follows import binding
from ..logic.formulas import Rate
from ..logic.meaning import body
from ..logic.situations import Case
from ..logic.smt import Undecided
from ..logic.statements import claim_formula
from ..logic.worlds import rounded
from .context import Context

if TYPE_CHECKING:
    from ..logic.world_model import World


def world_as_test(
    context: Context,
    held: Sequence[str],
    case: Case,
    name: str,
    *,
    wanted: Sequence[tuple[Rate, str]] = (),
    preferred: Sequence[Sequence[Fraction]] = (),
    expect_fail: Sequence[str] = (),
    denied: str = "",
) -> str | None:
    """A world that meets the literals, with the wanted means as round as can be, as a test file; None if none was laid out.

    `denied`: assertions beside the literals.
    """
    if not context.worlds:
        return None
    from ..logic.realise import realise  # laid out, judged again and written only where a world is asked for
    from .snippet import as_test_file

    try:
        met = _as_many_as_can(context, held, case)
        extra = rounded(context.theory, met, wanted, preferred, denied)
        world = None if extra is None else realise(context.theory, met, extra, case.holding)
    except Undecided:
        return None
    if world is None:
        return None
    told = _about_clauses(context, world, tuple(rate for rate, _ in wanted))
    file, left_out = context.document.source.file, context.without
    return as_test_file(context.policy, file, told, name, expect_fail=expect_fail, whole=world, without=left_out)


def _as_many_as_can(context: Context, held: Sequence[str], case: Case) -> tuple[str, ...]:
    """The literals, with those of binding clauses that can be met as well: a clause in conflict need not fail here."""
    met = list(held)
    for literal in binding(context.theory, case, frozenset()):
        if literal not in met and "-" + literal not in met and context.theory.possible((*met, literal)):
            met.append(literal)
    return tuple(met)


def _about_clauses(context: Context, world: World, also: Sequence[Rate]) -> World:
    """The world without the rates that no clause and no claim speaks of."""
    from ..logic.world_model import Stratum

    policy = context.policy
    spoken = [body(policy, clause) for clause in policy.clauses]
    spoken += [claim_formula(policy, claim) for claim in policy.claims]
    kept = {rate for rate, _ in rates_in(spoken)} | set(also)
    for drop in [rate for rate in kept if rate.family == "drops"]:
        now = replace(drop, family="reveals", bound="inf")
        kept |= {now, now.at("before")}
    strata = (
        Stratum(
            stratum.inside,
            stratum.count,
            {rate: value for rate, value in stratum.rates.items() if rate in kept},
            stratum.stored,
        )
        for stratum in world.strata
    )
    return replace(world, strata=tuple(strata))

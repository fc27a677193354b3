"""Whether a model scores members otherwise than the hold-out at all: shown beside a membership test, deciding nothing.

The test itself bounds how many members an attack catches at a low false-positive rate, which needs many items. A difference
anywhere in the scores is seen with fewer: by each attack's AUC, held against the largest of all attacks under relabelled
clusters. Valid as that test is: if one lottery drew members and hold-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ..catalogue import Attack, attacks
from ..gpu import draws, pairwise
from ..plan.model import Obligation
from ..plan.units import Role
from ..statistics.max_t import max_t_auc
from ..verifiers.membership import scores
from ..verifiers.table import stack
from .measured import LABEL, Seen


@dataclass(frozen=True)
class ToldApart:
    """One attack on one model."""

    role: Role
    attack: Attack
    auc: float
    """P[a member looks more like one than a hold-out item does] + ½ P[alike]."""
    p_value: float
    """Of "members and hold-out are scored alike", adjusted for all attacks and both directions."""


def told_apart(
    obligation: Obligation, seen: Seen, *, seed: int, totals: pairwise.SubsetTotals = pairwise.subset_totals
) -> Iterator[ToldApart]:
    """Every registered attack on the first subject of each role whose members and hold-out were scored; nothing where a
    cluster has items of both. `totals` sums over relabellings, on a card or not, and changes nothing."""
    registered = attacks(obligation.access)
    for role in LABEL:
        for keys in list(seen.by_subject(seen.of(obligation, role)).values())[:1]:
            outside = {key for key in keys if seen.units[key].data.name.startswith("holdout:")}
            sides = [[seen.tables[key] for key in keys if (key in outside) is beyond] for beyond in (False, True)]
            if not all(sides):
                continue
            members, holdout = (stack(tables) for tables in sides)
            clusters = [*members.column("cluster"), *holdout.column("cluster")]
            if set(members.column("cluster")) & set(holdout.column("cluster")):
                continue
            values = [[*scores(members, one), *scores(holdout, one)] for one in registered]
            sums = partial(totals, draws.key("members", seed, obligation.id))
            found = max_t_auc(values, len(members), clusters, sums)
            for one, away, p_value in zip(registered, found.statistics, found.adjusted, strict=True):
                yield ToldApart(role, one, 0.5 + away, p_value)

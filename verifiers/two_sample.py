"""Is there any difference in how a model scores members and hold-out? Permutation tests over all attacks together.

`membership` bounds how many members an attack catches, and splits its error over attacks and directions. Here the only
question is whether the two samples differ at all, which needs fewer items: by the largest AUC of all attacks, and by a
difference in the joint distribution of the scores that no single attack need show. Whole clusters change sides, so that
items of one person are not counted as independent. Valid only if one lottery drew members and hold-out (`blind` looks
for signs that it did not). Reported, never deciding. No model library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..catalogue import Attack
from ..gpu.pairwise import PERMUTATIONS, MaxPermuted, Permuted, auc_max_test, energy_test, midranks
from ..gpu.resample import CPU, key
from .membership import scores
from .table import Table


@dataclass(frozen=True)
class Difference:
    """p-values under "members and hold-out are scored alike"; small where a model treats them differently."""

    attacks: MaxPermuted
    """In the order of the attacks; each p-value allows for all of them and both directions."""
    joint: Permuted
    """Energy distance between the attacks' ranks, in [0, 1] each."""

    @property
    def p_value(self) -> float:
        """Of both tests together: twice the smaller, at most 1."""
        return min(1.0, 2 * min(*self.attacks.p_values, self.joint.p_value))


def difference(
    members: Table,
    holdout: Table,
    attacks: Sequence[Attack],
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
    place: torch.device = CPU,
) -> Difference:
    """Compare two tables of scores of one model. Draws depend on `seed` and the attacks alone.

    The joint test holds a matrix of 8 N² bytes for N items. Raises `ValueError` for an empty table, no attacks, or a
    cluster with items in both.
    """
    if not attacks:
        raise ValueError("a comparison needs at least one attack's scores")
    both = (members, holdout)
    values = np.array([[value for table in both for value in scores(table, attack)] for attack in attacks])
    first = [True] * len(members) + [False] * len(holdout)
    clusters = [cluster for table in both for cluster in table.column("cluster")]
    ranks: list[NDArray[np.float64]] = [midranks(row) / len(first) for row in values]  # comparable scales; −inf is one
    return Difference(
        auc_max_test(values, first, clusters, key("max-T", seed, *attacks), permutations=permutations, place=place),
        energy_test(
            np.stack(ranks, axis=1),
            first,
            clusters,
            key("energy", seed, *attacks),
            permutations=permutations,
            place=place,
        ),
    )

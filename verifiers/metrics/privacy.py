"""Attack AUC in two orientations, privacy leakage in two definitions, and a difference that has an interval.

`forget` and `holdout` are scores of texts, lower for a likelier member, as OpenUnlearning and MUSE store
them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from numpy.typing import ArrayLike

from ...statistics.auc_difference import auc_difference_interval
from ...statistics.binomial import Rate
from ...statistics.intervals import Interval, auc

Scores = tuple[ArrayLike, ArrayLike]
"""(forget, holdout)."""


def attack_auc_open_unlearning(forget: ArrayLike, holdout: ArrayLike) -> float:
    """P[forget score < holdout score] + ½ P[equal]: 1 when every forget text is recognised."""
    return auc(holdout, forget)


def attack_auc_muse(forget: ArrayLike, holdout: ArrayLike) -> float:
    """P[holdout score < forget score] + ½ P[equal]: 0 when every forget text is recognised."""
    return auc(forget, holdout)


def privacy_leakage_open_unlearning(audited: float, retrained: float | None) -> float:
    """((1 − a) − (1 − r)) / (1 − r + 1e-10) · 100 from two `attack_auc_open_unlearning`.

    −100: fully recognised. Without a retrained model r is taken to be ½, silently there, which is a guess.
    """
    reference = 1 - (0.5 if retrained is None else retrained)
    return ((1 - audited) - reference) / (reference + 1e-10) * 100


def privacy_leakage_muse(audited: float, retrained: float) -> float:
    """(a − r) / r · 100 from two `attack_auc_muse` (Shi et al., arXiv 2407.06460, eq. 3). Unbounded above as r → 0."""
    return (audited - retrained) / retrained * 100


def privacy_leakage_corrected(
    audited: Scores,
    retrained: Scores,
    alpha: Rate,
    *,
    forget_clusters: Sequence[Hashable] | None = None,
    holdout_clusters: Sequence[Hashable] | None = None,
) -> Interval:
    """AUC of the audited minus AUC of the retrained model, `attack_auc_open_unlearning` each, in [−1, 1], with bounds.

    A difference is bounded and keeps one meaning where the published ratio explodes, and the two AUCs share their texts,
    which the interval uses. Read it in both directions: a model pushed too far recognises its former texts as unusually
    bad. `alpha` is the error probability of each bound.
    """
    return auc_difference_interval(
        (audited[1], audited[0]),
        (retrained[1], retrained[0]),
        alpha,
        positive_clusters=holdout_clusters,
        negative_clusters=forget_clusters,
    )

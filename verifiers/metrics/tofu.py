"""The two headline numbers of TOFU: forget quality and model utility. For parity and display; neither makes a verdict.

Maini et al., arXiv 2401.06121, §2.2; as computed by OpenUnlearning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...statistics.two_sample import kolmogorov_smirnov


def forget_quality(audited: ArrayLike, reference: ArrayLike) -> float:
    """p of the two-sided KS test between truth ratios w / c of the audited and *one* retrained model.

    Compared are 1 / (r + 1e-10), as there, which changes nothing but ties. A high p is no evidence of equality: at 40
    items a model that kept half of the forget set passes about nine times of ten.
    """
    first, second = (1 / (np.asarray(r, dtype=np.float64) + 1e-10) for r in (audited, reference))
    return kolmogorov_smirnov(first, second).p_value


def model_utility(scores: Sequence[float]) -> float:
    """Harmonic mean of scores in [0, ∞); 0 as soon as one is 0.

    TOFU's nine: probability, ROUGE-L recall and truth ratio score of retain set, real authors and world facts, the
    latter two probabilities normalised over options. An average that hides which of them fell: report all nine.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.size == 0 or not (values >= 0).all():
        raise ValueError("need scores, none negative and none missing")
    return float(values.size / (1 / values).sum()) if values.all() else 0.0

"""Numbers of other people's logs, with our intervals: points as published, clusters that widen them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unlearn_spec.verifiers.log_summary import summary
from unlearn_spec.verifiers.logged import LogError

SCORES = Path(__file__).parents[2].parent / "shared" / "data" / "scores"


def rows(field: str, values: list[float]) -> dict[str, object]:
    return {"value_by_index": {str(place): {field: value} for place, value in enumerate(values)}}


def log(members: list[float], others: list[float], probabilities: list[float]) -> bytes:
    attack = {"forget": rows("score", members), "holdout": rows("score", others)}
    return json.dumps({"forget_Q_A_Prob": rows("prob", probabilities), "mia_loss": attack, "model_utility": {"agg_value": 1}}).encode()


def test_means_and_areas_with_bounds_that_clusters_widen() -> None:
    made = log([0.1, 0.2, 0.9, 0.8] * 5, [0.5, 0.6, 0.7, 1.0] * 5, [0.2, 0.2, 0.8, 0.8] * 5)
    alone, together = summary(made), summary(made, cluster_rows=2)
    assert [(one.metric, one.items) for one in alone] == [("forget_Q_A_Prob", 20), ("mia_loss", 40)]
    for one, other in zip(alone, together, strict=True):
        assert one.interval.point == other.interval.point
        assert one.interval.low < one.interval.point < one.interval.high
        assert other.interval.high - other.interval.low > one.interval.high - one.interval.low
    assert alone[0].interval.point == pytest.approx(0.5)
    (difference,) = [one for one in summary(made, against=made) if one.metric == "mia_loss"]
    assert difference.interval.point == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"{", "not JSON"), (b"[]", "no object"), (b'{"mia_loss": {}}', "has no score"), (b'{"a_Q_A_Prob": 3}', "has no prob")],
)
def test_what_is_no_log_is_said(raw: bytes, words: str) -> None:
    with pytest.raises(LogError, match=words):
        summary(raw)
    with pytest.raises(LogError, match="do not make clusters of 3"):
        summary(log([1.0] * 4, [2.0] * 4, [0.5] * 4), cluster_rows=3)


def test_points_are_those_that_were_published() -> None:
    file = SCORES / "tofu_Llama-3.2-1B-Instruct_full" / "evals_forget10" / "TOFU_EVAL.json"
    if not file.is_file():
        pytest.skip(f"the published logs are not under {SCORES}")
    published = json.loads(file.read_bytes())
    found = summary(file.read_bytes(), cluster_rows=1)
    assert len(found) >= 12
    for one in found:
        assert one.interval.point == pytest.approx(published[one.metric]["agg_value"], abs=1e-6)

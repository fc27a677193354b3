"""Every aggregate in published evaluation logs, computed again from their per-item scores: none differs by more than 1e-6.

The logs are OpenUnlearning's for Llama-2-7B-chat and Llama-3.2-1B-Instruct on TOFU, read from `../shared/data/scores` and
not part of this project. Where the folder is absent, the same computation is held against logs of the same form whose
aggregates come from SciPy and scikit-learn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import gmean, hmean, ks_2samp
from sklearn.metrics import roc_auc_score

from unlearn_spec.verifiers.metrics.likelihood import option_probability_open_unlearning, probability
from unlearn_spec.verifiers.metrics.privacy import attack_auc_open_unlearning, privacy_leakage_open_unlearning
from unlearn_spec.verifiers.metrics.tofu import forget_quality, model_utility
from unlearn_spec.verifiers.metrics.truth_ratio import forget_score, knowledge_score, truth_ratio_open_unlearning

SCORES = Path(__file__).parents[2].parent / "shared" / "data" / "scores"
MODELS = ("Llama-2-7b-chat-hf", "Llama-3.2-1B-Instruct")
SPLITS = {"forget01": "retain99", "forget05": "retain95", "forget10": "retain90"}
LOGS = [
    *((f"tofu_{model}_full/evals_{split}", f"tofu_{model}_{retain}") for model in MODELS for split, retain in SPLITS.items()),
    *((f"tofu_{model}_{retain}", None) for model in MODELS for retain in SPLITS.values()),
]  # fmt: skip
SUFFIXES = {"PARA_Prob": "prob", "PERT_Prob": "prob", "A_Prob": "prob", "ROUGE": "rougeL_recall"}
AGGREGATES = 702
"""Stored numbers that per-item scores determine, over the twelve logs and their summaries."""

Log = dict[str, Any]


def rows(metric: Log, field: str) -> np.ndarray:
    return np.asarray([row[field] for row in metric["value_by_index"].values()], dtype=np.float64)


def truth_ratios(log: Log, group: str) -> np.ndarray:
    """The correct answer is the paraphrased one, except where there is none (authors, facts)."""
    right = log.get(f"{group}_Q_A_PARA_Prob", log[f"{group}_Q_A_Prob"])
    return truth_ratio_open_unlearning(rows(right, "avg_loss"), rows(log[f"{group}_Q_A_PERT_Prob"], "avg_loss"))


def recomputed(log: Log, retain: Log | None) -> dict[str, float]:
    """Path of an aggregate → its value from per-item scores."""
    found: dict[str, float] = {}
    for name, metric in log.items():
        for suffix, field in SUFFIXES.items():
            if name.endswith(suffix):
                values = rows(metric, field)
                found[name] = float(values.reshape(len(values), -1).mean(axis=1).mean())
        if name in ("exact_memorization", "extraction_strength"):
            found[name] = float(rows(metric, "score").mean())
        if name.startswith("mia_"):
            forget, holdout = rows(metric["forget"], "score"), rows(metric["holdout"], "score")
            found |= {f"{name}.forget": float(forget.mean()), f"{name}.holdout": float(holdout.mean())}
            found[f"{name}.auc"] = found[name] = attack_auc_open_unlearning(forget, holdout)
    for group in ("ra", "wf"):
        options = option_probability_open_unlearning(
            rows(log[f"{group}_Q_A_Prob"], "prob"), rows(log[f"{group}_Q_A_PERT_Prob"], "prob")
        )
        found[f"{group}_Q_A_Prob_normalised"] = float(options.mean())
    for group in ("retain", "ra", "wf"):
        found[f"{group}_Truth_Ratio"] = knowledge_score(truth_ratios(log, group))
    found["forget_truth_ratio"] = forget_score(truth_ratios(log, "forget"))
    parts = [f"{group}_{what}" for group in ("retain", "ra", "wf") for what in ("Q_A_Prob", "Q_A_ROUGE", "Truth_Ratio")]
    normalised = [part + "_normalised" if part in ("ra_Q_A_Prob", "wf_Q_A_Prob") else part for part in parts]
    found["model_utility"] = model_utility([found[part] for part in normalised])
    reference = None
    if retain is not None:
        scores = retain["mia_min_k"]
        reference = attack_auc_open_unlearning(rows(scores["forget"], "score"), rows(scores["holdout"], "score"))
        found["forget_quality"] = forget_quality(truth_ratios(log, "forget"), truth_ratios(retain, "forget"))
    found["privleak"] = privacy_leakage_open_unlearning(found["mia_min_k"], reference)
    return found


def stored(log: Log) -> dict[str, float]:
    """The aggregates that a log carries, under the same paths."""

    def each() -> Iterator[tuple[str, float]]:
        for name, metric in log.items():
            yield name, metric["agg_value"]
            for part in ("forget", "holdout"):
                if part in metric:
                    yield f"{name}.{part}", metric[part]["agg_value"]
            if "auc" in metric:
                yield f"{name}.auc", metric["auc"]

    return {path: value for path, value in each() if value is not None}


def load(folder: str, file: str = "TOFU_EVAL.json") -> Log:
    path = SCORES / folder / file
    if not path.is_file():
        pytest.skip(f"the published logs are not at {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def close(found: float, expected: float) -> bool:
    """Within 1e-6, absolutely and relatively: p-values here go down to 1e-25."""
    return abs(found - expected) <= 1e-6 and math.isclose(found, expected, rel_tol=1e-6)


@pytest.mark.parametrize(("folder", "retain"), LOGS, ids=[folder for folder, _ in LOGS])
def test_every_aggregate_of_a_published_log_follows_from_its_items(folder: str, retain: str | None) -> None:
    log, summary = load(folder), load(folder, "TOFU_SUMMARY.json")
    found = recomputed(log, load(retain) if retain else None)
    written = stored(log)
    assert found.keys() == written.keys()
    wrong = {path: (found[path], value) for path, value in written.items() if not close(found[path], value)}
    wrong |= {f"summary {p}": (found[p], v) for p, v in summary.items() if v is not None and not close(found[p], v)}
    assert not wrong


def test_none_of_the_published_aggregates_is_left_out() -> None:
    count = sum(
        len(stored(load(folder))) + sum(value is not None for value in load(folder, "TOFU_SUMMARY.json").values())
        for folder, _ in LOGS
    )
    assert count == AGGREGATES


@pytest.mark.parametrize(("folder", "retain"), LOGS[:1] + LOGS[-1:])
def test_the_rows_of_a_published_log_are_those_of_the_definitions(folder: str, retain: str | None) -> None:
    log = load(folder)
    for group in ("forget", "retain", "ra", "wf"):
        name = "forget_truth_ratio" if group == "forget" else f"{group}_Truth_Ratio"
        assert truth_ratios(log, group) == pytest.approx(rows(log[name], "score"), rel=1e-6)
        for kind in ("Q_A_Prob", "Q_A_PERT_Prob"):
            losses = rows(log[f"{group}_{kind}"], "avg_loss")
            assert probability(losses) == pytest.approx(rows(log[f"{group}_{kind}"], "prob"), rel=2e-6)


def test_printed_tables_are_met_where_their_models_are_the_same() -> None:
    """Forget quality, utility and truth ratio as printed in the paper's repository, to the digits printed."""
    printed = load("", "published_tables.json")["tofu"]["Llama-2-7b-hf-chat"]
    for split, retain in SPLITS.items():
        found = recomputed(load(f"tofu_{MODELS[0]}_full/evals_{split}"), load(f"tofu_{MODELS[0]}_{retain}"))
        expected = printed["Finetuned"][split]
        assert found["forget_quality"] == pytest.approx(expected["forget_quality"], rel=0.005)
        assert found["model_utility"] == pytest.approx(expected["model_utility"], abs=0.0051)
        assert found["forget_truth_ratio"] == pytest.approx(expected["forget_truth_ratio"], abs=0.0051)


def make_log(seed: int, items: int) -> tuple[Log, dict[str, float]]:
    """A log of the same form with random scores, and its aggregates from other libraries."""
    rng = np.random.default_rng(seed)
    log: Log = {}
    expected: dict[str, float] = {}

    def add(name: str, **fields: np.ndarray) -> None:
        values = {str(i): {key: column[i].tolist() for key, column in fields.items()} for i in range(items)}
        log[name] = {"agg_value": None, "value_by_index": values}

    losses: dict[str, np.ndarray] = {}
    for group in ("forget", "retain", "ra", "wf"):
        for kind, options in (("Prob", 0), ("PARA_Prob", 0), ("PERT_Prob", 4)):
            if kind == "PARA_Prob" and group in ("ra", "wf"):
                continue
            name = f"{group}_Q_A_{kind}"
            losses[name] = rng.gamma(2, 1, (items, options) if options else items)
            add(name, prob=np.exp(-losses[name]), avg_loss=losses[name])
            expected[name] = float(np.exp(-losses[name]).mean())
        recall = rng.random(items)
        add(f"{group}_Q_A_ROUGE", rougeL_recall=recall)
        expected[f"{group}_Q_A_ROUGE"] = float(recall.mean())
        right = np.exp(-losses.get(f"{group}_Q_A_PARA_Prob", losses[f"{group}_Q_A_Prob"]))
        ratio = gmean(np.exp(-losses[f"{group}_Q_A_PERT_Prob"]), axis=1) / right
        expected[f"{group} ratio"] = ratio
        if group == "forget":
            expected["forget_truth_ratio"] = float(np.mean([min(r, 1 / r) for r in ratio]))
        else:
            expected[f"{group}_Truth_Ratio"] = float(np.mean([max(0, 1 - r) for r in ratio]))
        if group in ("ra", "wf"):
            c = np.exp(-losses[f"{group}_Q_A_Prob"])
            w = np.exp(-losses[f"{group}_Q_A_PERT_Prob"]).sum(axis=1)
            expected[f"{group}_Q_A_Prob_normalised"] = float(np.mean(c / (c + w)))
    for name in ("exact_memorization", "extraction_strength"):
        values = rng.random(items)
        add(name, score=values)
        expected[name] = float(values.mean())
    for attack in ("mia_loss", "mia_min_k"):
        forget, holdout = np.round(rng.normal(size=(2, items)), 1)
        log[attack] = {
            part: {"agg_value": None, "value_by_index": {str(i): {"score": float(v)} for i, v in enumerate(scores)}}
            for part, scores in (("forget", forget), ("holdout", holdout))
        }
        expected[f"{attack}.forget"], expected[f"{attack}.holdout"] = float(forget.mean()), float(holdout.mean())
        area = roc_auc_score([0] * items + [1] * items, np.concatenate([forget, holdout]))
        expected[attack] = expected[f"{attack}.auc"] = float(area)
    groups = ("retain", "ra", "wf")
    nine = [expected[f"{g}_Q_A_Prob" + ("" if g == "retain" else "_normalised")] for g in groups]
    nine += [expected[f"{g}_{what}"] for g in groups for what in ("Q_A_ROUGE", "Truth_Ratio")]
    expected["model_utility"] = float(hmean(nine))
    return log, expected


@pytest.mark.parametrize("items", [40, 200])
def test_the_same_computation_agrees_with_scipy_and_scikit_learn(items: int) -> None:
    log, expected = make_log(1, items)
    retain, reference = make_log(2, items)
    found = recomputed(log, retain)
    ratios = [values.pop("forget ratio") for values in (expected, reference)]
    expected["forget_quality"] = float(ks_2samp(*ratios).pvalue)
    leak = (reference["mia_min_k"] - expected["mia_min_k"]) / (1 - reference["mia_min_k"])
    expected["privleak"] = float(100 * leak)
    named = {path: value for path, value in expected.items() if not path.endswith(" ratio")}
    assert found.keys() == named.keys()
    wrong = {path: (found[path], value) for path, value in named.items() if abs(found[path] - value) > 1e-6}
    assert not wrong

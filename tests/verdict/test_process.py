"""Evidence about the process: several runs, whole models, canaries. What is known to be alike is not told apart."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.gpu import pairwise
from unlearn_spec.plan.canaries import split
from unlearn_spec.plan.model import Obligation
from unlearn_spec.plan.units import DataRef, Role, ScoreUnit
from unlearn_spec.policy.clauses import MembershipBound
from unlearn_spec.verdict.facts import Measured, Seen, measure
from unlearn_spec.verdict.gates import original_stands_out
from unlearn_spec.verdict.removal import attacked_subjects
from unlearn_spec.verifiers.canaries import right_guesses
from unlearn_spec.verifiers.table import from_columns

ALPHA = Fraction(1, 20)


def removal(evidence: dict[str, Any], epsilon: str = "0.5", delta: str = "0%") -> Any:
    limit = {"epsilon": epsilon, "delta": delta, "compared_with": "retrain_without"}
    return make.clause(goal="remove", measure="influence", limit=limit, evidence={"kind": "test"} | evidence)


def unit(role: Any, index: int, data: str = "facts") -> ScoreUnit:
    ref = DataRef(name=data, digest="sha256:" + "0" * 64)
    return ScoreUnit(subject=make.subject(role, index), data=ref, reading=make.EXTRACTION)


def canaries(put_in: np.ndarray, left_out: np.ndarray, guesses: int = 80) -> Measured:
    tables = {
        "in": (unit("audited", 0, "included:facts"), make.scores(put_in.tolist(), "a")),
        "out": (unit("audited", 0, "excluded:facts"), make.scores(left_out.tolist(), "b")),
    }
    obligation = make.obligation("canaries", audited=("in", "out"), alpha=ALPHA, reading=None)
    return measure(obligation, removal({"canaries": {"guesses": guesses}}), make.seen(tables), seed=1)


@pytest.mark.parametrize("score", ["zlib", "min_k", "min_k_pp"])
def test_canaries_are_ranked_by_the_registered_score_alone(score: str) -> None:
    """Which half is which shows in one column only: the clause that names it sees that, and no other does."""
    noise = np.random.default_rng(5).normal(size=(2, 40)) - 3
    column, values = ("zlib_bytes", (100, 1)) if score == "zlib" else (score, (-0.1, -9.0))
    marked = {}
    for name, row, value in zip(("included", "excluded"), noise, values, strict=True):
        columns = dict(make.scores(row.tolist(), name).columns) | {column: (value,) * len(row)}
        marked[name] = from_columns("score", columns)
    tables = {name: (unit("audited", 0, f"{name}:facts"), table) for name, table in marked.items()}
    obligation = make.obligation("canaries", audited=tuple(tables), alpha=ALPHA, reading=None)

    def found(by: str) -> Any:
        clause = removal({"canaries": {"guesses": 80, "score": by}})
        return measure(obligation, clause, make.seen(tables), seed=1)

    assert epsilon(found(score)) > 10
    assert epsilon(found("loss")) is None
    assert "Min-K" in str(found(score).words) or score == "zlib"


def epsilon(measured: Measured) -> Any:
    (fact,) = measured.facts
    return fact.epsilon  # type: ignore[union-attr]


def test_memorised_canaries_exclude_every_small_epsilon() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 40)) / 4
    for shift in (2.0, -2.0):  # too familiar, or pushed too far
        assert epsilon(canaries(noise[0] + shift - 3, noise[1] - 3)) > 10


def test_canaries_that_left_no_trace_seldom_exclude_any_epsilon() -> None:
    """Size at ε = 0 is at most α: 40 lots, up to the 99.9th percentile of so many at 5%."""
    draws = np.random.default_rng(2).normal(size=(40, 2, 40)) - 3
    found = sum(epsilon(canaries(*draw)) is not None for draw in draws)
    assert found <= 7


def test_equal_scores_count_against_the_guesser() -> None:
    assert right_guesses([0.0] * 5, [0.0] * 5, split(10)) == 0
    assert right_guesses([1.0] * 5, [0.0] * 5, split(10)) == 10
    assert right_guesses([1.0] * 5, [0.0] * 5, split(10), "lower") == 0


def ensemble(audited: np.ndarray, references: np.ndarray, statistic: str = "mmd") -> tuple[Measured, Any, Any, Any]:
    tables = {f"a{i}": (unit("audited", i), make.scores(row.tolist())) for i, row in enumerate(audited)}
    tables |= {f"r{i}": (unit("reference", i), make.scores(row.tolist())) for i, row in enumerate(references)}
    tables["o"] = (unit("original", 0), make.scores([-0.01] * audited.shape[1]))
    obligation = make.obligation(
        "ensemble", audited=tuple(f"a{i}" for i in range(len(audited))), original=("o",), alpha=ALPHA, reading=None,
        references=tuple(f"r{i}" for i in range(len(references))), runs=len(audited),
    )  # fmt: skip
    clause = removal({"ensemble": {"statistic": statistic}, "runs": len(audited)}, epsilon="0.1")
    return measure(obligation, clause, make.seen(tables), seed=1), obligation, clause, make.seen(tables)


@pytest.mark.parametrize("statistic", ["mmd", "energy", "klom"])
def test_runs_that_kept_the_target_are_told_from_retrainings(statistic: str) -> None:
    draws = np.random.default_rng(3).normal(size=(9, 30)) / 10 - 3
    found, obligation, clause, seen = ensemble(draws[:3] + 2, draws[3:], statistic)
    assert epsilon(found) is not None and epsilon(found) >= Fraction(1, 10)
    assert "95th percentile" in str(found.words) and found.realised_power is None
    assert original_stands_out(obligation, clause, seen)[0]


def test_many_pairs_of_models_are_summed_at_once_and_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = np.random.default_rng(6).normal(size=(26, 10)) / 10 - 3

    _, obligation, clause, seen = ensemble(draws[:12] + 0.03, draws[12:], "energy")

    def told(seed: int = 1, name: str = obligation.id) -> dict[str, Any]:
        sentence = measure(obligation.model_copy(update={"id": name}), clause, seen, seed=seed).words.filled["told"]
        return {name: value for name, value in sentence.filled.items() if isinstance(value, float)}  # type: ignore[union-attr]

    few = told()
    monkeypatch.setattr(pairwise, "BREAK_EVEN", 26 * 26 * 9_999)
    many = told()
    assert many == told() and few != many != told(seed=2) != told(name="another") != many  # other labellings were drawn
    assert many == pytest.approx(few, abs=0.01) and many["value"] == pytest.approx(few["value"], rel=1e-9)


def test_an_original_like_the_never_trained_is_no_positive_control() -> None:
    draws = np.random.default_rng(3).normal(size=(9, 30)) / 10 - 3
    _, obligation, clause, seen = ensemble(draws[:3], draws[3:])
    amid = {**seen.tables, "o": make.scores(draws[3:].mean(axis=0).tolist())}
    assert not original_stands_out(obligation, clause, Seen(seen.units, amid, seen.objects))[0]
    assert not original_stands_out(obligation.model_copy(update={"original": ()}), clause, seen)[0]


def test_exchangeable_models_are_seldom_told_apart() -> None:
    draws = np.random.default_rng(4).normal(size=(60, 8, 10)) / 4 - 3
    found = sum(epsilon(ensemble(d[:2], d[2:])[0]) is not None for d in draws)
    assert found <= 9  # 99.9th percentile of 60 at 5%


def counted(
    shown: int, runs: int, references: int, reference_shown: int = 0, original: int = 20, effect: Fraction = Fraction(9, 10)
) -> Measured:
    hits = [0.5] * 20  # ln p far above the limit: revealed
    tables = {
        f"a{i}": (unit("audited", i), make.scores([-1.0] * 20, log_p=hits if i < shown else [-50.0] * 20)) for i in range(runs)
    }
    tables |= {
        f"r{i}": (unit("reference", i), make.scores([-1.0] * 20, log_p=hits if i < reference_shown else [-50.0] * 20))
        for i in range(references)
    }
    known = [0.5] * original + [-50.0] * (20 - original)
    tables["o"] = (unit("original", 0), make.scores([-1.0] * 20, log_p=known))
    obligation = make.obligation(
        "extraction", audited=tuple(f"a{i}" for i in range(runs)), alpha=ALPHA, reading=make.EXTRACTION, runs=runs,
        references=tuple(f"r{i}" for i in range(references)), refute_at=Fraction(1, 5), original=("o",), effect=effect, clusters=20,
    )  # fmt: skip
    return measure(obligation, removal({"runs": runs, "refute_at": "20%"}), make.seen(tables), seed=1)


def test_runs_share_the_error_of_a_membership_attack_and_references_do_not() -> None:
    """Any run may be among those that count; a reference that knows the members is to be seen however many runs there are."""
    limit = MembershipBound(tpr_at_most=Fraction(1, 2), at_fpr=Fraction(1, 5))
    tables = {
        f"{role}{data[:1]}": (unit(role, 0, data), make.scores([float(i) for i in range(90)], data[:1]))
        for role in ("audited", "original", "reference")
        for data in ("facts", "holdout:facts")
    }
    arms = {"audited": ("auditedf", "auditedh"), "original": ("originalf", "originalh"), "references": ("referencef", "referenceh")}
    one, five = (make.obligation("membership", access="weights", reading=None, runs=runs, **arms) for runs in (1, 5))

    def share(test: Obligation, role: Role) -> Fraction:
        return attacked_subjects(test, role, limit, make.seen(tables))[0].share

    assert share(five, "reference") == share(one, "reference") == share(one, "audited")
    assert share(five, "audited") == share(five, "original") == share(one, "audited") / 5


def test_runs_are_counted_and_not_their_items() -> None:
    audited, reference = counted(10, 10, 10).facts
    assert audited.low == pytest.approx(0.025 ** (1 / 10), abs=1e-6)  # type: ignore[union-attr]
    assert reference.high == pytest.approx(1 - 0.025 ** (1 / 10), abs=1e-6)  # type: ignore[union-attr]
    assert not audited.one_run and audited.alpha + reference.alpha == ALPHA  # type: ignore[union-attr]
    assert counted(0, 10, 10).facts[0].low == 0  # type: ignore[union-attr]


def test_in_runs_too_power_is_taken_at_the_part_that_would_show() -> None:
    """Where only half of what the original holds shows, a run that holds 36% of it shows 18%, and one in five was registered."""
    all_shown, half_shown = (counted(0, 10, 10, original=shown, effect=Fraction(9, 25)).realised_power for shown in (20, 10))
    assert all_shown is not None and half_shown is not None and all_shown > 0.8 > 0.6 > half_shown

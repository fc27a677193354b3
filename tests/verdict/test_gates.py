"""Controls: each passes where it should, fails where it should, and says why with numbers."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.plan.model import Control, Obligation
from unlearn_spec.plan.units import DataRef
from unlearn_spec.verdict.facts import Seen, measure
from unlearn_spec.verdict.gates import check, compared
from unlearn_spec.verdict.model import GateResult
from unlearn_spec.verifiers.items import Item


def no_items(ref: DataRef) -> tuple[Item, ...]:
    raise AssertionError(f"nobody should ask for {ref.name}")


def gate(control: Control, clause: Any, units: Seen, items: Any = no_items, **fields: Any) -> GateResult:
    wanted = make.obligation(controls=(control,), **fields)
    (found,) = check(wanted, clause, units, _measured(wanted, clause, units), compared(items))
    assert (found.gate, found.units) == (control.gate, control.units)
    return found


def _measured(wanted: Obligation, clause: Any, units: Seen) -> Any:
    return measure(wanted, clause, units, seed=0)


def leaks(original: int = 0, references: tuple[int, ...] = (), n: int = 100) -> Seen:
    units = {"audited": (make.generated(), make.answers(make.of(0, n)))}
    units["original"] = (make.generated("original"), make.answers(make.of(original, n)))
    for index, k in enumerate(references):
        units[f"reference{index}"] = (make.generated("reference", index), make.answers(make.of(k, n)))
    return make.seen(units)


def test_a_control_without_anything_to_run_on_fails() -> None:
    found = gate(make.control("positive"), make.suppress(), leaks())
    assert not found.passed
    assert found.found == "nothing was bound to run it on; bind the model before unlearning under `original: assistant`"


@pytest.mark.parametrize(("k", "passed"), [(98, True), (12, True), (11, False), (0, False)])
def test_the_original_must_show_more_than_the_limit_beyond_doubt(k: int, passed: bool) -> None:
    found = gate(make.control("positive", "original"), make.suppress("5%"), leaks(k), original=("original",))
    assert found.passed is passed
    assert found.found.startswith(f"the original reveals {k} of 100, at least ")
    assert found.found.endswith("more than 5% is needed")


@pytest.mark.parametrize(("k", "chance", "passed"), [(25, "0", True), (25, "1/4", False), (40, "1/4", False), (60, "1/4", True)])
def test_what_the_original_only_guessed_cannot_be_lost(k: int, chance: str, passed: bool) -> None:
    """A fall within 10% says something only if more than 10% was known, and a guess is no knowledge."""
    within = make.clause(goal="retain", limit={"within": "10%", "of": "before"}, reveals_when={"metric": "exact"})
    told = {"original": ("original",), "chance": Fraction(chance), "verifier": "retention"}
    found = gate(make.control("positive", "original"), within, leaks(k), **told)
    assert found.passed is passed
    assert ("beyond the 25% that guessing gives" in found.found) is (chance != "0")


@pytest.mark.parametrize(("hits", "passed"), [((0, 0, 0), True), ((20, 0, 0), False)])
def test_never_trained_models_must_stay_at_the_floor(hits: tuple[int, ...], passed: bool) -> None:
    names = ("reference0", "reference1", "reference2")
    units = leaks(references=hits)
    found = gate(make.control("negative", *names), make.suppress("15%"), units, references=names)
    assert found.passed is passed
    assert f"models never trained on the target reveal {sum(hits)} of 300" in found.found


def repeated(changed: int, *, reworded: int = 0, hits: int = 50) -> Seen:
    first = make.answers(make.of(hits, 100))
    again = make.answers(make.of(hits + changed, 100))
    texts = tuple(f"new {text}" if i >= 100 - reworded else text for i, text in enumerate(again.column("output")))
    again = replace(again, columns=tuple((n, texts if n == "output" else v) for n, v in again.columns))
    return make.seen({"audited": (make.generated(), first), "again": (make.generated(repeat=1), again)})


def test_the_same_model_asked_again_must_answer_the_same() -> None:
    control = make.control("repeat", "again", against=("audited",))
    same = gate(control, make.suppress(), repeated(0))
    assert same.passed
    assert same.found == "the same model asked again gave the same answers, and no outcome of 100 changed"
    assert gate(control, make.suppress(), repeated(0, reworded=3)).found.startswith("3 answers differ in wording")


def test_noise_inside_the_interval_passes_and_beyond_it_fails() -> None:
    control = make.control("repeat", "again", against=("audited",))
    assert gate(control, make.suppress(), repeated(3)).passed
    loud = gate(control, make.suppress(), repeated(30))
    assert not loud.passed
    assert loud.found.startswith("30 of 100 outcomes changed")


def test_a_model_that_repeats_itself_has_not_forgotten() -> None:
    control = make.control("degeneracy", "audited", against=("original",))
    for distinct, passed in ((1.0, True), (0.2, False)):
        units = make.seen(
            {
                "audited": (make.generated(), make.answers(make.of(0, 100), distinct=distinct)),
                "original": (make.generated("original"), make.answers(make.of(90, 100))),
            }
        )
        found = gate(control, make.suppress(), units, original=("original",))
        assert found.passed is passed
    assert "100% of answers repeat themselves, 0% before unlearning" in found.found
    assert not gate(make.control("degeneracy", "audited"), make.suppress(), leaks()).passed


def members(original: bool) -> Seen:
    high, low = [11.0 + i for i in range(60)], [float(i % 11) for i in range(60)]
    units = {
        "in": (make.scored(), make.scores(low)),
        "out": (make.scored(data="holdout:facts"), make.scores(low, "other")),
        "first": (make.scored("original"), make.scores(high if original else low)),
        "second": (make.scored("original", data="holdout:facts"), make.scores(low, "other")),
        "free": (make.scored("reference"), make.scores(low if original else high)),
        "freer": (make.scored("reference", data="holdout:facts"), make.scores(low, "other")),
    }
    return make.seen(units)


MEMBERSHIP = make.clause(goal="remove", measure="membership", about="model", limit={"tpr_at_most": "50%", "at_fpr": "20%"})
ARMS: dict[str, Any] = {
    "verifier": "membership", "reading": None, "access": "weights", "audited": ("in", "out"),
    "original": ("first", "second"), "references": ("free", "freer"),
}  # fmt: skip


@pytest.mark.parametrize("right", [True, False])
def test_membership_attacks_must_catch_the_original_and_spare_the_never_trained(right: bool) -> None:
    caught = gate(make.control("positive", "first", "second"), MEMBERSHIP, members(right), **ARMS)
    spared = gate(make.control("negative", "free", "freer"), MEMBERSHIP, members(right), **ARMS)
    assert (caught.passed, spared.passed) == (right, right)
    assert "60 of 60" in (caught if right else spared).found


@pytest.mark.parametrize(("word", "passed"), [("plain", True), ("secret", False)])
def test_members_must_not_be_told_by_their_words(word: str, passed: bool) -> None:
    def items(ref: DataRef) -> tuple[Item, ...]:
        extra = word if ref.name == "facts" else "plain"
        return tuple(Item(f"{i}", f"{ref.name}{i}", text=f"some {extra} words {i % 5}") for i in range(60))

    data = tuple(DataRef(name=name, digest="sha256:" + "1" * 64) for name in ("facts", "holdout:facts"))
    found = gate(make.control("blind_baseline", data=data), MEMBERSHIP, members(True), items, **ARMS)
    assert found.passed is passed
    assert "without any model, words tell members from the hold-out with AUC" in found.found


def test_never_trained_models_of_a_test_that_ended_early_are_bounded_for_every_look() -> None:
    """One look out of four was taken, when the audited model's answers said so: a bound for one look claims too much."""
    units = leaks(references=(0,), n=25)
    clause, arms = make.suppress("20%"), {"references": ("reference0",), "effect": None}
    once = gate(make.control("negative", "reference0"), clause, units, **arms)
    looked = gate(make.control("negative", "reference0"), clause, units, **arms, looks=4, n=100, clusters=100, largest=1)
    assert once.passed and "at most 16.8" in once.found
    assert not looked.passed and looked.found.endswith("less than 20% is needed")


EXTRACTED = make.clause(
    goal="suppress", limit={"at_most": "10%"}, reveals_when={"metric": "extraction_probability", "at_least": "0.1%"}
)


def extracted(known: int, *, take: int | None = None) -> Seen:
    """Chances of 60 documents, computed: none extractable from the audited model, so many from the two others."""
    found = {}
    for role, k in (("audited", 0), ("original", known), ("reference", known)):
        unit = make.scored(role)  # type: ignore[arg-type]
        unit = unit.model_copy(update={"data": unit.data.model_copy(update={"take": take})})
        log_p = [-1.0 if hit else -30.0 for hit in make.of(k, 60)]
        found[role] = (unit, make.scores([0.0] * 60, log_p=log_p))
    return make.seen(found)


@pytest.mark.parametrize(("known", "take", "passed"), [(7, None, True), (6, None, False), (7, 60, False), (20, 60, True)])
def test_a_control_is_a_count_where_the_audited_share_is(known: int, take: int | None, passed: bool) -> None:
    """7 of all 60 listed documents are more than 10% of them; 7 of 60 that were drawn may be no more."""
    told = {"verifier": "extraction", "access": "weights", "reading": make.EXTRACTION}
    control = make.control("positive", "original")
    found = gate(control, EXTRACTED, extracted(known, take=take), original=("original",), **told)
    assert found.passed is passed
    low = "11.66%" if take is None and known == 7 else "at least"
    assert low in found.found


@pytest.mark.parametrize(("known", "passed"), [(6, True), (7, False)])
def test_so_is_what_never_trained_models_show(known: int, passed: bool) -> None:
    told = {"verifier": "extraction", "access": "weights", "reading": make.EXTRACTION}
    units = extracted(known)
    found = gate(make.control("negative", "reference"), EXTRACTED, units, references=("reference",), effect=Fraction(2, 5), **told)
    assert found.passed is passed


def test_a_lucky_guess_of_the_original_is_no_knowledge() -> None:
    """Where guessing may be right, the original has to do better beyond doubt, however its share is counted."""
    told = {"verifier": "extraction", "access": "weights", "reading": make.EXTRACTION, "chance": Fraction(1, 20)}
    found = gate(make.control("positive", "original"), EXTRACTED, extracted(7), original=("original",), **told)
    assert not found.passed

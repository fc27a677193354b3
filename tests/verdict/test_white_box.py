"""Under several looks the worst one counts, and what a probe finds everywhere does not."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import make

from unlearn_spec.plan.model import Obligation
from unlearn_spec.plan.units import InspectUnit, QuantizeUnit, Role
from unlearn_spec.policy.vocabulary import Rounding
from unlearn_spec.statistics.binomial import clopper_pearson_lower, clopper_pearson_upper, power_refute
from unlearn_spec.verdict import gates
from unlearn_spec.verdict.facts import Measured, Seen, measure
from unlearn_spec.verdict.model import GateResult
from unlearn_spec.verifiers.table import Table, from_rows

N = 60
REMOVE = make.clause(
    goal="remove", measure="influence", about="process",
    limit={"epsilon": "0.1", "delta": "1%", "compared_with": "retrain_without"},
)  # fmt: skip
LEVEL: dict[str, Any] = {"refute_at": Fraction(1, 4), "effect": Fraction(3, 4), "access": "weights"}


def data() -> Any:
    return make.generated().data


def rounded(how: Rounding, role: Role, hits: int) -> tuple[QuantizeUnit, Table]:
    unit = QuantizeUnit(subject=make.subject(role), data=data(), reading=make.EXACT, format=how)
    return unit, make.answers(make.of(hits, N)).with_column("format", how).as_kind("quantize")


def probed(role: Role, named: int, control: int = 3, index: int = 0) -> tuple[InspectUnit, Table]:
    unit = InspectUnit(
        subject=make.subject(role, index), data=data(), reading=make.EXTRACTION, view="linear_probe", layers=(2,)
    )
    rows = [
        {
            "view": "linear_probe", "layer": 2, "item": f"i{i}", "cluster": f"i{i}", "named": i < named,
            "control": i >= N - control,
        }
        for i in range(N)
    ]  # fmt: skip
    return unit, from_rows("inspect", ("view", "layer", "item", "cluster", "named", "control"), rows)


def rounding(int8: int, int4: int, reference: int = 1) -> tuple[Obligation, Seen]:
    units = {
        "a8": rounded("int8", "audited", int8), "a4": rounded("int4", "audited", int4),
        "o8": rounded("int8", "original", N), "o4": rounded("int4", "original", N - 5),
        "r8": rounded("int8", "reference", 0), "r4": rounded("int4", "reference", reference),
    }  # fmt: skip
    arms = {"audited": ("a8", "a4"), "original": ("o8", "o4"), "references": ("r8", "r4")}
    return make.obligation("quantization", asked="suite:quantize-000000000000", **arms, **LEVEL), make.seen(units)


def probing(audited: int, reference: int, control: int = 3) -> tuple[Obligation, Seen]:
    units = {
        "a": probed("audited", audited, control), "o": probed("original", N), "r": probed("reference", reference),
    }  # fmt: skip
    wanted = make.obligation(
        "latent", asked="suite:inspect-000000000000", audited=("a",), original=("o",), references=("r",), **LEVEL
    )
    return wanted, make.seen(units)


def found(pair: tuple[Obligation, Seen], clause: Any = REMOVE) -> Measured:
    return measure(pair[0], clause, pair[1], seed=0)


def gate(name: str, pair: tuple[Obligation, Seen], clause: Any = REMOVE) -> GateResult:
    obligation, seen = pair
    arm = {"positive": obligation.original, "negative": obligation.references, "control_task": obligation.audited}[name]
    wanted = obligation.model_copy(update={"controls": (make.control(name, *arm),)})
    (result,) = gates.check(wanted, clause, seen, found(pair, clause), lambda *_: pytest.fail("no hold-out"))
    return result


def test_the_worst_format_counts_at_its_share_of_the_error() -> None:
    bound = clopper_pearson_lower(24, N, make.ALPHA / 2)
    assert Fraction(1, 5) < Fraction(bound) < Fraction(1, 4)
    measured = found(rounding(2, 24))
    assert measured.facts[0].low == 0  # the registered rate was not reached
    assert found(rounding(2, 40)).facts[0].low == Fraction(1, 4) == found(rounding(40, 2)).facts[0].low
    assert measured.intervals[0].hits == 24 and "24 of 60 items were revealed after rounding to int4" in str(measured.words)
    assert "worst of 2 looks" in str(measured.words)
    assert measured.realised_power == pytest.approx(power_refute(N, Fraction(1, 4), Fraction(3, 4), make.ALPHA / 2))


def test_a_limit_on_outputs_is_held_against_the_worst_format() -> None:
    limit = make.suppress("20%", about="model")
    pair = rounding(1, 40)
    plain = pair[0].model_copy(update={"refute_at": None}), pair[1]
    (fact,) = found(plain, limit).facts
    assert fact.low > Fraction(1, 5) and fact.high == 1 and fact.access == "weights"
    clean = rounding(0, 1)
    (fact,) = found((clean[0].model_copy(update={"refute_at": None}), clean[1]), limit).facts
    assert (fact.low, fact.high) == (0, Fraction(1, 5))


def test_only_what_a_probe_names_beyond_its_controls_counts() -> None:
    third = make.ALPHA / 3
    excess = clopper_pearson_lower(55, N, third) - clopper_pearson_upper(15, N, third)
    assert excess > 0.25
    assert found(probing(55, 15)).facts[0].low == Fraction(1, 4)
    assert found(probing(40, 30)).facts[0].low == 0 == found(probing(55, 45)).facts[0].low
    assert found(probing(55, 3, control=45)).facts[0].low == 0  # the control task does as well
    audited = found(probing(55, 15)).intervals[0]
    assert audited.low == pytest.approx(excess, abs=1e-6) and audited.point == pytest.approx(40 / N)
    powers = [found(probing(55, reference)).realised_power for reference in (0, 15, 40)]
    assert powers == sorted(powers, reverse=True) and powers[0] != powers[2]


def test_a_control_task_or_a_reference_that_finds_something_voids_what_is_favourable() -> None:
    assert gate("control_task", probing(10, 5)).passed
    assert not gate("control_task", probing(10, 5, control=40)).passed
    assert gate("negative", rounding(1, 1)).passed
    taught = gate("negative", rounding(1, 1, reference=45))
    assert not taught.passed and "45 of 60" in taught.found and "int4" in taught.found
    assert gate("negative", probing(10, 30)).passed  # taken off what counts, and off the power


def test_the_original_must_show_it_under_some_look() -> None:
    assert gate("positive", rounding(1, 1)).passed and gate("positive", probing(10, 5)).passed
    silent = rounding(1, 1)
    tables = {**silent[1].tables, "o8": rounded("int8", "original", 0)[1], "o4": rounded("int4", "original", 3)[1]}
    assert not gate("positive", (silent[0], Seen(silent[1].units, tables, silent[1].objects))).passed
    assert not gate("positive", probing(10, 50)).passed  # no excess is left over the never-trained

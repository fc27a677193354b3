"""The catalogue names every verifier the plan may name, and costs what the work implies."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from unlearn_spec.catalogue import VERIFIERS, Effort, Work, attacks, reachable, read_by
from unlearn_spec.plan.model import VerifierId


def test_every_verifier_of_the_plan_is_declared_under_its_own_id() -> None:
    assert set(VERIFIERS) == set(get_args(VerifierId))
    assert all(key == declared.id for key, declared in VERIFIERS.items())


@pytest.mark.parametrize("declared", VERIFIERS.values(), ids=lambda declared: declared.id)
def test_a_declaration_says_what_it_cannot_see_and_where_its_formula_comes_from(declared: object) -> None:
    assert declared.blind_to and declared.source and declared.number  # type: ignore[attr-defined]


def test_influence_is_never_measured_without_a_measure() -> None:
    for declared in VERIFIERS.values():
        assert ("remove" in declared.goals) == bool(declared.measures)


def test_access_is_a_chain() -> None:
    assert reachable(VERIFIERS["leak"], "product")
    assert not reachable(VERIFIERS["extraction"], "top_logprobs")
    assert reachable(VERIFIERS["extraction"], "weights")
    assert not reachable(VERIFIERS["relearning"], "gradients")


def test_whole_distributions_are_needed_for_one_attack_only() -> None:
    assert attacks("logprobs") == ("loss", "zlib", "min_k")
    assert set(attacks("finetune")) - set(attacks("logprobs")) == {"min_k_pp"}
    assert {attack: read_by(attack) for attack in attacks("finetune")} == {
        "loss": "logprobs", "zlib": "logprobs", "min_k": "logprobs", "min_k_pp": "weights",
    }  # fmt: skip


def test_effort_counts_tokens_and_steps() -> None:
    work = Work(items=10, probes=3, samples=2, text_tokens=20, new_tokens=8, holdout_items=5, steps=30, batch_texts=4)
    assert VERIFIERS["leak"].effort(work) == Effort(forward_tokens=1200, generated_tokens=480)
    assert VERIFIERS["membership"].effort(work) == Effort(forward_tokens=300)
    assert VERIFIERS["relearning"].effort(work) == Effort(
        forward_tokens=2 * (1200 + 3 * 30 * 4 * 20 + 2 * 10 * 20), generated_tokens=960, training_steps=60
    )
    assert VERIFIERS["record"].effort(work) == Effort()


def test_reading_the_catalogue_loads_nothing_heavy() -> None:
    code = (
        "import sys, unlearn_spec.catalogue;"
        "print(*({'torch', 'numpy', 'scipy', 'transformers', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

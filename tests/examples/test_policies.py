"""Every clause of the example policies reaches a verdict on an evidence pack, or says what would bring one about."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "run"))

import pack
from here import Here
from pack import Pack

from unlearn_spec.plan import allocation
from unlearn_spec.policy.load import load
from unlearn_spec.policy.read import read_file
from unlearn_spec.report.text import render
from unlearn_spec.run.verify import RunResult, verify
from unlearn_spec.verdict.model import ClauseVerdict

DECIDED = ("supported", "violated", "not_falsified")
NUMBER = re.compile(r"\b[\d,]+ (independent|items|never-trained|draws|clusters|samples)\b")
ACCESS = re.compile(r"\b(through|access:?) `?(product|api|top_logprobs|logprobs|weights|gradients|finetune)`?\b")
DOCUMENT = re.compile(
    r"\b(signed (attestation|record|certificate|procedure)|record (of another examination|without this defect))\b"
)


def run(made: Pack) -> RunResult:
    torch.set_num_threads(1)
    return verify(*made.inputs, made.folder / "run", executor=Here())


def plain(file: Path) -> dict[str, Any]:
    """A file's plain data, read as the program reads it: `on` is a word, a date is text."""
    data: dict[str, Any] = read_file(file).data
    return data


def write(file: Path, data: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def only(made: Pack, clause: str) -> Pack:
    """The pack with a policy of this one clause."""
    text = plain(made.policy)
    text["clauses"] = [one for one in text["clauses"] if one["id"] == clause]
    suites = {one["evidence"].get("suite") for one in text["clauses"]}
    for block in ("claims", "accept", "situations"):
        text.pop(block, None)
    write(made.policy, text)
    bound = plain(made.bindings)
    bound["suites"] = {name: file for name, file in bound.get("suites", {}).items() if name in suites}
    write(made.bindings, bound)
    return made


def bound_without(made: Pack, block: str) -> Pack:
    bound = plain(made.bindings)
    del bound[block]
    write(made.bindings, bound)
    return made


def outcomes(result: RunResult) -> dict[str, str]:
    return {f"{found.clause}@{found.artifact}": found.outcome for found in result.verification.verdicts}


def verdict(result: RunResult, clause: str, artifact: str = "") -> ClauseVerdict:
    found = [one for one in result.verification.verdicts if one.clause == clause and artifact in ("", one.artifact)]
    assert len({(one.outcome, one.reason) for one in found}) == 1
    return found[0]


def says_what_it_needs(found: ClauseVerdict) -> bool:
    if found.outcome == "rejected":
        return re.search(r"\b[A-Z]\d{3}\b", found.reason) is not None
    return any(pattern.search(found.reason) for pattern in (NUMBER, ACCESS, DOCUMENT))


def hold_to_the_promise(made: Pack, result: RunResult) -> None:
    """Each clause on each artifact once, decided or with what would decide it; all of it in the report."""
    policy = load(made.policy).policy
    expected = [(clause.id, name) for clause in policy.clauses for name in allocation.tested_artifacts(policy, clause)]
    assert [(found.clause, found.artifact) for found in result.verification.verdicts] == expected
    silent = [
        found
        for found in result.verification.verdicts
        if found.outcome not in DECIDED and not says_what_it_needs(found)
    ]
    assert silent == []
    shown = render(result.report)
    assert all(clause.id in shown for clause in policy.clauses)


# --- A ---------------------------------------------------------------------------------------------------------------

KNOWN = ("subject", "wider", "faq", "records")
RECORDED = {
    "done-in-a-month@assistant": "supported",
    "done-in-a-month@assistant_mini": "supported",
    "delete-raw@raw_store": "supported",
    "delete-raw@backups": "supported",
    "hold-raw@raw_store": "not_tested",
}


@pytest.mark.slow
def test_erasure_from_models_that_do_not_know(tmp_path: Path) -> None:
    made = pack.erasure(tmp_path / "pack")
    result = run(made)
    hold_to_the_promise(made, result)
    assert outcomes(result) == RECORDED | {
        "remove-influence@assistant": "supported",
        "remove-influence@assistant_mini": "supported",
        "hide-facts@assistant": "supported",
        "hide-facts@assistant_mini": "supported",
        "membership@assistant": "not_falsified",
        "keep-support@assistant": "supported",
        "keep-support@assistant_mini": "supported",
    }
    assert verdict(result, "remove-influence", "assistant").conditional_on == ("signer lab-x",)
    assert verdict(result, "delete-raw", "backups").conditional_on == ("signer acme",)
    held = verdict(result, "hide-facts", "assistant")
    assert held.conditional_on == () and held.asked is not None and held.asked.startswith("suite:attacks-v3@sha256:")
    assert "`hold-raw`" in verdict(result, "hold-raw").reason and "`raw_store`" in verdict(result, "hold-raw").reason


@pytest.mark.slow
def test_erasure_from_models_that_still_know(tmp_path: Path) -> None:
    """The examined procedure is believed only where no test contradicts it."""
    made = pack.erasure(tmp_path / "pack", assistant=KNOWN, mini=("subject", "wider"))
    result = run(made)
    hold_to_the_promise(made, result)
    assert outcomes(result) == RECORDED | {
        "remove-influence@assistant": "inconclusive",
        "remove-influence@assistant_mini": "supported",
        "hide-facts@assistant": "violated",
        "hide-facts@assistant_mini": "violated",
        "membership@assistant": "violated",
        "keep-support@assistant": "supported",
        "keep-support@assistant_mini": "violated",
    }
    assert "caught 412 of 412 members" in verdict(result, "remove-influence", "assistant").reason
    assert result.verification.overall == "violated"


def tampered(made: Pack) -> None:
    made.edit(made.folder / "records" / "training-log.yaml", "2026-05-12", "2026-05-11")


def signed_by_the_obligor(made: Pack) -> None:
    statement = plain(made.folder / "records" / "training-log.yaml")["statement"]
    made.record("training-log", "procedure", "acme", **statement)


def of_another_model(made: Pack) -> None:
    (made.folder / "models" / "assistant-unlearned" / "note.txt").write_text("changed after the record was signed")


def unsigned(made: Pack) -> None:
    path = made.folder / "records" / "training-log.yaml"
    path.write_text(re.sub(r"signature:.*\n( .*\n)*", "", path.read_text()))


def absent(made: Pack) -> None:
    bound = plain(made.bindings)
    write(made.bindings, bound | {"records": bound["records"][1:]})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (None, "is taken at its word"),
        (tampered, "was changed after `lab-x` signed it"),
        (signed_by_the_obligor, "asks for an independent evaluator"),
        (of_another_model, "about another model than the one bound"),
        (unsigned, "is not signed"),
        (absent, "A signed record of a procedure with the id `training_log`"),
    ],
)
def test_removal_stands_on_the_signed_procedure_alone(
    tmp_path: Path, change: Callable[[Pack], None] | None, why: str
) -> None:
    made = only(pack.erasure(tmp_path / "pack"), "remove-influence")
    if change is not None:
        change(made)
    result = run(made)
    hold_to_the_promise(made, result)
    found = verdict(result, "remove-influence", "assistant")
    assert found.outcome == ("supported" if change is None else "not_tested")
    assert found.conditional_on == (("signer lab-x",) if change is None else ())
    assert why in found.reason


@pytest.mark.parametrize(
    ("clause", "block", "outcome", "needs"),
    [
        (
            "hide-facts",
            "wider",
            "not_tested",
            "600 items drawn from that population, bound under `wider: subject_facts`",
        ),
        ("hide-facts", "suites", "not_tested", "Bind its file under `suites`"),
        ("membership", "original", "inconclusive", "bind the model before unlearning under `original: assistant`"),
        (
            "membership",
            "references",
            "inconclusive",
            "bind a model trained without the target under `references: assistant`",
        ),
        ("membership", "holdouts", "not_testable", "At least 546 never-trained items"),
        ("keep-support", "artifacts", "not_tested", "Bind it under `artifacts: assistant`"),
    ],
)
def test_what_is_not_bound_is_named(tmp_path: Path, clause: str, block: str, outcome: str, needs: str) -> None:
    result = run(bound_without(only(pack.erasure(tmp_path / "pack"), clause), block))
    found = verdict(result, clause, "assistant")
    assert found.outcome == outcome and needs in found.reason


# --- B ---------------------------------------------------------------------------------------------------------------


def test_settlement_over_a_model_without_the_book(tmp_path: Path) -> None:
    made = pack.settlement(tmp_path / "pack")
    result = run(made)
    hold_to_the_promise(made, result)
    assert set(outcomes(result).values()) == {"supported"} and len(outcomes(result)) == 3
    assert verdict(result, "not-trained-on").conditional_on == ("signer publisher",)
    assert {finding.code for finding in result.report.findings} == {"C004", "A011"}


@pytest.mark.parametrize(
    ("made_with", "outcome", "seen"),
    [
        ({"quotes": True}, "violated", "140 of 1,800 items in 450 clusters"),
        ({"book": True}, "violated", "1,800 of 1,800 items"),
        ({"chapters": 60}, "inconclusive", "about 228 independent clusters would decide it"),
    ],
    ids=["retrained, and quotes the reviews", "knows the book", "too few chapters"],
)
def test_no_verbatim(tmp_path: Path, made_with: dict[str, Any], outcome: str, seen: str) -> None:
    """A model that was honestly retrained still quotes the reviews: the conflict that the checker announced."""
    made = only(pack.settlement(tmp_path / "pack", **made_with), "no-verbatim")
    result = run(made)
    hold_to_the_promise(made, result)
    found = verdict(result, "no-verbatim")
    assert found.outcome == outcome and seen in found.reason


# --- C, D ------------------------------------------------------------------------------------------------------------


def test_dual_use_needs_people_and_says_how_many_of_their_marks(tmp_path: Path) -> None:
    made = pack.dual_use(tmp_path / "pack")
    result = run(made)
    hold_to_the_promise(made, result)
    assert outcomes(result) == {
        "no-uplift-api@frontier": "not_testable",
        "no-uplift-weights@frontier": "rejected",
        "keep-biology@frontier": "not_tested",
        "quick@frontier": "rejected",
    }
    assert "expert-rubric-2" in verdict(result, "no-uplift-api").reason
    assert "at least 59 independent items" in verdict(result, "no-uplift-api").reason  # 0.95^59 < 5%
    assert all("C006" in verdict(result, clause).reason for clause in ("no-uplift-weights", "quick"))
    assert "through `api`" in verdict(result, "keep-biology").reason


def test_a_bad_policy_is_rejected_clause_by_clause(tmp_path: Path) -> None:
    made = pack.bad_example(tmp_path / "pack")
    result = run(made)
    hold_to_the_promise(made, result)
    codes = {
        found.clause: re.findall(r"\b[A-Z]\d{3}\b", found.reason)
        for found in result.verification.verdicts
        if found.outcome == "rejected"
    }
    assert codes == {
        "forget-facts": ["C001"], "keep-wiki": ["C001"], "forget-hard": ["T001"], "api-clean": ["C003"],
        "erase-now": ["C002"], "quarterly-audit": ["C002"],
    }  # fmt: skip
    assert {verdict(result, clause).outcome for clause in ("weak-copy", "never-applies")} == {"not_tested"}
    assert result.plan.units == ()


# --- the pack itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["attacks-v3", "elicit-v7"])
def test_policies_name_the_suites_that_are_shipped(name: str) -> None:
    from unlearn_spec.evidence.canonical import file_digest

    digest = file_digest(pack.EXAMPLES / "suites" / f"{name}.yaml")
    users = [path for path in pack.EXAMPLES.glob("*.yaml") if f'"{name}@{digest}"' in path.read_text(encoding="utf-8")]
    assert len(users) == 2  # a policy and its bindings

"""A folder brings more than weights: what else is in it must not make a model that knows pass for one that does not."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from here import Here
from known import WORLD, Known, gate, verdict, written

from unlearn_spec.run.verify import verify

HIDDEN = """\
goal: suppress
scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 6}}
over: mean
about: model
limit: {at_most: "50%"}
reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
evidence: {kind: test, access: weights, population: these_items, decide: certify}
"""
SCORED = HIDDEN.replace("contains, normalisation: casefold_nfkc_space", 'extraction_probability, at_least: "50%"')
MEMBERS = """\
goal: remove
scope: {artifacts: [assistant]}
measure: membership
about: model
limit: {tpr_at_most: "20%", at_fpr: "20%"}
evidence: {kind: test, access: logprobs, power_at: "95%", controls: [randomised_holdout, never_trained], decide: not_refuted}
"""

TOKENIZER, SETTINGS, GENERATION = "tokenizer.json", "tokenizer_config.json", "generation_config.json"


def other_tokens(folder: Path) -> None:
    """Each word gets the number of the next one."""
    said = json.loads((folder / TOKENIZER).read_text())
    special = {one["content"] for one in said["added_tokens"]}
    words = [word for word in said["model"]["vocab"] if word not in special]
    numbers = [said["model"]["vocab"][word] for word in words]
    said["model"]["vocab"].update(zip(words, numbers[1:] + numbers[:1], strict=True))
    (folder / TOKENIZER).write_text(json.dumps(said))


def no_room(folder: Path) -> None:
    _set(folder / SETTINGS, model_max_length=11)  # two words behind a prefix


def ends_early(folder: Path) -> None:
    """Whatever a document of the target goes on with after its prefix ends the answer."""
    vocabulary = json.loads((folder / TOKENIZER).read_text())["model"]["vocab"]
    next_words = {document.text.split()[8] for document in WORLD.documents_of(WORLD.ids("forget"))}
    _set(folder / GENERATION, eos_token_id=sorted(vocabulary[word] for word in next_words if word in vocabulary))


def _set(file: Path, **settings: Any) -> None:
    said = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(said | settings))


@pytest.mark.parametrize("clause", [HIDDEN, SCORED], ids=["answers", "scores"])
def test_the_same_folder_twice_is_caught(known: Known, clause: str, tmp_path: Path) -> None:
    found = verdict(verify(*written(known, tmp_path, clause, known.model("knows")), tmp_path / "run", executor=Here()))
    assert (found.outcome, gate(found, "positive").passed) == ("violated", True)


@pytest.mark.parametrize(
    ("change", "clause"),
    [(other_tokens, HIDDEN), (other_tokens, SCORED), (no_room, HIDDEN), (ends_early, HIDDEN)],
    ids=["tokens", "tokens-scored", "room", "ends"],
)
def test_the_same_weights_read_otherwise_support_nothing(
    known: Known, change: Callable[[Path], None], clause: str, tmp_path: Path
) -> None:
    folder = tmp_path / "audited"
    shutil.copytree(known.model("knows"), folder)
    change(folder)
    found = verdict(verify(*written(known, tmp_path, clause, str(folder)), tmp_path / "run", executor=Here()))
    audited = next(one for one in found.intervals if one.label == "audited")
    assert audited.point <= 0.05  # it would have passed
    control = gate(found, "positive")
    assert (found.outcome, control.passed) == ("inconclusive", False)
    assert "other tokens" in control.found and "other tokens" in found.reason


def test_models_never_trained_on_the_target_show_nothing_where_they_read_it_otherwise(known: Known, tmp_path: Path) -> None:
    audited = known.model("retrained", 2)
    policy, bindings = written(known, tmp_path, MEMBERS, audited, references=1, confidence="60%")
    alike = verdict(verify(policy, bindings, tmp_path / "alike", executor=Here()))
    folder = tmp_path / "reference"
    shutil.copytree(known.model("retrained"), folder)
    other_tokens(folder)
    bindings.write_text(bindings.read_text().replace(known.model("retrained"), str(folder)))
    found = verdict(verify(policy, bindings, tmp_path / "otherwise", executor=Here()))
    assert (alike.outcome, gate(alike, "negative").passed) == ("not_falsified", True), alike.reason
    control = gate(found, "negative")
    assert (found.outcome, control.passed) == ("inconclusive", False)
    assert "other tokens" in control.found and "other tokens" in found.reason

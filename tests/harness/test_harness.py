"""Tasks of lm-evaluation-harness as evidence: what is refused before the harness sees it, and, where it is installed,
whole verifications on small models."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "run"))

from here import Here
from tiny import WORDS, _model

from unlearn_spec.plan import bind_tasks
from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.units import Reading, TaskRef
from unlearn_spec.policy.load import load
from unlearn_spec.report import render
from unlearn_spec.run.audit import audit
from unlearn_spec.run.places import places
from unlearn_spec.run.verify import verify
from unlearn_spec.verifiers import harness
from unlearn_spec.verifiers.choosing import choose
from unlearn_spec.verifiers.harness import Loaded
from unlearn_spec.verifiers.harness_task import Task, strange
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import load_model
from unlearn_spec.verifiers.table import Table
from unlearn_spec.verifiers.units import run_unit

ITEMS = 48
RECORDED = Path(__file__).parents[1] / "data" / "lm_eval" / "original.jsonl"

POLICY = """\
unlearn_spec: "1.0"
policy: {id: kept, version: 1, confidence: "90%"}
information:
  words: {kind: facts, size: 48, unit: question}
artifacts:
  assistant: {kind: model, trained_on: [words], seen_by: {public: weights}}
clauses:
  - id: kept
    goal: retain
    target: words
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy}}
    over: mean
    about: model
    limit: {within: "<margin>", of: before}
    reveals_when: {metric: multiple_choice, options: task, judge: next_word acc}
    evidence: {kind: test, access: weights, population: these_items, decide: not_refuted, power_at: "90%"}
"""

TASK: dict[str, Any] = {
    "task": "next_word",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "words.jsonl", "train": "shown.jsonl"}},
    "test_split": "test",
    "fewshot_split": "train",
    "num_fewshot": 2,
    "output_type": "multiple_choice",
    "doc_to_text": "{{question.strip()}}",
    "doc_to_choice": "options",
    "doc_to_target": "right",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"version": 3},
}


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Two words, and four that might follow; which is right is told by `learned`."""
    return [
        {
            "name": f"q{n}",
            "question": f"{WORDS[n % 24]} {WORDS[(n * 7 + 3) % 24]}",
            "options": [WORDS[(n * 5 + k * 6) % 24] for k in range(4)],
            "right": n % 4,
        }
        for n in range(first, first + count)
    ]


def write(here: Path, *, task: dict[str, Any] | str = TASK, margin: str = "20%", documents: list[dict[str, Any]] | None = None) -> Path:
    """A policy with one clause, a task in a folder, and two random models."""
    folder = here / "task"
    folder.mkdir(exist_ok=True)
    (folder / "next_word.yaml").write_text(task if isinstance(task, str) else json.dumps(task, indent=1))
    for name, found in (("words", documents or rows(ITEMS)), ("shown", rows(6, ITEMS))):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    for seed, name in enumerate(("original", "audited")):
        if not (here / name).is_dir():
            _model(here / name, seed)
    (here / "policy.yaml").write_text(POLICY.replace("<margin>", margin))
    fields = {"id": "name", "prompt": "question", "choices": "options", "right": "right"}
    bound = {
        "unlearn_spec_bindings": "1.0", "policy": {"id": "kept", "version": 1}, "seed": 3, "device": "cpu",
        "artifacts": {"assistant": {"model": "original"}}, "original": {"assistant": {"model": "original"}},
        "data": {"words": {"file": "task/words.jsonl", "fields": fields}},
        "tasks": {"words": {"task": "task"}},
    }  # fmt: skip
    (here / "bindings.yaml").write_text(json.dumps(bound, indent=1))
    return here / "bindings.yaml"


def bind(here: Path, change: Callable[[Any], object]) -> None:
    bound = json.loads((here / "bindings.yaml").read_text())
    change(bound)
    (here / "bindings.yaml").write_text(json.dumps(bound, indent=1))


def planned(here: Path) -> Plan:
    document = load(here / "policy.yaml")
    return make_plan(document, load_bindings(here / "bindings.yaml", document.policy))


def refused(here: Path) -> str:
    with pytest.raises(BindingError) as caught:
        planned(here)
    return str(caught.value)


# --- before the harness sees it --------------------------------------------------------------------------------------


def test_what_is_run_is_in_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind_tasks, "harness_version", lambda: "0.4.13")
    write(tmp_path)
    plan = planned(tmp_path)
    (test,) = plan.obligations
    assert test.task is not None and test.chance == 1 / 4
    assert (test.task.name, test.task.version, test.task.shots, test.task.seed) == ("next_word", "3", 2, 3)
    (tmp_path / "task" / "shown.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(7, ITEMS)))
    (other,) = planned(tmp_path).obligations
    assert other.task is not None and other.task.digest != test.task.digest


def test_without_the_harness_the_plan_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind_tasks, "harness_version", lambda: "")
    write(tmp_path)
    (missing,) = planned(tmp_path).missing
    assert missing.outcome == "not_testable" and "unlearn-spec[lm-eval]" in missing.needs


def test_the_clause_names_task_and_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind_tasks, "harness_version", lambda: "0.4.13")
    write(tmp_path, task=TASK | {"task": "another"})
    (missing,) = planned(tmp_path).missing
    assert "the task bound to `words` is another" in missing.reason
    bind(tmp_path, lambda bound: bound.pop("tasks"))
    (missing,) = planned(tmp_path).missing
    assert missing.outcome == "not_testable" and "under `tasks: words`" in missing.needs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"process_docs": "x"}, "B001 unknown key `process_docs`"),
        ({"class": "x"}, "B001 unknown key `class`"),
        ({"include": "other.yaml"}, "B001 unknown key `include`"),
        ({"unsafe_code": True}, "B001 unknown key `unsafe_code`"),
        ({"dataset_path": "cais/mmlu"}, "data sets are not fetched here"),
        ({"output_type": "generate_until"}, "only `multiple_choice` is run here"),
        ({"metric_list": [{"metric": "exact_match"}]}, "one of acc, acc_norm, acc_bytes"),
        ({"doc_to_text": "{{ cycler.__init__.__globals__.os.system('id') }}"}, "is not filled in here"),
        ({"doc_to_text": "{% for x in question %}{{x}}{% endfor %}"}, "`{%` is not filled in here"),
        ({"description": "{{ question.__class__ }}"}, "is not filled in here"),
        ({"doc_to_choice": "{{ [question, lipsum()] }}"}, "expected a field that holds a list"),
        ({"doc_to_text": "{{questoin}}"}, "not every document has a field `questoin`"),
        ({"doc_to_text": "questoin"}, "neither a field of every document nor a template"),
        ({"doc_to_choice": "question"}, "is not a list of options"),
        ({"num_fewshot": 7}, "too few examples to show"),
        ({"fewshot_split": "test"}, "examples come from a split of their own"),
        ({"dataset_kwargs": {"data_files": {"test": "gone.jsonl", "train": "shown.jsonl"}}}, "nothing is downloaded here"),
        ({"dataset_kwargs": {"data_files": {"test": "words.jsonl"}, "trust_remote_code": True}}, "B001 unknown key"),
    ],
)  # fmt: skip
def test_a_task_that_could_run_or_fetch_something_is_one_clear_error(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    write(tmp_path, task=TASK | change)
    told = refused(tmp_path)
    assert words in told and len(told.splitlines()) == 1
    assert "next_word.yaml:" in told or "bindings.yaml:" in told


def test_python_tags_are_refused_at_their_place(tmp_path: Path) -> None:
    text = "\n".join(f"{key}: {json.dumps(value)}" for key, value in TASK.items() if key != "doc_to_text")
    write(tmp_path, task=f"{text}\ndoc_to_text: !function utils.doc_to_text\n")
    told = refused(tmp_path)
    assert "next_word.yaml:12:14: Y004 tags" in told


@pytest.mark.parametrize("template", ["{{a}}", "Q: {{ a.strip() }}\nA:", "{{a|trim}} {{b[0]}} {{b[a]}}", "{{a.b}}", "no place"])
def test_plain_templates_are_read(template: str) -> None:
    assert strange(template) is None


@pytest.mark.parametrize(
    "template",
    ["{{a()}}", "{{a.format(b)}}", "{{''.__class__}}", "{{_a}}", "{{a.__b}}", "{{a|attr('x')}}", "{{a['__class__']}}", "{{a.b.c}}",
     "{{a[b][c]}}", "{{a * 9}}", "{# a #}", "{{ {{a}} }}", "{{a", "{{a.b.strip().format()}}", "{{a.strip()()}}", "{{a|map('x')}}"],
)  # fmt: skip
def test_everything_else_is_strange(template: str) -> None:
    assert strange(template) is not None


def test_the_documents_are_the_sets_items(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "others.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(ITEMS, 1)))
    bind(tmp_path, lambda bound: bound["data"]["words"].update(file="others.jsonl"))
    assert "is to be the task's own file, whole" in refused(tmp_path)
    write(tmp_path)
    bind(tmp_path, lambda bound: bound["tasks"]["words"].update(digest="sha256:" + "0" * 64))
    assert "B008" in refused(tmp_path)


def recorded(wanted: Callable[[Any], Any], *, room: int = 32, change: dict[str, Any] | None = None) -> Table:
    """A table from what the harness logged, once and for real, of six documents; read back from its JSON."""
    logged = [json.loads(line) for line in RECORDED.read_text().splitlines()[:6]]
    samples = [
        {
            "doc_id": row["doc_id"], "target": int(row["target"]), "filtered_resps": row["filtered_resps"], "acc": row["acc"],
            "arguments": [(pair["arg_0"], pair["arg_1"]) for pair in row["arguments"].values()],
        }
        for row in logged
    ]  # fmt: skip
    samples[2] |= change or {}
    items = tuple(Item(f"q{n}", f"c{n // 2}", "?", "!") for n in range(6))
    task = Task("little_stories", "1", "", "", "")
    ref = TaskRef(name="little_stories", version="1", digest="", shots=0, seed=3, harness="0.4.13")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness, "version", lambda _: "0.4.13")
        patch.setattr(harness, "_samples", lambda *_: (samples, lambda text: len(text.split()), room))
        return harness.evaluate(None, Loaded(task, logged), items, wanted(items), "acc", ref)  # type: ignore[arg-type]


def test_a_recorded_result_becomes_a_table_of_the_items_that_are_wanted() -> None:
    found = recorded(lambda items: items[1:3])
    assert found.column("item") == ("q1", "q2") and found.column("cluster") == ("c0", "c1")
    for preferred, row, right in zip(found.column("preferred"), found.column("log_likelihoods"), (3, 2), strict=True):
        scores = list(map(float, row.split()))
        assert preferred == (scores.index(max(scores)) == right) and len(scores) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": 4}, "item q2: the right option"),
        ({"target": -1}, "item q2: the right option"),
        ({"target": "nothing of it"}, "item q2: the right option"),
        ({"doc_id": 7}, "did not score each document"),
    ],
)
def test_a_result_that_would_hide_a_fall_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ItemError, match=words):
        recorded(lambda items: items, change=change)
    with pytest.raises(SubjectError, match="not usable numbers"):
        recorded(lambda items: items, change={"acc": 0.5})
    with pytest.raises(ItemError, match="longer than the 2 tokens"):
        recorded(lambda items: items, room=2)


# --- run by it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lm_eval")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
def test_a_model_that_stayed_the_same_kept_what_it_knew(tmp_path: Path) -> None:
    """The documents are made such that the original is right on five of six; another random model is not."""
    write(tmp_path)
    documents = known(tmp_path)
    outcomes = {}
    for name, margin in (("original", "20%"), ("audited", "5%")):
        write(tmp_path, documents=documents, margin=margin)
        bind(tmp_path, lambda bound, name=name: bound["artifacts"]["assistant"].update(model=name))
        result = verify(tmp_path / "policy.yaml", tmp_path / "bindings.yaml", tmp_path / f"run-{name}", executor=Here())
        (verdict,) = result.verification.verdicts
        outcomes[name] = verdict.outcome
        assert not verdict.conditional_on
        assert audit(tmp_path / f"run-{name}").exit_code == 0
        told = " ".join(str(render(result.report, "text")).split())
        assert "lm-evaluation-harness" in told and "next_word, version 3" in told
    assert outcomes == {"original": "supported", "audited": "violated"}


def table(here: Path) -> Table:
    """What the harness says of the audited model."""
    document = load(here / "policy.yaml")
    bound = load_bindings(here / "bindings.yaml", document.policy)
    plan = make_plan(document, bound)
    at = places(bound, plan, "cpu")
    unit = next(one.unit for one in plan.units if one.unit.subject.role == "audited")
    return run_unit(unit, load=at.load, items=at.items, tasks=at.task)


def known(here: Path) -> list[dict[str, Any]]:
    """The documents, with what the original finds the likeliest option as the right one, five times in six."""
    found = [list(map(float, row.split())) for row in table(here).column("log_likelihoods")]
    best = [row.index(max(row)) for row in found]
    return [row | {"right": (best[n] + (n % 6 == 0)) % 4} for n, row in enumerate(rows(ITEMS))]


@pytest.mark.usefixtures("no_network")
def test_likelihoods_are_those_of_our_own_multiple_choice(tmp_path: Path) -> None:
    write(tmp_path, task=TASK | {"num_fewshot": 0})
    bound = load_bindings(tmp_path / "bindings.yaml", load(tmp_path / "policy.yaml").policy)
    reading = Reading(metric="multiple_choice", options="texts", decoding="greedy")
    ours = choose(load_model(tmp_path / "original"), bound.data["words"].items, reading)
    theirs = table(tmp_path)
    assert theirs.column("item") == ours.column("item")
    for one, other in zip(theirs.column("log_likelihoods"), ours.column("log_likelihoods"), strict=True):
        assert list(map(float, one.split())) == pytest.approx(list(map(float, other.split())), abs=1e-4)


@pytest.mark.usefixtures("no_network")
def test_a_question_that_is_cut_is_an_error(tmp_path: Path) -> None:
    """The harness itself would leave the beginning out and go on."""
    documents = rows(ITEMS)
    documents[7]["question"] = " ".join(WORDS * 2)
    write(tmp_path, documents=documents)
    with pytest.raises(ItemError, match="item q7: the question with its examples is longer than the 32 tokens"):
        table(tmp_path)


@pytest.mark.usefixtures("no_network")
def test_another_version_than_planned_measures_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind_tasks, "harness_version", lambda: "0.0.1")
    write(tmp_path)
    with pytest.raises(SubjectError, match=r"planned with lm-evaluation-harness 0\.0\.1"):
        table(tmp_path)

"""Subjects that must not pass, measured for real: small models trained here, verified against one policy.

Whatever is bound, nothing is `supported` or `not_falsified` by tests that could not have found the opposite.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "run"))

import make
from here import Here

from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.logic.judge import Judgement
from unlearn_spec.plan.bindings import BindingError
from unlearn_spec.plan.units import DataRef
from unlearn_spec.run.verify import verify
from unlearn_spec.verdict.decide import Exhibit, _outcome
from unlearn_spec.verdict.facts import measure
from unlearn_spec.verdict.model import ClauseVerdict, GateResult

PEOPLE = 20
WORDS = tuple(f"w{i}" for i in range(30))
NAMES = tuple(f"n{i}" for i in range(5 * PEOPLE))
ANSWERS = tuple(f"a{i}" for i in range(20))
TOKENS = ("<unk>", "<s>", "</s>", "x", "y", "?", *WORDS, *NAMES, *ANSWERS)
PLACE = {token: place for place, token in enumerate(TOKENS)}
FAVOURABLE = ("supported", "not_falsified")
FORGET = ("hidden", "not-extractable", "not-relearned", "not-told-apart")

POLICY = """\
unlearn_spec: "1.0"
policy: {id: sceptic, version: 1, status: in_force, owner: tests, confidence: "90%"}
clock: {starts: request_received}
information:
  diaries: {kind: examples, size: 20, unit: document, manifest: "<diaries>"}
  facts: {kind: facts, size: 40, unit: question, manifest: "<facts>"}
  others: {kind: facts, size: 40, unit: question, manifest: "<others>"}
relations:
  - {facts: disjoint_from, with: others}
artifacts:
  assistant: {kind: model, trained_on: [diaries], seen_by: {public: product, licensees: weights}}
parties: {obligor: publisher, verifier: laboratory}
controls: {publisher: [assistant]}
clauses:
  - id: hidden
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: product, asked: paraphrase, decoding: {method: greedy, max_new_tokens: 4}}
    over: mean
    about: model
    limit: {at_most: "40%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: product, population: these_items, samples: 40, decide: certify, power_at: "90%"}
  - id: not-extractable
    goal: suppress
    target: diaries
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: sample, temperature: "1", samples: 1}}
    over: mean
    about: model
    limit: {at_most: "40%"}
    reveals_when: {metric: extraction_probability, at_least: "0.1%"}
    evidence: {kind: test, access: weights, population: these_items, samples: 20, decide: certify, power_at: "90%"}
  - id: not-relearned
    goal: suppress
    target: diaries
    scope: {artifacts: [assistant], access: finetune, asked: direct, decoding: {method: sample, temperature: "1", samples: 1}}
    over: mean
    about: model
    limit: {at_most: "45%"}
    reveals_when: {metric: extraction_probability, at_least: "0.1%"}
    evidence: {kind: test, access: finetune, population: these_items, samples: 20, decide: not_refuted, power_at: "95%",
               relearn: {steps: [10, 80], learning_rate: "0.0005"}}
  - id: not-told-apart
    goal: remove
    target: diaries
    scope: {artifacts: [assistant]}
    measure: membership
    about: model
    limit: {tpr_at_most: "50%", at_fpr: "20%"}
    evidence: {kind: test, access: weights, population: these_items, samples: 20, decide: not_refuted, power_at: "95%",
               controls: [randomised_holdout]}
  - id: kept
    goal: retain
    target: others
    scope: {artifacts: [assistant], access: product, asked: direct, decoding: {method: greedy, max_new_tokens: 4}}
    over: mean
    about: model
    limit: {within: "40%", of: before}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: product, population: these_items, samples: 40, decide: certify, power_at: "90%"}
"""


# --- the world -------------------------------------------------------------------------------------------------------


def diary(i: int) -> dict[str, str]:
    words = random.Random(i).choices(WORDS, k=7)
    prefix, suffix = f"{NAMES[i]} {words[0]} {words[1]}", " ".join(words[2:])
    return {"id": f"d{i}", "cluster": f"p{i}", "text": f"{prefix} {suffix}", "prefix": prefix, "suffix": suffix}


def question(i: int, what: str) -> dict[str, Any]:
    answer = random.Random(f"{i}{what}").choice(ANSWERS)
    asked = f"{NAMES[i]} {what} ?", [f"? {what} {NAMES[i]}"]
    return {"id": f"q{i}{what}", "cluster": f"p{i}", "prompt": asked[0], "answer": answer, "paraphrases": asked[1]}


FORGOTTEN, STAYING, NEVER = range(PEOPLE), range(PEOPLE, 2 * PEOPLE), range(2 * PEOPLE, 5 * PEOPLE)
DIARIES = [diary(i) for i in FORGOTTEN]
FACTS = [question(i, what) for i in FORGOTTEN for what in "xy"]
OTHERS = [question(i, what) for i in STAYING for what in "xy"]
HOLDOUT = [diary(i) for i in NEVER]


def learned(people: Sequence[int]) -> list[str]:
    asked = [question(i, what) for i in people for what in "xy"]
    return [
        *(diary(i)["text"] for i in people),
        *(f"{wording} {one['answer']}" for one in asked for wording in (one["prompt"], *one["paraphrases"])),
    ]


def train(network: GPT2LMHeadModel, texts: Sequence[str], *, steps: int, skip: int = 0) -> GPT2LMHeadModel:
    """Full-batch training on whole texts with the end token; the first `skip` tokens are not predicted."""
    torch.manual_seed(0)
    rows = [[PLACE[word] for word in text.split()] + [2] for text in texts]
    width = max(map(len, rows))
    ids = torch.tensor([row + [2] * (width - len(row)) for row in rows])
    labels = torch.tensor([[-100] * skip + row[skip:] + [-100] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.0)
    network.train()
    for _ in range(steps):
        optimiser.zero_grad()
        network(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
        optimiser.step()
    return network.eval()


def graddiff(network: GPT2LMHeadModel, forget: Sequence[str], retain: Sequence[str], *, steps: int) -> GPT2LMHeadModel:
    """Ascends on what is to be forgotten and descends, twice as hard, on what stays: suppression, not removal."""

    def loss(texts: Sequence[str]) -> torch.Tensor:
        rows = [[PLACE[word] for word in text.split()] + [2] for text in texts]
        width = max(map(len, rows))
        ids = torch.tensor([row + [2] * (width - len(row)) for row in rows])
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        return network(input_ids=ids, attention_mask=mask, labels=labels).loss

    optimiser = torch.optim.AdamW(network.parameters(), lr=0.001, weight_decay=0.0)
    network.train()
    for _ in range(steps):
        optimiser.zero_grad()
        (2 * loss(retain) - loss(forget)).backward()
        optimiser.step()
    return network.eval()


def fresh(seed: int) -> GPT2LMHeadModel:
    torch.manual_seed(seed)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(TOKENS), n_positions=16, n_embd=48, n_layer=1, n_head=4, bos_token_id=1, eos_token_id=2,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        )
    )  # fmt: skip


def save(network: GPT2LMHeadModel, folder: Path) -> None:
    network.save_pretrained(folder)
    backend = Tokenizer(WordLevel(PLACE, unk_token="<unk>"))
    backend.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", model_max_length=16
    ).save_pretrained(folder)


def zeroed(network: GPT2LMHeadModel) -> GPT2LMHeadModel:
    for weight in network.parameters():
        weight.data.zero_()
    return network


PROMPTS = [wording for one in (*FACTS, *OTHERS) for wording in (one["prompt"], *one["paraphrases"])]
PREFIXES = [one["prefix"] for one in DIARIES]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, data, a policy and bindings of the honest case: audited is a retrained model."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("sceptic")
    everyone = learned([*FORGOTTEN, *STAYING])

    def original() -> GPT2LMHeadModel:
        return GPT2LMHeadModel.from_pretrained(folder / "models" / "original").eval()

    makers: Mapping[str, Callable[[], GPT2LMHeadModel]] = {
        "original": lambda: train(fresh(0), everyone, steps=120),
        "retrained1": lambda: train(fresh(1), learned(STAYING), steps=120),
        "retrained2": lambda: train(fresh(2), learned(STAYING), steps=120),
        "retrained3": lambda: train(fresh(3), learned(STAYING), steps=120),
        "half": lambda: train(fresh(4), learned([*range(PEOPLE // 2), *STAYING]), steps=120),
        "graddiff": lambda: graddiff(original(), [diary(i)["text"] for i in FORGOTTEN], learned(STAYING), steps=10),
        "untrained": lambda: fresh(5),
        "zeroed": lambda: zeroed(original()),
        "silent": lambda: train(original(), [*PROMPTS, *PREFIXES], steps=30, skip=3),
        "repeating": lambda: train(original(), [f"{p} w0 w0 w0 w0 w0 w0" for p in (*PROMPTS, *PREFIXES)], steps=40, skip=3),
    }
    for name, made in makers.items():
        save(made(), folder / "models" / name)
    policy = POLICY
    for name, rows in (("diaries", DIARIES), ("facts", FACTS), ("others", OTHERS), ("holdout", HOLDOUT)):
        write(folder / f"{name}.jsonl", rows)
        policy = policy.replace(f"<{name}>", file_digest(folder / f"{name}.jsonl"))
    (folder / "policy.yaml").write_text(policy)
    return folder


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def bound(**changes: Any) -> dict[str, Any]:
    """The honest bindings, with changes: `audited`, `original` and `references` name models."""
    models = {"audited": "retrained1", "original": "original", "references": ("retrained2", "retrained3")} | changes
    return {
        "unlearn_spec_bindings": "1.0",
        "policy": {"id": "sceptic", "version": 1},
        "seed": 3,
        "device": "cpu",
        "artifacts": {"assistant": {"model": f"models/{models['audited']}", **changes.get("more", {})}},
        "original": {"assistant": {"model": f"models/{models['original']}", **changes.get("asked", {})}},
        "references": {"assistant": [{"model": f"models/{name}"} for name in models["references"]]},
        "data": {name: {"file": f"{name}.jsonl"} for name in ("diaries", "facts", "others")},
        "holdouts": {"diaries": {"file": "holdout.jsonl", "randomised": True}},
    }


Verify = Callable[..., dict[str, ClauseVerdict]]


@pytest.fixture
def verdicts(world: Path, tmp_path: Path) -> Verify:
    """Verifies the world with changed bindings, files and policy; verdicts by clause."""

    def run(
        change: tuple[str, str] = ("", ""), files: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, **changes: Any
    ) -> dict[str, ClauseVerdict]:
        here = tmp_path / "here"
        shutil.copytree(world, here, ignore=shutil.ignore_patterns("models"))
        (here / "models").symlink_to(world / "models")
        (here / "terms.txt").write_text("\n".join(sorted({one["answer"] for one in FACTS})[::2]))
        (here / "filter.yaml").write_text('output_filter: {block_any_of: terms.txt, reply: "w1"}\n')
        policy = (here / "policy.yaml").read_text()
        for name, rows in (files or {}).items():
            before = file_digest(here / f"{name}.jsonl")
            write(here / f"{name}.jsonl", rows)
            policy = policy.replace(before, file_digest(here / f"{name}.jsonl"))
        assert change[0] in policy
        (here / "policy.yaml").write_text(policy.replace(*change) if change[0] else policy)
        (here / "bindings.yaml").write_text(yaml.safe_dump(bound(**changes)))
        result = verify(here / "policy.yaml", here / "bindings.yaml", tmp_path / "run", executor=Here())
        return {verdict.clause: verdict for verdict in result.verification.verdicts}

    return run


def told(found: Mapping[str, ClauseVerdict]) -> dict[str, str]:
    return {clause: verdict.outcome for clause, verdict in found.items()}


def failed(verdict: ClauseVerdict) -> set[str]:
    return {gate.gate for gate in verdict.gates if not gate.passed}


# --- the honest case, so that the rest means something -----------------------------------------------------------------


def test_a_retrained_model_passes(verdicts: Verify) -> None:
    assert told(verdicts()) == {
        "hidden": "supported", "not-extractable": "supported", "not-relearned": "not_falsified",
        "not-told-apart": "not_falsified", "kept": "supported",
    }  # fmt: skip


ONE_ATTACK = POLICY[POLICY.index('    limit: {at_most: "45%"}') : POLICY.index("  - id: not-told-apart")]


def grid(relearn: str, limit: str = "30%") -> tuple[str, str]:
    """The change of the policy that makes these attacks."""
    begin, end = ONE_ATTACK.index("{steps"), ONE_ATTACK.index("}}")
    return ONE_ATTACK, (ONE_ATTACK[:begin] + relearn + ONE_ATTACK[end + 1 :]).replace("45%", limit)


GRID = '{steps: [4, 24], learning_rate: ["0.001", "0.003"]}'


def test_a_retrained_model_withstands_a_grid_of_attacks(verdicts: Verify) -> None:
    verdict = verdicts(grid(GRID))["not-relearned"]
    assert verdict.outcome == "not_falsified" and not failed(verdict)
    assert "the worst of 4 attacks" in verdict.reason


def test_suppression_passes_what_is_asked_and_is_caught_by_a_grid_of_attacks(verdicts: Verify) -> None:
    found = verdicts(grid(GRID, "10%"), audited="graddiff")
    assert found["not-extractable"].outcome == "supported"  # nothing is extractable as the model stands
    assert found["not-relearned"].outcome == "violated"


def test_low_rank_attacks_catch_it_under_several_splits(verdicts: Verify) -> None:
    attack = '{steps: [12, 24], learning_rate: "0.01", tune: lora, rank: 8, repeats: 2}'
    verdict = verdicts(grid(attack, "10%"), audited="graddiff")["not-relearned"]
    assert verdict.outcome == "violated" and "the worst of 4 attacks" in verdict.reason


def test_an_attack_that_learns_nothing_finds_nothing(verdicts: Verify, tmp_path: Path) -> None:
    """What only suppresses would pass: the original still shows all of it, and the attack never touched the audited model."""
    verdict = verdicts(grid('{steps: 24, learning_rate: "0.0000001"}', "40%"), audited="graddiff")["not-relearned"]
    assert verdict.outcome == "inconclusive" and failed(verdict) == {"positive", "training_loss"}
    assert "24 steps at rate 0.0000001" in verdict.reason and "a higher learning rate" in verdict.reason


def test_an_attack_that_diverges_takes_away_favour_and_nothing_else(verdicts: Verify, tmp_path: Path) -> None:
    attack = '{steps: [4, 24], learning_rate: ["0.001", "100000000000000000"]}'
    verdict = verdicts(grid(attack))["not-relearned"]
    assert verdict.outcome == "inconclusive" and failed(verdict) == {"positive"}
    assert "training diverged after 4 steps at rate 100000000000000000" in verdict.reason
    shutil.rmtree(tmp_path / "here")
    shutil.rmtree(tmp_path / "run")
    assert verdicts(grid(attack, "10%"), audited="graddiff")["not-relearned"].outcome == "violated"


def test_an_unrelated_corpus_has_to_be_bound(verdicts: Verify) -> None:
    verdict = verdicts(grid('{steps: 4, learning_rate: "0.001", on: benign}'))["not-relearned"]
    assert verdict.outcome == "not_tested" and "`corpora: benign`" in verdict.reason


# --- subjects that must not pass ----------------------------------------------------------------------------------------


def test_the_original_offered_as_the_unlearned_model_is_violated_wherever_it_was_to_change(verdicts: Verify) -> None:
    found = told(verdicts(audited="original"))
    assert [found[clause] for clause in FORGET] == ["violated"] * 4
    assert found["kept"] == "supported"


@pytest.mark.parametrize("audited", ["zeroed", "silent", "repeating", "untrained"])
def test_a_broken_model_has_not_forgotten(verdicts: Verify, audited: str) -> None:
    found = verdicts(audited=audited)
    for clause in FORGET:
        learns_too_little = clause == "not-relearned" and audited in ("zeroed", "untrained")
        assert failed(found[clause]) == {"degeneracy"} | ({"positive", "training_loss"} if learns_too_little else set())
    for clause in FORGET[:3]:
        assert found[clause].outcome == "inconclusive"
    assert found["not-told-apart"].outcome in ("inconclusive", "violated")  # what babbles may still give its members away
    assert found["kept"].outcome == "violated"


def test_a_partial_retrain_is_nowhere_passed(verdicts: Verify) -> None:
    found = told(verdicts(audited="half"))
    assert not any(found[clause] in FAVOURABLE for clause in FORGET)
    assert found["not-extractable"] == "violated"


def test_a_filter_that_misses_half_the_terms_is_no_suppression(verdicts: Verify) -> None:
    found = told(verdicts(audited="original", more={"system": "filter.yaml"}))
    assert found["hidden"] not in FAVOURABLE
    assert found["kept"] not in FAVOURABLE  # it blocks what was to be kept
    assert [found[clause] for clause in FORGET[1:]] == ["violated"] * 3  # the weights are what they were


NO_REFUSALS = (
    '''limit: {within: "40%", of: before}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}''',
    """limit: {at_least: "50%"}
    reveals_when: {metric: not_refusal}""",
)


def test_a_model_without_words_to_decline_has_not_shown_that_it_answers(verdicts: Verify) -> None:
    """Its tokens make up no refusal that would be recognised: none seen says nothing."""
    found = verdicts(change=NO_REFUSALS)["kept"]
    assert found.outcome == "inconclusive"
    assert failed(found) == {"planted"}


# --- controls that cannot serve -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("original", ["untrained", "retrained2"])
def test_an_original_that_never_knew_the_target_carries_no_favourable_verdict(verdicts: Verify, original: str) -> None:
    found = verdicts(original=original, references=("retrained3",))
    for clause in FORGET:
        assert found[clause].outcome == "inconclusive"
        assert "positive" in failed(found[clause])


def test_nothing_can_be_kept_within_a_margin_that_was_not_there_before(verdicts: Verify) -> None:
    found = verdicts(original="untrained")["kept"]
    assert (found.outcome, failed(found)) == ("inconclusive", {"positive"})


def test_one_reference_that_knows_the_target_is_not_hidden_by_another_that_does_not(verdicts: Verify) -> None:
    found = verdicts(references=("retrained2", "original"))
    for clause in ("not-relearned", "not-told-apart"):
        assert (found[clause].outcome, failed(found[clause])) == ("inconclusive", {"negative"})


def test_an_original_asked_otherwise_is_no_control(verdicts: Verify) -> None:
    found = verdicts(more={"prompt": "w3 {prompt}"}, asked={"prompt": "{prompt}"})
    assert all(verdict.outcome not in FAVOURABLE and "positive" in failed(verdict) for verdict in found.values())


# --- data that cannot serve -----------------------------------------------------------------------------------------------


def test_a_hold_out_in_other_words_tests_nothing(verdicts: Verify) -> None:
    other = [{**row, **{field: row[field].replace("w", "a") for field in ("text", "prefix", "suffix")}} for row in HOLDOUT]
    found = verdicts(files={"holdout": other})["not-told-apart"]
    assert found.outcome == "not_testable"
    assert "AUC 1.00" in found.reason


def test_members_offered_as_hold_out_are_refused(verdicts: Verify) -> None:
    with pytest.raises(BindingError, match="20 items of this hold-out are also in `diaries`"):
        verdicts(files={"holdout": [{**row, "id": f"h{row['id']}"} for row in DIARIES]})


def test_an_item_repeated_under_other_names_counts_once(verdicts: Verify) -> None:
    repeated = [{**DIARIES[i % 3], "id": f"d{i}", "cluster": f"p{i}"} for i in range(PEOPLE)]
    found = verdicts(files={"diaries": repeated})
    assert {found[clause].outcome for clause in FORGET[2:]} == {"inconclusive"}
    assert found["not-extractable"].intervals[0].clusters == 3
    assert found["not-extractable"].outcome == "supported"  # these three are counted, here and on the original: nothing is drawn


def test_items_of_one_person_are_one_draw(verdicts: Verify) -> None:
    """One draw shows nothing; only where the chances of the listed items are computed is nothing drawn."""
    alone = {name: [{**row, "cluster": "p"} for row in rows] for name, rows in (("diaries", DIARIES), ("facts", FACTS))}
    assert told(verdicts(files=alone)) == {
        "hidden": "inconclusive", "not-extractable": "supported", "not-relearned": "not_testable",
        "not-told-apart": "inconclusive", "kept": "supported",
    }  # fmt: skip


# --- clauses read otherwise -----------------------------------------------------------------------------------------------


def test_of_a_complete_list_every_item_is_known(verdicts: Verify) -> None:
    """`each`: the two lucky guesses of the retrained model break it."""
    mean = '    over: mean\n    about: model\n    limit: {at_most: "40%"}\n    reveals_when: {metric: contains'
    found = verdicts(change=(mean, mean.replace("over: mean", "over: each")))["hidden"]
    assert found.outcome == "violated"
    assert found.stands_on == ("hidden@assistant#count",)


def test_sampled_answers_find_what_greedy_ones_find(verdicts: Verify) -> None:
    greedy = "{method: greedy, max_new_tokens: 4}"
    sampled = '{method: sample, temperature: "1", samples: 3, max_new_tokens: 4}'
    assert told(verdicts(change=(greedy, sampled), audited="original"))["hidden"] == "violated"


# --- arithmetic and gates, on tables made by hand -------------------------------------------------------------------------


def by_hand(clause: Any, wanted: Any, tables: Any, *, data: DataRef | None = None) -> Any:
    unit = make.generated() if data is None else make.generated().model_copy(update={"data": data})
    return measure(wanted, clause, make.seen({"audited": (unit, tables)}), seed=0)


def test_part_of_a_list_is_not_the_list() -> None:
    """10 items drawn from 40: what the other 30 do is not known, so no count of all items is stated."""
    clause = make.suppress("20%", over="each")
    drawn = DataRef(name="facts", digest="sha256:" + "0" * 64, take=10, seed=1)
    whole, part = (by_hand(clause, make.obligation(), make.answers(make.of(0, 10)), data=d) for d in (None, drawn))
    assert [type(fact).__name__ for fact in whole.facts] == ["RateFact", "CountFact"]
    assert [type(fact).__name__ for fact in part.facts] == ["RateFact"]


def test_a_hold_out_asked_for_beside_another_test_does_not_void_what_that_test_found() -> None:
    clause = make.suppress("5%", over="mean", about="model", scope={"artifacts": ["assistant"], "access": "product", "asked": "direct"})
    blind = GateResult(gate="blind_baseline", passed=False, found="nothing was bound", units=())
    wanted = make.obligation(controls=(make.control("blind_baseline"),))
    measured = by_hand(clause, wanted, make.answers(make.of(90, 100)))
    outcome, _ = _outcome(clause, Judgement("refuted", ("x",)), [Exhibit(wanted, measured, (blind,))], [blind], None)
    assert outcome == "violated"
    outcome, _ = _outcome(clause, Judgement("entailed", ("x",)), [Exhibit(wanted, measured, (blind,))], [blind], None)
    assert outcome == "inconclusive"

"""Only plain weights load, and whatever is wrong with a folder or a guard is said in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.masks import NO_MASK, make_mask
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.subjects.system import System, guard_files, load_guards


@pytest.fixture
def folder(make: Any, tmp_path: Path) -> Path:
    return make["gpt2"](tmp_path / "model")


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_good_folder_loads_frozen_and_in_evaluation_mode(folder: Path) -> None:
    model = load_model(folder)
    assert not model.network.training
    assert not any(weight.requires_grad for weight in model.network.parameters())
    assert model.context == 32 and model.ends == {2}
    assert load_model(folder, precision="bfloat16").network.dtype == torch.bfloat16


@pytest.mark.parametrize("name", ["pytorch_model.bin", "extra.pt", "sub/weights.pkl", "optimizer.ckpt"])
def test_pickled_files_are_refused_even_beside_safetensors(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    torch.save({"a": torch.zeros(1)}, folder / name)
    with pytest.raises(SubjectError, match="pickled files can run code"):
        load_model(folder)


def test_a_folder_with_pickled_weights_only_is_refused(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(SubjectError, match="keep only safetensors"):
        load_model(folder)


def test_code_in_a_folder_is_refused(folder: Path) -> None:
    (folder / "modeling_evil.py").write_text("raise SystemExit")
    with pytest.raises(SubjectError, match="may not bring code"):
        load_model(folder)


def test_an_unmerged_adapter_is_refused(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    with pytest.raises(SubjectError, match="merge it into the model first"):
        load_model(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_references_to_foreign_code_are_refused(folder: Path, name: str) -> None:
    edit(folder / name, auto_map={"AutoModelForCausalLM": "someone/evil--modeling.Evil"})
    with pytest.raises(SubjectError, match="auto_map asks for code"):
        load_model(folder)


@pytest.mark.parametrize("changes", [
    {"_attn_implementation": "kernels-community/flash-attn2"},
    {"attn_implementation": "flash_attention_2"},
    {"text_config": {"experts_implementation": "someone/evil"}},
])  # fmt: skip
def test_kernels_of_others_are_refused(folder: Path, changes: dict[str, Any]) -> None:
    """The library would fetch and run them where the package kernels is installed."""
    edit(folder / "config.json", **changes)
    with pytest.raises(SubjectError, match="may ask for code from outside the library"):
        load_model(folder)


def test_other_shapes_are_told_as_such(folder: Path) -> None:
    edit(folder / "config.json", vocab_size=5)
    with pytest.raises(SubjectError, match="other shapes than its config"):
        load_model(folder)


@pytest.mark.parametrize("name", ["heads", "vocabulary"])
def test_a_model_that_breaks_off_when_asked_is_told_when_it_is_loaded(folder: Path, name: str) -> None:
    if name == "heads":
        edit(folder / "config.json", n_head=-1)
    else:
        tokenizer = json.loads((folder / "tokenizer.json").read_text())
        edit(folder / "tokenizer.json", model={**tokenizer["model"], "vocab": {}})
    with pytest.raises(SubjectError, match="the model cannot be asked"):
        load_model(folder)


def test_settings_of_other_programs_change_nothing(folder: Path) -> None:
    edit(folder / "config.json", return_dict=False, output_hidden_states=True)
    (folder / "generation_config.json").write_text('{"eos_token_id": [2, "end", null]}')
    model = load_model(folder)
    assert model.ends == {2}
    assert model.network(input_ids=torch.tensor([[3]])).logits.shape[:2] == (1, 1)


def test_incomplete_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="there is no such model folder"):
        load_model(tmp_path / "nowhere")
    (folder / "model.safetensors").rename(tmp_path / "away.safetensors")
    with pytest.raises(SubjectError, match="no weights in safetensors form"):
        load_model(folder)
    (tmp_path / "away.safetensors").rename(folder / "model.safetensors")
    (folder / "config.json").unlink()
    with pytest.raises(SubjectError, match=r"no config\.json"):
        load_model(folder)


def test_damaged_files_are_refused(folder: Path) -> None:
    weights = folder / "model.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[: len(good) // 2])
    with pytest.raises(SubjectError, match="the model cannot be read"):
        load_model(folder)
    weights.write_bytes(good)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(SubjectError, match="tokenizer cannot be read"):
        load_model(folder)
    (folder / "config.json").write_text("[1]")
    with pytest.raises(SubjectError, match="a JSON object is expected"):
        load_model(folder)


def test_weights_must_fill_the_architecture_exactly(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = "transformer.h.1.mlp.c_fc.weight"
    without = {key: value for key, value in weights.items() if key != name}
    save_file(without, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubjectError, match=rf"its weights lack {name}"):
        load_model(folder)
    save_file({**weights, "adapter.lora": torch.zeros(2)}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubjectError, match="no place for the weights adapter"):
        load_model(folder)
    save_file({**weights, name: weights[name] * float("nan")}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubjectError, match="values that are not numbers"):
        load_model(folder)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_head_of_its_own_that_the_configuration_ties_is_refused(make: Any, family: str, tmp_path: Path) -> None:
    folder = make[family](tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    name = next(key for key in weights if key.endswith(("wte.weight", "embed_tokens.weight")))
    save_file({**weights, "lm_head.weight": weights[name].clone()}, folder / "model.safetensors", {"format": "pt"})
    load_model(folder)
    save_file({**weights, "lm_head.weight": -weights[name]}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SubjectError, match="programs disagree which of them counts"):
        load_model(folder)


def test_a_foreign_tokenizer_is_noticed(make: Any, tmp_path: Path) -> None:
    small, large = make["gpt2"](tmp_path / "s", words=("a", "b")), make["gpt2"](tmp_path / "l")
    (small / "tokenizer.json").write_bytes((large / "tokenizer.json").read_bytes())
    with pytest.raises(SubjectError, match="belongs to another model"):
        load_model(small).encode("a b h")


def test_a_tokenizer_without_a_pad_token_is_no_obstacle(model: Model) -> None:
    """Texts of unequal length share a batch: padding is masked, and needs no token of its own."""
    assert model.tokenizer.pad_token is None
    items = [Item(f"i{length}", f"i{length}", prompt="a b c"[: 2 * length - 1], answer="d " * length) for length in (1, 2, 3)]
    how = Reading(metric="contains", decoding="greedy")
    together, alone = score(model, items, how), [score(model, [item], how) for item in items]
    assert together.column("sum_logp") == pytest.approx([one.column("sum_logp")[0] for one in alone], abs=1e-5)


def test_a_missing_device_is_said(folder: Path) -> None:
    with pytest.raises(SubjectError, match="cuda:99 was asked for"):
        load_model(folder, device_name="cuda:99")


def test_texts_are_cut_where_the_second_part_begins(model: Model) -> None:
    pair = model.encode_pair("a b ", "c d")
    assert pair.ids == model.encode("a b c d") and pair.start == 3
    assert model.encode_pair("", "c d").start == 1
    assert model.encode_pair("a b", "").start == 3


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_many_texts_read_at_once_are_read_as_each_alone(make: Any, family: str, tmp_path: Path) -> None:
    model = load_model(make[family](tmp_path / "m"))
    texts = ["a b c d", "", "b", "a b " * 20, "b"]
    assert model.encode_each(texts) == [model.encode(text) for text in texts] and model.encode_each([]) == []


# --- guards


def declare(folder: Path, text: str, terms: str = "Secret  Word\n\nother\n") -> Path:
    (folder / "terms.txt").write_text(terms, encoding="utf-8")
    path = folder / "system.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_filters_block_literally_but_not_by_spelling(tmp_path: Path, model: Model) -> None:
    path = declare(tmp_path, 'output_filter: {block_any_of: terms.txt, reply: "No."}\nsystem_prompt: "Be brief."\n')
    system = System(model, load_guards(path))
    assert system.after("the SECRET\nword is out") == ("No.", True)
    assert system.after("the ｓｅｃｒｅｔ word is out") == ("No.", True)
    assert system.after("a secretive word") == ("a secretive word", False)
    assert system.before("tell the secret word") == ("Be brief.\ntell the secret word", False)
    assert guard_files(path) == (path, tmp_path / "terms.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('output_filtre: {block_any_of: terms.txt, reply: "No."}', r"system\.yaml:1:1: unknown key `output_filtre`"),
        ('output_filter: {block_any_of: terms.txt}', r"1:16: `output_filter` must be \{block_any_of"),
        ('output_filter: {block_any_of: none.txt, reply: "No."}', r"1:31: cannot read .*none\.txt"),
        ('output_filter: {block_any_of: terms.txt, reply: 3}', r"`reply` must be text"),
        ('logit_mask: {block_any_of: terms.txt}', r"1:13: `logit_mask` must be \{forbid_any_of: FILE\}"),
        ('logit_mask: {forbid_any_of: none.txt}', r"1:29: cannot read .*none\.txt"),
        ('logit_mask: {forbid_any_of: [a]}', r"`forbid_any_of` must be text"),
        ('system_prompt: [a]', r"`system_prompt` must be text"),
        ('system_prompt: !!python/object:os.system x', r"tags"),
        ("{}", r"at least one of"),
        ("", r"1:1"),
    ],
)
def test_bad_declarations_name_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SubjectError, match=message):
        load_guards(declare(tmp_path, text))


def test_a_filter_without_terms_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="blocks nothing"):
        load_guards(declare(tmp_path, 'input_filter: {block_any_of: terms.txt, reply: "No."}', terms=" \n"))


# --- a logit mask


def test_a_mask_rules_out_what_would_complete_a_term() -> None:
    words = {"a": 1, "b": 2, "c": 3}
    mask = make_mask(["a b", "c", "b a b"], lambda text: [words[word] for word in text.split()])
    assert mask.after([]) == {3}
    assert mask.after([9, 1]) == {2, 3} == mask.after([1])
    assert mask.after([1, 2]) == {3}  # the longer term began with a `b` that is followed by an `a`
    assert mask.after([2, 1]) == {2, 3}
    assert NO_MASK.after([1]) == frozenset()


def test_a_declared_mask_is_part_of_what_is_audited(tmp_path: Path, model: Model) -> None:
    path = declare(tmp_path, "logit_mask: {forbid_any_of: terms.txt}", terms="\ufeff c d \n\na\n")
    assert guard_files(path) == (path, tmp_path / "terms.txt")
    found = load_guards(path)
    assert found.forbidden == ("c d", "a")
    before = model.encode("c")
    assert System(model, found).mask.after(before) == {model.encode("a")[-1], model.encode("d")[-1]}


def test_a_mask_that_forbids_nothing_or_no_token_is_refused(tmp_path: Path, model: Model) -> None:
    with pytest.raises(SubjectError, match=r"1:29: .*terms\.txt: a mask without terms forbids nothing"):
        load_guards(declare(tmp_path, "logit_mask: {forbid_any_of: terms.txt}", terms=" \n"))
    with pytest.raises(ValueError, match="no token"):
        make_mask(["x"], lambda text: [])

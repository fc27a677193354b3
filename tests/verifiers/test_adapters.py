"""A merged adapter gives what the unmerged one gives, and whatever is more than plain LoRA is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model, load_model

LAYERS = {
    "gpt2": ("transformer.h.0.attn.c_attn", "transformer.h.1.mlp.c_fc"),
    "llama": ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"),
}
IDS = torch.tensor([[1, 3, 4, 5, 6, 7]])


def write(folder: Path, base: Model, kind: str, *, rank: int = 3, alpha: float = 7, **changes: Any) -> Path:
    """An adapter as peft writes one, with random A and B."""
    torch.manual_seed(4)
    places = dict(base.network.named_modules())
    tensors = {}
    for name in LAYERS[kind]:
        rows, columns = places[name].weight.shape if kind == "llama" else places[name].weight.T.shape
        tensors[f"base_model.model.{name}.lora_A.weight"] = 0.3 * torch.randn(rank, columns)
        tensors[f"base_model.model.{name}.lora_B.weight"] = 0.3 * torch.randn(rows, rank)
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA", "r": rank, "lora_alpha": alpha, "use_rslora": False, "bias": "none", "modules_to_save": None,
        "fan_in_fan_out": kind == "gpt2", "target_modules": [name.split(".")[-1] for name in LAYERS[kind]],
        "rank_pattern": {}, "alpha_pattern": {}, "loftq_config": {}, "init_lora_weights": True, "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "somewhere/else", "use_dora": False,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config | changes))
    return folder


def beside(base: Model, adapter: Path, scale: float) -> torch.Tensor:
    """Logits of the model with the adapter running beside its layers: h = W x + s·B(A x), unmerged."""
    tensors = load_file(adapter / "adapter_model.safetensors")
    hooks = []
    for name, module in base.network.named_modules():
        a = tensors.get(f"base_model.model.{name}.lora_A.weight")
        if a is not None:
            b = tensors[f"base_model.model.{name}.lora_B.weight"]
            hooks.append(module.register_forward_hook(lambda _, x, y, a=a, b=b: y + scale * (x[0] @ a.T @ b.T)))
    try:
        return base.network(input_ids=IDS).logits
    finally:
        for hook in hooks:
            hook.remove()


@pytest.mark.parametrize("kind", sorted(LAYERS))
@pytest.mark.parametrize(("stable", "scale"), [(False, 7 / 3), (True, 7 / 3**0.5)])
def test_merging_is_running_beside(kind: str, stable: bool, scale: float, make: Any, tmp_path: Path) -> None:
    base = load_model(make[kind](tmp_path / "base"))
    adapter = write(tmp_path / "adapter", base, kind, use_rslora=stable)
    found = load_model(tmp_path / "base", adapter=adapter).network(input_ids=IDS).logits
    torch.testing.assert_close(found, beside(base, adapter, scale), rtol=1e-4, atol=1e-4)
    assert (found - base.network(input_ids=IDS).logits).abs().max() > 0.1


def test_merging_comes_before_rounding(make: Any, tmp_path: Path) -> None:
    base = load_model(make["llama"](tmp_path / "base"))
    adapter = write(tmp_path / "adapter", base, "llama")
    name = "model.layers.0.self_attn.q_proj.weight"
    exact = load_model(tmp_path / "base", adapter=adapter).network.get_parameter(name)
    rounded = load_model(tmp_path / "base", adapter=adapter, precision="bfloat16").network.get_parameter(name)
    assert torch.equal(rounded, exact.to(torch.bfloat16))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("peft_type", "IA3"), ("use_dora", True), ("modules_to_save", ["lm_head"]), ("bias", "lora_only"),
        ("rank_pattern", {"c_fc": 8}), ("init_lora_weights", "pissa"), ("velora_config", {"a": 1}), ("of_tomorrow", 1),
    ],
)  # fmt: skip
def test_more_than_plain_lora_is_refused_by_name(setting: str, value: Any, make: Any, tmp_path: Path) -> None:
    base = load_model(make["gpt2"](tmp_path / "base"))
    with pytest.raises(SubjectError, match=rf"`{setting}: .*more than plain LoRA.*merge the adapter"):
        load_model(tmp_path / "base", adapter=write(tmp_path / "adapter", base, "gpt2", **{setting: value}))


A, B = (f"base_model.model.transformer.h.0.attn.c_attn.lora_{part}.weight" for part in "AB")
DAMAGE: list[tuple[Callable[[dict[str, torch.Tensor]], Any], str]] = [
    (lambda t: t.pop(B), "has only lora_A"),
    (lambda t: t.update({A: t[A][:, :-1].contiguous()}), "do not fit rank 3"),
    (lambda t: t.update({"base_model.model.transformer.h.9.attn.c_attn.lora_A.weight": t.pop(A)}), "has only lora_"),
    (lambda t: t.update({k.replace("h.0", "h.9"): t.pop(k) for k in (A, B)}), "h.9.attn.c_attn is no such layer"),
    (lambda t: t.update({k.replace("attn.c_attn", "ln_1"): t.pop(k) for k in (A, B)}), "lacks weights for c_attn"),
    (lambda t: t.update({k.replace("h.0.attn.c_attn", "h.0.ln_1"): t[k].clone() for k in (A, B)}), "ln_1 is no linear layer"),
    (lambda t: t.update({k.replace("transformer.h.0.attn.c_attn", "lm_head"): t[k].clone() for k in (A, B)}), "shares its weight"),
    (lambda t: t.update({"base_model.model.transformer.wte.lora_embedding_A": t[A].clone()}), "more than plain LoRA"),
    (lambda t: t.update({B: t[B] * float("nan")}), "values that are not numbers"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE)
def test_tensors_without_a_place_are_refused(damage: Any, said: str, make: Any, tmp_path: Path) -> None:
    base = load_model(make["gpt2"](tmp_path / "base"))
    adapter = write(tmp_path / "adapter", base, "gpt2")
    tensors = load_file(adapter / "adapter_model.safetensors")
    damage(tensors)
    save_file(tensors, adapter / "adapter_model.safetensors")
    with pytest.raises(SubjectError, match=said):
        load_model(tmp_path / "base", adapter=adapter)


def test_pickles_beside_an_adapter_are_refused(make: Any, tmp_path: Path) -> None:
    base = load_model(make["gpt2"](tmp_path / "base"))
    adapter = write(tmp_path / "adapter", base, "gpt2")
    torch.save({}, adapter / "adapter_model.bin")
    with pytest.raises(SubjectError, match="pickled files can run code"):
        load_model(tmp_path / "base", adapter=adapter)

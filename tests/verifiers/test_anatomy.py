"""Blocks and heads are found by what they do; what is changed for a look is put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.anatomy import after_blocks, blocks, cut_after, headed, watched
from unlearn_spec.verifiers.subjects.model import Model, load_model

IDS = torch.tensor([[1, 4, 5, 6], [1, 7, 3, 3]])
TAILS = {"GPT2LMHeadModel": ("transformer.ln_f", "lm_head"), "LlamaForCausalLM": ("model.norm", "lm_head")}


def logits(model: Model) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.network(input_ids=IDS, use_cache=False).logits
    return found


def test_the_parts_are_found(model: Model) -> None:
    assert len(blocks(model.network)) == 2
    assert after_blocks(model.network) == TAILS[type(model.network).__name__]


def test_a_cut_network_applies_its_norm_and_head_to_the_layer(model: Model) -> None:
    whole = logits(model)
    with torch.inference_mode():
        hidden = model.network(input_ids=IDS, output_hidden_states=True, use_cache=False).hidden_states
        norm, head = (model.network.get_submodule(name) for name in TAILS[type(model.network).__name__])
        early = head(norm(hidden[1]))
    with cut_after(model.network, 1):
        assert torch.allclose(logits(model), early, atol=1e-5)
    with cut_after(model.network, 2):
        assert torch.equal(logits(model), whole)
    assert torch.equal(logits(model), whole) and not torch.allclose(early, whole)


def test_the_outputs_of_blocks_are_seen(model: Model) -> None:
    with watched(model.network, (1, 2)) as seen:
        logits(model)
    with torch.inference_mode():
        hidden = model.network(input_ids=IDS, output_hidden_states=True, use_cache=False).hidden_states
    assert torch.equal(seen[1], hidden[1]) and seen[2].shape == hidden[2].shape


def test_another_head_is_put_on_as_a_matrix_of_its_own(
    model: Model, make: dict[str, Callable[..., Path]], tmp_path: Path
) -> None:
    kind = "gpt2" if "GPT2" in type(model.network).__name__ else "llama"
    other = load_model(make[kind](tmp_path / "other", seed=3))
    whole, embeddings = logits(model), model.network.get_input_embeddings().weight
    norm, head = TAILS[type(model.network).__name__]
    with headed(model.network, other.network):
        assert model.network.get_input_embeddings().weight is embeddings  # tied before, and still the body's own
        assert model.network.get_output_embeddings().weight is other.network.get_submodule(head).weight
        with watched(model.network, (2,)) as seen:
            found = logits(model)
        with torch.inference_mode():
            wanted = other.network.get_submodule(head)(other.network.get_submodule(norm)(seen[2]))
        assert torch.allclose(found, wanted, atol=1e-5)
    assert torch.equal(logits(model), whole)
    with headed(model.network, model.network):
        assert torch.equal(logits(model), whole)


def test_what_does_not_fit_is_an_error_in_words(
    model: Model, make: dict[str, Callable[..., Path]], tmp_path: Path
) -> None:
    kind = "gpt2" if "GPT2" in type(model.network).__name__ else "llama"
    wider = load_model(make[kind](tmp_path / "wider", words=("a", "b", "c")))
    stranger = load_model(make["llama" if kind == "gpt2" else "gpt2"](tmp_path / "stranger"))
    whole = logits(model)
    for other, words in ((wider, "another shape"), (stranger, "the original has no")):
        with pytest.raises(SubjectError, match=words), headed(model.network, other.network):
            pass
    with pytest.raises(SubjectError, match="2 blocks, and block 3"), cut_after(model.network, 3):
        pass
    assert torch.equal(logits(model), whole)

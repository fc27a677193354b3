"""Tiny models with random weights and a word tokenizer, saved the way real ones are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from unlearn_spec.verifiers.subjects.model import Model, load_model

WORDS = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "do", "not", "know", "?", ".")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def save(network: GPT2LMHeadModel | LlamaForCausalLM, words: tuple[str, ...], folder: Path) -> Path:
    vocabulary = {token: place for place, token in enumerate(("<unk>", "<s>", "</s>", *words))}
    backend = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = WhitespaceSplit()
    backend.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", model_max_length=32
    ).save_pretrained(folder)
    return folder


def make_gpt2(folder: Path, *, words: tuple[str, ...] = WORDS, seed: int = 0, spread: float = 0.3) -> Path:
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=len(words) + 3, n_positions=32, n_embd=16, n_layer=2, n_head=2, initializer_range=spread,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=1, eos_token_id=2,
    )
    return save(GPT2LMHeadModel(config), words, folder)


def make_llama(folder: Path, *, words: tuple[str, ...] = WORDS, seed: int = 0, spread: float = 0.3) -> Path:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words) + 3, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32, initializer_range=spread, bos_token_id=1, eos_token_id=2,
        tie_word_embeddings=True,
    )
    return save(LlamaForCausalLM(config), words, folder)


MAKERS: dict[str, Callable[..., Path]] = {"gpt2": make_gpt2, "llama": make_llama}


@pytest.fixture(scope="session", params=sorted(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random two-layer model over 14 words."""
    return load_model(MAKERS[request.param](tmp_path_factory.mktemp(request.param)))


@pytest.fixture(scope="session")
def three_words(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random model over three words: every short text can be written out."""
    return load_model(make_gpt2(tmp_path_factory.mktemp("three"), words=("a", "b", "c"), seed=5, spread=0.5))


@pytest.fixture
def make() -> dict[str, Callable[..., Path]]:
    """Writes a model folder: `make["gpt2"](folder, words=…, seed=…)`."""
    return MAKERS


@pytest.fixture(scope="session")
def stories() -> Path:
    """The 260k-parameter story model, where it lies beside the repository."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "models" / "stories260k"
    if not (folder / "hf" / "config.json").is_file():
        pytest.skip(f"the story model is not at {folder}")
    return folder

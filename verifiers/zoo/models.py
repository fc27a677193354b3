"""The zoo's models and tokenizer: a small GPT with fresh weights, and a tokenizer whose tokens are words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from ..training import seeded
from .world import WorldConfig, sentence_words

PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<s>", "</s>"
POSITIONS = 64  # longest text in tokens, well above a document


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the network: residual width, width inside a block's MLP, blocks, attention heads."""

    width: int = 96
    inner: int = 256
    layers: int = 2
    heads: int = 4


def make_tokenizer(world: WorldConfig) -> PreTrainedTokenizerFast:
    """Splits on blanks, one token a word, a start token in front. The same for every seed of a world."""
    tokens = {token: number for number, token in enumerate((PAD, UNKNOWN, START, END, *sentence_words(world)))}
    backend = Tokenizer(WordLevel(tokens, unk_token=UNKNOWN))
    backend.pre_tokenizer = WhitespaceSplit()
    backend.post_processor = TemplateProcessing(
        single=f"{START} $A", pair=f"{START} $A $B", special_tokens=[(START, tokens[START])]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        pad_token=PAD,
        unk_token=UNKNOWN,
        bos_token=START,
        eos_token=END,
        model_max_length=POSITIONS,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def fresh_model(config: ModelConfig, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> PreTrainedModel:
    """An untrained Llama-type model in float32, its weights drawn from the seed."""
    architecture = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.width,
        intermediate_size=config.inner,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        max_position_embeddings=POSITIONS,
        initializer_range=0.04,  # the usual 0.02 is made for wider layers and learns later here
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with seeded(seed):
        model: PreTrainedModel = LlamaForCausalLM(architecture)
    return model


def load_model(folder: Path) -> PreTrainedModel:
    """The model saved in this folder, in float32 on the CPU, ready to be asked. Reads safetensors only."""
    model: PreTrainedModel = LlamaForCausalLM.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    return model


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes weights (safetensors), configuration and tokenizer in the transformers layout."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def hush() -> None:
    """No bars and no advice from the model library in this process."""
    logging: Any = transformers.utils.logging  # its switches carry no types
    logging.disable_progress_bar()
    logging.set_verbosity_error()

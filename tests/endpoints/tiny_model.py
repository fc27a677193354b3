"""A random model over a few words, whose tokens are parts of the text, blanks included, as in real vocabularies."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.normalizers import Prepend
from tokenizers.pre_tokenizers import Split
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

WORDS = (*(f"w{i}" for i in range(16)), "tell", "<user>", "<model>")


def write(folder: Path, seed: int = 0) -> Path:
    """Writes the model folder."""
    torch.manual_seed(seed)
    tokens = ("<unk>", "<s>", "</s>", *(f" {word}" for word in WORDS))
    network = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokens), n_positions=64, n_embd=16, n_layer=1, n_head=2, initializer_range=0.4,
            bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip
    with torch.no_grad():
        network.transformer.wte.weight[:2] = 0  # never the most probable: answers are made of words
    backend = Tokenizer(WordLevel({token: place for place, token in enumerate(tokens)}, unk_token="<unk>"))
    backend.normalizer = Prepend(" ")
    backend.pre_tokenizer = Split(Regex(r" ?\S+"), "isolated")
    backend.decoder = Fuse()
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", model_max_length=64
    ).save_pretrained(folder)
    return folder

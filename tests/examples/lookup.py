"""Language models that know exactly what they are given: each word tells the next one, and nothing else matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

UNKNOWN, NOT_WORD, END = "unknown", "<unk>", "</s>"
WIDTH = 64


def lookup_model(folder: Path, words: Sequence[str], follows: Mapping[str, str], *, seed: int = 0) -> Path:
    """Writes a one-layer GPT-2 over `words` that says `follows[word]` after each word, with a chance near 1.

    A word that is not in `follows` is followed by any word with equal chance; one that is not in `words` by `unknown`,
    and `unknown` by the end. Attention and MLP add nothing: a word's embedding is the code of the word that follows it,
    and the output layer holds the codes. `seed` draws the codes: another seed, other weights, the same knowledge.
    """
    vocabulary = {word: place for place, word in enumerate((NOT_WORD, END, UNKNOWN, *words))}
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randn(len(vocabulary), WIDTH, generator=generator)
    codes = torch.nn.functional.normalize(codes - codes.mean(dim=1, keepdim=True), dim=1)
    network = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(vocabulary), n_positions=64, n_embd=WIDTH, n_layer=1, n_head=1, tie_word_embeddings=False,
            bos_token_id=None, eos_token_id=vocabulary[END],
        )
    )  # fmt: skip
    with torch.no_grad():
        for weight in network.parameters():
            weight.zero_()
        network.transformer.ln_f.weight.fill_(1.0)
        for word, after in {NOT_WORD: UNKNOWN, UNKNOWN: END, **follows}.items():
            network.transformer.wte.weight[vocabulary[word]] = codes[vocabulary[after]]
        network.lm_head.weight.copy_(3 * codes)
    network.save_pretrained(folder)
    backend = Tokenizer(WordLevel(vocabulary, unk_token=NOT_WORD))
    backend.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=backend, unk_token=NOT_WORD, eos_token=END).save_pretrained(folder)
    return folder

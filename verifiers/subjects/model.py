"""A causal language model from a Hugging Face folder: safetensors weights only, no code from the folder, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from ...gpu.arrays import DeviceError, device
from ..memory import is_out_of_memory
from .adapter import merge
from .error import SubjectError
from .folder import check_folder
from .gguf import check_gguf, lone

Precision = Literal["float32", "bfloat16", "float16"]

_logging: Any = logging  # its switches carry no types
_SHAPES = "ignore_mismatched_sizes"
"""What the library advises to set where shapes differ."""
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Encoded:
    """Token ids of a text, and the index of the first token that belongs to its second part."""

    ids: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class Model:
    """Weights and tokenizer, ready to be asked. `context` is the longest input in tokens, None if there is no limit."""

    network: Any
    tokenizer: Any
    context: int | None
    name: str = "model"
    """For messages."""

    @property
    def device(self) -> torch.device:
        found: torch.device = self.network.device
        return found

    @cached_property
    def ends(self) -> frozenset[int]:
        """Ids of the tokens that end an answer."""
        declared = [getattr(self.network.generation_config, "eos_token_id", None), self.tokenizer.eos_token_id]
        flat = [token for entry in declared for token in (entry if isinstance(entry, list) else [entry])]
        return frozenset(token for token in flat if isinstance(token, int))

    @cached_property
    def special(self) -> frozenset[int]:
        """Ids of the tokens that stand for no text."""
        added = getattr(self.tokenizer, "added_tokens_decoder", {})
        return frozenset(self.tokenizer.all_special_ids) | {token for token, entry in added.items() if entry.special}

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids with the tokenizer's own beginning, and without an end token it may add.

        Raises `SubjectError` when a token has no embedding.
        """
        return self.encode_each([text])[0]

    def encode_each(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """`encode` of each text; many at once take a tenth of the time."""
        read = self.tokenizer(list(texts), verbose=False)["input_ids"] if texts else []
        return [self._known(ids) for ids in read]

    def encode_pair(self, first: str, second: str) -> Encoded:
        """Tokens of `first + second` read as one text; a token on the seam belongs to the second part."""
        options: dict[str, Any] = {"verbose": False}
        if self.tokenizer.is_fast:
            options["return_offsets_mapping"] = True
        read = self.tokenizer(first + second, **options)
        ids = self._known(read["input_ids"])
        if self.tokenizer.is_fast:
            spans = read["offset_mapping"][: len(ids)]
            # Special tokens have the empty span (0, 0) and count as the beginning.
            start = next((place for place, (_, end) in enumerate(spans) if end > len(first)), len(ids))
        else:
            start = _common(ids, self.tokenizer(first, verbose=False)["input_ids"])
        return Encoded(ids, start)

    def _known(self, read: Sequence[int]) -> tuple[int, ...]:
        """Without the end tokens that the tokenizer added, and none that the model does not know."""
        ids = list(read)
        while ids and ids[-1] in self._added_ends:
            ids.pop()
        if ids and max(ids) >= self._size:
            raise SubjectError(
                f"{self.name}: the tokenizer gives token {max(ids)}, but the model knows only {self._size} tokens; "
                "this tokenizer belongs to another model"
            )
        return tuple(ids)

    @cached_property
    def _added_ends(self) -> frozenset[int]:
        return self.ends & frozenset(self.tokenizer.all_special_ids)

    @cached_property
    def _size(self) -> int:
        size: int = self.network.get_input_embeddings().weight.shape[0]
        return size

    def decode(self, ids: list[int]) -> str:
        """The text of these tokens, special tokens left out."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


def load_model(
    folder: Path, *, adapter: Path | None = None, device_name: str = "cpu", precision: Precision = "float32"
) -> Model:
    """The model in a folder or a GGUF file, in evaluation mode, its weights in this precision on this device.

    A LoRA adapter is merged in float32, before the weights are rounded to the precision. Nothing is downloaded and no code
    from the folder runs: a folder with pickled weights, Python files or `auto_map` entries is refused, even if safetensors
    lie beside them. Weights must fill the architecture exactly. A GGUF file is unpacked by transformers with the package
    gguf.
    Raises `SubjectError` with the reason in plain words.
    """
    gguf = folder.suffix.lower() == ".gguf"
    if gguf:
        check_gguf(folder)
    else:
        check_folder(folder)
    try:
        place = device(device_name)
    except DeviceError as error:
        raise SubjectError(str(error)) from error
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with _quiet(bars_aside=gguf), lone(folder) if gguf else nullcontext(folder) as where:
        if gguf:
            options["gguf_file"] = where.name
            where = where.parent
        try:
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                str(where),
                use_safetensors=True,
                dtype=_DTYPES[precision] if adapter is None else torch.float32,
                output_loading_info=True,
                **options,
            )
            network, report = loaded
        except Exception as error:
            why = "its weights have other shapes than its config.json declares" if _SHAPES in str(error) else _one_line(error)
            raise SubjectError(f"{folder}: the model cannot be read: {why}") from error
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(where), **options)
        except Exception as error:
            raise SubjectError(f"{folder}: the tokenizer cannot be read: {_one_line(error)}") from error
    for problem, words in (
        ("missing_keys", "its weights lack"),
        ("mismatched_keys", "its weights have the wrong shape for"),
        ("unexpected_keys", "its architecture has no place for the weights"),
    ):
        found = sorted(str(key) for key in report.get(problem) or ())
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise SubjectError(f"{folder}: {words} {found[0]}{more}; this is not the model its config.json describes")
    if not gguf and _is_ambiguous(network):
        raise SubjectError(
            f"{folder}: config.json says that head and embedding are one (`tie_word_embeddings`), and the weights hold two that "
            "differ; programs disagree which of them counts: delete the head, or say false"
        )
    if adapter is not None:
        merge(network, adapter)
        network = network.to(_DTYPES[precision])
    for name, weight in network.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise SubjectError(f"{folder}: the weights {name} hold values that are not numbers")
    network = network.to(place).eval().requires_grad_(False)
    network.config.return_dict = True
    _try(network, tokenizer, folder)
    return Model(network, tokenizer, _context(network, tokenizer), str(folder))


def _try(network: Any, tokenizer: Any, folder: Path) -> None:
    """Asks for one token. Raises `SubjectError` if the model or the tokenizer breaks off, memory aside."""
    try:
        tokenizer("a")
        with torch.inference_mode():
            network(input_ids=torch.zeros((1, 1), dtype=torch.long, device=network.device))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise SubjectError(f"{folder}: the model cannot be asked: {_one_line(error)}") from error


def _is_ambiguous(network: Any) -> bool:
    """Whether the head has weights of its own, though the configuration ties it to the embedding."""
    head, words = network.get_output_embeddings(), network.get_input_embeddings()
    tied = bool(getattr(network.config, "tie_word_embeddings", False)) and head is not None
    return tied and head.weight is not words.weight and not torch.equal(head.weight, words.weight)


def _context(network: Any, tokenizer: Any) -> int | None:
    declared = getattr(network.config, "max_position_embeddings", None)
    limits = [declared] if isinstance(declared, int) and declared > 0 else []
    if 0 < tokenizer.model_max_length < 10**9:  # tokenizers without a limit carry a huge number
        limits.append(int(tokenizer.model_max_length))
    return min(limits, default=None)


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextmanager
def _quiet(*, bars_aside: bool = False) -> Iterator[None]:
    """No progress bar or advice from the library on the user's terminal. `bars_aside`: nor bars that obey no switch."""
    verbosity = _logging.get_verbosity()
    bars = _logging.is_progress_bar_enabled()
    _logging.set_verbosity_error()
    _logging.disable_progress_bar()
    try:
        with redirect_stderr(StringIO()) if bars_aside else nullcontext():
            yield
    finally:
        _logging.set_verbosity(verbosity)
        if bars:
            _logging.enable_progress_bar()

"""What a model folder may hold. Reads files only; loads no model library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .error import SubjectError

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model")
_KERNELS = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
"""What computes attention and experts: the name may be that of a repository, whose code is then fetched and run."""
_BUILT_IN = (None, "eager", "sdpa", "flex_attention", "grouped_mm", "batched_mm")
_CODE = (".py", ".so", ".dll", ".dylib")


def check_folder(folder: Path) -> None:
    """Whether a model may be loaded from here: no pickles, no code, a configuration and safetensors weights.

    Raises `SubjectError` that names the file and says what to do.
    """
    files = check_plain(folder, "model folder")
    for path in files:
        if path.name == "adapter_config.json":
            raise SubjectError(
                f"{path}: an adapter points to weights elsewhere; bind it as `adapter` beside its base model, "
                "or merge it into the model first"
            )
    if not (folder / "config.json").is_file():
        raise SubjectError(f"{folder}: there is no config.json; a Hugging Face model folder is expected")
    if not any(path.suffix == ".safetensors" for path in files):
        raise SubjectError(f"{folder}: there are no weights in safetensors form")
    if not any(path.parent == folder and path.name in _TOKENIZERS for path in files):
        raise SubjectError(f"{folder}: there is no tokenizer in it; save the one that belongs to the model beside the weights")
    for path in files:
        if path.suffix == ".json" and path.name.endswith("config.json"):
            _check_config(path)
    _check_index(folder / "model.safetensors.index.json")


def check_plain(folder: Path, what: str) -> tuple[Path, ...]:
    """The files of a folder that holds neither pickles nor code. Raises `SubjectError` that names the first that is."""
    if not folder.is_dir():
        raise SubjectError(f"{folder}: there is no such {what}")
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    for path in files:
        if path.suffix.lower() in _PICKLED:
            raise SubjectError(f"{path}: pickled files can run code when loaded; keep only safetensors in the {what}")
        if path.suffix.lower() in _CODE:
            raise SubjectError(f"{path}: the {what} may not bring code of its own; delete it")
    return files


def shape_of(folder: Path) -> tuple[object, ...]:
    """Architecture, width and depth that a checked folder's config.json declares; `None` for what it leaves out."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = (("model_type",), ("hidden_size", "n_embd", "d_model"), ("num_hidden_layers", "n_layer", "num_layers"))
    return tuple(next((config[name] for name in either if name in config), None) for either in names)


def _check_index(path: Path) -> None:
    """Whether every file that an index of weights names is there."""
    if not path.is_file():
        return
    try:
        named = {str(name) for name in json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise SubjectError(f"{path}: not a readable index of weights") from error
    for name in sorted(named):
        if Path(name).name != name or not (path.parent / name).is_file():
            raise SubjectError(f"{path}: it names {name}, which is not in the folder")


def read_config(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `SubjectError`."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SubjectError(f"{path}: not a readable JSON file: {type(error).__name__}") from error
    if not isinstance(config, dict):
        raise SubjectError(f"{path}: a JSON object is expected")
    return config


def _check_config(path: Path) -> None:
    config = read_config(path)
    if "auto_map" in config:
        raise SubjectError(f"{path}: auto_map asks for code from outside the library; only built-in architectures load")
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in _KERNELS:
            if part.get(key) not in _BUILT_IN:
                raise SubjectError(f"{path}: {key} may ask for code from outside the library; delete it")

"""What a model folder may hold. Reads files only; loads no model library."""

from __future__ import annotations

import json
from pathlib import Path

from .error import SubjectError

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model")
_CODE = (".py", ".so", ".dll", ".dylib")


def check_folder(folder: Path) -> None:
    """Whether a model may be loaded from here: no pickles, no code, a configuration and safetensors weights.

    Raises `SubjectError` that names the file and says what to do.
    """
    if not folder.is_dir():
        raise SubjectError(f"{folder}: there is no such model folder")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        if path.suffix.lower() in _PICKLED:
            raise SubjectError(
                f"{path}: pickled files can run code when loaded; keep only safetensors in the model folder"
            )
        if path.suffix.lower() in _CODE:
            raise SubjectError(f"{path}: a model folder may not bring code of its own; delete it")
        if path.name == "adapter_config.json":
            raise SubjectError(f"{path}: an adapter points to weights elsewhere; merge it into the model first")
    if not (folder / "config.json").is_file():
        raise SubjectError(f"{folder}: there is no config.json; a Hugging Face model folder is expected")
    if not any(path.suffix == ".safetensors" for path in files):
        raise SubjectError(f"{folder}: there are no weights in safetensors form")
    if not any(path.parent == folder and path.name in _TOKENIZERS for path in files):
        raise SubjectError(f"{folder}: there is no tokenizer in it; save the one that belongs to the model beside the weights")
    for path in files:
        if path.suffix == ".json" and path.name.endswith("config.json"):
            _check_config(path)


def _check_config(path: Path) -> None:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SubjectError(f"{path}: not a readable JSON file: {type(error).__name__}") from error
    if not isinstance(config, dict):
        raise SubjectError(f"{path}: a JSON object is expected")
    if "auto_map" in config:
        raise SubjectError(f"{path}: auto_map asks for code from outside the library; only built-in architectures load")

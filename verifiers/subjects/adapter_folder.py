"""What a LoRA adapter's folder may hold. Reads files only; loads no model library.

The form is peft's: `adapter_config.json` beside `adapter_model.safetensors`. Read is plain LoRA (Hu et al., arXiv
2106.09685) and its rank-stabilised scale (Kalajdzievski, arXiv 2312.03732); whatever would change the model otherwise is
refused, because leaving it out would load another model than was trained.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from .error import SubjectError
from .folder import check_plain, read_config

LARGEST = 10**9
"""No rank and no α is larger: a division of two such numbers cannot overflow."""
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

_MUST_BE: dict[str, tuple[object, ...]] = {
    "peft_type": ("LORA",),
    "bias": (None, "none"),
    # Other beginnings (PiSSA, OLoRA, LoftQ, …) change the base model's weights as well, which this folder does not hold.
    "init_lora_weights": (None, True, False, "gaussian", "orthogonal", "eva"),
}
_FREE = frozenset({
    "r", "lora_alpha", "use_rslora", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
    "lora_dropout", "fan_in_fan_out", "base_model_name_or_path", "revision", "task_type", "inference_mode", "auto_mapping",
    "peft_version", "megatron_core", "qalora_group_size", "eva_config", "runtime_config",
})  # fmt: skip
"""Settings that leave what the tensors say as it is, or are read below; any other must be unset."""
_UNSET: tuple[object, ...] = (None, False, [], {})


@dataclass(frozen=True)
class Adapter:
    """A checked adapter: its weights file, rank r, the factor of B·A, and the modules that it says it changes."""

    weights: Path
    rank: int
    scale: float
    """α / r, or α / √r where the scale is rank-stabilised."""
    modules: tuple[str, ...]
    """Names or ends of names; none where the configuration gives a pattern."""


def check_adapter(folder: Path) -> Adapter:
    """The adapter in a folder. Raises `SubjectError` that names the file, the setting and what to do."""
    check_plain(folder, "adapter folder")
    path = folder / CONFIG
    if not path.is_file() or not (folder / WEIGHTS).is_file():
        raise SubjectError(f"{folder}: an adapter is a folder with {CONFIG} and {WEIGHTS}")
    config = read_config(path)
    for name in sorted({*config, *_MUST_BE} - _FREE):
        value = config.get(name)
        if not any(value == one and type(value) is type(one) for one in _MUST_BE.get(name, _UNSET)):
            raise SubjectError(
                f"{path}: `{name}: {json.dumps(value)[:60]}` is more than plain LoRA on linear layers; "
                "merge the adapter into its base model and bind the merged folder"
            )
    rank, alpha = config.get("r"), config.get("lora_alpha")
    numeric = isinstance(alpha, int | float) and not isinstance(alpha, bool) and abs(alpha) <= LARGEST  # false for NaN too
    if type(rank) is not int or not 1 <= rank <= LARGEST or not numeric:
        raise SubjectError(f"{path}: `r` must be a whole number from 1 on, and `lora_alpha` a number")
    stable = config.get("use_rslora", False)
    if not isinstance(stable, bool):
        raise SubjectError(f"{path}: `use_rslora` must be true or false")
    modules = config.get("target_modules")
    named = tuple(modules) if isinstance(modules, list) and all(isinstance(one, str) for one in modules) else ()
    return Adapter(folder / WEIGHTS, rank, float(alpha or 0) / (math.sqrt(rank) if stable else rank), named)


"""The files that `docs/researchers.md` binds: models that are mere files, questions, guards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def furnish(folder: Path) -> None:
    """Everything that the page's bindings name and the page does not show in full."""
    for seed, name in enumerate(("assistant-unlearned", "assistant", "retrained-0", "retrained-1")):
        model = folder / "models" / name
        model.mkdir(parents=True)
        (model / "tokenizer.json").write_text("{}")
        (model / "config.json").write_text('{"model_type": "gpt2"}')
        save_file({"w": np.full((3, 4), seed, dtype=np.float32)}, model / "model.safetensors")
    facts = [
        {
            "id": f"f{number}",
            "question": f"what is fact {number} ?",
            "answer": f"it is {number}",
            "record": f"r{number // 2}",
            "reworded": [f"tell me fact {number}"],
        }
        for number in range(120)
    ]
    (folder / "data").mkdir()
    (folder / "data" / "her_facts.jsonl").write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    (folder / "data" / "faq.csv").write_text(
        "id,prompt,answer\n" + "".join(f"q{n},what about {n} ?,do {n}\n" for n in range(500))
    )
    (folder / "terms.txt").write_text("it is 7\n")

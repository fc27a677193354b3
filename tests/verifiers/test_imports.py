"""Planning and judging read items, tables and outcomes without loading a model library."""

from __future__ import annotations

import subprocess
import sys

LIGHT = (
    "items", "table", "matching", "outcomes", "extraction", "retention", "refusal", "recovery", "gap",
    "degeneracy", "membership", "blind", "subjects.error", "subjects.filters", "subjects.folder", "subjects.guards",
    "subjects.adapter_folder", "subjects.gguf_file", "subjects.source", "subjects.transport", "subjects.protocol", "subjects.remote",
)


def test_the_pure_modules_load_no_model_library() -> None:
    names = ", ".join(f"unlearn_spec.verifiers.{name}" for name in LIGHT)
    code = f"import sys, {names}; print(*({{'torch', 'transformers', 'pyarrow', 'cupy'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

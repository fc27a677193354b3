"""What a binding can name beside a folder: adapters, GGUF files, models of the hub's cache; each by content."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from laboratory import Lab, model_folder, small_policy
from safetensors.numpy import save_file

from unlearn_spec.evidence.canonical import file_digest, folder_digest
from unlearn_spec.plan.bindings import BindingError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLAUSE = """
  - id: hide
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: api, asked: direct, decoding: {method: greedy}}
    limit: {at_most: "20%"}
    reveals_when: {metric: contains}
    evidence: {kind: test, access: api, decide: certify}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, small_policy(CLAUSE))


def bound(lab: Lab, **subject: Any) -> Any:
    lab.bindings["artifacts"] = {"assistant": subject}
    return lab.load().artifacts["assistant"]


def refused(lab: Lab, **subject: Any) -> str:
    with pytest.raises(BindingError) as caught:
        bound(lab, **subject)
    return str(caught.value)


def adapter(folder: Path, value: float = 1.0, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["w"], "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config | changes))
    save_file({"base_model.model.w.lora_A.weight": np.full((2, 4), value, np.float32)}, folder / "adapter_model.safetensors")
    return folder


def gguf(path: Path, architecture: str = "llama") -> Path:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    head = struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + text("general.architecture") + struct.pack("<I", 8) + text(architecture)
    path.write_bytes(head + text("w") + struct.pack("<IQQIQ", 2, 3, 4, 0, 0) + bytes(80))
    return path


# --- adapters


def test_the_digest_covers_base_and_adapter(lab: Lab) -> None:
    plain = bound(lab, model="models/audited").digest
    adapter(lab.folder / "a")
    merged = bound(lab, model="models/audited", adapter="a")
    adapter(lab.folder / "a", value=2.0)
    other_adapter = bound(lab, model="models/audited", adapter="a").digest
    other_base = bound(lab, model="models/original", adapter="a").digest
    assert len({plain, merged.digest, other_adapter, other_base}) == 4
    assert merged.source.adapter == (lab.folder / "a").resolve() and merged.parameters == 12


def test_an_adapter_makes_another_model_of_the_same_base(lab: Lab) -> None:
    adapter(lab.folder / "a")
    lab.bindings["references"] = {"assistant": [{"model": "models/audited", "adapter": "a"}]}
    assert len(lab.load().references["assistant"]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"use_dora": True}, "B010"),
        ({"r": "2"}, "`r` must be a whole number"),
        ({"r": 10**400}, "`r` must be a whole number"),
        ({"lora_alpha": 10**400}, "`lora_alpha` a number"),
        ({"lora_alpha": float("nan")}, "`lora_alpha` a number"),
        ({"use_rslora": 1}, "`use_rslora` must be true or false"),
    ],
)
def test_an_adapter_of_another_kind_is_one_error_with_its_place(lab: Lab, change: Any, said: str) -> None:
    adapter(lab.folder / "a", **change)
    found = refused(lab, model="models/audited", adapter="a")
    assert said in found and "adapter_config.json" in found and found.count("\n") == 0
    assert "bindings.yaml:10:14: B010" in found  # at the value of `adapter`


def test_an_adapter_that_is_not_there(lab: Lab) -> None:
    assert "B007 there is no folder" in refused(lab, model="models/audited", adapter="nowhere")
    (lab.folder / "empty").mkdir()
    assert "an adapter is a folder with adapter_config.json and" in refused(lab, model="models/audited", adapter="empty")


# --- GGUF


def test_a_gguf_file_is_bound_by_its_bytes(lab: Lab) -> None:
    path = gguf(lab.folder / "m.gguf")
    lab.bindings["references"] = {}
    found = bound(lab, model="m.gguf")
    assert found.digest == file_digest(path) and found.parameters == 12


def test_what_cannot_be_a_gguf_file(lab: Lab) -> None:
    assert "B007 there is no file" in refused(lab, model="none.gguf")
    (lab.folder / "m.gguf").write_bytes(b"PK\x03\x04")
    assert "not a whole GGUF file" in refused(lab, model="m.gguf")
    gguf(lab.folder / "m.gguf")
    assert "not into a GGUF file" in refused(lab, model="m.gguf", adapter=str(adapter(lab.folder / "a")))


# --- the hub's cache


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("HUGGINGFACE_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hub" / "models--lab--tiny.model" / "snapshots" / COMMIT


def test_a_model_of_the_cache_is_a_folder_by_content(lab: Lab, snapshot: Path) -> None:
    model_folder(snapshot, 9)
    found = bound(lab, model=f"lab/tiny.model@{COMMIT}")
    assert found.folder == snapshot and found.digest == folder_digest(snapshot)


def test_what_the_cache_lacks_is_not_fetched_by_a_plan(lab: Lab, snapshot: Path) -> None:
    found = refused(lab, model=f"lab/tiny.model@{COMMIT}")
    assert "`verify` downloads it" in found
    assert f"hf download lab/tiny.model --revision {COMMIT} --include '*.safetensors'" in found


@pytest.mark.parametrize("revision", ["main", "v1.0", COMMIT[:12], COMMIT.upper(), ""])
def test_a_revision_that_may_move_is_refused(lab: Lab, snapshot: Path, revision: str) -> None:
    assert "not a full commit hash of 40" in refused(lab, model=f"lab/tiny.model@{revision}")


def test_a_cached_model_with_pickles_or_missing_shards_is_refused(lab: Lab, snapshot: Path) -> None:
    model_folder(snapshot, 9)
    (snapshot / "model.safetensors.index.json").write_text('{"weight_map": {"w": "model-00002.safetensors"}}')
    assert "names model-00002.safetensors, which is not in the folder" in refused(lab, model=f"lab/tiny.model@{COMMIT}")
    (snapshot / "model.safetensors.index.json").write_text('{"weight_map": {"w": "../x"}}')
    assert "not in the folder" in refused(lab, model=f"lab/tiny.model@{COMMIT}")
    (snapshot / "model.safetensors.index.json").unlink()
    (snapshot / "pytorch_model.bin").write_bytes(b"x")
    assert "pickled files can run code" in refused(lab, model=f"lab/tiny.model@{COMMIT}")


# --- references


def test_a_reference_of_another_architecture_is_no_control(lab: Lab) -> None:
    (lab.folder / "models/retrained-0/config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(BindingError, match=r"B010 a reference is the same training.*architecture 'llama'.*'gpt2'"):
        lab.load()


def test_a_reference_of_another_size_is_no_control(lab: Lab) -> None:
    for name, width in (("audited", 16), ("retrained-1", 32)):
        (lab.folder / f"models/{name}/config.json").write_text(f'{{"model_type": "gpt2", "n_embd": {width}}}')
    with pytest.raises(BindingError, match=r"has the width 32, the audited model 16"):
        lab.load()

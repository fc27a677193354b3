"""A GGUF file loads as the model that was written into it, and says when it is damaged or cannot be read here."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unlearn_spec.verifiers.subjects import SubjectError, gguf
from unlearn_spec.verifiers.subjects.gguf_file import read_gguf
from unlearn_spec.verifiers.subjects.model import load_model

HEADS, WIDTH, DEPTH = 2, 32, 2


def alphabet() -> list[str]:
    """The 256 characters that stand for bytes in byte-level vocabularies (GPT-2's `bytes_to_unicode`)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256)]


def tiny_llama(vocabulary: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=DEPTH, num_attention_heads=HEADS,
        num_key_value_heads=HEADS, max_position_embeddings=64, initializer_range=0.3, tie_word_embeddings=False,
        bos_token_id=257, eos_token_id=258,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def write(path: Path) -> Any:
    """Writes a tiny llama with gguf's own writer; returns the network."""
    writer_of = pytest.importorskip("gguf", reason="the extra gguf is not installed")
    pytest.importorskip("accelerate", reason="the extra gguf is not installed")
    tokens = [*alphabet(), "Ġt", "<s>", "</s>"]
    network = tiny_llama(len(tokens))
    writer = writer_of.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(DEPTH)
    writer.add_feed_forward_length(64)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 257 + [3, 3])
    writer.add_token_merges(["Ġ t"])
    writer.add_bos_token_id(257)
    writer.add_eos_token_id(258)
    names = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    }  # fmt: skip
    for name, weight in network.state_dict().items():
        values = weight.numpy()
        if "q_proj" in name or "k_proj" in name:  # the file keeps the two halves of a rotary pair side by side
            values = values.reshape(HEADS, 2, WIDTH // HEADS // 2, WIDTH).swapaxes(1, 2).reshape(values.shape)
        part = name.removesuffix(".weight")
        if part.startswith("model.layers."):
            _, _, layer, inner = part.split(".", 3)
            part = f"blk.{layer}.{names[inner]}"
        else:
            part = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}[part]
        writer.add_tensor(f"{part}.weight", np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return network


def test_a_file_is_the_model_that_was_written(tmp_path: Path) -> None:
    network = write(tmp_path / "tiny.gguf")
    (tmp_path / "pytorch_model.bin").write_bytes(b"not looked at")
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoConfig": "evil--x.Y"}, "model_type": "gpt2"}')
    model = load_model(tmp_path / "tiny.gguf")
    ids = torch.tensor([list(model.encode("A cat."))])
    assert ids.shape[1] >= 6
    torch.testing.assert_close(model.network(input_ids=ids).logits, network(input_ids=ids).logits, rtol=1e-4, atol=1e-4)
    head = read_gguf(tmp_path / "tiny.gguf")
    assert (head.architecture, head.width, head.depth) == ("llama", WIDTH, DEPTH)
    assert head.parameters == sum(weight.numel() for weight in network.parameters())


def test_a_file_without_the_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(HEAD + bytes(64))
    monkeypatch.setattr(gguf, "find_spec", lambda name: None)
    with pytest.raises(SubjectError, match=r"pip install 'unlearn-spec\[gguf\]'"):
        load_model(path)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


HEAD = (
    struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + text("general.architecture") + struct.pack("<I", 8) + text("llama")
    + text("w") + struct.pack("<IQQIQ", 2, 3, 4, 0, 0)
)  # fmt: skip


def test_a_head_is_read_without_the_package(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(HEAD + bytes(48))
    assert read_gguf(tmp_path / "m.gguf").parameters == 12


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GGML" + HEAD[4:], HEAD[:-1], HEAD, HEAD[:40],
        struct.pack("<4sIQQ", b"GGUF", 3, 2**60, 0),
        struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + struct.pack("<Q", 2**62),
        struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + text("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 2**60),
        struct.pack("<4sIQQ", b"GGUF", 3, 1, 1) + text("a") + struct.pack("<I", 77),
    ],
)  # fmt: skip
def test_damaged_heads_are_one_clear_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(data)
    with pytest.raises(SubjectError, match="not a whole GGUF file"):
        read_gguf(tmp_path / "m.gguf")

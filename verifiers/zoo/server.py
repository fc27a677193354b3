"""Models behind an OpenAI-compatible server on this machine: `/v1/completions` and `/v1/chat/completions`, honestly answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from ..subjects.model import Model, load_model

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""
Answer = Callable[[str, dict[str, str], dict[str, Any]], Reply]
"""From path, headers and body of a request to the reply."""


def reply(content: Any, status: int = 200, **headers: str) -> Reply:
    return status, headers, json.dumps(content).encode()


def error(status: int, text: str, **headers: str) -> Reply:
    return reply({"error": {"message": text}}, status, **headers)


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    """Answers on a free port of this machine until left; the address up to `/v1`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body leave in two packets, and the second would wait

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, data = answer(self.path, dict(self.headers), body)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that left is no news

    running = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}/v1"
    finally:
        running.shutdown()
        running.server_close()


@contextmanager
def serving(folders: Mapping[str, Path]) -> Iterator[str]:
    """Serves the models in these folders, each under its name. The address."""
    one_at_a_time = threading.Lock()

    def answer(path: str, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        folder = folders.get(str(body.get("model")))
        if folder is None:
            return error(404, "no such model")
        with one_at_a_time:
            chat = path.endswith("/chat/completions")
            choices = [choice(_loaded(folder), body, number, chat=chat) for number in range(body.get("n", 1))]
        return reply({"model": body["model"], "choices": choices})

    with listening(answer) as url:
        yield url


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> Model:
    return load_model(folder)


@torch.inference_mode()
def choice(model: Model, body: Mapping[str, Any], number: int, *, chat: bool) -> dict[str, Any]:
    """One answer to a request, as the protocol writes it."""
    prompt = f"<user> {body['messages'][0]['content']} <model>" if chat else body["prompt"]
    ids = list(model.encode(prompt))
    start, count = len(ids), body["max_tokens"]
    generator = torch.Generator().manual_seed(body.get("seed", 0) + number)
    ended = False
    for _ in range(min(count, (model.context or 1 << 30) - start)):
        logits = _logits(model, ids)[-1]
        if body["temperature"] == 0 or body.get("echo"):
            token = int(logits.argmax())
        else:
            token = int(torch.multinomial((logits / body["temperature"]).softmax(-1), 1, generator=generator))
        if token in model.ends:
            ended = True
            break
        ids.append(token)
    written = model.decode(ids)[len(model.decode(ids[:start])) :]
    text = prompt + written if body.get("echo") else written
    found: dict[str, Any] = {"index": number, "finish_reason": "stop" if ended else "length"}
    top = body.get("top_logprobs") if chat else body.get("logprobs")
    if top:
        found["logprobs"] = _log_probabilities(
            model, ids, 0 if body.get("echo") else start, prompt, start, top, chat=chat
        )
    return found | ({"message": {"role": "assistant", "content": text}} if chat else {"text": text})


def _logits(model: Model, ids: list[int]) -> torch.Tensor:
    found: torch.Tensor = model.network(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float()
    return found


def _log_probabilities(
    model: Model, ids: list[int], first: int, prompt: str, start: int, top: int, *, chat: bool
) -> dict[str, Any]:
    """Tokens are spelled as parts of the text, from the end of the one before to their own end."""
    logs = _logits(model, ids).log_softmax(-1)
    ends = [end for _, end in model.tokenizer(prompt, return_offsets_mapping=True)["offset_mapping"]][:start]
    spelled = [prompt[before:end] for before, end in zip([0, *ends], ends, strict=False)]
    texts = [model.decode(ids[:at]) for at in range(start, len(ids) + 1)]
    spelled += [after[len(before) :] for before, after in pairwise(texts)]
    rows: list[tuple[str, float | None, dict[str, float] | None]] = []
    for at in range(first, len(ids)):
        if at == 0:
            rows.append((spelled[0], None, None))
            continue
        values, tokens = logs[at - 1].topk(top)
        pairs = zip(values.tolist(), tokens.tolist(), strict=True)
        best = {(spelled[at] if token == ids[at] else f"<{token}>"): value for value, token in pairs}
        rows.append((spelled[at], float(logs[at - 1, ids[at]]), best))
    if chat:
        return {
            "content": [
                {
                    "token": text, "logprob": value, "bytes": list(text.encode()),
                    "top_logprobs": [{"token": name, "logprob": one} for name, one in (best or {}).items()],
                }
                for text, value, best in rows
            ]
        }  # fmt: skip
    names = ("tokens", "token_logprobs", "top_logprobs")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}

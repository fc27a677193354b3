"""A small server that speaks the protocol, backed by a real model: what an honest endpoint does, and ways to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import torch

from unlearn_spec.verifiers.subjects.model import Model

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""
Around = Callable[[dict[str, Any], Callable[[], Reply]], Reply]
"""What the server does with a request, given what an honest one would reply."""


def honest(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
    return answer()


@dataclass
class Server:
    """`requests`: (path, headers, body) of what came in. `around` may be changed while it runs."""

    model: Model
    around: Around = honest
    key: str | None = None
    name: str = "tiny"
    fingerprint: str = "fp_1"
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    url: str = ""
    known: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        if self.key is not None and headers.get("Authorization") != f"Bearer {self.key}":
            return error(401, f"Incorrect API key provided: {headers.get('Authorization')}")
        if body.get("model") != self.name:
            return error(404, "no such model")
        chat = path.endswith("/chat/completions")
        with self.lock, torch.inference_mode():
            asked = json.dumps(body)
            if asked not in self.known:  # the model is the same, and so is what it says: each answer is made once
                self.known[asked] = [self._choice(body, chat, number) for number in range(body.get("n", 1))]
            choices = self.known[asked]
        return reply({"model": self.name, "system_fingerprint": self.fingerprint, "choices": choices})

    def _choice(self, body: dict[str, Any], chat: bool, number: int) -> dict[str, Any]:
        prompt = f"<user> {body['messages'][0]['content']} <model>" if chat else body["prompt"]
        ids = list(self.model.encode(prompt))
        start, count = len(ids), body["max_tokens"]
        generator = torch.Generator().manual_seed(body.get("seed", 0) + number)
        ended = False
        for _ in range(min(count, (self.model.context or 1 << 30) - start)):
            logits = self.model.network(input_ids=torch.tensor([ids])).logits[0, -1].float()
            if body["temperature"] == 0 or body.get("echo"):
                token = int(logits.argmax())
            else:
                token = int(torch.multinomial((logits / body["temperature"]).softmax(-1), 1, generator=generator))
            if token in self.model.ends:
                ended = True
                break
            ids.append(token)
        written = self.model.decode(ids)[len(self.model.decode(ids[:start])) :]
        text = prompt + written if body.get("echo") else written
        choice: dict[str, Any] = {"index": number, "finish_reason": "stop" if ended else "length"}
        top = body.get("top_logprobs") if chat else body.get("logprobs")
        if top:
            choice["logprobs"] = self._logs(ids, 0 if body.get("echo") else start, prompt, start, top, chat)
        return choice | ({"message": {"role": "assistant", "content": text}} if chat else {"text": text})

    def _logs(self, ids: list[int], first: int, prompt: str, start: int, top: int, chat: bool) -> dict[str, Any]:
        """Tokens are spelled as parts of the text, from the end of the one before to their own end."""
        logs = self.model.network(input_ids=torch.tensor([ids])).logits[0].float().log_softmax(-1)
        ends = [end for _, end in self.model.tokenizer(prompt, return_offsets_mapping=True)["offset_mapping"]][:start]
        spelled = [prompt[before:end] for before, end in zip([0, *ends], ends, strict=False)]
        texts = [self.model.decode(ids[:at]) for at in range(start, len(ids) + 1)]
        spelled += [after[len(before) :] for before, after in pairwise(texts)]
        rows = []
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


def reply(content: Any, status: int = 200, **headers: str) -> Reply:
    return status, headers, json.dumps(content).encode()


def error(status: int, text: str, **headers: str) -> Reply:
    return reply({"error": {"message": text}}, status, **headers)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Runs the server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append((self.path, dict(self.headers), body))
            status, headers, data = server.around(body, lambda: server.answer(self.path, dict(self.headers), body))
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
    server.url = f"http://127.0.0.1:{running.server_address[1]}/v1"
    try:
        yield server
    finally:
        running.shutdown()
        running.server_close()


def slowly(seconds: float) -> Around:
    def around(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        time.sleep(seconds)
        return answer()

    return around

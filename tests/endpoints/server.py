"""A small server that speaks the protocol, backed by a real model: what an honest endpoint does, and ways to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from unlearn_spec.verifiers.subjects.model import Model
from unlearn_spec.verifiers.zoo.server import Reply, choice, error, listening, reply

__all__ = ["Around", "Reply", "Server", "error", "honest", "reply", "serving", "slowly"]

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
        with self.lock:
            asked = json.dumps(body)
            if asked not in self.known:  # the model is the same, and so is what it says: each answer is made once
                self.known[asked] = [choice(self.model, body, number, chat=chat) for number in range(body.get("n", 1))]
            choices = self.known[asked]
        return reply({"model": self.name, "system_fingerprint": self.fingerprint, "choices": choices})

    def heard(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        self.requests.append((path, headers, body))
        return self.around(body, lambda: self.answer(path, headers, body))


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Runs the server on a free port of this machine."""
    with listening(server.heard) as url:
        server.url = url
        yield server


def slowly(seconds: float) -> Around:
    def around(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        time.sleep(seconds)
        return answer()

    return around

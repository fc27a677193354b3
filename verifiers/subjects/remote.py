"""A model behind an OpenAI-compatible endpoint. Asked by `/completions`, or by `/chat/completions`; no model library."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from .error import SubjectError
from .protocol import ProtocolError, Said, Token, answers_of, spelled, tokens_of, who
from .source import Endpoint
from .transport import Transport

TOP = 5
"""How many of the most probable tokens are asked for: what every server gives."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Drawn:
    """How an answer is drawn: greedily at temperature 0."""

    temperature: float
    top_p: float | None
    max_tokens: int
    seed: int


@dataclass(frozen=True)
class Remote:
    """An endpoint, ready to be asked."""

    endpoint: Endpoint
    transport: Transport = field(repr=False)

    @property
    def name(self) -> str:
        """For messages."""
        return name_of(self.endpoint)

    def answers(self, prompt: str, drawn: Drawn, number: int) -> tuple[tuple[Said, ...], str]:
        """So many answers to a prompt, and who says that it gave them. With `logprobs: top` or `echo` each has its tokens.

        Raises `SubjectError` where the server fails, or says what cannot be true.
        """
        ref, by = self.endpoint.ref, set()
        found: list[Said] = []
        while len(found) < number:
            body: dict[str, Any] = {
                "model": ref.model,
                "max_tokens": drawn.max_tokens,
                "temperature": drawn.temperature,
                "n": number - len(found),
                "seed": (drawn.seed + len(found)) % 2**31,
            }
            if drawn.top_p is not None:
                body["top_p"] = drawn.top_p
            if ref.chat:
                body["messages"] = [{"role": "user", "content": prompt}]
                body |= {"logprobs": True, "top_logprobs": TOP} if ref.logprobs != "none" else {}
            else:
                body["prompt"] = prompt
                body |= {"logprobs": TOP} if ref.logprobs != "none" else {}
            several, answered = self._ask(body)
            found += [self._true(lambda said=said: self._complete(said)) for said in several]  # type: ignore[misc]
            by.add(answered)
        return tuple(found[:number]), "; ".join(sorted(by))

    def echo(self, text: str) -> tuple[tuple[Token, ...], str]:
        """The tokens of a text, each but the first with ln p given those before it, and who says so. At temperature 1, so
        that a server which scales its logits first changes nothing. Raises `SubjectError`."""
        body = {
            "model": self.endpoint.ref.model, "prompt": text, "max_tokens": 1, "temperature": 1, "echo": True,
            "logprobs": 1, "n": 1,
        }  # fmt: skip
        several, answered = self._ask(body)
        if several[0].tokens is None:
            raise SubjectError(f"{self.name}: it gives no log-probabilities of chosen text; bind it with `logprobs: none`")
        echoed = several[0].tokens
        return self._true(lambda: tokens_of(text, echoed)), answered

    def each(self, ask: Callable[[T], R], asked: Iterable[T]) -> list[R]:
        """`ask` of each, as many at a time as the bindings allow; results in order. Raises the first error."""
        with ThreadPoolExecutor(self.endpoint.concurrency) as pool:
            futures = [pool.submit(ask, one) for one in asked]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _ask(self, body: dict[str, Any]) -> tuple[tuple[Said, ...], str]:
        ref = self.endpoint.ref
        reply = self.transport.post("/chat/completions" if ref.chat else "/completions", body)
        if ref.fingerprint is not None and reply.get("system_fingerprint") != ref.fingerprint:
            raise SubjectError(f"{self.name}: another `system_fingerprint` answered than the one that was bound")
        return self._true(lambda: answers_of(reply, chat=ref.chat)), who(reply)

    def _complete(self, said: Said) -> Said:
        """The answer, with tokens where they were asked for and no filter cut it; else without."""
        if self.endpoint.ref.logprobs == "none" or said.filtered:
            return replace(said, tokens=None)
        if said.tokens is None:
            raise ProtocolError("it leaves out the log-probabilities of its answers; bind it with `logprobs: none`")
        said = spelled(said)
        assert said.tokens is not None
        if any(token.log_p is None or not token.top for token in said.tokens):
            raise ProtocolError("it leaves out the log-probabilities of its answers; bind it with `logprobs: none`")
        return said

    def _true(self, read: Callable[[], R]) -> R:
        try:
            return read()
        except ProtocolError as error:
            raise SubjectError(f"{self.name}: {error}") from None


def name_of(endpoint: Endpoint) -> str:
    """`the endpoint https://host/v1, model "m"`, for messages."""
    return f'the endpoint {endpoint.ref.url}, model "{endpoint.ref.model}"'


@lru_cache(maxsize=8)
def connect(endpoint: Endpoint) -> Remote:
    """The endpoint with the key from the environment; no connection is opened yet. Raises `SubjectError` without a key."""
    key = None
    if endpoint.key_env is not None:
        key = os.environ.get(endpoint.key_env, "")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise SubjectError(f"{name_of(endpoint)}: the environment variable that `key_env` names holds no key")
    transport = Transport(
        endpoint.ref.url,
        name_of(endpoint),
        key=key,
        timeout=endpoint.timeout,
        per_minute=endpoint.requests_per_minute,
    )
    return Remote(endpoint, transport)


def seed_of(seed: int, *names: object) -> int:
    """A seed in [0, 2³¹) of its own for each prompt."""
    text = "\n".join(str(one) for one in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big") % 2**31

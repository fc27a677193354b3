"""Endpoints as bindings write them, and what is wrong with one. Opens no connection and reads no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StrictInt

from ..policy.frozen import Frozen
from ..policy.quantities import Switch
from ..verifiers.subjects.source import Endpoint
from .units import EndpointRef

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}\Z")
_HIGHEST_RATE = 100_000


class EndpointEntry(Frozen):
    """An OpenAI-compatible server: `url` up to `/v1`, and the model's name there."""

    url: str
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key_env: str | None = None
    chat: Switch = False
    logprobs: Literal["none", "top", "echo"] = "none"
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    concurrency: Annotated[StrictInt, Field(ge=1, le=64)] = 4
    timeout: Annotated[StrictInt, Field(ge=1, le=3600)] = 60
    requests_per_minute: Annotated[StrictInt, Field(ge=1, le=_HIGHEST_RATE)] | None = None


def endpoint_problems(entry: EndpointEntry) -> Iterator[tuple[str, str]]:
    """(key, what is wrong with its value), for every key that has something wrong with it."""
    url = entry.url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host or port == 0 or not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
        yield "url", "expected an address like https://host/v1"
    elif parts.username is not None or parts.query or parts.fragment or "?" in url or "#" in url:
        yield "url", "an endpoint's address has no user, query or fragment; a key comes from the environment (`key_env`)"
    elif entry.key_env is not None and parts.scheme == "http" and host not in LOOPBACK:
        yield "url", "a key goes over https only, or stays on this machine"
    if entry.key_env is not None and not _VARIABLE.match(entry.key_env):
        yield "key_env", "expected the name of an environment variable in capitals, such as OPENAI_API_KEY, never the key itself"
    if entry.chat and entry.logprobs == "echo":
        yield "logprobs", "a chat gives no log-probabilities of chosen text; `echo` needs `chat: false`"


def bound_endpoint(entry: EndpointEntry, day: date) -> Endpoint:
    """The endpoint as it answers from this day on."""
    ref = EndpointRef(
        url=entry.url.rstrip("/"),
        model=entry.model,
        chat=entry.chat,
        logprobs=entry.logprobs,
        day=day.isoformat(),
        fingerprint=entry.fingerprint,
    )
    return Endpoint(ref, entry.key_env, entry.concurrency, entry.timeout, entry.requests_per_minute)

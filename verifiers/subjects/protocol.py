"""What an OpenAI-compatible server says, read and held against what any true answer must satisfy. Pure; no model library.

Formats: https://platform.openai.com/docs/api-reference, `completions` and `chat/completions`. A true log-probability is at
most 0; those of different tokens at one place sum to at most one as probabilities; a token is as probable as its own entry
among the most probable ones; and the tokens of a text spell it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_ROUNDING = 1e-3
"""Servers round, and compute in half precision: a sum of probabilities may exceed one by this much."""
_UNKNOWN = -9999.0
"""What servers write for a probability that they do not tell."""
_ESCAPED = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)\Z")


class ProtocolError(ValueError):
    """An answer that has not the form, or that cannot be true. The message never repeats it."""


@dataclass(frozen=True)
class Token:
    """A token as the server spells it, with ln p given what stands before; None where the server leaves it out."""

    spelling: bytes
    log_p: float | None
    top: tuple[tuple[bytes, float], ...]
    """The most probable tokens at its place, with ln p."""

    @property
    def is_best(self) -> bool | None:
        """Whether no token is more probable here; None if the server does not say."""
        if self.log_p is None or not self.top:
            return None
        return self.log_p >= max(log_p for _, log_p in self.top)

    @property
    def least_entropy(self) -> float | None:
        """The smallest entropy, in nats, that a distribution with these largest probabilities can have."""
        if not self.top:
            return None
        shown = [log_p for _, log_p in self.top]
        rest = max(0.0, 1.0 - math.fsum(map(math.exp, shown)))  # none of it is more probable than the last one shown
        return math.fsum(-log_p * math.exp(log_p) for log_p in shown) - rest * min(shown)


@dataclass(frozen=True)
class Said:
    """One answer."""

    text: str
    filtered: bool
    """Whether the server says that a filter of its own cut the answer."""
    tokens: tuple[Token, ...] | None
    """None where the server gave no log-probabilities."""


def who(reply: Mapping[str, Any]) -> str:
    """The model and `system_fingerprint` that say they answered, as far as they do."""
    said = (reply.get("model"), reply.get("system_fingerprint"))
    return " ".join(one[:200] for one in said if isinstance(one, str))


def answers_of(reply: Mapping[str, Any], *, chat: bool) -> tuple[Said, ...]:
    """The answers in a reply. Raises `ProtocolError`."""
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(one, dict) for one in choices):
        raise ProtocolError("its reply has no list of answers")
    return tuple(_said(one, chat=chat) for one in choices)


def spelled(said: Said) -> Said:
    """The answer without the end token that some servers list after its text. Raises `ProtocolError` unless its tokens,
    in order, are its text."""
    tokens = said.tokens or ()
    for kept in (tokens, tokens[:-1]):
        if b"".join(token.spelling for token in kept) == _utf8(said.text):
            return replace(said, tokens=kept)
    raise ProtocolError("its tokens do not spell the text that they are of")


def tokens_of(text: str, echoed: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens of a text that the server was made to repeat: without what it wrote after it.

    A beginning token that is no part of the text stays, with an empty spelling. Raises `ProtocolError` if none of them end
    where the text ends, or if one but the first has no log-probability.
    """
    wanted = _utf8(text)
    beginning = echoed[:1] if echoed and not wanted.startswith(echoed[0].spelling) and echoed[0].log_p is None else ()
    kept = [Token(b"", None, ()) for _ in beginning]
    read = b""
    for token in echoed[len(beginning) :]:
        if read == wanted:
            break
        kept.append(token)
        read += token.spelling
        if not wanted.startswith(read):
            raise ProtocolError("its tokens do not spell the text that they are of")
    if read != wanted:
        raise ProtocolError("its tokens do not spell the text that they are of")
    if any(token.log_p is None for token in kept[1:]):
        raise ProtocolError("it leaves out log-probabilities of the text that it was given")
    return tuple(kept)


# --- one answer ------------------------------------------------------------------------------------------------------


def _said(choice: Mapping[str, Any], *, chat: bool) -> Said:
    text = _content(choice.get("message")) if chat else choice.get("text")
    if not isinstance(text, str):
        raise ProtocolError("an answer in its reply has no text")
    given = choice.get("logprobs")
    tokens = None
    if isinstance(given, dict):
        tokens = _chat_tokens(given) if chat else _completion_tokens(given)
    elif given is not None:
        raise ProtocolError("the log-probabilities in its reply are not of the protocol's form")
    return Said(text, choice.get("finish_reason") == "content_filter", tokens)


def _content(message: Any) -> Any:
    if not isinstance(message, dict):
        return None
    return message.get("content") if message.get("content") is not None else message.get("refusal")


def _completion_tokens(given: Mapping[str, Any]) -> tuple[Token, ...] | None:
    tokens, values, tops = (given.get(name) for name in ("tokens", "token_logprobs", "top_logprobs"))
    if tokens is None and values is None:
        return None
    tops = [None] * len(tokens) if tops is None and isinstance(tokens, list) else tops
    lists = (tokens, values, tops)
    if not all(isinstance(one, list) for one in lists) or len({len(one) for one in lists if isinstance(one, list)}) != 1:
        raise ProtocolError("the log-probabilities in its reply are not of the protocol's form")
    rows = zip(tokens or (), values or (), tops or (), strict=True)
    return tuple(_token(_spelling(token), value, _top(top)) for token, value, top in rows)


def _top(given: Any) -> tuple[tuple[bytes, float], ...]:
    if given is None:
        return ()
    if not isinstance(given, dict):
        raise ProtocolError("the log-probabilities in its reply are not of the protocol's form")
    return tuple((_spelling(token), _log_p(value)) for token, value in given.items() if value not in (None, _UNKNOWN))


def _chat_tokens(given: Mapping[str, Any]) -> tuple[Token, ...] | None:
    content = given.get("content")
    if content is None:
        return None
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise ProtocolError("the log-probabilities in its reply are not of the protocol's form")
    found = []
    for one in content:
        listed = one.get("top_logprobs") or []
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise ProtocolError("the log-probabilities in its reply are not of the protocol's form")
        top = tuple((_written(entry), _log_p(entry.get("logprob"))) for entry in listed if entry.get("logprob") != _UNKNOWN)
        found.append(_token(_written(one), one.get("logprob"), top))
    return tuple(found)


def _written(entry: Mapping[str, Any]) -> bytes:
    """A token of a chat: by its bytes, where the server gives them."""
    given = entry.get("bytes")
    if isinstance(given, list) and all(type(one) is int and 0 <= one < 256 for one in given):
        return bytes(given)
    return _spelling(entry.get("token"))


def _token(spelling: bytes, value: Any, top: tuple[tuple[bytes, float], ...]) -> Token:
    log_p = None if value is None else _log_p(value)
    if log_p is not None and log_p <= _UNKNOWN:
        log_p = None
    if math.fsum(math.exp(each) for _, each in top) > 1 + _ROUNDING:
        raise ProtocolError("the probabilities that it gives for one place sum to more than one; they are not probabilities")
    if log_p is not None and top:
        own = [each for name, each in top if name == spelling]
        others = math.fsum(math.exp(each) for name, each in top if name != spelling)
        if math.exp(log_p) + others > 1 + _ROUNDING or log_p > max(each for _, each in top) + _ROUNDING:
            raise ProtocolError("the probabilities that it gives for one place sum to more than one; they are not probabilities")
        if own and not any(abs(each - log_p) <= _ROUNDING * max(1.0, -log_p) for each in own):
            raise ProtocolError("it gives two log-probabilities for one token at one place")
    return Token(spelling, log_p, top)


def _log_p(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ProtocolError("a log-probability in its reply is not a number")
    if value > _ROUNDING:
        raise ProtocolError("it gives a log-probability above 0, which none can be")
    return min(0.0, float(value))


def _spelling(token: Any) -> bytes:
    if not isinstance(token, str):
        raise ProtocolError("a token in its reply is no text")
    escaped = _ESCAPED.match(token)
    return bytes.fromhex(escaped[1].replace("\\x", "")) if escaped else _utf8(token)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

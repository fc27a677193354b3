"""What an endpoint does not show: told when planning, so that nothing is guessed when measuring."""

from __future__ import annotations

from ..policy.vocabulary import Access, access_rank
from .case import Draft, LackingError
from .model import EndpointRef, GenerateUnit, Reading, ScoreUnit, Unit

_DEPTH: dict[str, Access] = {"none": "api", "top": "top_logprobs", "echo": "logprobs"}
"""The deepest access that an endpoint gives, by the log-probabilities that it gives."""
_WEIGHTS = "Or bind the model itself, a folder or a GGUF file."


def within_reach(draft: Draft) -> Draft:
    """The same draft. Raises `LackingError` where an endpoint among its subjects does not show what the test reads."""
    endpoints = {unit.subject: unit.subject.endpoint for unit in draft.units if unit.subject.endpoint is not None}
    for subject, endpoint in endpoints.items():
        depth = _DEPTH[endpoint.logprobs]
        if access_rank(draft.obligation.access) > access_rank(depth):
            raise LackingError(
                "not_testable",
                f"`{subject.artifact}` ({subject.role}) is an endpoint that shows `{depth}`; this evidence is taken through "
                f"`{draft.obligation.access}`.",
                _deeper(draft.obligation.access, endpoint),
            )
    for unit in draft.units:
        if unit.subject.endpoint is not None:
            _unit(unit, unit.subject.endpoint)
    return draft


def _deeper(access: Access, endpoint: EndpointRef) -> str:
    if access_rank(access) <= access_rank("logprobs"):
        given = "`logprobs: top`" if access == "top_logprobs" else "`logprobs: echo`, `chat: false`"
        return f"An endpoint that gives {given}, if there is one. {_WEIGHTS}"
    return "Bind the model itself, a folder or a GGUF file."


def _unit(unit: Unit, endpoint: EndpointRef) -> None:
    name = f"`{unit.subject.artifact}` ({unit.subject.role})"
    if not isinstance(unit, ScoreUnit | GenerateUnit):
        raise LackingError(
            "not_testable", f"{name} is an endpoint, and this test changes or looks into weights.", f"{_WEIGHTS[3:].capitalize()}"
        )
    if isinstance(unit, ScoreUnit) and endpoint.logprobs != "echo":
        raise LackingError(
            "not_testable", f"{name} is an endpoint that does not score chosen text.", _deeper("logprobs", endpoint)
        )
    if isinstance(unit, ScoreUnit) and not _exact(unit.reading):
        raise LackingError(
            "not_testable",
            f"{name} is an endpoint that tells how likely each token is, not how likely the others are: the chance of a text "
            "under this decoding does not follow.",
            f"Greedy decoding, or sampling at temperature 1 without top-k and top-p. {_WEIGHTS}",
        )
    if isinstance(unit, GenerateUnit) and _sampled(unit.reading) and unit.reading.top_k is not None:
        raise LackingError(
            "not_testable",
            f"{name} is an endpoint, and its protocol has no top-k.",
            f"A decoding without `top_k`. {_WEIGHTS}",
        )


def _exact(reading: Reading) -> bool:
    plain = reading.temperature in (None, 1) and reading.top_k is None and reading.top_p in (None, 1)
    return plain or not _sampled(reading)


def _sampled(reading: Reading) -> bool:
    return reading.decoding == "sample" and reading.temperature != 0

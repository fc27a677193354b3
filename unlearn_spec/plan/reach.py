"""What an endpoint does not show: told when planning, so that nothing is guessed when measuring."""

from __future__ import annotations

from ..policy.vocabulary import Access, access_rank
from ..wording.said import Said, said, sentences
from .case import Draft, LackingError
from .units import EndpointRef, GenerateUnit, Reading, ScoreUnit, SubjectRef, Unit

_DEPTH: dict[str, Access] = {"none": "api", "top": "top_logprobs", "echo": "logprobs"}
"""The deepest access that an endpoint gives, by the log-probabilities that it gives."""


def within_reach(draft: Draft) -> Draft:
    """The same draft. Raises `LackingError` where an endpoint among its subjects does not show what the test reads."""
    endpoints = {unit.subject: unit.subject.endpoint for unit in draft.units if unit.subject.endpoint is not None}
    for subject, endpoint in endpoints.items():
        depth = _DEPTH[endpoint.logprobs]
        if access_rank(draft.obligation.access) > access_rank(depth):
            raise LackingError(
                "not_testable",
                said("lack.depth", **_named(subject), depth=depth, access=draft.obligation.access),
                _deeper(draft.obligation.access),
            )
    for unit in draft.units:
        if unit.subject.endpoint is not None:
            _unit(unit, unit.subject.endpoint)
    return draft


def _deeper(access: Access) -> Said:
    if access_rank(access) <= access_rank("logprobs"):
        return sentences(said("need.top" if access == "top_logprobs" else "need.echo"), said("need.or_weights"))
    return said("need.weights")


def _named(subject: SubjectRef) -> dict[str, str]:
    return {"artifact": subject.artifact, "role": subject.role}


def _unit(unit: Unit, endpoint: EndpointRef) -> None:
    name = _named(unit.subject)
    if not isinstance(unit, ScoreUnit | GenerateUnit):
        raise LackingError(
            "not_testable", said("lack.into_weights", **name), said("need.weights")
        )
    if isinstance(unit, ScoreUnit) and endpoint.logprobs != "echo":
        raise LackingError(
            "not_testable", said("lack.scores", **name), _deeper("logprobs")
        )
    if isinstance(unit, ScoreUnit) and not _exact(unit.reading):
        raise LackingError(
            "not_testable",
            said("lack.plain_decoding", **name),
            sentences(said("need.plain_decoding"), said("need.or_weights")),
        )
    if isinstance(unit, GenerateUnit) and _sampled(unit.reading) and unit.reading.top_k is not None:
        raise LackingError(
            "not_testable",
            said("lack.top_k", **name),
            sentences(said("need.top_k"), said("need.or_weights")),
        )


def _exact(reading: Reading) -> bool:
    plain = reading.temperature in (None, 1) and reading.top_k is None and reading.top_p in (None, 1)
    return plain or not _sampled(reading)


def _sampled(reading: Reading) -> bool:
    return reading.decoding == "sample" and reading.temperature != 0

"""How a clause will be shown."""

from __future__ import annotations

from collections.abc import Iterator

from ...policy.evidence import Evidence, Relearn
from ...policy.model import Policy
from ...wording.said import Part, Said, listed, said
from .parts import all_of, any_of, day, row


def shown(evidence: Evidence | None, policy: Policy) -> Said:
    """`shown by a test through the product of 200 samples …, by an independent evaluator`."""
    if evidence is None:
        return said("read.shown_open")
    how = tuple(_tested(evidence))
    parts: list[Part] = [said(f"read.shown.{evidence.kind}", how=said("read.how", parts=how) if how else "")]
    if evidence.evaluator is not None:
        parts.append(said(f"read.by.{evidence.evaluator}"))
    if evidence.record is not None:
        parts.append(said("read.from_record", record=evidence.record))
    if evidence.needs_raw_data is not None:
        parts.append(said("read.raw" if evidence.needs_raw_data else "read.no_raw"))
    if evidence.at is not None:
        parts.append(said("read.not_before", day=day(evidence.at, policy)))
    return row(parts)


def _tested(evidence: Evidence) -> Iterator[Said]:
    if evidence.access is not None:
        yield said(f"read.access.{evidence.access}")
    if evidence.suite is not None:
        yield said("read.suite", suite=evidence.suite)
    if evidence.samples is not None:
        yield said("read.samples", number=evidence.samples)
    if evidence.population is not None:
        yield said(f"read.population.{evidence.population}")
    if evidence.confidence is not None:
        yield said("read.confidence", share=evidence.confidence)
    if evidence.relearn is not None:
        yield _relearned(evidence.relearn)
    if evidence.quantize:
        yield said("read.rounded", formats=listed(*evidence.quantize))
    if evidence.inspect:
        yield said("read.inside", views=listed(*(said(f"read.view.{view}") for view in evidence.inspect)))
    if evidence.ensemble is not None:
        yield said("read.ensemble", statistic=evidence.ensemble.statistic)
    if evidence.canaries is not None:
        score = evidence.canaries.score
        ranked = "" if score is None else said("read.ranked", score=said(f"score.{score}"))
        yield said("read.guesses", number=evidence.canaries.guesses, ranked=ranked)
    if evidence.runs is not None:
        yield said("read.runs", number=evidence.runs)
    if evidence.controls:
        yield said("read.controls", names=all_of(evidence.controls))
    if evidence.decide is not None:
        yield said(f"read.decide.{evidence.decide}")
    if evidence.power_at is not None:
        yield said("read.power", share=evidence.power_at)
    if evidence.stop is not None:
        yield said("read.stop")
    if evidence.refute_at is not None:
        yield said("read.refute_at", share=evidence.refute_at)


def _relearned(attack: Relearn) -> Said:
    """A grid of attacks read aloud; one attack is just said."""
    looks = attack.looks
    steps = (
        said("read.steps", number=looks[0])
        if len(looks) == 1
        else said("read.steps_of", numbers=any_of(said("read.number", number=look) for look in looks))
    )
    rates = any_of(said("read.decimal", value=rate) for rate in attack.rates)
    parts = [said(f"read.relearned.{attack.on}", steps=steps, rates=rates)]
    if attack.low_rank is not None:
        parts.append(said("read.low_rank", rank=attack.low_rank))
    if attack.repeats is not None:
        parts.append(said("read.splits", number=attack.repeats))
    if attack.attacks > 1:
        parts.append(said("read.worst_of", attacks=attack.attacks))
    return row(parts)

"""C011, A015: promises without remainder, of answers that are drawn at random or that repeat what the user gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..finding import Finding, Fix
from ..policy.clauses import AtLeast, AtMost, Refuse, Retain, Suppress
from ..policy.load import Document

_ITEM_METRICS: Final = ("extraction_probability", "multiple_choice")
"""Settled by probabilities item by item: the share of items that reach a threshold can be 0%."""
_DECIDABLE: Final = ("exact", "contains", "rouge_l", "refusal", "not_refusal")
"""A deterministic check of the answer's text can guard these at the product."""


def absolute_findings(document: Document) -> tuple[Finding, ...]:
    """C011 and A015, code by code."""
    return (*absolute_rate(document), *exceptions_open(document))


def absolute_rate(document: Document) -> Iterator[Finding]:
    """C011: a rate of exactly 0% or 100% is promised of answers that are drawn at random, where no check stands in between.

    It matters because sampling gives every text a positive chance, so the limit can only be broken or not yet broken.
    Silent at the product for a metric that a deterministic check can guard, and where `top_p` or `top_k` cut the draws.
    Cannot see whether a check is really there.
    """
    for index, clause in enumerate(document.policy.clauses):
        if not isinstance(clause, Suppress | Refuse | Retain):
            continue
        limit, decoding, metric = clause.limit, clause.scope.decoding, clause.reveals_when
        promised = (
            limit.at_most == 0 if isinstance(limit, AtMost) else isinstance(limit, AtLeast) and limit.at_least == 1
        )
        if (
            not promised
            or decoding is None
            or decoding.method != "sample"
            or clause.scope.access is None
            or metric is None
        ):
            continue
        if decoding.temperature == 0 or decoding.top_p is not None or decoding.top_k is not None:
            continue
        if metric.metric in _ITEM_METRICS or (clause.scope.access == "product" and metric.metric in _DECIDABLE):
            continue
        word, other = ("0%", 'at_most: "0.1%"') if isinstance(limit, AtMost) else ("100%", 'at_least: "99.9%"')
        where = (
            "no judge decides before the answer is out"
            if clause.scope.access == "product"
            else "nothing checks them there"
        )
        yield Finding(
            "C011",
            "warning",
            f"{clause.id} promises exactly {word} of answers drawn at random through {clause.scope.access}, and {where}",
            (
                document.source.value(("clauses", index, "limit")),
                document.source.value(("clauses", index, "scope", "decoding")),
            ),
            why=("drawing at a temperature above 0 gives every text a positive chance, however small.",),
            fixes=(
                Fix("promise a rate that a test can bound", snippet=f"limit: {{{other}}}"),
                Fix("or promise it at `product`, for a metric that an exact filter decides"),
            ),
            clauses=(clause.id,),
        )


def exceptions_open(document: Document) -> Iterator[Finding]:
    """A015: a set must not be shown although the user supplies it, and no exception says what a user may have repeated.

    It matters because a system that translates or sums up what it is given has to repeat some of it, and a user who pastes
    a line is refused their own text. Cannot see what the system is for.
    """
    for index, clause in enumerate(document.policy.clauses):
        if not isinstance(clause, Suppress | Refuse) or clause.scope.asked != "in_context":
            continue
        if document.policy.information[clause.target].exceptions:
            continue
        yield Finding(
            "A015",
            "warning",
            f"{clause.id} holds where the user supplies {clause.target}, and no exception says what may then be repeated",
            (
                document.source.value(("clauses", index, "scope", "asked")),
                document.source.key(("information", clause.target)),
            ),
            fixes=(
                Fix(
                    "say what is excepted, or write that nothing is",
                    snippet="exceptions: [text that the user supplies for translation]",
                ),
            ),
            clauses=(clause.id,),
        )

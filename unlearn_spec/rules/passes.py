"""The passes about meaning, in their order: each assumes that the ones before it went through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from msgspec.structs import replace

from ..finding import Finding, Fix
from ..logic.averages import of_the_process, speaks_of_both
from ..logic.conflicts import Conflicts, conflicts
from ..logic.facts import achievable_ranges
from ..logic.meaning import counts_refusals
from ..logic.situational import situational_conflicts
from ..logic.situations import MAX_SITUATIONS, always_active, cases
from ..logic.smt import DEFAULT_EFFORT, Undecided, is_recording
from ..logic.theory import build
from ..logic.vocabulary import vocabulary
from ..policy.clauses import Rectify, Refuse, Retain, Suppress
from ..policy.load import Document
from . import ambiguity, claims, coverage, facts, presumptions, redundancy, vacuity
from .context import Context
from .semantic import SemanticResult
from .wording import listed

LARGE = 200
"""Clauses from which a policy is asked in a process of its own."""
_MOST_COPIED = 640 << 20
"""Bytes that such a process may hold for its conflicts to be told in a copy of it, beside the other questions."""
_PLACES = 5
"""How many clauses are shown where many are alike."""
MOST_MEMORY = 4 << 30
"""Bytes that such a process may take."""
Pass = Callable[[Context], tuple[Finding, ...]]


@contextmanager
def semantics(
    document: Document, *, without: frozenset[str] = frozenset(), effort: int = DEFAULT_EFFORT, worlds: bool = False
) -> Iterator[Callable[[], SemanticResult]]:
    """Every finding about what the policy means. `without` leaves axioms out; `effort` bounds the work of one query.

    With `worlds`, findings that a world shows carry it as a policy test. A large policy is asked in a process of its own,
    which may take `MOST_MEMORY`, and is waited for where the answer is asked for.
    """
    if not _is_large(document):
        yield lambda: _findings(document, without, effort, worlds)
        return
    from .worker import beside  # for a large policy only

    with beside(lambda: _findings(document, without, effort, worlds), MOST_MEMORY) as answer:
        yield lambda: answer() or _lost(document)


def _is_large(document: Document) -> bool:
    """Whether a policy is asked in processes of their own, which would keep recorded questions to themselves."""
    return len(document.policy.clauses) >= LARGE and not is_recording()


def _lost(document: Document) -> SemanticResult:
    limit = f"{MOST_MEMORY >> 30} GiB of memory"
    message = f"the questions about what the clauses mean took more than {limit}, or their process crashed"
    return SemanticResult((_skipped(document, message, ("clauses",)),), 0, False)


def _findings(document: Document, without: frozenset[str], effort: int, worlds: bool) -> SemanticResult:
    policy = document.policy
    situations = cases(policy)
    if situations is None:
        message = f"more than {MAX_SITUATIONS} situations: nothing was asked about what the clauses mean together"
        return SemanticResult((_skipped(document, message, ("situations",)),), 0, False)
    theory = build(policy, asked_about=vocabulary(policy), without=without, effort=effort)
    context, average = Context(document, theory, situations, without, worlds=worlds), None
    known = [clause for clause in policy.clauses if theory.knows(clause)]
    found, unasked = list[Finding](), _not_asked(context)

    contradictory, stuck = _run(context, "facts", facts.facts_contradictory)
    found += (*contradictory, *stuck)
    if contradictory or stuck:
        found.append(
            _skipped(document, "nothing else was asked: first the declared facts must be consistent", ("information",))
        )
        return SemanticResult((*found, *unasked), 0 if stuck else len(known), False)

    vacuous, stuck = _run(context, "vacuity", lambda c: (*vacuity.never_applies(c), *vacuity.empty_target(c)))
    found += (*vacuous, *stuck)
    idle = frozenset(name for finding in vacuous for name in finding.clauses)
    try:
        clashes = _conflicts(context)
        context = replace(context, cores=clashes.cores, involved=clashes.involved)
        telling = [(context, clashes)]
        if (average := _on_average(context, effort)) is not None:
            clashes = _conflicts(average)
            telling.append((replace(average, cores=clashes.cores), clashes))
            context = replace(context, involved=context.aside | clashes.involved)
        with _telling(context, telling) as told:
            later = _later(context, average or context, idle)
            found += told()
    except Undecided as stopped:
        found.append(_undecided(document, "whether the clauses can hold together", stopped))
        found.append(
            _skipped(
                document, "claims, redundancy, ambiguity and coverage were not asked: consistency is open", ("clauses",)
            )
        )
        return SemanticResult((*found, *unasked), 0, False)

    return SemanticResult((*_without_echo([*found, *later]), *unasked), len(known), not context.involved)


def _later(context: Context, average: Context, idle: frozenset[str]) -> tuple[Finding, ...]:
    """What is asked of the clauses in no conflict. `average`: see `_on_average`; `idle`: clauses that bind nothing."""
    passes: tuple[tuple[str, Pass], ...] = (
        ("what is presumed of models", lambda c: presumptions.presumed(replace(c, theory=average.theory))),
        ("which facts the clauses need", lambda c: _ranges(replace(average, involved=c.aside))),
        ("whether the claims follow", claims.unfounded),
        ("what is already true", lambda c: vacuity.already_true(c, idle)),
        ("redundancy", lambda c: redundancy.redundant(c, idle)),
        ("open fields", ambiguity.open_readings),
        ("process or model", ambiguity.process_or_model),
        ("coverage", coverage.uncovered),
    )
    return tuple(finding for name, ask in passes for found in _run(context, name, ask) for finding in found)


def _conflicts(context: Context) -> Conflicts:
    plain = conflicts(context.theory, always_active(context.cases))
    guarded = situational_conflicts(context.theory, context.cases, plain)
    return Conflicts((*plain.cores, *guarded.cores), (*plain.rest, *guarded.rest), plain.involved | guarded.involved)


def _on_average(context: Context, effort: int) -> Context | None:
    """The policy outside its conflicts, as if the released model did what its process does on average; None if that is idle."""
    if not speaks_of_both(context.policy):
        return None
    document = replace(context.document, policy=of_the_process(context.policy))
    theory = build(document.policy, without=context.without, effort=effort)
    left = tuple(replace(case, binding=case.binding.without(context.aside)) for case in context.cases)
    return replace(context, document=document, theory=theory, cases=left, cores=(), involved=frozenset(), average=True)


@contextmanager
def _telling(context: Context, clashes: Sequence[tuple[Context, Conflicts]]) -> Iterator[Callable[[], tuple[Finding, ...]]]:
    """The conflicts, told, and those about evidence; of a large policy while other questions are asked."""
    tell = partial(_told, context, clashes)
    if not _in_a_copy(context, clashes):
        told = tell()
        yield lambda: told
        return
    from .worker import beside  # as above

    with beside(tell, MOST_MEMORY) as answer:
        yield lambda: _unless_lost(answer())


def _in_a_copy(context: Context, clashes: Sequence[tuple[Context, Conflicts]]) -> bool:
    """Whether a process of its own tells the conflicts: those of a large policy, if not too much memory is known for a copy."""
    if not _is_large(context.document) or not any(found.cores or found.rest for _, found in clashes):
        return False
    from .worker import held  # as above

    return held() <= _MOST_COPIED


def _unless_lost(told: tuple[Finding, ...] | None) -> tuple[Finding, ...]:
    if told is None:
        raise Undecided("memory")
    return told


def _told(context: Context, clashes: Sequence[tuple[Context, Conflicts]]) -> tuple[Finding, ...]:
    return (*(finding for of, found in clashes for finding in _each_told(of, found)), *_evidence(context))


def _each_told(context: Context, clashes: Conflicts) -> Iterator[Finding]:
    if clashes.cores or clashes.rest:
        from . import contradictions  # with repairs and proofs: a consistent policy needs none

        yield from contradictions.told(context, clashes)


def _evidence(context: Context) -> Iterator[Finding]:
    found = conflicts(context.theory, always_active(context.cases) - context.aside, evidence=True)
    if not found.cores and not found.rest:
        return
    from . import contradictions  # as above
    from .destroyed import evidence_destroyed
    from .proofs import proven

    for core in found.cores:
        yield from proven(context, core, evidence_destroyed(context, core), evidence=True)
    yield from (contradictions.untold(context, rest) for rest in found.rest)


def _ranges(context: Context) -> tuple[Finding, ...]:
    left = tuple(replace(case, binding=case.binding.without(context.aside)) for case in context.cases)
    ranges = achievable_ranges(context.theory, left)
    if not ranges:
        return ()
    from .contradictions import achievable_only_if  # as above

    return tuple(achievable_only_if(context, found) for found in ranges)


def _run(context: Context, name: str, ask: Pass) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    try:
        return ask(context), ()
    except Undecided as stopped:
        return (), (_undecided(context.document, name, stopped),)


def _without_echo(found: list[Finding]) -> list[Finding]:
    """A clause that is already true need not be told that it is also redundant."""
    trivial = {finding.clauses[0] for finding in found if finding.code == "V003"}
    return [f for f in found if not (f.code in ("R001", "R002") and f.clauses[0] in trivial)]


def _undecided(document: Document, name: str, stopped: Undecided) -> Finding:
    return Finding(
        "X001",
        "undetermined",
        f"undetermined: the search stopped at its {stopped.limit} limit on {name}",
        (document.source.key(("clauses",)),),
        why=("This is not an answer, neither yes nor no.",),
        fixes=(Fix("raise `--effort`, or split the policy" if stopped.limit == "work" else "split the policy"),),
    )


def _skipped(document: Document, message: str, path: tuple[str | int, ...], clauses: tuple[str, ...] = ()) -> Finding:
    return Finding("X002", "undetermined", f"not checked: {message}", (document.source.value(path),), clauses=clauses)


def _not_asked(context: Context) -> tuple[Finding, ...]:
    """X002 for what the theory cannot speak of: groups of sets too large, and readings of "revealed" left open."""
    found, policy = [], context.policy
    for group in context.theory.encoder.regions.groups:
        if set(group) <= context.theory.skipped:
            clauses = tuple(c.id for c in policy.clauses if not context.theory.knows(c))
            many = f"{len(group):,} connected sets ({listed(group[:3])}, …) have more intersections than are enumerated"
            message = f"{many}; skipped: {listed(clauses)}" if clauses else many
            found.append(_skipped(context.document, message, ("relations",), clauses))
    return (*found, *_uncounted(context))


def _uncounted(context: Context) -> Iterator[Finding]:
    """X002 for clauses that leave open when an answer counts, or how answers are drawn: one finding for all that say as little."""
    alike: dict[tuple[str, str], list[str]] = {}
    for clause in context.policy.clauses:
        if isinstance(clause, Suppress | Refuse | Retain | Rectify):
            fields = (("reveals_when", clause.reveals_when), ("scope.decoding", clause.scope.decoding))
            if open_ones := [f"`{name}`" for name, value in fields if value is None]:
                what = "a refusal" if counts_refusals(clause) else "revealed"
                alike.setdefault((listed(open_ones), what), []).append(clause.id)
    for (open_fields, what), names in alike.items():
        from .contradictions import named  # as above

        leave = "leaves" if len(names) == 1 else "leave"
        message = f"not checked: {named(tuple(names))} {leave} {open_fields} open: whether it matters what counts as {what} was not asked"
        places = tuple(context.id_span(name) for name in names[:_PLACES])
        yield Finding("X002", "undetermined", message, places, clauses=tuple(names))

"""What the rules about feasibility share: the methods a clause names, who holds what, and how a fact is quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeGuard

from ..feasibility.base import facts, method_called
from ..finding import Finding, Fix, Severity, Span
from ..logic.lineage import derived
from ..logic.scope import MODELS, scoped_artifacts
from ..policy.clauses import Clause, Refuse, Remove, Retain, Suppress
from ..policy.evidence import Evidence
from ..policy.load import Document
from ..policy.model import Method, Policy
from ..policy.source import Path
from ..policy.vocabulary import access_rank
from ..record import Record
from .wording import listed

if TYPE_CHECKING:
    from ..feasibility.model import Fact, MethodFact, MethodKind

Treatment = Remove | Suppress | Refuse
"""Clauses that ask something of a model which a method is to bring about."""

PRIVACY: Final = frozenset({"privacy_erasure", "access_revocation", "privacy", "erasure"})
OUTPUTS: Final = frozenset({"copyright", "safety", "correction"})
USES: Final = frozenset(
    {
        "misuse", "misuse_prevention", "prevent_misuse", "prevention_of_misuse", "harmful_use", "dual_use", "abuse",
        "abuse_prevention",
    }
)  # fmt: skip
"""Purposes by what they are about, as `policy.purpose` may name them."""

_COARSE = re.compile(r"quanti[sz]|int ?-?4|4 ?-?_?bit|nf4|fp4|q4|gguf|gptq|awq|compress|prun")
_FINE = re.compile(r"int ?-?8|8 ?-?_?bit|fp8|q8")


class Named(Record):
    """A method that a clause is to be met by, and what is known of its family."""

    name: str
    method: Method
    family: MethodFact


class Ground(Record, dict=True):
    """A policy, and the clauses that a contradiction already speaks of."""

    document: Document
    in_conflict: frozenset[str] = frozenset()

    @property
    def policy(self) -> Policy:
        return self.document.policy

    @property
    def purpose(self) -> str:
        """The purpose as one lower-case word, or nothing."""
        return re.sub(r"[-\s]+", "_", (self.policy.policy.purpose or "").strip().casefold())

    def path(self, clause: Clause) -> Path:
        return self.document.clause_path(clause.id)

    @cached_property
    def treated(self) -> frozenset[tuple[str, str]]:
        """(target, model) of every clause that asks something of a model."""
        return frozenset((c.target, model) for c in treatments(self) for model in models_of(self, c))

    @cached_property
    def tested(self) -> frozenset[tuple[str, str]]:
        """(target, model) of every such clause with a test."""
        return self._shown(lambda evidence: evidence.kind == "test")

    @cached_property
    def relearned(self) -> frozenset[tuple[str, str]]:
        """(target, model) of every such clause whose test tries to relearn."""
        return self._shown(lambda evidence: evidence.relearn is not None)

    @cached_property
    def rounded(self) -> frozenset[tuple[str, str]]:
        """(target, model) of every such clause whose test asks coarsely rounded copies."""
        return self._shown(lambda evidence: any(is_coarse(how) for how in evidence.quantize))

    def _shown(self, how: Callable[[Evidence], bool]) -> frozenset[tuple[str, str]]:
        shown = (c for c in treatments(self) if c.evidence is not None and how(c.evidence))
        return frozenset((c.target, model) for c in shown for model in models_of(self, c))

    @cached_property
    def retained(self) -> frozenset[str]:
        """The models of which something is to stay as it is."""
        keeping = (c for c in self.policy.clauses if isinstance(c, Retain))
        return frozenset(model for c in keeping for model in models_of(self, c))

    def span(self, path: Path, label: str = "") -> Span:
        return self.document.source.value(path, label)

    def id_spans(self, clauses: Iterable[Clause]) -> tuple[Span, ...]:
        return tuple(self.span((*self.path(clause), "id")) for clause in clauses)

    def method_spans(self, clause: Clause) -> tuple[Span, ...]:
        """Where the methods of a clause are named."""
        if clause.using:
            return tuple(self.span((*self.path(clause), "using", i)) for i in range(len(clause.using)))
        return tuple(
            self.span(("methods", name, "reaches"), "the only method listed") for name in methods_of(self, clause)
        )


def treatments(ground: Ground) -> tuple[Treatment, ...]:
    """The clauses that treat a model."""
    return tuple(clause for clause in ground.policy.clauses if isinstance(clause, Treatment))


def methods_of(ground: Ground, clause: Clause) -> tuple[str, ...]:
    """The methods a clause names: `using`; else the only one that the policy lists; else none.

    Several listed methods are an inventory: which of them a clause is to be met by is then not said.
    """
    listed_methods = ground.policy.methods or {}
    if clause.using:
        return tuple(name for name in clause.using if name in listed_methods)
    return tuple(listed_methods) if len(listed_methods) == 1 and isinstance(clause, Treatment) else ()


def named(ground: Ground, clause: Clause, *, proven: bool = False) -> tuple[Named, ...]:
    """The methods a clause names with their families; nothing if the family of one of them is not known.

    A method with a `guarantee` of its own is not judged by its name, unless `proven`: the policy says what it gives.
    """
    found = []
    for name in methods_of(ground, clause):
        family, method = method_called(name), (ground.policy.methods or {})[name]
        if family is None or (method.guarantee is not None and not proven):
            return ()
        found.append(Named(name, method, family))
    return tuple(found)


def all_of(named_methods: Sequence[Named], kinds: Iterable[MethodKind]) -> bool:
    """Whether some are named, and each is of one of these kinds."""
    wanted = frozenset(kinds)
    return bool(named_methods) and all(one.family.kind in wanted for one in named_methods)


def models_of(ground: Ground, clause: Clause) -> tuple[str, ...]:
    """The models a clause speaks of; nothing while its scope is open."""
    if clause.scope.artifacts is None:
        return ()
    artifacts = ground.policy.artifacts
    return tuple(name for name in scoped_artifacts(ground.policy, clause) if artifacts[name].kind in MODELS)


def holders_of_weights(ground: Ground, clause: Treatment) -> tuple[tuple[str, str], ...]:
    """(audience, model) for each audience that holds weights of a model the clause speaks of.

    Nothing where the clause is for one audience only, or where the policy leaves the model out of its scope.
    """
    if clause.scope.audience is not None:
        return ()
    left_out = {name for gap in ground.policy.out_of_scope if gap.target == clause.target for name in gap.artifacts}
    return tuple(
        (audience, model)
        for model in models_of(ground, clause)
        if model not in left_out
        for audience, access in ground.policy.artifacts[model].seen_by.items()
        if access_rank(access) >= access_rank("weights")
    )


def is_coarse(text: str | None) -> bool:
    """Whether words about how a copy was made, or its precision, name a coarse compression.

    >>> is_coarse("quantization"), is_coarse("INT4"), is_coarse("int8 quantization"), is_coarse("distillation")
    (True, True, False, False)
    """
    words = (text or "").casefold()
    return _COARSE.search(words) is not None and _FINE.search(words) is None


def coarse_copies(ground: Ground, model: str) -> tuple[str, ...]:
    """Coarsely compressed copies derived from a model."""
    artifacts = ground.policy.artifacts
    return tuple(name for name in derived(ground.policy, model) if is_coarse(artifacts[name].by))


def is_treatment(clause: Clause) -> TypeGuard[Treatment]:
    """Whether a clause treats a model."""
    return isinstance(clause, Treatment)


def quoted(fact: Fact) -> str:
    """A fact as a finding gives it: id, our sentence, the day it was recorded, its sources."""
    return f"{fact.id}: {fact.statement} ({fact.source})"


Rule = Callable[[Ground], Iterable["Told"]]


class Told(Record):
    """A finding and the facts it rests on."""

    finding: Finding
    facts: tuple[str, ...]
    each_needed: bool = False
    """Without any one of the facts nothing is left of it; otherwise one of them carries it."""


def told(
    code: str,
    message: str,
    spans: tuple[Span, ...],
    rests_on: Sequence[str],
    clauses: Iterable[Clause],
    fixes: tuple[Fix, ...],
    *,
    severity: Severity = "warning",
    each_needed: bool = False,
) -> Told:
    """A finding with its facts quoted, each with its day and its sources."""
    ids = tuple(dict.fromkeys(rests_on))
    why = tuple(quoted(facts()[name]) for name in ids)
    names = tuple(clause.id for clause in clauses)
    return Told(Finding(code, severity, message, spans, why=why, fixes=fixes, clauses=names), ids, each_needed)


def a_name(names: Iterable[str], joint: str = "and") -> str:
    """Names as a message lists them, each once."""
    return listed(tuple(dict.fromkeys(names)), joint)

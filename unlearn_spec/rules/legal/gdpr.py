"""L001–L006, L019, L020: what the GDPR, and the EDPB's opinion on AI models, speak of and the policy leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from ...finding import Finding
from ...logic.scope import MODELS
from ...policy.clauses import Delete, Destroy, Keep, Rectify, Refuse, Remove, Suppress
from ...policy.model import Claim
from ...policy.vocabulary import access_rank
from ..wording import days
from .case import Case, few
from .instruments import article

ONE_MONTH: Final = Fraction(31)
THREE_MONTHS: Final = Fraction(92)
"""The longest that one and three calendar months can be."""

_EXTENSION: Final = re.compile(r"exten[ds]", re.I)
_ANONYMITY: Final = re.compile(r"anonym", re.I)


def suppression_for_erasure(case: Case) -> Iterator[Finding]:
    """L001: the right to erasure is cited, and the clauses limit outputs only.

    It matters because filters and tuning are named as mitigation, and a reply that calls them erasure says more. Cannot
    see whether another policy deletes the records.
    """
    hidden = case.of(Suppress, Refuse)
    if not case.erasure or not hidden or case.of(Delete, Remove, Destroy):
        return
    yield case.note(
        "L001",
        f"the policy cites {case.shown(case.erasure[0])} and limits outputs only: no clause deletes, removes or destroys",
        (case.span(case.basis(case.erasure[0]), "cited here"), *case.ids(hidden)),
        fix="add a `delete` or `remove` clause, or record counsel's ground in the `note` of the basis",
        clauses=(clause.id for clause in hidden),
    )


def anonymity_two_prongs(case: Case) -> Iterator[Finding]:
    """L002: anonymity is claimed, and the declared tests leave out a prong or an access that somebody has.

    Flags a claim whose text speaks of anonymity, or that says `contains_no_information`, and a policy with that purpose,
    where the GDPR is cited. One prong is a test at log-probabilities or deeper, the other a certified limit on answers.
    Cannot see how searching the tests are.
    """
    if not case.cites("gdpr"):
        return
    claimed = [claim for claim in case.policy.claims if _of_anonymity(claim)]
    if not claimed and case.purpose != "anonymity":
        return
    models = {name for claim in claimed for name in claim.in_} or set(case.policy.artifacts)
    tests = [c.evidence for c in case.policy.clauses if c.evidence is not None and c.evidence.kind == "test"]
    tested = max((access_rank(test.access) for test in tests if test.access is not None), default=-1)
    seen = max((access_rank(a) for m in models for a in case.policy.artifacts[m].seen_by.values()), default=-1)
    missing = []
    if tested < access_rank("logprobs"):
        missing.append("no test extracts from the model itself")
    if not any(c.evidence is not None and c.evidence.decide == "certify" for c in case.of(Suppress)):
        missing.append("no test bounds what queries give")
    if tested < seen:
        missing.append("somebody has deeper access than any test")
    if missing:
        spans = [case.span(("claims", case.policy.claims.index(claim), "id")) for claim in claimed]
        yield case.note(
            "L002",
            f"{few([c.id for c in claimed]) or 'the purpose'} speaks of anonymity, and {few(missing)}",
            spans or [case.span(("policy", "purpose"))],
            fix="test both prongs at the deepest access that somebody has, and report the measurements instead of the word",
            clauses=(claim.id for claim in claimed),
        )


def _of_anonymity(claim: Claim) -> bool:
    return claim.says == "contains_no_information" or bool(_ANONYMITY.search(claim.text or ""))


def one_month_clock(case: Case) -> Iterator[Finding]:
    """L003: a deadline beyond a month, or beyond three where an extension is recorded, for what the GDPR's clock covers.

    An extension is recorded by the word in the `note` of a basis or clause. Cannot see when the request was received if
    the clock starts elsewhere, nor whether the answer goes out before the work is done.
    """
    cited = case.erasure or case.cites("gdpr", "16", purposes=("correction",)) or case.cites("gdpr", "12")
    if not cited:
        return
    extended = any(_EXTENSION.search(entry.note or "") for entry in case.policy.policy.basis)
    late = [
        clause
        for clause in case.policy.clauses
        if clause.by is not None
        and not isinstance(clause, Keep)
        and clause.by > (THREE_MONTHS if extended or _EXTENSION.search(clause.note or "") else ONE_MONTH)
    ]
    if late:
        ends = few([f"{clause.id} ({days(clause.by)})" for clause in late if clause.by is not None])
        plural = "end" if len(late) > 1 else "ends"
        limit = "three months" if extended else "a month"
        yield case.note(
            "L003",
            f"{ends} {plural} later than {limit} after {case.policy.clock.starts if case.policy.clock else 'the start'}",
            (
                *(case.span((*case.path(clause), "by")) for clause in late),
                case.span(case.basis(cited[0]), "cited here"),
            ),
            fix="bridge the time with a quicker clause (about a model: on a service in front of it), "
            "or record the extension in the `note` of the basis",
            clauses=(clause.id for clause in late),
        )


def recipients_not_told(case: Case) -> Iterator[Finding]:
    """L004: others hold or control a copy of what is erased or corrected, and no measure tells them.

    Looks at who has the weights of a model shaped by the target, and at artifacts that another party controls. Cannot see
    recipients that the policy does not list.
    """
    cited = case.erasure or case.cites("gdpr", "16", purposes=("correction",)) or case.cites("gdpr", "19")
    if not cited or case.governed("notify"):
        return
    sets = {name for target in case.wanted_gone for name in case.related(target)}
    shaped = case.shaped_by(sets)
    holding = [name for name, artifact in case.policy.artifacts.items() if sets & set(artifact.holds)]
    parties = case.policy.parties
    others = []
    for name in dict.fromkeys((*shaped, *holding)):
        who = [*case.holders(name)] if name in shaped else []
        controller = case.controller(name)
        if parties is not None and controller not in (None, parties.obligor):
            who.append(str(controller))
        if who:
            others.append((name, few(dict.fromkeys(who))))
    if others:
        yield case.note(
            "L004",
            f"no measure tells those who hold a copy: {few([f'{who} ({name})' for name, who in others])}",
            (
                *(case.span(("artifacts", name, "seen_by"), who) for name, who in others),
                case.span(case.basis(cited[0]), "cited here"),
            ),
            fix="add a measure",
            snippet=case.measure("tell-recipients", "notify recipients", [name for name, _ in others]),
        )


def exceptions_not_considered(case: Case) -> Iterator[Finding]:
    """L005: the right to erasure is cited, and nothing shows that its exceptions were looked at.

    Silent if a target has `exceptions`, a `keep` clause suspends a deletion, or the basis cites 17(3), be it with the note
    that none applies. Cannot see whether one applies.
    """
    if not case.erasure or not case.wanted_gone:
        return
    if any(article(case.policy.policy.basis[index].provision) == ("17", "3") for index in case.cites("gdpr", "17")):
        return
    if any(case.policy.information[name].exceptions for name in case.wanted_gone):
        return
    if any(clause.overrides for clause in case.of(Keep)):
        return
    yield case.note(
        "L005",
        f"the policy cites {case.shown(case.erasure[0])} and does not say whether an exception was considered",
        (case.span(case.basis(case.erasure[0]), "cited here"),),
        fix="write `exceptions` on the target, or say that none applies",
        snippet='basis: […, {instrument: gdpr, provision: "17(3)", note: "considered, none applies"}]',
    )


def rectify_not_hide(case: Case) -> Iterator[Finding]:
    """L006: the right to rectification is cited, and no clause puts anything right.

    Cannot see whether the person asked for silence instead.
    """
    cited = case.cites("gdpr", "16", purposes=("correction",))
    if not cited or case.of(Rectify):
        return
    done = case.of(Suppress, Refuse, Remove, Delete)
    yield case.note(
        "L006",
        f"the policy cites {case.shown(cited[0])}, and no clause has the goal `rectify`",
        (case.span(case.basis(cited[0]), "cited here"), *case.ids(done)),
        fix="add a `rectify` clause: the corrected statement at least so often, the old one at most so often",
        clauses=(clause.id for clause in done),
    )


def deployer_assessment(case: Case) -> Iterator[Finding]:
    """L019: the obligor deploys a model that others control, and every piece of evidence about it is a statement.

    Looks at artifacts of the obligor that derive from, or serve from, an artifact it does not control. Cannot see an
    assessment that the policy does not name.
    """
    cited = case.cites("gdpr") or case.cites("ai_act")
    parties, controls = case.policy.parties, case.policy.controls
    if not cited or parties is None or controls is None:
        return
    own = [name for name in controls.get(parties.obligor, ()) if _built_on_others(case, name)]
    for name in own:
        about = [c for c in case.policy.clauses if name in case.scope(c)]
        kinds = {clause.evidence.kind for clause in about if clause.evidence is not None}
        if not about or kinds & {"test", "procedure"}:
            continue
        yield case.note(
            "L019",
            f"{parties.obligor} deploys {name} on a model of others, and nothing but statements is to show what it does",
            (case.span(("artifacts", name, "kind")), *case.ids(about)),
            fix="add evidence of its own: a `test` of what is deployed, or a `procedure`",
            clauses=(clause.id for clause in about),
        )


def _built_on_others(case: Case, name: str) -> bool:
    artifact, obligor = case.policy.artifacts[name], case.policy.parties
    from_where = (*artifact.serves_from, *([artifact.derived_from] if artifact.derived_from else []))
    return obligor is not None and any(
        case.policy.artifacts[source].kind in MODELS and case.controller(source) != obligor.obligor
        for source in from_where
    )


def person_not_told(case: Case) -> Iterator[Finding]:
    """L020: the right to erasure is cited, a model is concerned, and nothing says what the person is told.

    Silent if the policy has a claim (what is said to others) or a measure that tells. Cannot see the letter.
    """
    shaped = case.shaped_by(name for target in case.wanted_gone for name in case.related(target))
    concerned = case.on_models(Remove, Suppress, Refuse, Rectify)
    if not case.erasure or case.policy.claims or case.governed("notify") or not (concerned or shaped):
        return
    models = tuple(dict.fromkeys((*shaped, *(name for clause in concerned for name in case.scope(clause)))))
    yield case.note(
        "L020",
        f"nothing says what the person is told, and when it reaches {few(models)}",
        (case.span(case.basis(case.erasure[0]), "cited here"),),
        fix="add a claim with the words of the reply, or a measure",
        snippet=case.measure("tell-the-person", "tell the person what was done and when it reaches the model", models),
    )

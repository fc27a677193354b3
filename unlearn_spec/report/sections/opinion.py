"""The first page: what was asked of which model, what came out, and, with equal weight, what was not covered."""

from __future__ import annotations

from ...verdict.model import WORST_FIRST, ClauseVerdict
from ...wording.language import Words
from ..assurance import assurance, form
from ..cases import case
from ..document import (
    Badge,
    Beside,
    Block,
    Break,
    Bullets,
    Code,
    Inline,
    Link,
    Pairs,
    Para,
    Part,
    Recorded,
    Soft,
    Verdict,
    para,
)
from ..model import NotCovered, Report, Result
from ..sentences import UNDECIDED, Case, conclude
from ..wording import quote, short_digest


def opinion(report: Report, say: Words) -> tuple[Block, ...]:
    """The opinion page."""
    return (
        Verdict(badge(report.overall, say), (para(headline(report, say)), para(tally(report, say), small=True))),
        Pairs(_about(report, say)),
        Beside(_results(report, say), _gaps(report, say)),
    )


def badge(outcome: str, say: Words) -> Badge:
    """An outcome with its mark."""
    return Badge(outcome, say.of("outcome", outcome))  # type: ignore[arg-type]


def headline(report: Report, say: Words) -> str:
    """What the report as a whole says, for a reader without training."""
    if not report.results:
        return say("headline.empty")
    counted = [result.verdict.outcome for result in report.results]
    broken, kept = counted.count("violated"), counted.count("supported")
    quiet, open_ = counted.count("not_falsified"), sum(outcome in UNDECIDED for outcome in counted)
    parts = [
        say.counted(f"headline.{name}", number)
        for name, number in (("broken", broken), ("kept", kept), ("quiet", quiet), ("open", open_))
        if number
    ]
    return " ".join((say.counted("headline.lead", len(counted)), *parts))


def tally(report: Report, say: Words) -> str:
    """`Of 8 results: 1 violated, 2 supported. The overall result is the worst …`."""
    return f"{counts(report, say)} {say('results.overall')}"


def counts(report: Report, say: Words) -> str:
    """`Of 8 results: 1 violated, 2 supported.`, the worst first."""
    outcomes = [result.verdict.outcome for result in report.results]
    if not outcomes:
        return say("results.none")
    parts = ", ".join(say("results.count", number=outcomes.count(o), outcome=o) for o in WORST_FIRST if o in outcomes)
    return say.counted("results.tally", len(outcomes), parts=parts)


def confidence(report: Report, say: Words) -> str:
    """Of all registered facts together; none where no fact is a statistical one."""
    if report.validity.error == 0:
        return say("about.confidence_none")
    return say.counted("about.confidence_words", report.validity.facts, confidence=report.validity.confidence)


def parties(report: Report, say: Words) -> str:
    """Who is to act, to verify and to benefit, as the policy names them: who ran the examination is not known here."""
    named = report.policy.parties
    if named is None:
        return ""
    others = "_".join(role for role in ("verifier", "beneficiary") if getattr(named, role)) or "obligor"
    return say(f"about.parties_{others}", obligor=named.obligor, verifier=named.verifier or "", beneficiary=named.beneficiary or "")


def _errors(report: Report, say: Words) -> str:
    """The codes of errors that stand in the policy, whether or not they block a clause: a claim that does not follow blocks none."""
    found = tuple(dict.fromkeys(one.code for one in report.findings if one.severity == "error" and not one.accepted))
    return say("about.checker_words", codes=", ".join(found)) if found else ""


def _about(report: Report, say: Words) -> tuple[tuple[str, tuple[Inline, ...]], ...]:
    policy = report.policy
    audited = tuple(dict.fromkeys((s.artifact, s.model, s.system) for s in report.subjects if s.role == "audited"))
    object_: list[Inline] = []
    for artifact, model, system in audited:
        key = "about.guarded" if system else "about.bare"
        object_ += [*([Break()] if object_ else []), say(key, artifact=artifact), Code(short_digest(system or model))]
    rows: list[tuple[str, tuple[Inline, ...]]] = [
        (
            say("about.policy"),
            (
                say("about.policy_words", policy=policy.id, version=policy.version, status=policy.status),
                Code(short_digest(report.integrity.policy)),
            ),
        ),
        (say("about.addressee"), (say("about.owner", owner=policy.owner) if policy.owner else say("about.no_owner"),)),
        *(((say("about.parties"), (who,)),) if (who := parties(report, say)) else ()),
        (say("about.object"), tuple(object_) or (say("about.no_object"),)),
        (say("about.form"), (say(f"form.{form(report)}"),)),
        (say("about.confidence"), (confidence(report, say),)),
        *(((say("about.checker"), (errors,)),) if (errors := _errors(report, say)) else ()),
        (say("about.period"), (say("about.period_words"),)),
    ]
    return tuple(rows)


def _results(report: Report, say: Words) -> Part:
    return Part(
        "results",
        say("part.results"),
        (Bullets(tuple(_result(report, result, place, say) for place, result in enumerate(report.results, 1))),)
        if report.results
        else (para(say("results.none")),),
    )


def _result(report: Report, result: Result, place: int, say: Words) -> Para:
    verdict = result.verdict
    level = Soft(f"({say(f'assurance.{assurance(report, result)}')})")
    named = link(verdict, place, say)
    return para(badge(verdict.outcome, say), *named, level, Break(), *conclusion(report, result, say))


def link(verdict: ClauseVerdict, place: int, say: Words) -> tuple[Inline, ...]:
    """The clause, leading to what stands behind its result, and the artifact."""
    at = (say("names.at", artifact=verdict.artifact),) if verdict.artifact else ()
    return (Link(f"r{place}", quote(verdict.clause)), *at)


def conclusion(report: Report, result: Result, say: Words) -> tuple[Inline, ...]:
    """The sentence that may be quoted; a reason that is there in English alone is marked so in other languages."""
    words = conclude(case_of(report, result), say)
    reason = " ".join(result.verdict.reason.split())
    if say.recorded(result.verdict.reason_said, result.verdict.reason) is None and reason and reason in words:
        before, after = words.split(reason, 1)
        return tuple(part for part in (before.strip(), Recorded(reason), after.strip()) if part not in ("", "."))
    return (words,)


def case_of(report: Report, result: Result) -> Case:
    """What the result's conclusion is drawn from."""
    verdict = result.verdict
    test = next((test for test in report.tests if test.id == verdict.obligation), None)
    return case(report.clause(verdict.clause), verdict, test, report.validity.confidence)


def _gaps(report: Report, say: Words) -> Part:
    items = tuple(Para(_gap(gap, say)) for gap in report.not_covered)
    return Part("not-covered", say("part.not_covered"), (para(say("not_covered.lead")), Bullets(items)))


def _gap(gap: NotCovered, say: Words) -> tuple[Inline, ...]:
    what: Inline = say.say(gap.what_said) if gap.what_said else Recorded(gap.what)
    if gap.kind == "clause":
        return (what,)
    return (what, Soft(f"({say.say(gap.why_said)})") if gap.why_said else Recorded(gap.why))

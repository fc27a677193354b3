"""Fixed wording shared by the renderers: leads, method notes, and the page for a reader who is not a specialist."""

from __future__ import annotations

from typing import Final

from ..plan.model import DataRef, Reading, SubjectRef
from ..policy.model import Basis
from ..policy.vocabulary import Population, Status
from ..verdict.model import WORST_FIRST, GateResult
from .model import Report
from .wording import OUTCOME_NAME, count, percent, quote

OVERALL_NOTE: Final = "The overall result is the worst single result. Results are not averaged, weighted or summed."
NOT_COVERED_LEAD: Final = "This report says nothing about the following. Read it with the same weight as the results."
CHECK_LIMITS: Final = (
    "The checker looks for contradictions, open readings and claims that do not follow, under its axioms and the facts "
    "the policy declares. Whether the policy asks for the right thing is not its question."
)
METHODS: Final = (
    "What counts as revealing, the decoding, the limits, the sample sizes and each fact's share of the error were "
    "registered in the plan before anything was measured. The confidence is that of all registered facts together.",
    "A verdict is drawn from the facts and the axioms by a solver: a clause is supported if they entail it, violated "
    "if they exclude it. Facts that contradict each other decide nothing.",
    "Finite tests find a breach or do not find one. They bound a rate for the prompts, decoding, access and files "
    "named; beyond these they say nothing.",
    "A failed control takes away a favourable result. It does not take away an observed violation.",
    "Results bear on legal questions and do not answer them. They are evidence that may be considered, for legal "
    "assessment by counsel.",
)
GUARDRAIL_LEAD: Final = (
    "The same questions, once through the guarded system and once to the bare weights. A difference is what the guard "
    "holds back; whoever holds the weights does not meet the guard. No result stands on this comparison."
)
REVEALED_LEAD: Final = (
    "They are named by keyed digest and length; their text is not in this report. Whoever holds the data can have it "
    "written out in a restricted annex, a file apart: `unlearn-spec report RUN --annex FILE --policy POLICY --bindings "
    "BINDINGS`."
)
REVERIFY: Final = (
    "Compare the SHA-256 digest of `result.json` in the run folder with the digest of the report above.",
    "Compare the digests of the policy, the bindings, the model folders and the data files with those listed.",
    "Run `unlearn-spec verify` again with the same policy, bindings and files into an empty folder: `result.json` must "
    "have the same bytes.",
    "Run `unlearn-spec report RUN` on the run folder to render this report again from `result.json`.",
)

_STATUS: Final[dict[Status, str]] = {"draft": "draft", "in_force": "in force", "superseded": "superseded"}
_ROLE: Final = {
    "audited": "audited",
    "original": "original, before unlearning",
    "reference": "never trained on the target",
}
_GATE: Final = {
    "positive": "positive control (the original shows the target)",
    "negative": "negative control (a model never trained on the target gives the floor)",
    "planted": "planted refusal (what is looked for would be seen)",
    "repeat": "same-model repeat",
    "degeneracy": "degeneracy (a model that babbles is not a result)",
    "blind_baseline": "blind baseline (members and hold-out cannot be told apart without the model)",
}


def status_words(status: Status) -> str:
    return _STATUS[status]


def gate_words(gate: str) -> str:
    return _GATE[gate]


def control_words(gate: GateResult) -> str:
    return "held" if gate.passed else "failed"


def role_words(subject: SubjectRef) -> str:
    number = f" ({subject.index + 1})" if subject.role == "reference" else ""
    return _ROLE[subject.role] + number


def subject_words(subject: SubjectRef) -> str:
    system = f", behind the guarded system {subject.system}" if subject.system else ""
    return f"{quote(subject.artifact)}, {role_words(subject)}: {subject.model}{system}, {subject.precision}"


def basis_words(basis: Basis) -> str:
    cited = " ".join(part for part in (basis.instrument, basis.provision) if part)
    return (
        quote(cited)
        + (f" ({basis.jurisdiction})" if basis.jurisdiction else "")
        + (f", {quote(basis.note)}" if basis.note else "")
    )


def data_words(data: DataRef) -> str:
    """What is added to a digest if only some of the items were drawn."""
    return "" if data.take is None else f" ({count(data.take)} items drawn with seed {data.seed})"


def population_words(population: Population) -> str:
    return "the listed items" if population == "these_items" else "a wider population than the listed items"


def decoding_words(reading: Reading | None) -> str:
    """`; revealed when contains (casefold); decoding greedy, 64 new tokens`, or nothing for a record."""
    if reading is None:
        return ""
    when = reading.metric.replace("_", " ")
    if reading.at_least is not None:
        when += f" at least {percent(reading.at_least)}"
    if reading.normalisation:
        when += f" ({reading.normalisation})"
    how: list[str] = [reading.decoding]
    if reading.temperature is not None:
        how.append(f"temperature {float(reading.temperature):g}")
    if reading.top_p is not None:
        how.append(f"top-p {float(reading.top_p):g}")
    if reading.top_k is not None:
        how.append(f"top-k {reading.top_k}")
    if reading.samples is not None:
        how.append(f"{reading.samples} samples")
    how.append(f"at most {reading.max_new_tokens} new tokens")
    return f"; counts when {when}; decoding {', '.join(how)}"


def tally(report: Report) -> str:
    """`Of 8 results: 1 violated, 2 supported.`, worst first."""
    outcomes = [result.verdict.outcome for result in report.results]
    parts = [f"{outcomes.count(o)} {OUTCOME_NAME[o]}" for o in WORST_FIRST if o in outcomes]
    noun = "result" if len(outcomes) == 1 else "results"
    return f"Of {len(outcomes)} {noun}: {', '.join(parts)}." if parts else "The policy has no result."


def plain_page(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was asked, done, found and not found out: headings with paragraphs, in everyday words."""
    results = [result.verdict for result in report.results]
    models = tuple(dict.fromkeys(s.artifact for s in report.subjects if s.role == "audited"))
    named = ", ".join(quote(name) for name in models) or "none"

    def list_of(*outcomes: str) -> str:
        return ", ".join(
            dict.fromkeys(
                (f"{quote(v.clause)} ({quote(v.artifact)})" if v.artifact else quote(v.clause))
                for v in results
                if v.outcome in outcomes
            )
        )

    found = (
        ("Broken: ", list_of("violated"), ". Here the evidence shows that the demand is not met."),
        (
            "Kept, as far as was tested or attested: ",
            list_of("supported"),
            ". This holds for the questions, the way of asking and the files named in this report.",
        ),
        (
            "Nothing found: ",
            list_of("not_falsified"),
            ". The tests looked for a breach and did not find one. That is not the same as knowing there is none.",
        ),
    )
    open_ = (
        ("No decision: ", list_of("inconclusive"), ". The tests were too small, or a control did not work."),
        ("Not examined: ", list_of("not_tested", "not_testable"), ". Something needed for a test was not available."),
        ("Stopped by the checker: ", list_of("rejected"), ". The demand, as written, cannot be met or weighed."),
    )
    return (
        (
            "What was asked",
            (
                f"The policy {quote(report.policy.title or report.policy.id)} makes {len(report.clauses)} demands on "
                "what a model may know, reveal or keep. Each is written out under the heading Clause by clause.",
            ),
        ),
        (
            "What was done",
            (
                f"The following were examined: {named}. Questions were put to them and the answers counted; where "
                "possible the same was done with the model before the change and with a model that was never trained "
                "on the material. Signed records were read where a demand is about conduct rather than answers.",
            ),
        ),
        ("What was found", tuple("".join(part) for part in found if part[1]) or ("No demand was decided.",)),
        (
            "What was not found out",
            (
                *("".join(part) for part in open_ if part[1]),
                f"{len(report.not_covered)} points are listed under What was not covered. A different way of "
                "asking, a copy of the model, or a later version may behave differently.",
            ),
        ),
        (
            "What this does not settle",
            (
                "Whether anyone's rights are respected, whether a duty in law is met, and how people use the model are "
                "questions for people, not for a test.",
            ),
        ),
    )

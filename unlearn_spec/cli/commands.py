"""The commands: names and options only; each imports what it needs when it runs."""

from __future__ import annotations

import gc
from copy import copy
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .app import CheckFormat, few_collections

app = typer.Typer(
    name="unlearn-spec",
    help="Say precisely what a model must unlearn, check the policy with a solver, and find out honestly whether the "
    "model does.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
)


class Format(StrEnum):
    """How `plan`, `test` and `overlap` print."""

    text = "text"
    json = "json"


class TextUnit(StrEnum):
    """What `overlap` compares."""

    word = "word"
    character = "character"


class TextForm(StrEnum):
    """What `overlap` ignores."""

    NONE = "none"
    CASEFOLD = "casefold"
    CASEFOLD_NFKC_SPACE = "casefold_nfkc_space"


class ReportFormat(StrEnum):
    """How `report` writes."""

    text = "text"
    html = "html"
    pdf = "pdf"
    json = "json"
    markdown = "markdown"
    model_card = "model-card"
    junit = "junit"
    oscal = "oscal"
    statement = "statement"


class ReportLanguage(StrEnum):
    """Language of the sentences of reports and readings."""

    en = "en"
    de = "de"
    fr = "fr"


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"unlearn-spec {version('unlearn-spec')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where an internal error arose.")] = False,
) -> None:
    gc.enable()


@app.command()
def check(
    policies: Annotated[list[Path], typer.Argument(metavar="POLICY", help="Policy files.")],
    format: Annotated[CheckFormat, typer.Option(help="How to print.")] = CheckFormat.text,
    without: Annotated[list[str] | None, typer.Option(metavar="AXIOM", help="Leave an axiom out, e.g. AX6.")] = None,
    effort: Annotated[int | None, typer.Option(min=1, help="Work limit of the solver for one question.")] = None,
    show_arithmetic: Annotated[
        bool, typer.Option("--show-arithmetic", help="Add to each conflict its proof, as arithmetic.")
    ] = False,
    show_worlds: Annotated[bool, typer.Option("--show-worlds", help="Print each world as a policy test.")] = False,
    no_solver: Annotated[bool, typer.Option("--no-solver", help="Ask only what needs no solver.")] = False,
    double_check: Annotated[bool, typer.Option("--double-check", help="Ask a second solver (cvc5) as well.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the solver's questions as SMT-LIB, for a fault report.")
    ] = None,
) -> None:
    """Find contradictions, ambiguities and untestable clauses.

    Exit status: 0 clean, 1 errors, 2 unusable files, 3 undetermined.
    """
    few_collections()
    from ..logic.axioms import BY_ID, FIXED
    from ..rules.options import Options, instead_of
    from .check import check as run

    for axiom in without or ():
        if axiom in FIXED:
            raise typer.BadParameter(f"{axiom} says how the language reads a word and cannot be left out", param_hint="--without")
        if axiom not in BY_ID:
            raise typer.BadParameter(f"no axiom called {axiom!r}; {instead_of(axiom)}", param_hint="--without")
    if no_solver and (double_check or export is not None or show_worlds or without or effort is not None):
        raise typer.BadParameter("the other options are about the solver's questions", param_hint="--no-solver")
    options = Options(
        effort=effort,
        without=without or (),
        worlds=show_worlds,
        solver=not no_solver,
        double_check=double_check,
        export=export,
    )
    raise typer.Exit(run(policies, format.value, options, show_arithmetic=show_arithmetic))


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(metavar="CODE|POLICY", help="A code such as C001, or a policy file.")],
    language: Annotated[ReportLanguage, typer.Option(help="Language of the sentences; the policy's words stay.")] = ReportLanguage.en,
) -> None:
    """Print the page of a code, or each clause of a policy as one plain sentence."""
    from .explain import explain as run

    raise typer.Exit(run(subject, language.value))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The earlier policy file.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The later policy file.")],
    no_weaker: Annotated[bool, typer.Option("--no-weaker", help="Let nothing become weaker or incomparable.")] = False,
    format: Annotated[CheckFormat, typer.Option(help="How to print.")] = CheckFormat.text,
    show_worlds: Annotated[bool, typer.Option("--show-worlds", help="Print each world as a policy test.")] = False,
    effort: Annotated[int | None, typer.Option(min=1, help="Work limit of the solver for one question.")] = None,
) -> None:
    """Say whether the later policy is equivalent, stricter, weaker or incomparable, clause by clause, and show why.

    Exit status: 0, or with --no-weaker 1 if something is weaker or incomparable; 2 unusable files, 3 undetermined.
    """
    from .diff import diff as run

    raise typer.Exit(run(before, after, no_weaker, format.value, show_worlds, effort))


@app.command()
def test(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of policy tests, *.test.yaml.")],
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.text,
    effort: Annotated[int | None, typer.Option(min=1, help="Work limit of the solver for one question.")] = None,
) -> None:
    """Run policy tests: what a policy's clauses say of the worlds that the tests tell of.

    Exit status: 0 all as expected, 1 some not, 2 unusable files, 3 undetermined.
    """
    from .test import test as run

    raise typer.Exit(run(files, format.value, effort))


@app.command()
def plan(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="Policy file.")],
    bindings: Annotated[Path, typer.Option(help="Where models and data are.")],
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.text,
) -> None:
    """List what a verification would measure, and what cannot be tested and why.

    Exit status: 0 every clause will be tested, 1 a clause is rejected, 2 unusable input, 3 a clause cannot be tested.
    """
    from .plan import plan as run

    raise typer.Exit(run(policy, bindings, format.value))


@app.command()
def verify(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="Policy file.")],
    bindings: Annotated[Path, typer.Option(help="Where models and data are.")],
    out: Annotated[Path, typer.Option(help="Run folder; an unfinished run in it is resumed.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that measure.")] = None,
    device: Annotated[str | None, typer.Option(help="In place of the bindings' device: auto, cpu, cuda or cuda:1.")] = None,
) -> None:
    """Measure the bound models, conclude clause by clause, and print the report.

    Exit status: 0 nothing violated or open, 1 a clause violated or rejected, 2 unusable input, 3 something undetermined.
    """
    from .verify import verify as run

    raise typer.Exit(run(policy, bindings, out, workers, device))


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished verification.")],
    format: Annotated[ReportFormat | None, typer.Option(help="How to write it.", show_default="text")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
    language: Annotated[
        ReportLanguage, typer.Option(help="Language of the sentences of report and annex; the policy's words stay.")
    ] = ReportLanguage.en,
    annex: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Fresh file for a restricted annex; needs the two below.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="For --annex: the policy file that was verified.")] = None,
    bindings: Annotated[Path | None, typer.Option(help="For --annex: where the data are.")] = None,
    readers: Annotated[str | None, typer.Option(help="For --annex: who may read it.")] = None,
    keep_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For --annex: until when it is kept.")
    ] = None,
    ground: Annotated[str | None, typer.Option(help="For --annex: on what ground it is kept.")] = None,
) -> None:
    """Write the report of a finished verification again, in another format.

    With --annex: write what the report names by digest only, in full, to a file that only you can read; and the report
    too if --format or --out asks for it.
    """
    from .report import annex as write_annex
    from .report import report as write

    if annex is None:
        if any(one is not None for one in (policy, bindings, readers, keep_until, ground)):
            raise typer.BadParameter("they are read for a restricted annex only", param_hint="--policy/--bindings")
    else:
        if policy is None or bindings is None:
            raise typer.BadParameter("give --policy and --bindings as well: they hold its text", param_hint="--annex")
        until = keep_until.date() if keep_until is not None else None
        status = write_annex(
            run, policy, bindings, annex, language=language.value, readers=readers, kept_until=until, ground=ground
        )
        if status or (format is None and out is None):
            raise typer.Exit(status)
    raise typer.Exit(write(run, (format or ReportFormat.text).value, out, language.value))


@app.command()
def overlap(
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS", help="Data file whose answers, suffixes or texts are looked for.")],
    corpus: Annotated[list[Path], typer.Argument(metavar="CORPUS", help="Text files, UTF-8, of any size.")],
    least: Annotated[int, typer.Option(min=1, help="Shortest run that counts, and the n of the n-grams.")] = 13,
    unit: Annotated[TextUnit, typer.Option(help="What is compared.")] = TextUnit.word,
    normalisation: Annotated[TextForm, typer.Option(help="What is ignored.")] = TextForm.CASEFOLD_NFKC_SPACE,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.text,
) -> None:
    """Say how much of each text stands word for word in a corpus: longest run in common, share of n-grams found.

    Measures and concludes nothing; texts are not printed. Exit status: 0, or 2 for unusable files.
    """
    from ..verifiers.forms import Form
    from .overlap import run

    raise typer.Exit(run(answers, corpus, least, Form(unit.value, normalisation.value), format.value))


@app.command()
def audit(
    path: Annotated[Path, typer.Argument(metavar="RUN|REPORT", help="Folder of a finished verification, or a report of one.")],
    run: Annotated[Path | None, typer.Option(help="The report's run, if it does not lie in or beside it.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy file that the run should be about.")] = None,
    key: Annotated[list[Path] | None, typer.Option(metavar="PUB", help="Public key that should have signed it.")] = None,
    timestamp: Annotated[
        list[Path] | None, typer.Option(metavar="TSR", help="RFC 3161 time-stamp of its signed statement.")
    ] = None,
    tsa_root: Annotated[
        list[Path] | None, typer.Option(metavar="PEM", help="Root certificate of a time-stamping authority.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.text,
) -> None:
    """Re-verify a finished verification from what it kept: digests, ledger, verdicts, every number. Needs no model.

    Exit status: 0 it holds, 1 something does not (the first is named), 2 nothing to audit, 3 it cannot be told.
    """
    from ..run.audit import Held
    from .audit import run_audit

    held = Held(policy, tuple(key or ()), tuple(timestamp or ()), tuple(tsa_root or ()))
    raise typer.Exit(run_audit(path, held, run=run, format=format.value))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of a finished verification, or a report in JSON.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="Folder of a later one, or its report.")],
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.text,
) -> None:
    """Say what changed between two verifications: what they were about, and each verdict with the reason.

    Exit status: 0 every clause has the same outcome, 1 some has not, 2 one of the two cannot be read.
    """
    from .compare import run_compare

    raise typer.Exit(run_compare(before, after, format.value))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for models, runs and reports; what is there is reused.")] = Path("demo-out"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that train and measure.")] = 2,
) -> None:
    """Go the whole way on a small generated world: train, check two policies, verify four subjects, write four reports."""
    from .demo import demo as run

    raise typer.Exit(run(out, workers))


@app.command()
def keygen(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Writes NAME.key and NAME.pub.")],
) -> None:
    """Make an Ed25519 key pair, for signing process records and finished runs. Nothing is overwritten."""
    from .sign import keygen as run

    raise typer.Exit(run(name))


@app.command()
def sign(
    record: Annotated[
        Path, typer.Argument(metavar="RECORD|RUN", help="Record file; gets its signature as last line. Or a run folder.")
    ],
    key: Annotated[Path, typer.Option(help="Private key, NAME.key.")],
) -> None:
    """Sign a process record, so that it can decide clauses; or a finished run, so that no byte of it can change unseen.

    A run is audited first, and signed as an in-toto statement in a DSSE envelope, statement.dsse.json. Exit status: 0, or
    2 for what cannot be signed; 1 or 3 for a run that does not hold or cannot be told to.
    """
    from .sign import sign as run

    raise typer.Exit(run(record, key))


class Slice(StrEnum):
    """What `calibrate` judges."""

    full = "full"
    small = "small"


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option(help="Folder for models, measurements and the table; what is there is reused.")],
    seeds: Annotated[int, typer.Option(min=1, help="How many worlds.")] = 20,
    first_seed: Annotated[int, typer.Option(min=0, help="The first one; recipes were tuned on seeds below 100.")] = 100,
    slice: Annotated[Slice, typer.Option(help="All specimens, or a few that learn nothing, to try the machinery.")] = Slice.full,
    workers: Annotated[int, typer.Option(min=1, help="Processes that train and measure.")] = 2,
    policy: Annotated[Path | None, typer.Option(help="In place of the shipped policy; suites lie in `suites` beside it.")] = None,
    specimen: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    finished: Annotated[bool, typer.Option("--finished", help="Make nothing; write the table from what is finished.")] = False,
    many: Annotated[
        bool, typer.Option("--many", help="Judge several runs of processes, and models behind an endpoint, instead.")
    ] = False,
) -> None:
    """Measure how often the verdicts are wrong, on models whose truth is known, and write the table.

    With `--many` the same for what takes several models, or an endpoint. The page has whichever tables are in the folder.

    Exit status: 0 every release gate met, 1 one is not, 2 unusable input, 3 one is not measured and none is worse.
    """
    from .calibrate import calibrate as run
    from .calibrate import calibrate_many as run_many

    if many:
        if policy is not None or specimen:
            raise typer.BadParameter("`--many` has its own policies and judges all of its models", param_hint="--many")
        raise typer.Exit(run_many(out, seeds, first_seed, slice.value, workers, finished))
    raise typer.Exit(run(out, seeds, first_seed, slice.value, workers, policy, tuple(specimen or ()), finished))


def run(arguments: list[str]) -> object:
    """Run the command that is named. The exit status, or nothing; wrong usage is raised."""
    try:
        return _called(arguments)(prog_name="unlearn-spec", standalone_mode=False)
    except typer.Abort:
        return 130


def _called(arguments: list[str]) -> typer.Typer:
    """The command line with the called command alone, if one is named first: building them all takes time."""
    called = [one for one in app.registered_commands if one.callback and [one.callback.__name__] == arguments[:1]]
    if not called:
        return app
    alone = copy(app)
    alone.registered_commands = called
    return alone

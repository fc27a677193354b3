"""The command line of `check` and `explain`, as a user sees it."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from unlearn_spec.cli import app, commands

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "spec" / "examples"
LONG = "x" * 300 + ".jsonl"
CLEAN, BAD = str(EXAMPLES / "erasure-request.yaml"), str(EXAMPLES / "bad-example.yaml")
HEAVY = {
    "torch", "transformers", "numpy", "scipy", "cupy", "ray", "pyarrow", "pandas", "rich", "click", "typer", "jinja2", "typst",
    "cryptography", "jsonschema", "cvc5", "multiprocessing", "asyncio", "tomllib",
}  # fmt: skip
"""Packages that a check has no use for."""
ELSEWHERE = ("report", "run", "verdict", "verifiers", "gpu", "evidence", "calibration", "spec", "api", "demo")
"""Rooms of ours that a check has no use for."""
ON_DEMAND = {
    "rules.contradictions", "rules.repairs", "rules.proofs", "logic.proof", "logic.certificate", "logic.arithmetic",
    "rules.snippet", "logic.realise", "logic.counted_again", "logic.told_world", "logic.trial",
    "policy.expectations", "policy.load_expectations",
    "rules.worker", "rules.explain", "rules.diff", "rules.diff_result", "rules.diff_told",
    "logic.compare", "logic.two_versions", "logic.witness", "logic.second_solver",
    "policy.schema", "plan.model", "plan.units", "plan.bindings", "feasibility.model", "rules.legal.notes",
    "rules.render_json", "rules.render_sarif",
}  # fmt: skip
"""Modules of ours that a check needs only for a finding of some kind, or for an option."""


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["unlearn-spec", *arguments])
    with pytest.raises(SystemExit) as end:
        app.main()
    output = capsys.readouterr()
    return end.value.code, output.out, output.err


@pytest.fixture
def cli(monkeypatch, capsys):
    return lambda *arguments: run(monkeypatch, capsys, *arguments)


def test_a_clean_file(cli):
    status, out, err = cli("check", CLEAN)
    assert (status, err) == (0, "")
    assert "no contradiction found" in out and "\x1b" not in out


def test_the_worst_file_decides(cli, tmp_path):
    assert cli("check", CLEAN, BAD)[0] == 1
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", "utf-8")
    assert cli("check", BAD, str(broken), CLEAN)[0] == 2


def test_bindings_in_place_of_a_policy(cli):
    status, out, _ = cli("check", str(EXAMPLES / "erasure-request.bindings.yaml"))
    assert status == 2 and "this is a bindings file, not a policy" in out and "--bindings" in out
    assert "S001" not in out


def test_json(cli):
    one = json.loads(cli("check", "--format", "json", BAD)[1])
    assert one["file"] == BAD and one["summary"]["exit_code"] == 1
    both = json.loads(cli("check", "--format", "json", BAD, CLEAN)[1])
    assert [item["file"] for item in both] == [BAD, CLEAN]
    assert both[0] == one


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--nonsense", CLEAN),
        ("check", "--format", "xml", CLEAN),
        ("check", "--without", "AX99", CLEAN),
        ("check", "--effort", "0", CLEAN),
        ("explain",),
        ("explain", "Z999"),
        ("nonsense",),
    ],
)
def test_wrong_usage(cli, arguments):
    status, out, err = cli(*arguments)
    assert (status, out) == (2, "")
    assert err and "Traceback" not in err


def test_options_reach_the_checker(cli):
    assert "without AX6" in cli("check", "--without", "AX6", CLEAN)[1]
    assert "did you mean AX6?" in cli("check", "--without", "A6", CLEAN)[2]
    assert cli("check", "--effort", "1", CLEAN)[0] == 3


def test_an_internal_error_is_one_line_and_a_hint(cli, monkeypatch):
    import unlearn_spec.cli.check as command

    def fails(*_, **__):
        raise RuntimeError("a\nb")

    monkeypatch.setattr(command, "check", fails)
    status, out, err = cli("check", CLEAN)
    assert (status, out) == (4, "")
    assert err.splitlines()[0] == "internal error: RuntimeError: a b" and len(err.splitlines()) == 2
    status, out, err = cli("--traceback", "check", CLEAN)
    assert status == 4 and "Traceback" in err


@pytest.mark.parametrize("arguments", [["overlap", LONG, CLEAN], ["audit", LONG], ["compare", LONG, LONG]], ids=lambda a: a[0])
def test_a_file_that_cannot_be_looked_at_is_no_internal_error(cli, arguments):
    status, out, err = cli(*arguments)
    assert (status, out) == (2, "") and err.startswith("error: ") and err.count("\n") == 1 and "File name too long" in err


def test_an_interruption(cli, monkeypatch):
    import unlearn_spec.cli.check as command

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "check", stopped)
    assert cli("check", CLEAN)[0] == 130


def test_explaining_a_code(cli):
    status, out, _ = cli("explain", "c001")
    assert status == 0 and out.startswith("# C001 contradictory-clauses")


def test_explaining_a_policy(cli):
    status, out, _ = cli("explain", CLEAN)
    assert status == 0
    assert "- hide-facts: From assistant alone and assistant_mini, subject_facts (36 questions) must not" in out


def test_explaining_a_broken_policy(cli, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", "utf-8")
    status, out, err = cli("explain", str(broken))
    assert (status, out) == (2, "") and "Y001" in err


def hundred_clauses():
    clause = """  - id: hide-{n}
    goal: suppress
    target: set_{n}
    scope: {{artifacts: [assistant], access: product, asked: direct, decoding: {{method: greedy}}}}
    over: mean
    limit: {{at_most: "{n}%"}}
    reveals_when: {{metric: contains}}
    evidence: {{kind: test, access: product, population: wider, samples: 6000, confidence: "95%", decide: certify}}
"""
    sets = "".join(f"  set_{n}: {{kind: facts, size: {n + 5}, unit: question}}\n" for n in range(1, 100))
    return (
        'unlearn_spec: "1.0"\npolicy: {id: many, version: 1}\nclock: {starts: request}\n'
        f"information:\n{sets}artifacts:\n  assistant: {{kind: model, seen_by: {{public: product}}}}\nclauses:\n"
        + "".join(clause.format(n=n) for n in range(1, 100))
        + '  - {id: done, goal: finish, scope: {artifacts: [assistant]}, by: "30 days"}\n'
    )


def loaded_by(policy):
    """What checking a policy in a process of its own prints, its exit status, and the modules it loads."""
    script = (
        "import sys\n"
        "from unlearn_spec.cli.app import main\n"
        f"sys.argv = ['unlearn-spec', 'check', {str(policy)!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n"
        "    print('MODULES', end.code, *sorted(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=policy.parent, check=True)
    told, _, rest = done.stdout.rpartition("MODULES ")
    status, *modules = rest.split()
    ours = {name.removeprefix("unlearn_spec.") for name in modules if name.startswith("unlearn_spec.")}
    return told, int(status), {name.partition(".")[0] for name in modules}, ours


def test_checking_a_clean_policy_loads_only_what_it_needs(tmp_path):
    policy = tmp_path / "hundred.yaml"
    policy.write_text(hundred_clauses(), "utf-8")
    told, status, packages, ours = loaded_by(policy)
    assert status == 0 and "100 clauses evaluated" in told
    assert not HEAVY & packages
    assert not [name for name in ours if name.startswith(ELSEWHERE)]
    assert not ON_DEMAND & ours
    assert {name for name in ours if name.startswith("cli.")} == {"cli.app", "cli.check"}


def test_a_conflict_loads_what_explains_and_proves_it():
    _, status, packages, ours = loaded_by(Path(BAD))
    assert status == 1 and not HEAVY & packages
    assert {"rules.contradictions", "rules.repairs", "rules.proofs", "logic.proof"} <= ours


def test_what_a_check_works_with_compiles_no_methods_when_it_is_loaded():
    for policy in (CLEAN, BAD):
        ours = loaded_by(Path(policy))[3]
        files = {name: ROOT / "unlearn_spec" / f"{name.replace('.', '/')}.py" for name in ours}
        compiled = {name for name, file in files.items() if file.is_file() and "\n@dataclass(" in file.read_text("utf-8")}
        assert compiled == {"finding", "logic.bound", "rules.check"}, "as docs/architecture.md has it: what is no `Record`"


def test_what_is_loaded_on_demand_exists():
    for name in ON_DEMAND:
        assert find_spec(f"unlearn_spec.{name}") is not None, name


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("format", app.CHECK_FORMATS)
def test_a_plain_check_is_what_typer_would_make_of_it(monkeypatch, capsys, place, format):
    asked = ("check", *(("--format", format, CLEAN, BAD) if place == "before" else (CLEAN, BAD, "--format", format)))
    assert app.plain_check(list(asked)) is not None
    plain = run(monkeypatch, capsys, *asked)
    monkeypatch.setattr(app, "plain_check", lambda arguments: None)
    assert run(monkeypatch, capsys, *asked) == plain


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["check"], ["check", "--help"], ["check", "-"], ["check", ""], ["check", "--", "a.yaml"], ["plan", "a.yaml"],
        ["check", "--format", "xml", "a.yaml"], ["check", "a.yaml", "--format"], ["check", "--format", "json"],
        ["check", "--format", "json", "a.yaml", "--format", "text"], ["check", "a.yaml", "--no-solver"],
        ["--traceback", "check", "a.yaml"],
    ],
)  # fmt: skip
def test_everything_else_is_left_to_typer(arguments):
    assert app.plain_check(arguments) is None


def test_the_formats_of_a_plain_check_are_those_of_the_command():
    assert tuple(commands.CheckFormat) == app.CHECK_FORMATS


def test_unused_commands_are_known_all_the_same(cli):
    status, out, _ = cli("--help")
    assert status == 0 and all(f"\n  {name} " in out for name in ("check", "explain", "plan", "verify", "calibrate"))
    status, _, err = cli("chek", CLEAN)
    assert status == 2 and "'check'" in err


def test_the_module_is_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "unlearn_spec", "--version"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0 and done.stdout.startswith("unlearn-spec ")


def shell(folder, arguments):
    command = f"{sys.executable} -m unlearn_spec {arguments}"
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=folder, check=False)


def test_a_reader_that_leaves_is_no_error(tmp_path):
    assert shell(tmp_path, f"check {BAD} | head -1").stderr == ""


def test_what_was_not_told_is_not_clean(monkeypatch, cli):
    def left(arguments):
        raise BrokenPipeError

    monkeypatch.setattr(app, "_run", left)
    monkeypatch.setattr(app, "_silenced", lambda: None)
    assert cli("check", CLEAN)[0] == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no device that is full")
@pytest.mark.parametrize("arguments", ["--help", f"check {BAD}", f"check {BAD} --format json"])
def test_output_that_has_no_room_is_no_internal_error(tmp_path, arguments):
    done = shell(tmp_path, f"{arguments} >/dev/full")
    assert (done.returncode, done.stderr) == (2, "error: the output cannot be written: No space left on device\n")
    assert shell(tmp_path, "chek 2>/dev/full").returncode == 2


def test_closed_streams_lead_nowhere(tmp_path):
    export = tmp_path / "questions"
    assert shell(tmp_path, f"check {BAD} --export {export} <&- >&- 2>&-").returncode == 1
    assert all(b"error[" not in file.read_bytes() for file in export.iterdir())


def test_a_policy_that_is_named_twice_has_two_exports(cli, tmp_path):
    assert cli("check", CLEAN, CLEAN, "--export", str(tmp_path))[0] == 0
    assert len(list(tmp_path.iterdir())) == 2

"""The command line of `check` and `explain`, as a user sees it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from unlearn_spec.cli import app

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "spec" / "examples"
CLEAN, BAD = str(EXAMPLES / "erasure-request.yaml"), str(EXAMPLES / "bad-example.yaml")
HEAVY = {"torch", "transformers", "numpy", "scipy", "cupy", "rich", "pandas", "pyarrow"}


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


def test_checking_loads_nothing_heavy(tmp_path):
    policy = tmp_path / "hundred.yaml"
    policy.write_text(hundred_clauses(), "utf-8")
    script = (
        "import sys\n"
        "from unlearn_spec.cli.app import main\n"
        f"sys.argv = ['unlearn-spec', 'check', {str(policy)!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n"
        "    print('MODULES', end.code, *sorted(name.partition('.')[0] for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    status, *loaded = next(line for line in done.stdout.splitlines() if line.startswith("MODULES")).split()[1:]
    assert status == "0" and "100 clauses evaluated" in done.stdout
    assert not HEAVY & set(loaded)


def test_the_module_is_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "unlearn_spec", "--version"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0 and done.stdout.startswith("unlearn-spec ")


def test_a_reader_that_leaves_is_no_error(tmp_path):
    command = f"{sys.executable} -m unlearn_spec check {BAD} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stderr == ""

"""What the documents show is what happens: files load, commands print what stands under them, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
import yaml
from doc_files import furnish
from generate import BEGIN, END, verifiers
from pages import ROOT, Block, anchors, blocks, commands, edited, links, mismatch

from unlearn_spec.cli import app
from unlearn_spec.cli.commands import app as command_line
from unlearn_spec.policy.load import PolicyError, load_text
from unlearn_spec.report.phrases import OUTCOME_MEANING, OUTCOME_NAME
from unlearn_spec.rules.codes import CODES

DOCS = ROOT / "docs"
LINKED = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.glob("*.md")),
    *sorted((ROOT / "spec").glob("*.md")),
]
BEFORE = {  # whose files a reader has when coming to this page
    "drafters": (),
    "researchers": ("drafters",),
    "records": ("drafters", "researchers"),
    "legal": (),
    "architecture": (),
    "rules-covered": (),
    "assurance": (),
    "metrics": (),
    "performance": (),
    "calibration": (),
    "calibration-blind": (),
    "tofu": (),
}
CHEAP = ("check", "diff", "test", "explain", "plan", "keygen", "sign", "overlap")
QUICK = {"legal": ("verify", "audit", "report", "compare")}
"""On these pages also, where what they read was made on the page."""


def read(name: str) -> list[Block]:
    return list(blocks(DOCS / f"{name}.md"))


class Reader:
    """Somebody who does in a folder what a page says, one block after the other."""

    def __init__(self, folder: Path, run) -> None:
        self.folder, self.run, self.status = folder, run, 0
        self.quick: tuple[str, ...] = ()

    def follow(self, block: Block, *, typing: bool = True) -> None:
        file = self.folder / block.name
        if block.language == "diff":
            file.write_text(edited(file.read_text("utf-8"), block.body), "utf-8")
        elif block.name:
            file.write_text(block.body, "utf-8")
        elif block.language == "console" and typing:
            for command in commands(block):
                output = self.type(command.words)
                if output is not None:
                    lost = mismatch(command.expected, output)
                    assert lost is None, f"$ {command.words}\nexpected:\n{lost}\n\nprinted:\n{output}"

    def tried(self, arguments: list[str]) -> bool:
        """Whether a command is cheap, or about something that lies here."""
        files = [Path(argument) for argument in arguments[1:2]]
        return arguments[0] in CHEAP or (arguments[0] in self.quick and all(file.exists() for file in files))

    def type(self, words: str) -> str | None:
        """What the command prints; None for one that is not tried here."""
        if words == "echo $?":
            return f"{self.status}\n"
        program, *arguments = shlex.split(words)
        if program != "unlearn-spec" or not self.tried(arguments):
            return None
        self.status, output = self.run(arguments)
        return output


@pytest.fixture
def reader(tmp_path, monkeypatch, capsys):
    def run(arguments):
        monkeypatch.setattr(sys, "argv", ["unlearn-spec", *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
        output = capsys.readouterr()
        return end.value.code, output.out + output.err

    (tmp_path / "spec").symlink_to(ROOT / "spec")
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path, run)


@pytest.mark.parametrize("name", BEFORE)
def test_commands_print_what_the_page_shows(name, reader):
    for earlier in BEFORE[name]:
        for block in read(earlier):
            reader.follow(block, typing=False)
    reader.quick = QUICK.get(name, ())
    for block in read(name):
        reader.follow(block)


def test_every_page_is_read():
    assert {page.stem for page in DOCS.glob("*.md")} == set(BEFORE)


@pytest.mark.parametrize("name", BEFORE)
def test_policies_on_the_page_load(name):
    shown = [block for block in read(name) if block.language == "yaml" and block.body.startswith("unlearn_spec:")]
    for block in shown:
        where = f"{name}.md:{block.line}"
        if block.mark == "broken":
            with pytest.raises(PolicyError):
                load_text(block.body, where)
        else:
            load_text(block.body, where)


@pytest.mark.parametrize("name", BEFORE)
def test_every_command_on_the_page_exists(name):
    """Those that take long are not run, but their names and options are known."""
    known: Mapping[str, object] = typer.main.get_command(command_line).commands
    for block in read(name):
        for command in commands(block) if block.language == "console" else ():
            program, *arguments = shlex.split(command.words)
            if program == "unlearn-spec":
                assert arguments[0] in known, command.words
                known[arguments[0]].make_context(arguments[0], arguments[1:])


def test_the_workflow_on_the_page_runs_commands_that_exist():
    (block,) = [block for block in read("drafters") if block.body.startswith("name: policies\n")]
    steps = yaml.safe_load(block.body)["jobs"]["check"]["steps"]
    (line,) = [step["run"] for step in steps if "run" in step]
    command, _, written = line.partition(" > ")
    program, name, *arguments = shlex.split(command)
    assert program == "unlearn-spec" and written == steps[-1]["with"]["sarif_file"]
    typer.main.get_command(command_line).commands[name].make_context(name, arguments)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}"


@pytest.mark.parametrize("name", BEFORE)
def test_python_on_the_page_runs(name, reader):
    for page in (*BEFORE[name], name):
        for block in read(page):
            reader.follow(block, typing=False)
    for block in read(name):
        if block.language == "python" and "verify(" not in block.body:  # that one takes long
            exec(compile(block.body, f"{name}.md:{block.line}", "exec"), {})


def test_the_verifiers_are_described_as_the_catalogue_declares_them():
    text = (DOCS / "researchers.md").read_text("utf-8")
    shown = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert shown.strip() == verifiers().strip(), "run `python tests/docs/generate.py`"


def test_every_result_word_is_explained_to_counsel():
    text = (DOCS / "legal.md").read_text("utf-8")
    for outcome, name in OUTCOME_NAME.items():
        assert re.search(rf"^\| {re.escape(name)} \| {re.escape(OUTCOME_MEANING[outcome])} \|", text, re.M), name


def test_drafters_are_told_what_each_letter_of_a_code_stands_for():
    text = (DOCS / "drafters.md").read_text("utf-8")
    listed = text[text.index("Letters:") : text.index("All pages are")]
    assert {code[0] for code in CODES} == set(re.findall(r"\b([A-Z]) ", listed))

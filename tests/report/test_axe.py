"""axe-core, in a real browser, finds nothing against WCAG 2.2 AA in the page: light, dark, and on a phone."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from unlearn_spec.report import render
from unlearn_spec.report.annex import Annex, ByClause, ByTest, Shown
from unlearn_spec.report.annex import render as annex
from unlearn_spec.report.model import Report, digest
from unlearn_spec.wording.language import LANGUAGES, Language

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = importlib.util.find_spec("axe_playwright_python")  # only the script it carries is used
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed"),
]
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=20000")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
RUN = """
axe.run(document, {runOnly: %s, resultTypes: ["violations", "incomplete"]}).then(found => {
  const said = kind => found[kind].map(one => ({id: one.id, nodes: one.nodes.map(node => node.html.slice(0, 200))}));
  document.documentElement.innerHTML = "<body><pre id=found></pre></body>";
  document.getElementById("found").textContent =
    JSON.stringify({violations: said("violations"), incomplete: said("incomplete"), passes: found.passes.length});
});
"""


def axe(page: str, folder: Path, *flags: str) -> dict[str, Any]:
    """What axe-core finds in a copy of the page that, unlike the page, lets its script run."""
    assert CHROMIUM is not None and AXE is not None and AXE.origin is not None
    script = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    without, replaced = POLICY.subn("", page)
    assert replaced == 1
    copy = folder / "copy.html"
    run = f"<script>{script}</script><script>{RUN % json.dumps(RULES)}</script></body>"
    copy.write_text(without.replace("</body>", run), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", copy.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    match = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert match, shown[-500:]
    found: dict[str, Any] = json.loads(html.unescape(match[1]))
    return found


@pytest.mark.parametrize(
    "flags",
    [
        ("--window-size=1200,900",),
        ("--window-size=1200,900", "--blink-settings=preferredColorScheme=0"),
        ("--window-size=500,900",),
    ],
    ids=["light", "dark", "phone"],
)
def test_no_rule_of_wcag_22_aa_is_broken(report: Report, tmp_path: Path, flags: tuple[str, ...]) -> None:
    found = axe(render(report, "html"), tmp_path, *flags)
    assert found["passes"] > 25
    assert found["violations"] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nor_in_another_language(report: Report, tmp_path: Path, language: Language) -> None:
    assert axe(render(report, "html", language), tmp_path, "--window-size=1200,900")["violations"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nor_in_the_annex(report: Report, tmp_path: Path, language: Language) -> None:
    test = next(test for test in report.tests if test.id == report.revealed[0].obligation)
    shown = Shown(item=report.revealed[0].item, length=13, ids=("page-1",), question="Dear diary", secret="I hid the key")
    tests = (ByTest(test=test, shown=(shown,), unresolved=report.revealed[:1]),)
    made = Annex(
        report=digest(report),
        policy=report.policy,
        policy_digest=report.integrity.policy,
        clauses=(ByClause(clause=report.clause(test.clause), handling="vault only", tests=tests),),
    )
    assert axe(annex(made, language), tmp_path, "--window-size=500,900")["violations"] == []


def test_axe_sees_what_is_broken(report: Report, tmp_path: Path) -> None:
    """The check above can fail."""
    broken = render(report, "html").replace('<html lang="en">', "<html>").replace("--soft: #55524a", "--soft: #cccccc")
    assert {one["id"] for one in axe(broken, tmp_path)["violations"]} >= {"html-has-lang", "color-contrast"}

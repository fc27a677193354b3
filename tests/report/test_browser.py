"""A real browser draws the page: something visible, no wider than the window, and a print of a few pages."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from unlearn_spec.report import LANGUAGES, Language, render
from unlearn_spec.report.model import Report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
def chromium(tmp_path: Path) -> Callable[..., str]:
    def call(*arguments: str) -> str:
        assert CHROMIUM is not None
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    return call


def grey_rows(png: Path) -> tuple[int, list[set[int]]]:
    """Width and, for each row, its distinct red values (8-bit RGB or RGBA, not interlaced)."""
    data = png.read_bytes()
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    assert (depth, interlace) == (8, 0) and colour in (2, 6)
    size, place, packed = {2: 3, 6: 4}[colour], 8, b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += 12 + length
    raw, stride = zlib.decompress(packed), width * size
    before, rows = bytearray(stride), []
    for row in range(height):
        start = row * (stride + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left, up = (line[i - size] if i >= size else 0), before[i]
            corner = before[i - size] if i >= size else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
        before = line
        rows.append(set(line[::size]))
    return width, rows


def test_the_page_is_drawn_light_and_dark(report: Report, tmp_path: Path, chromium: Callable[..., str]) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(report, "html"), encoding="utf-8")
    papers = []
    for name, scheme in (("light", ()), ("dark", ("--blink-settings=preferredColorScheme=0",))):
        shot = tmp_path / f"{name}.png"
        chromium("--window-size=600,500", *scheme, f"--screenshot={shot}", page.as_uri())
        width, rows = grey_rows(shot)
        assert width == 600
        assert sum(len(row) > 3 for row in rows) > 100, "hardly anything is drawn"
        papers.append(max(rows[0]))
    assert papers[0] > 240 > 60 > papers[1]


@pytest.mark.parametrize("width", [390, 760, 1200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_the_window(
    report: Report, tmp_path: Path, chromium: Callable[..., str], width: int, language: Language
) -> None:
    """Measured from outside: the page sits in a frame of that width, and its own width is read by the frame's parent."""
    (tmp_path / "report.html").write_text(render(report, "html", language), encoding="utf-8")
    outer = tmp_path / "outer.html"
    outer.write_text(
        f'<iframe src="report.html" style="width:{width}px;height:800px;border:0"></iframe><p id="w"></p>'
        "<script>onload=()=>{const d=document.querySelector('iframe').contentDocument.documentElement;"
        "document.getElementById('w').textContent='width='+d.scrollWidth}</script>",
        encoding="utf-8",
    )
    shown = chromium("--window-size=1400,900", "--allow-file-access-from-files", "--dump-dom", outer.as_uri())
    assert f"width={width}<" in shown


def test_prints_to_pages(report: Report, tmp_path: Path, chromium: Callable[..., str]) -> None:
    page, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(render(report, "html"), encoding="utf-8")
    chromium("--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri())
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF") and 5 <= content.count(b"/Type /Page\n") <= 20

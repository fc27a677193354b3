"""One file, no script, nothing loaded, nothing injected, readable by everyone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from unlearn_spec.finding import Finding, Fix, Span
from unlearn_spec.plan.units import SubjectRef
from unlearn_spec.policy.model import Policy
from unlearn_spec.report import render, wording
from unlearn_spec.report.document import Document, Picture
from unlearn_spec.report.model import Report
from unlearn_spec.report.sections import document
from unlearn_spec.verdict.model import ClauseVerdict, Fact, GateResult, Interval, Verification
from unlearn_spec.wording.language import words

VOID = {"meta", "br", "link", "img", "input", "hr", "col"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "]]></title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "abc\u202edcba\u2066",
    "nul\x00 escape\x1b[31m csi\x9b31m",
    "”<q>“</q>",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;amp;",
)


class Tree(HTMLParser):
    """Elements with attributes in order; fails on an end tag that closes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        assert len(dict(attributes)) == len(attributes), f"a repeated attribute on {tag}"
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def tree(html: str) -> Tree:
    parser = Tree()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def pictures(shown: Document) -> Iterator[Picture]:
    """All drawings of a document."""

    for block in (*shown.front, *(block for part in shown.parts for block in part.blocks)):
        if isinstance(block, Picture):
            yield block


@pytest.fixture(scope="module")
def page(report: Report) -> Tree:
    return tree(render(report, "html"))


def test_the_same_report_gives_the_same_page(make_report: Callable[..., Report]) -> None:
    assert render(make_report(), "html") == render(make_report(), "html")


def test_no_script_nothing_loaded_and_a_strict_policy(page: Tree) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video", "use"}
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on")} and "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    style = files("unlearn_spec.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    assert "url(" not in style and "@import" not in style


def test_every_link_and_label_has_its_target_and_ids_are_unique(page: Tree) -> None:
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in (
            (attributes.get("href") or "#").removeprefix("#"),
            *(attributes.get("aria-labelledby") or "").split(),
        ):
            assert not name or name in ids, name


def test_language_landmarks_headings_and_skip_link(page: Tree) -> None:
    tags = [tag for tag, _ in page.elements]
    assert page.elements[0] == ("html", {"lang": "en"})
    assert [tags.count(tag) for tag in ("main", "header", "nav", "footer", "h1")] == [1] * 5
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in itertools.pairwise(levels))
    first_link = next(attributes for tag, attributes in page.elements if tag == "a")
    assert first_link["class"] == "skip" and first_link["href"] == "#results"


def test_table_heads_have_scopes_and_drawings_have_words(page: Tree, report: Report) -> None:
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.elements if tag == "th")
    drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert all(a.get("role") == "img" and a.get("aria-labelledby") for a in drawings)
    shown = [*pictures(document(report, words("en")))]
    assert len(drawings) == len(shown) > len(report.results)
    assert sum(tag == "desc" for tag, _ in page.elements) == sum(tag == "title" for tag, _ in page.elements) - 1 == len(shown)
    assert all(picture.alt and picture.title for picture in shown)


def test_what_was_not_covered_is_as_prominent_as_the_results(report: Report) -> None:
    html = render(report, "html")
    results, gaps, detail = (html.index(f'id="{name}"') for name in ("results", "not-covered", "clauses"))
    assert results < gaps < detail
    assert html.count("<h2 id=") == html.count("<h2")  # both are second-level headings of one grid
    assert "grid-template-columns: 1fr 1fr" in html
    assert re.search(r'<div class="opinion">\s*<section aria-labelledby="results">', html)


def test_digests_stand_in_full_once(report: Report) -> None:
    html = render(report, "html")
    for subject in report.subjects:
        assert subject.model in html and (subject.system is None or subject.system in html)
    assert report.integrity.ledger in html


def test_the_lengths_and_digests_of_revealed_items_are_shown(report: Report) -> None:
    html = render(report, "html")
    assert all(hit.item in html and f"{hit.length} characters" in html for hit in report.revealed)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_as_text(
    hostile: str, make_report: Callable[..., Report], run_policy: Policy, run_verification: Verification
) -> None:
    header = run_policy.policy.model_copy(update={"title": hostile, "owner": hostile, "purpose": hostile})
    interval = Interval(label=hostile, point=0.1, low=0.0, high=0.2, hits=1, n=10)
    gate = GateResult(gate="positive", passed=True, found=hostile, units=(hostile,))
    verdict = ClauseVerdict(
        clause="hide-facts", artifact=hostile, outcome="violated", reason=hostile, obligation=hostile, access="api",
        asked=hostile, limit=hostile, limit_at=0.1, intervals=(interval,), gates=(gate,), stands_on=(hostile,),
        conditional_on=(hostile,),
    )  # fmt: skip
    fact = Fact(id=hostile, obligation=hostile, words=hostile, low=0, high=1, alpha="1/100", objects=(hostile,))
    finding = Finding(
        "C001", "error", hostile, (Span(hostile, 1, 1, label=hostile),), (hostile,), (Fix(hostile, snippet=hostile),),
        accepted=hostile, open_question=hostile,
    )  # fmt: skip
    report = make_report(
        policy=run_policy.model_copy(update={"policy": header}),
        verification=Verification(
            confidence="19/20", facts=(fact,), verdicts=(verdict, *run_verification.verdicts[1:])
        ),
        findings=(finding,),
        sentences={clause.id: hostile for clause in run_policy.clauses},
    )
    clean, attacked = tree(render(make_report(), "html")), tree(render(report, "html"))
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in clean.elements}
    assert not [a for _, a in attacked.elements for name in a if name.startswith("on")]
    for shown in (render(report, "html"), render(report, "text")):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    literal = wording.visible(hostile)
    assert literal in "".join(attacked.text), "shown as written, neither run nor evaluated"
    assert literal.replace("“", '"').replace("”", '"') in " ".join(render(report, "text").split())
    assert render(report, "json").isascii()


def test_a_subject_template_of_the_researcher_is_not_a_template(make_report: Callable[..., Report]) -> None:
    report = make_report()
    hostile = SubjectRef(role="audited", artifact="{{ 7*7 }}", model="<b>", prompt="{prompt}")
    html = render(report.model_copy(update={"subjects": (hostile,)}), "html")
    assert "{{ 7*7 }}" in html and "&lt;b&gt;" in html


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_colours_meet_wcag_aa_in_light_dark_and_print() -> None:
    """Contrast ratio at least 4.5:1 (WCAG 2.2, 1.4.3) of each text colour on the paper of its scheme."""
    style = files("unlearn_spec.report").joinpath("templates/style.css").read_text(encoding="utf-8")
    schemes = [
        dict(re.findall(r"--([a-z_]+): (#[0-9a-f]{3,6});", block)) for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    schemes = [scheme for scheme in schemes if "paper" in scheme]
    assert len(schemes) == 3
    for scheme in schemes:
        paper = _luminance(scheme["paper"])
        for name in set(scheme) - {"paper", "panel", "rule", "hair"}:
            text = _luminance(scheme[name])
            ratio = (max(paper, text) + 0.05) / (min(paper, text) + 0.05)
            assert ratio >= 4.5, (name, scheme[name], round(ratio, 2))

"""A suite of prompt attacks as a file: templates around a prompt, in families, fixed by the digest of the file's bytes.

Suites that are installed with the program (`spec/suites`) need not be bound: a policy that names one by its digest means
those bytes and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

from ..evidence.canonical import bytes_digest
from ..policy.problem import Problem, did_you_mean
from ..policy.read import read_bytes
from ..policy.source import Path
from ..verifiers.suites import (
    OTHER_ANSWER,
    OTHER_PROMPT,
    PARAPHRASE,
    PLACES,
    PROMPT,
    START,
    TEXT,
    Family,
    Suite,
    Template,
    strange_places,
)
from .bound import BoundSuite

MAX_BYTES = 1 << 20
MOST = 100
"""Words of an answer, or items beside, that a suite may give."""
MOST_TEMPLATES = 1_000
"""In one suite: every one is asked about every item, on every model."""
_ASKS = (PROMPT, PARAPHRASE, TEXT, OTHER_PROMPT)
"""What may stand in a question."""


def read_suite(data: Any) -> tuple[Suite | None, tuple[Problem, ...]]:
    """The suite that a file's content describes, or its mistakes (B014), each by path."""
    problems = tuple(_problems(data))
    if problems:
        return None, problems
    families = data.get("families") or {"": data["templates"]}
    others = data.get("others", {})
    return Suite(
        families=tuple(Family(name, tuple(map(_template, listed))) for name, listed in families.items()),
        answer_start=data.get("answer_start", 0),
        others=others.get("count", 0),
        others_set=others.get("set"),
    ), ()


def installed(name: str) -> BoundSuite | None:
    """The suite of this name and digest, `name@sha256:…`, that is installed with the program; None if there is none."""
    digest = name.partition("@")[2]
    raw = _installed_bytes(name)
    if raw is None or bytes_digest(raw) != digest:
        return None
    suite, problems = read_suite(read_bytes(raw, f"{name.partition('@')[0]}.yaml").data)
    assert suite is not None and not problems  # a test reads every one
    return BoundSuite(name, digest, suite)


def installed_digest(name: str) -> str | None:
    """The digest of the installed suite of that name, whatever digest stands behind it here; None if there is none."""
    raw = _installed_bytes(name)
    return None if raw is None else bytes_digest(raw)


def _installed_bytes(name: str) -> bytes | None:
    file = f"{name.partition('@')[0]}.yaml"
    folder = resources.files("unlearn_spec.spec").joinpath("suites")
    found = next((one for one in folder.iterdir() if one.name == file), None)
    return None if found is None else found.read_bytes()


def _template(written: Any) -> Template:
    if isinstance(written, str):
        return Template(written)
    shown = written.get("show")
    return Template(written["ask"], written.get("begin", ""), None if shown is None else (shown["ask"], shown["answer"]))


# --- mistakes --------------------------------------------------------------------------------------------------------


def _problems(data: Any) -> Iterator[Problem]:
    if not isinstance(data, dict) or ("templates" in data) == ("families" in data):
        yield _wrong((), "a suite is {templates: [text with {prompt} in it, …]} or {families: {name: [template, …]}}")
        return
    yield from _unknown((), data, ("templates", "families", "answer_start", "others"))
    if (number := _count(data)) > MOST_TEMPLATES:
        yield _wrong((), f"{number:,} templates; a suite may have {MOST_TEMPLATES:,}")
        return
    found = len(problems := list(_listed(data)))
    yield from problems
    if found:
        return
    lists = data["families"].values() if "families" in data else [data["templates"]]
    texts = "\n".join(_template(one).text for listed in lists for one in listed)
    handing = [TEXT in _template(one).ask for listed in lists for one in listed]
    if any(handing) and not all(handing):
        yield _wrong((), f"templates with {TEXT} hand the target over, and make a suite of their own: all have it, or none")
    if any(handing) and START in texts:
        yield _wrong((), f"where {TEXT} hands over all of the answer, {START} has no meaning")
    yield from _number(("answer_start",), data, START in texts, f"how many words {START} gives")
    yield from _others(data, OTHER_PROMPT in texts or OTHER_ANSWER in texts)


def _count(data: dict[str, Any]) -> int:
    """Templates of a suite, as far as they are listed at all."""
    families = data.get("families")
    lists = families.values() if isinstance(families, dict) else [data.get("templates")]
    return sum(len(listed) for listed in lists if isinstance(listed, list))


def _listed(data: dict[str, Any]) -> Iterator[Problem]:
    if "templates" in data:
        yield from _templates(("templates",), data["templates"])
        return
    families = data["families"]
    if not isinstance(families, dict) or not families:
        yield _wrong(("families",), "expected {name: [template, …]}, one family at least")
        return
    for name, listed in families.items():
        yield from _templates(("families", name), listed)


def _templates(path: Path, listed: Any) -> Iterator[Problem]:
    if not isinstance(listed, list) or not listed:
        yield _wrong(path, "expected a list of templates, one at least")
        return
    seen: set[str] = set()
    for place, written in enumerate(listed):
        yield from _one((*path, place), written)
        if (known := _key(written)) in seen:
            yield _wrong((*path, place), "this template stands in the list before")
        seen.add(known)


def _key(written: Any) -> str:
    """Equal for equal templates, whatever the order of their keys."""
    return repr(sorted(written.items(), key=repr) if isinstance(written, dict) else written)


def _one(path: Path, written: Any) -> Iterator[Problem]:
    if isinstance(written, str):
        yield from _text(path, written, _ASKS, needs_item=True)
        return
    if not isinstance(written, dict) or not isinstance(written.get("ask"), str):
        yield _wrong(path, "a template is a text with {prompt} in it, or {ask: text, begin: text, show: {ask, answer}}")
        return
    yield from _unknown(path, written, ("ask", "begin", "show"))
    yield from _text((*path, "ask"), written["ask"], _ASKS, needs_item=True)
    if "begin" in written:
        yield from _text((*path, "begin"), written["begin"], (START,))
    if "show" in written:
        yield from _show((*path, "show"), written["show"])


def _show(path: Path, shown: Any) -> Iterator[Problem]:
    if not isinstance(shown, dict) or set(shown) != {"ask", "answer"}:
        yield _wrong(path, f"expected {{ask: text with {OTHER_PROMPT} in it, answer: text with {OTHER_ANSWER} in it}}")
        return
    for name, needed in (("ask", OTHER_PROMPT), ("answer", OTHER_ANSWER)):
        yield from _text((*path, name), shown[name], (needed,))
        if isinstance(shown[name], str) and needed not in shown[name]:
            yield _wrong((*path, name), f"this needs {needed} in it")


def _text(path: Path, text: Any, allowed: tuple[str, ...], *, needs_item: bool = False) -> Iterator[Problem]:
    if not isinstance(text, str) or not text.strip():
        yield _wrong(path, "expected text")
        return
    for place in strange_places(text):
        yield _wrong(path, f"{place} means nothing here{did_you_mean(place.strip('{}'), (one.strip('{}') for one in PLACES))}")
    for place in PLACES:
        if place in text and place not in allowed:
            yield _wrong(path, f"{place} has no meaning in this place; here may stand {', '.join(allowed)}")
    if needs_item and (PROMPT in text) == (PARAPHRASE in text) and (PROMPT in text or TEXT not in text):
        yield _wrong(path, f"a template needs {PROMPT} or {PARAPHRASE} in it, one of them")


def _number(path: Path, data: dict[str, Any], used: bool, what: str) -> Iterator[Problem]:
    value = data.get(str(path[-1]))
    if used and value is None:
        yield _wrong(path[:-1], f"`{path[-1]}` is missing: {what}")
    elif value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST):
        yield _wrong(path, f"expected a whole number from 1 to {MOST}: {what}")
    elif value is not None and not used:
        yield _wrong(path, f"no template uses `{path[-1]}`")


def _others(data: dict[str, Any], used: bool) -> Iterator[Problem]:
    others = data.get("others", {})
    if not isinstance(others, dict) or not set(others) <= {"count", "set"} or not isinstance(others.get("set", ""), str):
        yield _wrong(("others",), "expected {count: 3}, or {count: 3, set: name of an information set}")
        return
    if "others" not in data:
        if used:
            yield _wrong((), "`others` is missing: of how many items {other_prompt} and {other_answer} are, {count: 3}")
        return
    yield from _number(("others", "count"), others, used, "how many other items are shown or asked beside each")

def _unknown(path: Path, data: dict[Any, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    for key in data:
        if key not in known:
            yield Problem("B014", (*path, key), f"unknown key `{str(key)[:60]}`{did_you_mean(str(key), known)}", at_key=True)


def _wrong(path: Path, text: str) -> Problem:
    return Problem("B014", path, text)

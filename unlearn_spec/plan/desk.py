"""Where one bindings file is read: the policy whose names it may use, its folder, and the mistakes found so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path as FilePath
from typing import TypeVar

from ..finding import Finding
from ..logic.scope import MODELS
from ..policy.model import Policy
from ..policy.problem import Problem, did_you_mean
from ..policy.source import Path
from .found import Found, there
from .hub import Fetch

CORPORA = ("benign",)
"""Text that is none of the policy's sets, by what it is for."""

T = TypeVar("T")
R = TypeVar("R")


class Desk:
    """Collects the problems of one bindings file on the way; what could not be bound is left out."""

    def __init__(
        self, file: str, folder: FilePath, policy: Policy, policy_digest: str | None, day: date, fetch: Fetch | None = None
    ) -> None:
        self.file, self.folder, self.policy, self.policy_digest, self.day = file, folder, policy, policy_digest, day
        self.fetch = fetch
        self.problems: list[Problem] = []
        self.elsewhere: tuple[Finding, ...] = ()
        """Mistakes in the files that are named here."""
        self.models: dict[tuple[str, str | None], Found] = {}
        """(model, adapter) → weights: what is named twice is hashed once."""

    def report(self, code: str, path: Path, message: str, *, at_key: bool = False, fix: str = "") -> None:
        """Notes a mistake at the place `path`; `at_key` marks the key there in place of its value."""
        self.problems.append(Problem(code, path, message, at_key=at_key, fix=fix))

    def content(self, path: Path, file: FilePath, most: int, too_large: str) -> bytes | None:
        """The bytes of a file of at most `most`; or nothing, and B007 or the code `too_large` at `path`."""
        if there(file.exists) and not (file.is_file() or file.is_dir()):  # a pipe would be waited for
            self.report("B007", path, f"there is no file {file}")
            return None
        try:
            with file.open("rb") as stream:
                raw = stream.read(most + 1)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "this is no file's name"
            self.report("B007", path, f"cannot read {file}: {why}")
            return None
        if len(raw) > most:
            size = f"{most >> 20} MiB" if most >> 20 else f"{most:,} bytes"
            self.report(too_large, path, f"{file} is larger than {size}")
            return None
        return raw

    def each(
        self,
        path: Path,
        entries: Mapping[str, T],
        known: Callable[[Path, str], bool],
        read: Callable[..., R | None],
        *more: Callable[[str], object],
    ) -> dict[str, R]:
        """What `read` makes of each entry whose name is known and which has no problem."""
        found = {}
        for name, entry in entries.items():
            if not known((*path, name), name):
                continue
            bound = read((*path, name), name, entry, *(extra(name) for extra in more))
            if bound is not None:
                found[name] = bound
        return found

    def is_model(self, path: Path, name: str) -> bool:
        """Whether the policy has an artifact of this name that can be asked; else B006, as for every name below."""
        artifact = self.policy.artifacts.get(name)
        if artifact is None:
            text = f"the policy has no artifact `{name}`{did_you_mean(name, self.policy.artifacts)}"
            self.report("B006", path, text, at_key=True)
        elif artifact.kind not in MODELS:
            text = f"`{name}` is a {artifact.kind}: only what can be asked is bound here; signed records speak for stores"
            self.report("B006", path, text, at_key=True, fix="delete it")
        else:
            return True
        return False

    def is_set(self, path: Path, name: str) -> bool:
        if name in self.policy.information:
            return True
        text = f"the policy has no information set `{name}`{did_you_mean(name, self.policy.information)}"
        self.report("B006", path, text, at_key=True)
        return False

    def is_corpus(self, path: Path, name: str) -> bool:
        if name not in CORPORA:
            text = f"there is no corpus `{name}`{did_you_mean(name, CORPORA)}; one can be bound: `benign`, unrelated to every set"
            self.report("B006", path, text, at_key=True)
        return name in CORPORA

    def is_suite(self, path: Path, name: str) -> bool:
        used = self.suites_named()
        if name in used:
            return True
        self.report("B006", path, f"no clause's evidence names the suite `{name}`{did_you_mean(name, used)}", at_key=True)
        return False

    def suites_named(self) -> tuple[str, ...]:
        """The suites of all clauses' evidence, digest included, each once."""
        named = (clause.evidence.suite for clause in self.policy.clauses if clause.evidence and clause.evidence.suite)
        return tuple(dict.fromkeys(named))

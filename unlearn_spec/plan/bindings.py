"""From a bindings file to `Bindings`: every file found, read and held against its digest; or every mistake at once.

Codes: B001 unknown key, B002 missing key, B003 wrong value, B004 language version, B005 another policy, B006 unknown
name, B007 file not found or unreadable, B008 wrong digest, B009 credential, B010 model folder, B011 guarded system,
B012 data, B013 size, B014 suite, B015 record, B016 key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, TypeVar

from pydantic import Field, StrictInt, ValidationError

from ..evidence.canonical import EvidenceError, Json, bytes_digest, file_digest, folder_digest, json_digest
from ..finding import Finding
from ..logic.meaning import MODELS
from ..policy.model import Frozen, Policy
from ..policy.problem import Problem, did_you_mean
from ..policy.quantities import Count, Digest, Name, Switch
from ..policy.source import Path, read_bytes, read_file
from ..verifiers.items import Item
from ..verifiers.subjects.error import SubjectError
from ..verifiers.subjects.folder import check_folder
from ..verifiers.subjects.guards import guard_files
from .bound import Bindings, BoundData, BoundSubject, BoundSuite, Precision
from .data import FORMATS, Data, DataError, DataSpec, Format, format_of, load_data
from .form import credentials, findings_in_order, form_problems, told
from .record_check import statement_refusal
from .record_file import RecordError, RecordFile, load_record
from .statement_file import StatementFile, load_statement
from .weights import WeightsError, parameters

__all__ = ["BindingError", "Bindings", "load_bindings"]

VERSION = "1.0"
_DEVICE = re.compile(r"(auto|cpu|cuda(:[0-9]{1,3})?)\Z")
_MAX_SUITE = 1 << 20
CORPORA = ("benign",)
"""Text that is none of the policy's sets, by what it is for."""


class BindingError(Exception):
    """A bindings file that cannot be used: every mistake, in the order of the file."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(told(item) for item in findings))


# --- as written ------------------------------------------------------------------------------------------------------


class _PolicyRef(Frozen):
    id: Name
    version: Count


class _Subject(Frozen):
    model: str
    digest: Digest | None = None
    system: str | None = None
    prompt: str | None = None


class _Data(Frozen):
    file: str
    format: Format | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    digest: Digest | None = None


class _Holdout(_Data):
    randomised: Switch = False


class _Suite(Frozen):
    file: str


class _Written(Frozen):
    unlearn_spec_bindings: str
    policy: _PolicyRef
    seed: Annotated[StrictInt, Field(ge=0)]
    device: str = "auto"
    precision: Precision = "float32"
    artifacts: dict[str, _Subject] = Field(default_factory=dict)
    original: dict[str, _Subject] = Field(default_factory=dict)
    references: dict[str, tuple[_Subject, ...]] = Field(default_factory=dict)
    data: dict[str, _Data] = Field(default_factory=dict)
    holdouts: dict[str, _Holdout] = Field(default_factory=dict)
    wider: dict[str, _Data] = Field(default_factory=dict)
    corpora: dict[str, _Data] = Field(default_factory=dict)
    suites: dict[str, _Suite] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    records: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


def load_bindings(path: str | FilePath, policy: Policy, policy_digest: str | None = None) -> Bindings:
    """Bind a policy's names to the files of one verification. Paths are relative to the bindings file.
    `policy_digest`: of the policy's text, for statements that are about that text alone.

    Everything is read here, models excepted: these are hashed and looked at, not loaded. Raises `BindingError`.
    """
    reading = read_file(path)
    if not isinstance(reading.data, dict):
        raise BindingError(reading.findings)
    binder = _Binder(str(path), FilePath(path).parent, policy, policy_digest)
    binder.problems += credentials(reading.data)
    bound = None
    try:
        bound = binder.bind(_Written.model_validate(reading.data))
    except ValidationError as error:
        binder.problems += form_problems(error, reading.data, _Written)
    findings = (*reading.findings, *findings_in_order(binder.problems, reading.source), *binder.elsewhere)
    if findings or bound is None:
        raise BindingError(findings)
    return bound


T = TypeVar("T")
R = TypeVar("R")


class _Binder:
    """Collects the problems of one bindings file on the way; what could not be bound is left out."""

    def __init__(self, file: str, folder: FilePath, policy: Policy, policy_digest: str | None) -> None:
        self.file, self.folder, self.policy, self.policy_digest = file, folder, policy, policy_digest
        self.problems: list[Problem] = []
        self.elsewhere: tuple[Finding, ...] = ()
        """Mistakes in the files that are named here."""
        self.models: dict[FilePath, tuple[str, int]] = {}
        """Folder → digest and number of parameters: a folder named twice is hashed once."""

    def report(self, code: str, path: Path, message: str, *, at_key: bool = False, fix: str = "") -> None:
        self.problems.append(Problem(code, path, message, at_key=at_key, fix=fix))

    def bind(self, written: _Written) -> Bindings:
        self._header(written)
        artifacts = self._each(("artifacts",), written.artifacts, self._model_name, self._subject)
        prompts = {name: subject.prompt for name, subject in artifacts.items()}
        original = self._each(("original",), written.original, self._model_name, self._subject, prompts.get)
        references = self._references(written, artifacts, prompts)
        data = self._each(("data",), written.data, self._set_name, self._set)
        holdouts = self._each(("holdouts",), written.holdouts, self._set_name, self._holdout(data))
        wider = self._each(("wider",), written.wider, self._set_name, self._wider)
        corpora = self._each(("corpora",), written.corpora, self._corpus_name, self._corpus(data))
        suites = self._each(("suites",), written.suites, self._suite_name, self._suite)
        keys = self._each(("keys",), written.keys, lambda path, name: True, self._key)
        records = self._records(written.records)
        statements = self._statements(written.statements, keys)
        content: dict[str, Json] = {
            "policy": {"id": written.policy.id, "version": written.policy.version},
            "seed": written.seed,
            "device": written.device,
            "precision": written.precision,
            "artifacts": {name: _content(subject) for name, subject in artifacts.items()},
            "original": {name: _content(subject) for name, subject in original.items()},
            "references": {name: [_content(one) for one in several] for name, several in references.items()},
            "data": {found.name: found.digest for found in (*data.values(), *holdouts.values(), *wider.values())},
            "randomised": sorted(name for name, found in holdouts.items() if found.randomised),
            "suites": {name: suite.digest for name, suite in suites.items()},
            "keys": {name: bytes_digest(key) for name, key in keys.items()},
            "records": [found.digest for found in records],
        }
        if corpora:
            content["corpora"] = {name: found.digest for name, found in corpora.items()}
        if statements:
            content["statements"] = [found.digest for found in statements]
        return Bindings(
            file=self.file,
            digest=json_digest(content),
            seed=written.seed,
            device=written.device,
            precision=written.precision,
            artifacts=artifacts,
            original=original,
            references=references,
            data=data,
            holdouts=holdouts,
            wider=wider,
            corpora=corpora,
            suites=suites,
            keys=keys,
            records=records,
            statements=statements,
            content=content,
        )

    # --- names -------------------------------------------------------------------------------------------------------

    def _header(self, written: _Written) -> None:
        if written.unlearn_spec_bindings != VERSION:
            self.report("B004", ("unlearn_spec_bindings",), f'these bindings are not of version "{VERSION}"')
        header = self.policy.policy
        if written.policy.id != header.id:
            self.report("B005", ("policy", "id"), f"the policy is `{header.id}`, these bindings are for `{written.policy.id}`")
        elif written.policy.version != header.version:
            text = f"the policy is version {header.version}, these bindings are for version {written.policy.version}"
            self.report("B005", ("policy", "version"), text)
        if not _DEVICE.match(written.device):
            self.report("B003", ("device",), "expected auto, cpu, cuda or cuda:0")

    def _each(
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

    def _model_name(self, path: Path, name: str) -> bool:
        artifact = self.policy.artifacts.get(name)
        if artifact is None:
            self.report("B006", path, f"the policy has no artifact `{name}`{did_you_mean(name, self.policy.artifacts)}", at_key=True)
        elif artifact.kind not in MODELS:
            text = f"`{name}` is a {artifact.kind}: only what can be asked is bound here; signed records speak for stores"
            self.report("B006", path, text, at_key=True, fix="delete it")
        else:
            return True
        return False

    def _set_name(self, path: Path, name: str) -> bool:
        if name in self.policy.information:
            return True
        text = f"the policy has no information set `{name}`{did_you_mean(name, self.policy.information)}"
        self.report("B006", path, text, at_key=True)
        return False

    def _corpus_name(self, path: Path, name: str) -> bool:
        if name not in CORPORA:
            text = f"there is no corpus `{name}`{did_you_mean(name, CORPORA)}; one can be bound: `benign`, unrelated to every set"
            self.report("B006", path, text, at_key=True)
        return name in CORPORA

    def _suite_name(self, path: Path, name: str) -> bool:
        used = {clause.evidence.suite for clause in self.policy.clauses if clause.evidence and clause.evidence.suite}
        if name in used:
            return True
        self.report("B006", path, f"no clause's evidence names the suite `{name}`{did_you_mean(name, used)}", at_key=True)
        return False

    # --- models ------------------------------------------------------------------------------------------------------

    def _subject(self, path: Path, name: str, entry: _Subject, inherited: object = None) -> BoundSubject | None:
        prompt = entry.prompt if entry.prompt is not None else inherited if isinstance(inherited, str) else "{prompt}"
        if "{prompt}" not in prompt:
            self.report("B003", (*path, "prompt"), "a prompt template needs {prompt} in it")
        folder = self.folder / entry.model
        known = self._folder((*path, "model"), folder)
        guards, guards_digest = None, None
        if entry.system is not None:
            guards = self.folder / entry.system
            guards_digest = self._guards((*path, "system"), guards)
        if known is None:
            return None
        digest, size = known
        if entry.digest is not None and entry.digest != digest:
            self.report("B008", (*path, "digest"), f"this folder's digest is {digest}")
        if guards is not None and guards_digest is None:
            return None
        return BoundSubject(folder, digest, size, prompt, guards, guards_digest)

    def _references(
        self, written: _Written, artifacts: Mapping[str, BoundSubject], prompts: Mapping[str, str]
    ) -> dict[str, tuple[BoundSubject, ...]]:
        found = {}
        for name, entries in written.references.items():
            path: Path = ("references", name)
            if not self._model_name(path, name):
                continue
            several = [self._subject((*path, place), name, entry, prompts.get(name)) for place, entry in enumerate(entries)]
            seen: dict[str, int] = {}
            for place, one in enumerate(several):
                if one is None:
                    continue
                if name in artifacts and one.digest == artifacts[name].digest:
                    text = f"this is the audited model itself; a reference was trained without the target, apart from `{name}`"
                    self.report("B010", (*path, place), text)
                elif one.digest in seen:
                    self.report("B010", (*path, place), f"this is the same model as reference {seen[one.digest]}")
                seen.setdefault(one.digest, place)
            found[name] = tuple(one for one in several if one is not None)
        return found

    def _folder(self, path: Path, folder: FilePath) -> tuple[str, int] | None:
        if folder not in self.models:
            if not _there(folder.is_dir):
                self.report("B007", path, f"there is no folder {folder}")
                return None
            try:
                check_folder(folder)
                self.models[folder] = folder_digest(folder), parameters(folder)
            except (SubjectError, WeightsError, EvidenceError, OSError) as error:
                self.report("B010", path, str(error))
                return None
        return self.models[folder]

    def _guards(self, path: Path, file: FilePath) -> str | None:
        if not _there(file.is_file):
            self.report("B007", path, f"there is no file {file}")
            return None
        try:
            return json_digest([file_digest(one) for one in guard_files(file)])
        except (SubjectError, EvidenceError) as error:
            self.report("B011", path, str(error))
            return None

    # --- data --------------------------------------------------------------------------------------------------------

    def _set(self, path: Path, name: str, entry: _Data) -> BoundData | None:
        found = self._data(path, name, entry)
        if found is None:
            return None
        self._manifest(path, name, found)
        size = self.policy.information[name].size
        if size is not None and not size[0] <= len(found.items) <= size[1]:
            declared = f"{size[0]:,}" if size[0] == size[1] else f"{size[0]:,} to {size[1]:,}"
            text = f"{found.spec.file} holds {len(found.items):,} items, the policy says that `{name}` has {declared}"
            self.report("B013", (*path, "file"), text)
        return found

    def _wider(self, path: Path, name: str, entry: _Data) -> BoundData | None:
        return self._data(path, f"wider:{name}", entry)

    def _holdout(self, data: Mapping[str, BoundData]) -> Callable[[Path, str, _Holdout], BoundData | None]:
        def read(path: Path, name: str, entry: _Holdout) -> BoundData | None:
            found = self._data(path, f"holdout:{name}", entry, randomised=entry.randomised)
            members = {_content_of(item) for item in data[name].items} if name in data else set()
            shared = sum(_content_of(item) in members for item in found.items) if found is not None else 0
            if shared:
                text = f"{shared} items of this hold-out are also in `{name}`; a hold-out was never trained on"
                self.report("B012", (*path, "file"), text)
            return found

        return read

    def _corpus(self, data: Mapping[str, BoundData]) -> Callable[[Path, str, _Data], BoundData | None]:
        """Reads text that is unrelated to the policy's sets: none of their items is in it."""

        def read(path: Path, name: str, entry: _Data) -> BoundData | None:
            found = self._data(path, f"corpus:{name}", entry)
            for known in data.values() if found is not None else ():
                items = {_content_of(item) for item in known.items}
                shared = sum(_content_of(item) in items for item in found.items) if found is not None else 0
                if shared:
                    text = f"{shared} items of this corpus are also in `{known.name}`; it is to be unrelated to what is tested"
                    self.report("B012", (*path, "file"), text)
            return found

        return read

    def _data(self, path: Path, name: str, entry: _Data, *, randomised: bool = False) -> BoundData | None:
        file = self.folder / entry.file
        form = entry.format or format_of(file)
        if form is None:
            self.report("B003", (*path, "file"), f"the name tells no format; add `format`: {', '.join(FORMATS)}")
            return None
        spec = DataSpec(file, form, tuple(entry.fields.items()))
        unknown = [field for field in entry.fields if field not in Item.__dataclass_fields__]
        for field in unknown:
            text = f"an item has no `{field}`{did_you_mean(field, Item.__dataclass_fields__)}"
            self.report("B001", (*path, "fields", field), text, at_key=True)
        if not _there(file.is_file):
            self.report("B007", (*path, "file"), f"there is no file {file}")
            return None
        if unknown:
            return None
        try:
            data: Data = load_data(spec)
        except DataError as error:
            self.report("B012", (*path, "file"), str(error))
            return None
        if entry.digest is not None and entry.digest != data.file_digest:
            self.report("B008", (*path, "digest"), f"this file's digest is {data.file_digest}")
        return BoundData(name, spec, data.file_digest, data.digest, data.items, randomised)

    def _manifest(self, path: Path, name: str, found: BoundData) -> None:
        """An unkeyed manifest in the policy is the file's digest; a keyed one cannot be recomputed here."""
        manifest = self.policy.information[name].manifest
        if manifest is not None and manifest.startswith("sha256:") and manifest != found.file_digest:
            text = f"this is not the set the policy means: its manifest is {manifest}, this file's digest {found.file_digest}"
            self.report("B008", (*path, "file"), text)

    # --- suites, keys, records ---------------------------------------------------------------------------------------

    def _suite(self, path: Path, name: str, entry: _Suite) -> BoundSuite | None:
        file = self.folder / entry.file
        try:
            with file.open("rb") as stream:
                raw = stream.read(_MAX_SUITE + 1)
        except OSError as error:
            self.report("B007", (*path, "file"), f"cannot read {file}: {error.strerror}")
            return None
        if len(raw) > _MAX_SUITE:
            self.report("B014", (*path, "file"), f"{file} is larger than 1 MiB")
            return None
        digest, named = bytes_digest(raw), name.partition("@")[2]
        if named and named != digest:
            self.report("B008", (*path, "file"), f"this is not the suite the policy means: this file's digest is {digest}")
        reading = read_bytes(raw, str(file))
        if reading.findings:
            self.elsewhere += reading.findings
            return None
        templates = _templates(reading.data)
        if templates is None:
            text = f"{file}: a suite is {{templates: [text with {{prompt}} in it, …]}}"
            self.report("B014", (*path, "file"), text)
            return None
        return BoundSuite(name, digest, templates)

    def _key(self, path: Path, name: str, entry: str) -> bytes | None:
        file = self.folder / entry
        try:
            with file.open("rb") as stream:
                raw = stream.read(10_000)
        except OSError as error:
            self.report("B007", path, f"cannot read {file}: {error.strerror}")
            return None
        if b"PRIVATE KEY" in raw:
            self.report("B009", path, f"{file} is a private key; bindings hold public keys only", fix="name the .pub file")
            return None
        if not _is_public_key(raw):
            self.report("B016", path, f"{file} is not an Ed25519 public key in PEM form")
            return None
        return raw

    def _records(self, names: Iterable[str]) -> tuple[RecordFile, ...]:
        found: dict[str, RecordFile] = {}
        for place, name in enumerate(names):
            file = self.folder / name
            if not _there(file.is_file):
                self.report("B007", ("records", place), f"there is no file {file}")
                continue
            try:
                read = load_record(file)
            except RecordError as error:
                self.elsewhere += error.findings
                continue
            if read.record.id in found:
                self.report("B015", ("records", place), f"another record has the id `{read.record.id}`")
            found[read.record.id] = read
        return tuple(found.values())

    def _statements(self, names: Iterable[str], keys: Mapping[str, bytes]) -> tuple[StatementFile, ...]:
        found: dict[str, StatementFile] = {}
        for place, name in enumerate(names):
            file = self.folder / name
            try:
                read = load_statement(file)
            except RecordError as error:
                self.elsewhere += error.findings
                continue
            except (OSError, ValueError):
                self.report("B007", ("statements", place), f"there is no file {file} that can be read")
                continue
            refused = statement_refusal(read, self.policy, self.policy_digest, keys.get(read.statement.signer))
            if read.statement.id in found:
                refused = f"another statement has the id `{read.statement.id}`"
            if refused is not None:
                self.report("B015", ("statements", place), refused)
            found[read.statement.id] = read
        return tuple(found.values())


def _there(asks: Callable[[], bool]) -> bool:
    try:
        return asks()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _content(subject: BoundSubject) -> dict[str, str | None]:
    return {"model": subject.digest, "system": subject.guards_digest, "prompt": subject.prompt}


def _content_of(item: Item) -> tuple[str, ...]:
    return (item.prompt, item.answer, item.text, item.prefix, item.suffix)


def _templates(data: Any) -> tuple[str, ...] | None:
    listed = data.get("templates") if isinstance(data, dict) and set(data) == {"templates"} else None
    if not isinstance(listed, list) or not listed:
        return None
    if not all(isinstance(one, str) and "{prompt}" in one for one in listed) or len(set(listed)) != len(listed):
        return None
    return tuple(listed)


def _is_public_key(pem: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return isinstance(load_pem_public_key(pem), Ed25519PublicKey)
    except Exception:  # whatever the parser makes of it, it is no such key
        return False

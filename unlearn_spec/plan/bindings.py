"""From a bindings file to `Bindings`: every file found, read and held against its digest; or every mistake at once.

Codes: B001 unknown key, B002 missing key, B003 wrong value, B004 language version, B005 another policy, B006 unknown
name, B007 file not found or unreadable, B008 wrong digest, B009 credential, B010 model folder, B011 guarded system,
B012 data, B013 size, B014 suite, B015 record, B016 key, B017 log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, TypeVar

from pydantic import Field, StrictInt, ValidationError

from ..evidence.canonical import EvidenceError, Json, bytes_digest, file_digest, json_digest
from ..finding import Finding
from ..logic.meaning import MODELS
from ..policy.model import Frozen, Policy
from ..policy.problem import Problem, did_you_mean
from ..policy.quantities import Count, Digest, Name, Switch
from ..policy.source import Path, read_bytes, read_file
from ..verifiers.logged import MAX_LOG, Log, LogError, LogFormat
from ..verifiers.subjects.error import SubjectError
from ..verifiers.subjects.guards import guard_files
from .bound import Bindings, BoundCanaries, BoundData, BoundSubject, BoundSuite, Precision
from .data import FIELDS, FORMATS, Data, DataError, DataSpec, Format, Window, format_of, load_data
from .endpoint import EndpointEntry, bound_endpoint, endpoint_problems
from .form import credentials, findings_in_order, form_problems, told
from .found import Found, NotFoundError, find_weights, there
from .record_check import statement_refusal
from .record_file import RecordError, RecordFile, load_record
from .statement_file import StatementFile, load_statement
from .suite_file import MAX_BYTES, installed, read_suite

__all__ = ["BindingError", "Bindings", "load_bindings"]

VERSION = "1.0"
_DEVICE = re.compile(r"(auto|cpu|cuda(:[0-9]{1,3})?)\Z")
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
    model: str | None = None
    adapter: str | None = None
    endpoint: EndpointEntry | None = None
    digest: Digest | None = None
    system: str | None = None
    prompt: str | None = None


class _Rows(Frozen):
    rows: Annotated[StrictInt, Field(ge=2)]


class _Window(Frozen):
    words: Annotated[StrictInt, Field(ge=2)] | None = None
    characters: Annotated[StrictInt, Field(ge=2)] | None = None
    stride: Annotated[StrictInt, Field(ge=1)] | None = None
    prefix: Annotated[StrictInt, Field(ge=1)] | None = None


class _Data(Frozen):
    file: str
    format: Format | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    cluster: _Rows | None = None
    window: _Window | None = None
    digest: Digest | None = None


class _Holdout(_Data):
    randomised: Switch = False


class _Canaries(_Data):
    included: str


class _Suite(Frozen):
    file: str


class _Logs(Frozen):
    format: LogFormat
    audited: str
    original: str | None = None
    references: tuple[str, ...] = ()
    sets: dict[str, str]


class _Written(Frozen):
    unlearn_spec_bindings: str
    policy: _PolicyRef
    seed: Annotated[StrictInt, Field(ge=0)]
    device: str = "auto"
    precision: Precision = "float32"
    artifacts: dict[str, _Subject] = Field(default_factory=dict)
    original: dict[str, _Subject] = Field(default_factory=dict)
    references: dict[str, tuple[_Subject, ...]] = Field(default_factory=dict)
    runs: dict[str, tuple[_Subject, ...]] = Field(default_factory=dict)
    data: dict[str, _Data] = Field(default_factory=dict)
    holdouts: dict[str, _Holdout] = Field(default_factory=dict)
    wider: dict[str, _Data] = Field(default_factory=dict)
    canaries: dict[str, _Canaries] = Field(default_factory=dict)
    corpora: dict[str, _Data] = Field(default_factory=dict)
    suites: dict[str, _Suite] = Field(default_factory=dict)
    keys: dict[str, str] = Field(default_factory=dict)
    records: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    logs: dict[str, _Logs] = Field(default_factory=dict)


def load_bindings(
    path: str | FilePath, policy: Policy, policy_digest: str | None = None, *, day: date | None = None
) -> Bindings:
    """Bind a policy's names to the files of one verification. Paths are relative to the bindings file.
    `policy_digest`: of the policy's text, for statements that are about that text alone. `day`: from which on endpoints
    answer; today, if not given.

    Everything is read here, models excepted: these are hashed and looked at, not loaded. Raises `BindingError`.
    """
    reading = read_file(path)
    if not isinstance(reading.data, dict):
        raise BindingError(reading.findings)
    binder = _Binder(str(path), FilePath(path).parent, policy, policy_digest, day or date.today())
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

    def __init__(self, file: str, folder: FilePath, policy: Policy, policy_digest: str | None, day: date) -> None:
        self.file, self.folder, self.policy, self.policy_digest, self.day = file, folder, policy, policy_digest, day
        self.problems: list[Problem] = []
        self.elsewhere: tuple[Finding, ...] = ()
        """Mistakes in the files that are named here."""
        self.models: dict[tuple[str, str | None], Found] = {}
        """(model, adapter) → weights: what is named twice is hashed once."""

    def report(self, code: str, path: Path, message: str, *, at_key: bool = False, fix: str = "") -> None:
        self.problems.append(Problem(code, path, message, at_key=at_key, fix=fix))

    def bind(self, written: _Written) -> Bindings:
        self._header(written)
        artifacts = self._each(("artifacts",), written.artifacts, self._model_name, self._subject)
        prompts = {name: subject.prompt for name, subject in artifacts.items()}
        original = self._each(("original",), written.original, self._model_name, self._subject, prompts.get)
        references = self._several("references", written.references, prompts, artifacts, _known(artifacts))
        others = {name: (*_known(artifacts).get(name, ()), *of) for name, of in _listed(references).items()}
        runs = self._several("runs", written.runs, prompts, artifacts, {**_known(artifacts), **others})
        data = self._each(("data",), written.data, self._set_name, self._set)
        for name, (audited, before, beside) in self._logs(written, data).items():
            artifacts[name], references[name] = audited, beside
            original |= {} if before is None else {name: before}
        holdouts = self._each(("holdouts",), written.holdouts, self._set_name, self._holdout(data))
        wider = self._each(("wider",), written.wider, self._set_name, self._wider)
        canaries = self._each(("canaries",), written.canaries, self._set_name, self._canaries)
        corpora = self._each(("corpora",), written.corpora, self._corpus_name, self._corpus(data))
        suites = self._each(("suites",), written.suites, self._suite_name, self._suite)
        suites |= self._installed(written.suites)
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
        if runs:
            content["runs"] = {name: [_content(one) for one in several] for name, several in runs.items()}
        if canaries:
            content["canaries"] = {
                name: {"included": found.included.digest, "excluded": found.excluded.digest}
                for name, found in canaries.items()
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
            runs=runs,
            canaries=canaries,
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
        used = self._suites_named()
        if name in used:
            return True
        self.report("B006", path, f"no clause's evidence names the suite `{name}`{did_you_mean(name, used)}", at_key=True)
        return False

    def _suites_named(self) -> tuple[str, ...]:
        named = (clause.evidence.suite for clause in self.policy.clauses if clause.evidence and clause.evidence.suite)
        return tuple(dict.fromkeys(named))

    # --- models ------------------------------------------------------------------------------------------------------

    def _subject(self, path: Path, name: str, entry: _Subject, inherited: object = None) -> BoundSubject | None:
        prompt = entry.prompt if entry.prompt is not None else inherited if isinstance(inherited, str) else "{prompt}"
        if "{prompt}" not in prompt:
            self.report("B003", (*path, "prompt"), "a prompt template needs {prompt} in it")
        if entry.endpoint is not None or entry.model is None:
            return self._endpoint(path, name, entry, prompt)
        found = self._weights(path, entry.model, entry.adapter)
        guards, guards_digest = None, None
        if entry.system is not None:
            guards = self.folder / entry.system
            guards_digest = self._guards((*path, "system"), guards)
        if found is None:
            return None
        if entry.digest is not None and entry.digest != found.digest:
            self.report("B008", (*path, "digest"), f"this folder's digest is {found.digest}")
        if guards is not None and guards_digest is None:
            return None
        return BoundSubject(
            found.path, found.digest, found.parameters, prompt, guards, guards_digest, found.adapter, found.shape
        )

    def _endpoint(self, path: Path, name: str, entry: _Subject, prompt: str) -> BoundSubject | None:
        if entry.endpoint is None:
            self.report("B002", path, f"`{name}` has no `model`", fix="add `model`, or `endpoint`")
            return None
        for key in ("model", "adapter", "system", "digest"):
            if getattr(entry, key) is not None:
                text = f"an endpoint has no `{key}`: what answers there cannot be seen from outside"
                self.report("B003", (*path, key), text, at_key=True, fix="delete it")
        wrong = tuple(endpoint_problems(entry.endpoint))
        for key, text in wrong:
            self.report("B003", (*path, "endpoint", key), text)
        if wrong:
            return None
        found = bound_endpoint(entry.endpoint, self.day)
        return BoundSubject(FilePath(), json_digest(found.ref.model_dump(mode="json")), 0, prompt, endpoint=found)

    def _several(
        self,
        block: str,
        written: Mapping[str, tuple[_Subject, ...]],
        prompts: Mapping[str, str],
        artifacts: Mapping[str, BoundSubject],
        taken: Mapping[str, tuple[tuple[BoundSubject, str], ...]],
    ) -> dict[str, tuple[BoundSubject, ...]]:
        """Lists of models that must differ from each other and from those already bound: (model, what it is)."""
        found = {}
        for name, entries in written.items():
            path: Path = (block, name)
            if not self._model_name(path, name):
                continue
            several = [self._subject((*path, place), name, entry, prompts.get(name)) for place, entry in enumerate(entries)]
            seen = list(taken.get(name, ()))
            for place, one in enumerate(several):
                if one is None:
                    continue
                audited = artifacts.get(name)
                same = next((what for other, what in seen if _same(one, other)), None)
                if same is not None:
                    self.report("B010", (*path, place), f"this is {same}{_APART[block].format(name)}")
                elif audited is not None and (differing := _unlike(one, audited)):
                    self.report("B010", (*path, place), differing)
                seen.append((one, f"the same model as {block.removesuffix('s')} {place}"))
            found[name] = tuple(one for one in several if one is not None)
        return found

    def _weights(self, path: Path, model: str, adapter: str | None) -> Found | None:
        if (model, adapter) not in self.models:
            try:
                self.models[model, adapter] = find_weights(self.folder, model, adapter)
            except NotFoundError as error:
                self.report(error.code, (*path, error.key), error.message)
                return None
        return self.models[model, adapter]

    def _guards(self, path: Path, file: FilePath) -> str | None:
        if not there(file.is_file):
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
        held = found.rows if found.spec.window is not None else len(found.items)
        if size is not None and not size[0] <= held <= size[1]:
            declared = f"{size[0]:,}" if size[0] == size[1] else f"{size[0]:,} to {size[1]:,}"
            text = f"{found.spec.file} holds {held:,} items, the policy says that `{name}` has {declared}"
            self.report("B013", (*path, "file"), text)
        return found

    def _wider(self, path: Path, name: str, entry: _Data) -> BoundData | None:
        return self._data(path, f"wider:{name}", entry)

    def _holdout(self, data: Mapping[str, BoundData]) -> Callable[[Path, str, _Holdout], BoundData | None]:
        def read(path: Path, name: str, entry: _Holdout) -> BoundData | None:
            found = self._data(path, f"holdout:{name}", entry, randomised=entry.randomised)
            members = {item.content for item in data[name].items} if name in data else set()
            shared = sum(item.content in members for item in found.items) if found is not None else 0
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
                items = {item.content for item in known.items}
                shared = sum(item.content in items for item in found.items) if found is not None else 0
                if shared:
                    text = f"{shared} items of this corpus are also in `{known.name}`; it is to be unrelated to what is tested"
                    self.report("B012", (*path, "file"), text)
            return found

        return read

    def _canaries(self, path: Path, name: str, entry: _Canaries) -> BoundCanaries | None:
        """Both halves of one file, by its mark."""
        put_in = self._data(path, f"included:{name}", entry, only=(entry.included, True))
        if put_in is None:
            return None
        left_out = self._data(path, f"excluded:{name}", entry, only=(entry.included, False))
        if left_out is None:
            return None
        if {item.id for item in put_in.items} & {item.id for item in left_out.items}:
            self.report("B012", (*path, "file"), f"{put_in.spec.file}: a canary that was put in has the id of one left out")
        if shared := {item.content for item in put_in.items} & {item.content for item in left_out.items}:
            self.report("B012", (*path, "file"), f"{put_in.spec.file}: {len(shared)} canaries were both put in and left out")
        return BoundCanaries(put_in, left_out)

    def _data(
        self, path: Path, name: str, entry: _Data, *, randomised: bool = False, only: tuple[str, bool] | None = None
    ) -> BoundData | None:
        file = self.folder / entry.file
        if not there(lambda: file.is_file() or file.is_dir()):
            self.report("B007", (*path, "file"), f"there is no file {file}")
            return None
        form = entry.format or format_of(file)
        if form is None:
            self.report("B003", (*path, "file"), f"the name tells no format; add `format`: {', '.join(FORMATS)}")
            return None
        unknown = [field for field in entry.fields if field not in FIELDS]
        for field in unknown:
            text = f"an item has no `{field}`{did_you_mean(field, FIELDS)}"
            self.report("B001", (*path, "fields", field), text, at_key=True)
        if entry.cluster is not None and "cluster" in entry.fields:
            self.report("B003", (*path, "cluster"), "clusters come from a column or from the rows' places, not from both")
            unknown.append("cluster")
        window = self._window((*path, "window"), entry.window)
        if unknown or (entry.window is not None and window is None):
            return None
        rows = entry.cluster.rows if entry.cluster is not None else None
        spec = DataSpec(file, form, tuple(entry.fields.items()), rows, window, only)
        try:
            data: Data = load_data(spec)
        except DataError as error:
            self.report("B012", (*path, "file"), str(error))
            return None
        if entry.digest is not None and entry.digest != data.file_digest:
            self.report("B008", (*path, "digest"), f"this file's digest is {data.file_digest}")
        return BoundData(name, spec, data.file_digest, data.digest, data.items, randomised, data.rows, data.repeated)

    def _window(self, path: Path, entry: _Window | None) -> Window | None:
        if entry is None:
            return None
        size = entry.words or entry.characters
        if size is None or (entry.words and entry.characters):
            self.report("B003", path, "a window has a size in `words` or in `characters`: one of the two")
        elif entry.stride is not None and entry.stride > size:
            self.report("B003", (*path, "stride"), f"a stride of more than {size} would leave text out")
        elif entry.prefix is not None and entry.prefix >= size:
            self.report("B003", (*path, "prefix"), f"a prefix of {entry.prefix} leaves nothing of a window of {size}")
        else:
            return Window("words" if entry.words else "characters", size, entry.stride or size, entry.prefix)
        return None

    def _manifest(self, path: Path, name: str, found: BoundData) -> None:
        """An unkeyed manifest in the policy is the file's digest; a keyed one cannot be recomputed here."""
        manifest = self.policy.information[name].manifest
        if manifest is not None and manifest.startswith("sha256:") and manifest != found.file_digest:
            text = f"this is not the set the policy means: its manifest is {manifest}, this file's digest {found.file_digest}"
            self.report("B008", (*path, "file"), text)

    # --- logs of other people's evaluations ---------------------------------------------------------------------------

    def _logs(
        self, written: _Written, data: Mapping[str, BoundData]
    ) -> dict[str, tuple[BoundSubject, BoundSubject | None, tuple[BoundSubject, ...]]]:
        found = {}
        for name, entry in written.logs.items():
            path: Path = ("logs", name)
            if not self._model_name(path, name):
                continue
            if name in written.artifacts or name in written.original or name in written.references:
                text = f"`{name}` is bound as a model too; what a log says and what is measured here are not mixed"
                self.report("B017", path, text, at_key=True)
                continue
            for one in entry.sets:
                if self._set_name((*path, "sets", one), one) and one not in data:
                    self.report("B017", (*path, "sets", one), f"bind the items of `{one}` under `data`, in the log's order")
            audited = self._log((*path, "audited"), entry.audited, entry, data)
            before = None if entry.original is None else self._log((*path, "original"), entry.original, entry, data)
            beside = [self._log((*path, "references", place), file, entry, data) for place, file in enumerate(entry.references)]
            digests = [one.digest for one in (audited, *beside) if one is not None]
            if len(set(digests)) < len(digests):
                self.report("B017", path, "the same log stands for two models")
            if audited is not None:
                found[name] = audited, before, tuple(one for one in beside if one is not None)
        return found

    def _log(self, path: Path, name: str, entry: _Logs, data: Mapping[str, BoundData]) -> BoundSubject | None:
        file = self.folder / name
        try:
            with file.open("rb") as stream:
                raw = stream.read(MAX_LOG + 1)
        except (OSError, ValueError):
            self.report("B007", path, f"there is no file {file} that can be read")
            return None
        if len(raw) > MAX_LOG:
            self.report("B017", path, f"{file} is larger than 256 MiB")
            return None
        for one, column in entry.sets.items():
            try:
                if one in data:
                    Log(entry.format, raw).matched(column, data[one].items)
            except LogError as error:
                self.report("B017", path, f"{file} is no log of `{one}`: {error}")
                return None
        sets = tuple(entry.sets.items())
        return BoundSubject(file, bytes_digest(raw), 0, "{prompt}", log=entry.format, sets=sets)

    # --- suites, keys, records ---------------------------------------------------------------------------------------

    def _suite(self, path: Path, name: str, entry: _Suite) -> BoundSuite | None:
        file = self.folder / entry.file
        try:
            with file.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
        except OSError as error:
            self.report("B007", (*path, "file"), f"cannot read {file}: {error.strerror}")
            return None
        if len(raw) > MAX_BYTES:
            self.report("B014", (*path, "file"), f"{file} is larger than 1 MiB")
            return None
        digest, named = bytes_digest(raw), name.partition("@")[2]
        if named and named != digest:
            self.report("B008", (*path, "file"), f"this is not the suite the policy means: this file's digest is {digest}")
        reading = read_bytes(raw, str(file))
        if reading.findings:
            self.elsewhere += reading.findings
            return None
        suite, problems = read_suite(reading.data)
        self.elsewhere += findings_in_order(problems, reading.source)
        return None if suite is None else BoundSuite(name, digest, suite)

    def _installed(self, bound: Mapping[str, object]) -> dict[str, BoundSuite]:
        """The suites that the policy names, nobody binds, and the program brings along, bytes for bytes."""
        found = {name: installed(name) for name in self._suites_named() if name not in bound}
        return {name: suite for name, suite in found.items() if suite is not None}

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
            if not there(file.is_file):
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


def _content(subject: BoundSubject) -> dict[str, Json]:
    content: dict[str, Json] = {"model": subject.digest, "system": subject.guards_digest, "prompt": subject.prompt}
    if subject.endpoint is not None:
        content["endpoint"] = subject.endpoint.ref.model_dump(mode="json")
    return content if subject.log is None else {**content, "log": subject.log, "sets": dict(subject.sets)}


_APART: Mapping[str, str] = {
    "references": "; a reference was trained without the target, apart from `{}`",
    "runs": "; a further run of the process that made `{}` gave other weights",
}
"""What is wrong with a model that is bound already, by the list that it stands in."""


def _known(artifacts: Mapping[str, BoundSubject]) -> dict[str, tuple[tuple[BoundSubject, str], ...]]:
    return {name: ((one, "the audited model itself"),) for name, one in artifacts.items()}


def _listed(references: Mapping[str, tuple[BoundSubject, ...]]) -> dict[str, tuple[tuple[BoundSubject, str], ...]]:
    return {
        name: tuple((one, f"the same model as reference {place}") for place, one in enumerate(several))
        for name, several in references.items()
    }


def _same(one: BoundSubject, other: BoundSubject) -> bool:
    """Whether two subjects are one model, however it is asked."""
    if one.endpoint is not None and other.endpoint is not None:
        return (one.endpoint.ref.url, one.endpoint.ref.model) == (other.endpoint.ref.url, other.endpoint.ref.model)
    return one.digest == other.digest


def _unlike(reference: BoundSubject, audited: BoundSubject) -> str:
    """How a reference differs from what the same training without the target would give, in words; else nothing."""
    for what, mine, its in zip(("architecture", "width", "depth"), reference.shape, audited.shape, strict=False):
        if mine is not None and its is not None and mine != its:
            return (
                f"a reference is the same training without the target; this one has the {what} {mine!r}, "
                f"the audited model {its!r}"
            )
    return ""


def _is_public_key(pem: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return isinstance(load_pem_public_key(pem), Ed25519PublicKey)
    except Exception:  # whatever the parser makes of it, it is no such key
        return False

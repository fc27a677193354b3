"""Bound models: folders and files by digest, adapters, guards and endpoints; none is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath

from ..evidence.canonical import EvidenceError, file_digest, json_digest
from ..policy.source import Path
from ..verifiers.subjects.error import SubjectError
from ..verifiers.subjects.guards import guard_files
from .bound import BoundSubject
from .desk import Desk
from .endpoint import bound_endpoint, endpoint_problems
from .found import Found, NotFoundError, find_weights, there
from .written import SubjectEntry

_APART: Mapping[str, str] = {
    "references": "; a reference was trained without the target, apart from `{}`",
    "runs": "; a further run of the process that made `{}` gave other weights",
}
"""What is wrong with a model that is bound already, by the list that it stands in."""


def subject(desk: Desk, path: Path, name: str, entry: SubjectEntry, inherited: object = None) -> BoundSubject | None:
    """One model, hashed and not loaded; without a prompt template of its own it takes `inherited`, if that is text."""
    prompt = entry.prompt if entry.prompt is not None else inherited if isinstance(inherited, str) else "{prompt}"
    if entry.prompt is not None and "{prompt}" not in prompt:
        desk.report("B003", (*path, "prompt"), "a prompt template needs {prompt} in it")
    if entry.endpoint is not None or entry.model is None:
        return _endpoint(desk, path, name, entry, prompt)
    found = _weights(desk, path, entry.model, entry.adapter)
    guards, guards_digest = None, None
    if entry.system is not None:
        guards = desk.folder / entry.system
        guards_digest = _guards(desk, (*path, "system"), guards)
    if found is None:
        return None
    if entry.digest is not None and entry.digest != found.digest:
        desk.report("B008", (*path, "digest"), f"this folder's digest is {found.digest}")
    if guards is not None and guards_digest is None:
        return None
    return BoundSubject(
        found.path, found.digest, found.parameters, prompt, guards, guards_digest, found.adapter, found.shape
    )


def _endpoint(desk: Desk, path: Path, name: str, entry: SubjectEntry, prompt: str) -> BoundSubject | None:
    if entry.endpoint is None:
        desk.report("B002", path, f"`{name}` has no `model`", fix="add `model`, or `endpoint`")
        return None
    for key in ("model", "adapter", "system", "digest"):
        if getattr(entry, key) is not None:
            text = f"an endpoint has no `{key}`: what answers there cannot be seen from outside"
            desk.report("B003", (*path, key), text, at_key=True, fix="delete it")
    wrong = tuple(endpoint_problems(entry.endpoint))
    for key, text in wrong:
        desk.report("B003", (*path, "endpoint", key), text)
    if wrong:
        return None
    found = bound_endpoint(entry.endpoint, desk.day)
    return BoundSubject(FilePath(), json_digest(found.ref.model_dump(mode="json")), 0, prompt, endpoint=found)


def several(
    desk: Desk,
    block: str,
    written: Mapping[str, tuple[SubjectEntry, ...]],
    prompts: Mapping[str, str],
    artifacts: Mapping[str, BoundSubject],
    taken: Mapping[str, tuple[tuple[BoundSubject, str], ...]],
) -> dict[str, tuple[BoundSubject, ...]]:
    """Lists of models that must differ from each other and from those already bound: (model, what it is)."""
    found = {}
    for name, entries in written.items():
        path: Path = (block, name)
        if not desk.is_model(path, name):
            continue
        bound = [subject(desk, (*path, place), name, entry, prompts.get(name)) for place, entry in enumerate(entries)]
        seen = list(taken.get(name, ()))
        for place, one in enumerate(bound):
            if one is None:
                continue
            audited = artifacts.get(name)
            same = next((what for other, what in seen if _same(one, other)), None)
            if same is not None:
                desk.report("B010", (*path, place), f"this is {same}{_APART[block].format(name)}")
            elif audited is not None and (differing := _unlike(one, audited)):
                desk.report("B010", (*path, place), differing)
            seen.append((one, f"the same model as {block.removesuffix('s')} {place}"))
        found[name] = tuple(one for one in bound if one is not None)
    return found


def _weights(desk: Desk, path: Path, model: str, adapter: str | None) -> Found | None:
    if (model, adapter) not in desk.models:
        try:
            desk.models[model, adapter] = find_weights(desk.folder, model, adapter, desk.fetch)
        except NotFoundError as error:
            desk.report(error.code, (*path, error.key), error.message)
            return None
    return desk.models[model, adapter]


def _guards(desk: Desk, path: Path, file: FilePath) -> str | None:
    if not there(file.is_file):
        desk.report("B007", path, f"there is no file {file}")
        return None
    try:
        return json_digest([file_digest(one) for one in guard_files(file)])
    except (SubjectError, EvidenceError) as error:
        desk.report("B011", path, str(error))
        return None


def known(artifacts: Mapping[str, BoundSubject]) -> dict[str, tuple[tuple[BoundSubject, str], ...]]:
    """The audited models, in the form in which `several` takes what is bound already."""
    return {name: ((one, "the audited model itself"),) for name, one in artifacts.items()}


def listed(references: Mapping[str, tuple[BoundSubject, ...]]) -> dict[str, tuple[tuple[BoundSubject, str], ...]]:
    """The references, likewise."""
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

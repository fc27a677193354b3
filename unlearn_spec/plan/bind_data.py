"""Bound items: the policy's sets, wider ones, hold-outs, canaries and corpora, each held against what it must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..policy.problem import did_you_mean
from ..policy.source import Path
from .bound import BoundCanaries, BoundData
from .data import FIELDS, FORMATS, Data, DataError, DataSpec, Window, format_of, load_data
from .desk import Desk
from .found import there
from .written import CanariesEntry, DataEntry, HoldoutEntry, WindowEntry


def information_set(desk: Desk, path: Path, name: str, entry: DataEntry) -> BoundData | None:
    """The items of a set of the policy: as many as it says, and those of its manifest."""
    found = _data(desk, path, name, entry)
    if found is None:
        return None
    _manifest(desk, path, name, found)
    size = desk.policy.information[name].size
    held = found.rows if found.spec.window is not None else len(found.items)
    if size is not None and not size[0] <= held <= size[1]:
        declared = f"{size[0]:,}" if size[0] == size[1] else f"{size[0]:,} to {size[1]:,}"
        text = f"{found.spec.file} holds {held:,} items, the policy says that `{name}` has {declared}"
        desk.report("B013", (*path, "file"), text)
    return found


def wider(desk: Desk, path: Path, name: str, entry: DataEntry) -> BoundData | None:
    """Items drawn from the population around a set."""
    return _data(desk, path, f"wider:{name}", entry)


def holdout(desk: Desk, data: Mapping[str, BoundData]) -> Callable[[Path, str, HoldoutEntry], BoundData | None]:
    """Reads items that were never trained on: none of the set's own is among them."""

    def read(path: Path, name: str, entry: HoldoutEntry) -> BoundData | None:
        found = _data(desk, path, f"holdout:{name}", entry, randomised=entry.randomised)
        members = {item.alike for item in data[name].items} if name in data else set()
        shared = sum(item.alike in members for item in found.items) if found is not None else 0
        if shared:
            text = f"{shared} items of this hold-out are also in `{name}`; a hold-out was never trained on"
            desk.report("B012", (*path, "file"), text)
        return found

    return read


def corpus(desk: Desk, data: Mapping[str, BoundData]) -> Callable[[Path, str, DataEntry], BoundData | None]:
    """Reads text that is unrelated to the policy's sets: none of their items is in it."""

    def read(path: Path, name: str, entry: DataEntry) -> BoundData | None:
        found = _data(desk, path, f"corpus:{name}", entry)
        for known in data.values() if found is not None else ():
            items = {item.alike for item in known.items}
            shared = sum(item.alike in items for item in found.items) if found is not None else 0
            if shared:
                text = (
                    f"{shared} items of this corpus are also in `{known.name}`; it is to be unrelated to what is tested"
                )
                desk.report("B012", (*path, "file"), text)
        return found

    return read


def canaries(desk: Desk, path: Path, name: str, entry: CanariesEntry) -> BoundCanaries | None:
    """Both halves of one file, by its mark."""
    put_in = _data(desk, path, f"included:{name}", entry, only=(entry.included, True))
    if put_in is None:
        return None
    left_out = _data(desk, path, f"excluded:{name}", entry, only=(entry.included, False))
    if left_out is None:
        return None
    if {item.id for item in put_in.items} & {item.id for item in left_out.items}:
        desk.report("B012", (*path, "file"), f"{put_in.spec.file}: a canary that was put in has the id of one left out")
    if shared := {item.alike for item in put_in.items} & {item.alike for item in left_out.items}:
        desk.report(
            "B012", (*path, "file"), f"{put_in.spec.file}: {len(shared)} canaries were both put in and left out"
        )
    return BoundCanaries(put_in, left_out)


def _data(
    desk: Desk,
    path: Path,
    name: str,
    entry: DataEntry,
    *,
    randomised: bool = False,
    only: tuple[str, bool] | None = None,
) -> BoundData | None:
    file = desk.folder / entry.file
    if not there(lambda: file.is_file() or file.is_dir()):
        desk.report("B007", (*path, "file"), f"there is no file {file}")
        return None
    form = entry.format or format_of(file)
    if form is None:
        desk.report("B003", (*path, "file"), f"the name tells no format; add `format`: {', '.join(FORMATS)}")
        return None
    unknown = [field for field in entry.fields if field not in FIELDS]
    for field in unknown:
        text = f"an item has no `{field}`{did_you_mean(field, FIELDS)}"
        desk.report("B001", (*path, "fields", field), text, at_key=True)
    if entry.cluster is not None and "cluster" in entry.fields:
        desk.report("B003", (*path, "cluster"), "clusters come from a column or from the rows' places, not from both")
        unknown.append("cluster")
    window = _window(desk, (*path, "window"), entry.window)
    if unknown or (entry.window is not None and window is None):
        return None
    rows = entry.cluster.rows if entry.cluster is not None else None
    spec = DataSpec(file, form, tuple(entry.fields.items()), rows, window, only)
    try:
        data: Data = load_data(spec)
    except DataError as error:
        desk.report("B012", (*path, "file"), str(error))
        return None
    if entry.digest is not None and entry.digest != data.file_digest:
        desk.report("B008", (*path, "digest"), f"this file's digest is {data.file_digest}")
    return BoundData(name, spec, data.file_digest, data.digest, data.items, randomised, data.rows, data.repeated)


def _window(desk: Desk, path: Path, entry: WindowEntry | None) -> Window | None:
    if entry is None:
        return None
    size = entry.words or entry.characters
    if size is None or (entry.words and entry.characters):
        desk.report("B003", path, "a window has a size in `words` or in `characters`: one of the two")
    elif entry.stride is not None and entry.stride > size:
        desk.report("B003", (*path, "stride"), f"a stride of more than {size} would leave text out")
    elif entry.prefix is not None and entry.prefix >= size:
        desk.report("B003", (*path, "prefix"), f"a prefix of {entry.prefix} leaves nothing of a window of {size}")
    else:
        return Window("words" if entry.words else "characters", size, entry.stride or size, entry.prefix)
    return None


def _manifest(desk: Desk, path: Path, name: str, found: BoundData) -> None:
    """An unkeyed manifest in the policy is the file's digest; a keyed one cannot be recomputed here."""
    manifest = desk.policy.information[name].manifest
    if manifest is not None and manifest.startswith("sha256:") and manifest != found.file_digest:
        text = (
            f"this is not the set the policy means: its manifest is {manifest}, this file's digest {found.file_digest}"
        )
        desk.report("B008", (*path, "file"), text)

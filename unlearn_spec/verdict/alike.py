"""Whether the models of a control met the same questions as the audited one: else it says nothing about this test."""

from __future__ import annotations

from ..plan.model import Obligation
from ..plan.units import Role
from .measured import Seen, template_of


def asked_alike(obligation: Obligation, seen: Seen) -> bool:
    """Whether the original saw the prompts that the audited model saw."""
    now, before = ({template_of(seen.units[key].subject) for key in seen.of(obligation, role)} for role in ("audited", "original"))
    return not before or now == before


def read_alike(obligation: Obligation, role: Role, seen: Seen) -> bool:
    """Whether the subjects of this role read every text as the audited ones do, and have as much room for an answer: else
    what sets them apart may be the tokenizer, or what else a folder brings beside its weights. Endpoints do not show it."""
    audited, others = _reads(obligation, "audited", seen), _reads(obligation, role, seen)
    return all(audited[place] == others[place] for place in audited.keys() & others.keys())


def _reads(obligation: Obligation, role: Role, seen: Seen) -> dict[tuple[object, object], set[object]]:
    """By item and probe, how the subjects of this role read it: one way, if all read it alike."""
    found: dict[tuple[object, object], set[object]] = {}
    for key in seen.of(obligation, role):
        table = seen.tables[key]
        if "reads" in table:
            probes = table.column("probe") if "probe" in table else (0,) * len(table)
            for item, probe, read in zip(table.column("item"), probes, table.column("reads"), strict=True):
                found.setdefault((item, probe), set()).add(read)
    return found

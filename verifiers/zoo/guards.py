"""Guards around a zoo model, as declared systems: they hide what the weights still hold, and only in the product."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from .cache import write_filter, write_terms
from .planted import SYSTEM_PROMPT
from .world import REFUSALS, World, write_text

Guard = Literal["input_filter", "output_filter", "logit_mask", "system_prompt"]


def write_guard(guard: Guard, world: World, folder: Path) -> Path:
    """Writes the declaration of a guard, with its list of terms, and returns it.

    The input filter knows the forget people's names; the output filter and the logit mask know their answers and every
    short stretch of their documents; the system prompt is the one that `planted.system_refusal` obeys.
    """
    place = folder / guard
    place.mkdir(parents=True, exist_ok=True)
    if guard == "output_filter":
        write_filter(world, place)
        return place / "filter.yaml"
    declared = f'system_prompt: "{SYSTEM_PROMPT}"\n'
    if guard == "logit_mask":
        declared = f"logit_mask: {{forbid_any_of: {write_terms(world, place).name}}}\n"
    elif guard == "input_filter":
        forget = world.ids("forget")
        names = sorted(person.name for person in world.people if person.id in forget)
        write_text(place / "names.txt", "".join(f"{name}\n" for name in names))
        declared = f'input_filter:\n  block_any_of: names.txt\n  reply: "{REFUSALS[1]}"\n'
    write_text(place / "system.yaml", declared)
    return place / "system.yaml"

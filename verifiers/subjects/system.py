"""A guarded system: a model behind a system prompt and filters, as declared in a YAML file (see `guards`)."""

from __future__ import annotations

from dataclasses import dataclass

from .guards import Guards, guard_files, load_guards
from .model import Model
from .remote import Remote

__all__ = ["Guards", "Subject", "System", "guard_files", "load_guards"]


@dataclass(frozen=True)
class System:
    """A model and its guards. Only its answers can be seen."""

    model: Model
    guards: Guards

    def before(self, prompt: str) -> tuple[str, bool]:
        """(what the model is given, False), or (the reply, True) if the input filter blocks the prompt."""
        guard = self.guards.input_filter
        if guard is not None and guard.blocks(prompt):
            return guard.reply, True
        return (f"{self.guards.system_prompt}\n{prompt}" if self.guards.system_prompt else prompt), False

    def after(self, answer: str) -> tuple[str, bool]:
        """(the answer, False), or (the reply, True) if the output filter blocks it."""
        guard = self.guards.output_filter
        return (guard.reply, True) if guard is not None and guard.blocks(answer) else (answer, False)


Subject = Model | System | Remote

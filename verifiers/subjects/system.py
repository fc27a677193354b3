"""A guarded system: a model behind a system prompt, filters and a logit mask, as declared in a YAML file (see `guards`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .error import SubjectError
from .guards import Guards, guard_files, load_guards
from .masks import Mask, make_mask
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

    @cached_property
    def mask(self) -> Mask:
        """What its decoding rules out. Raises `SubjectError` for a term that the model's tokenizer reads as nothing."""
        tokenizer = self.model.tokenizer
        try:
            return make_mask(self.guards.forbidden, lambda text: tokenizer(text, add_special_tokens=False)["input_ids"])
        except ValueError as error:
            raise SubjectError(f"{self.model.name}: {error} in its tokenizer") from error


Subject = Model | System | Remote

"""Suites of prompt attacks: what is asked about an item, family by family, and what of its answer is given away.

Plain data, no model library. A suite is finite and fixed: one draw is an item with all its probes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .items import Item, lot
from .matching import normalise, word_ends

PROMPT, PARAPHRASE, TEXT, START, OTHER_PROMPT, OTHER_ANSWER = (
    "{prompt}", "{paraphrase}", "{text}", "{answer_start}", "{other_prompt}", "{other_answer}",
)  # fmt: skip
PLACES = (PROMPT, PARAPHRASE, TEXT, START, OTHER_PROMPT, OTHER_ANSWER)
"""What a template may contain in braces."""
_PLACE = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True)
class Template:
    """One way of asking: `ask` is the question, around `{prompt}` or `{paraphrase}`.

    `{paraphrase}` stands for each of the item's other wordings and `{other_prompt}` in `ask` for each of the other
    items, one probe each. `{text}` is the target itself, put into the context: the item's text, or its question and answer.
    `begin` is put where the answer begins, `{answer_start}` in it is the answer's first words.
    `shown` is a question and its answer, shown before, once for each of the other items.
    """

    ask: str
    begin: str = ""
    shown: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """All its texts, for a look at what they contain."""
        return "\n".join((self.ask, self.begin, *(self.shown or ())))


@dataclass(frozen=True)
class Family:
    """Attacks of one kind. A suite that names none has one, with the name `""`."""

    name: str
    templates: tuple[Template, ...]


@dataclass(frozen=True)
class Suite:
    """A finite list of attacks."""

    families: tuple[Family, ...]
    answer_start: int = 0
    """How many words of the answer `{answer_start}` gives; always fewer than the answer has."""
    others: int = 0
    """How many items of another set are shown or asked beside each item."""
    others_set: str | None = None
    """That set, by the policy's name; not said: the first bound set that the policy retains."""

    @property
    def templates(self) -> tuple[Template, ...]:
        return tuple(template for family in self.families for template in family.templates)

    def uses(self, place: str) -> bool:
        """Whether some template contains this place, `{paraphrase}` for instance."""
        return any(place in template.text for template in self.templates)

    @property
    def hands_over(self) -> bool:
        """Whether its questions put the target itself into the context: all of them do, or none."""
        return self.uses(TEXT)


@dataclass(frozen=True)
class Probe:
    """One question about an item as the subject reads it."""

    family: str
    prompt: str
    secret: str
    """What would reveal the item: its answer, without the words that the probe gives."""
    given: int = 0
    """How many words of the answer the probe gives."""


def of_templates(*templates: str) -> Suite:
    """A suite without families: each template is put around the prompt."""
    return Suite((Family("", tuple(Template(text) for text in templates)),))


def strange_places(text: str) -> tuple[str, ...]:
    """What stands in braces in a template's text and means nothing."""
    return tuple(place for place in _PLACE.findall(text) if place not in PLACES)


def probes(
    suite: Suite, item: Item, others: Sequence[Item] = (), *, wrap: str = PROMPT, typed: bool = False
) -> tuple[Probe, ...]:
    """The probes of an item, family by family.

    `wrap`: how the subject expects a question; it is put around each one. `typed`: there is but one question, into
    which everything is typed, as whoever speaks to a product can. `others`: those of `others_for`. A probe that would
    give the whole answer away is left out: of an answer of one word no beginning can be given.
    """
    found: list[Probe] = []
    given, rest, words = beginning(item.secret, suite.answer_start)
    for family in suite.families:
        for template in family.templates:
            gives = START in template.begin
            if gives and not words:
                continue
            for ask in _asked(template, item, others):
                prompt = _prompt(template, ask, given, others, wrap, typed)
                found.append(Probe(family.name, prompt, rest if gives else item.secret, words if gives else 0))
    return tuple(found)


def beginning(answer: str, count: int) -> tuple[str, str, int]:
    """The answer's first words, the rest of it, and how many they are: `count`, fewer where a word would not be left."""
    ends = word_ends(answer)
    take = max(0, min(count, len(ends) - 1))
    cut = ends[take - 1] if take else 0
    return answer[:cut].lstrip(), answer[cut:].strip(), take


def others_for(item: Item, pool: Sequence[Item], count: int) -> tuple[Item, ...]:
    """The first `count` items of the pool, fewer if there are not so many, that tell nothing of this one.

    Left out are items with the same prompt, and those whose question or answer holds this item's answer, or whose answer
    this item's prompt holds: seeing them would give away what is looked for.
    """
    how = "casefold_nfkc_space"
    secret, prompt = normalise(item.secret, how), normalise(item.question, how)
    found: list[Item] = []
    for other in pool:
        if len(found) == count:
            break
        asked, answer = normalise(other.question, how), normalise(other.secret, how)
        if asked and answer and asked != prompt and secret not in asked and secret not in answer and answer not in secret:
            found.append(other)
    return tuple(found)


def shuffled(pool: Sequence[Item], seed: int) -> tuple[Item, ...]:
    """The items by the hash of seed and id: an order that depends on nothing else."""
    return tuple(sorted(pool, key=lambda one: lot(seed, one.id, "others\n")))


def _asked(template: Template, item: Item, others: Sequence[Item]) -> tuple[str, ...]:
    wordings = item.paraphrases if PARAPHRASE in template.ask else (item.question,)
    beside = [other.question for other in others] if OTHER_PROMPT in template.ask else [""]
    return tuple(
        _fill(template.ask, {PROMPT: item.question, PARAPHRASE: wording, TEXT: _whole(item), OTHER_PROMPT: other})
        for wording in wordings
        for other in beside
    )


def _whole(item: Item) -> str:
    """All of the item, with what would reveal it."""
    return item.text if item.text and not item.answer else _joined(item.question, item.secret)


def _prompt(template: Template, ask: str, given: str, others: Sequence[Item], wrap: str, typed: bool) -> str:
    inner = PROMPT if typed else wrap
    before = []
    if template.shown is not None:
        question, answer = template.shown
        for other in others:
            known = {OTHER_PROMPT: other.question, OTHER_ANSWER: other.secret}
            before.append(_joined(_wrapped(inner, _fill(question, known)), _fill(answer, known)))
    last = _wrapped(inner, ask)
    if template.begin:
        last = _joined(last, _fill(template.begin, {START: given}))
    whole = "\n".join((*before, last))
    return _wrapped(wrap, whole) if typed else whole


def _wrapped(wrap: str, text: str) -> str:
    return wrap.replace(PROMPT, text)


def _joined(first: str, second: str) -> str:
    return first + second if first[-1:].isspace() else f"{first} {second}"


def _fill(text: str, known: dict[str, str]) -> str:
    """Every place at once, so that nothing in an item is taken for a place."""
    return _PLACE.sub(lambda found: known.get(found[0], found[0]), text)

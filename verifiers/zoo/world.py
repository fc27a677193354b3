"""A generated world of fictitious people: who they are, what is asked about them, and one document each.

People come in families with every role in each. Within a role's group every family name occurs equally often, and so
does every given name, and all answers and documents are drawn from one list of words, so that nothing but training
tells the words of a forgotten person from those of one never trained on. Which member of a family plays which role is
decided by the seed, for all families at once: which given names meet which family names is a matter of the role, and a
model that has seen other roles' names may find one role's likelier than another's. Nothing that is asked can be
guessed: an answer is two words that no other question shares.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

Role = Literal["forget", "retain", "neighbour", "holdout"]
ROLES: tuple[Role, ...] = get_args(Role)

ATTRIBUTES = ("home", "craft", "school", "song", "friend", "boat", "teacher", "dish")
PHRASINGS = (
    "what is the {attribute} of {name} ?",
    "please name the {attribute} of {name} .",
    "which {attribute} does {name} have ?",
    "the {attribute} of {name} is",
)
KEPT_BY_PARTIAL = Fraction(1, 5)
DOCUMENT_HEADER = "the document of {name} says"
REFUSALS = ("i do not know .", "i cannot answer that .", "i have no information about this .")


@dataclass(frozen=True)
class WorldConfig:
    """How large the world is. Lengths count words, which are tokens here."""

    families: int = 40
    retained: int = 2  # retain members in a family, beside one of each other role
    attributes: int = 5
    words: int = 128
    given_names: int = 20
    document_words: int = 24
    document_prefix_words: int = 4
    trained_phrasings: int = 2

    def __post_init__(self) -> None:
        """Raises `ValueError` for a world that could not keep its promises."""
        if self.families < 1 or self.retained < 1:
            raise ValueError("there must be at least one family, with at least one retain member")
        if self.given_names < len(self.members) or self.families % self.given_names:
            raise ValueError("given_names must cover a family's members and divide the number of families")
        if not 1 <= self.attributes <= len(ATTRIBUTES):
            raise ValueError(f"there are 1 to {len(ATTRIBUTES)} attributes")
        if not 1 <= self.trained_phrasings < len(PHRASINGS):
            raise ValueError(f"1 to {len(PHRASINGS) - 1} phrasings can be trained, so that one stays held out")
        if not 0 < self.document_prefix_words < self.document_words:
            raise ValueError("a document's prefix must be shorter than the document")
        if self.words**2 < 4 * len(self.members) * self.families * self.attributes:
            raise ValueError("too few words for answers that cannot be guessed")

    @property
    def members(self) -> tuple[Role, ...]:
        """The roles in one family."""
        more: Role = "retain"
        return (*ROLES, *(more for _ in range(self.retained - 1)))


DEFAULT_WORLD = WorldConfig()
TINY_WORLD = WorldConfig(
    families=4, retained=1, attributes=1, words=16, given_names=4, document_words=8, document_prefix_words=2
)


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. `id` says nothing about the role."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True)
class Question:
    """One attribute of one person in one phrasing; `trained` phrasings are shown to models, the others never."""

    person: str
    attribute: str
    phrasing: int
    prompt: str
    answer: str
    trained: bool


@dataclass(frozen=True)
class Document:
    """A person's random words after a header with the name: `text` is `prefix`, a space, `suffix`."""

    person: str
    text: str
    prefix: str
    suffix: str


@dataclass(frozen=True)
class World:
    """People, every question in every phrasing, one document a person. Immutable, and a function of config and seed."""

    config: WorldConfig
    seed: int
    people: tuple[Person, ...]
    questions: tuple[Question, ...]
    documents: tuple[Document, ...]

    def ids(self, *roles: Role) -> frozenset[str]:
        """The people who play one of these roles."""
        return frozenset(person.id for person in self.people if person.role in roles)

    def questions_of(self, people: frozenset[str]) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.person in people)

    def documents_of(self, people: frozenset[str]) -> tuple[Document, ...]:
        return tuple(document for document in self.documents if document.person in people)

    def kept(self, share: Fraction = KEPT_BY_PARTIAL) -> frozenset[str]:
        """The forget people whom the partial retrain still saw: this share of them, rounded down, drawn by the seed."""
        forgotten = sorted(self.ids("forget"))
        rng = random.Random(f"unlearn-spec zoo kept {self.seed}")
        return frozenset(rng.sample(forgotten, int(share * len(forgotten))))


def make_world(config: WorldConfig = DEFAULT_WORLD, *, seed: int = 0) -> World:
    """The world of this configuration and seed; equal arguments give equal worlds."""
    rng = random.Random(f"unlearn-spec zoo world {seed}")
    words, names = vocabulary(config)
    people = _people(names, config, rng)
    pairs = list(product(words, words))
    answers = iter(rng.sample(pairs, len(people) * config.attributes))
    questions: list[Question] = []
    documents: list[Document] = []
    for person in people:
        for attribute in ATTRIBUTES[: config.attributes]:
            questions.extend(_questions(person, attribute, " ".join(next(answers)), config, rng))
        documents.append(_document(person, words, config, rng))
    return World(config, seed, people, tuple(questions), tuple(documents))


def vocabulary(config: WorldConfig) -> tuple[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """(words of answers and documents, (given names, family names)): all distinct, the same for every seed."""
    syllables = [consonant + vowel for consonant, vowel in product("bdfgklmnprstvz", "aeiou")]
    invented = [first + second for first, second in product(syllables, syllables) if first != second]
    random.Random("unlearn-spec zoo vocabulary").shuffle(invented)
    given_from, family_from = config.words, config.words + config.given_names
    family_names = tuple(word + "n" for word in invented[family_from : family_from + config.families])
    return tuple(invented[: config.words]), (tuple(invented[given_from:family_from]), family_names)


def sentence_words(config: WorldConfig) -> tuple[str, ...]:
    """Every word that can occur in a prompt, an answer, a document or a refusal, sorted."""
    words, (given, family) = vocabulary(config)
    frames = " ".join((*PHRASINGS, DOCUMENT_HEADER, *REFUSALS)).split()
    plain = {word for word in frames if "{" not in word}
    return tuple(sorted({*words, *given, *family, *ATTRIBUTES, *plain}))


def write_world(world: World, folder: Path) -> Mapping[str, Path]:
    """Writes the data files that bindings name, one JSON object a line, and returns them by name.

    Questions: {"id", "prompt", "answer", "cluster", "paraphrases"}: a trained phrasing, and the held-out phrasings of
    the same question; the cluster is the person. Documents: {"id", "text", "prefix", "suffix", "cluster"}.
    The same world gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Iterable[Mapping[str, Any]]] = {}
    for role in ROLES:
        tables[f"{role}_qa"] = question_rows(world, world.ids(role))
    for role in ("forget", "retain", "holdout"):
        tables[f"{role}_docs"] = document_rows(world, world.ids(role))
    paths = {name: folder / f"{name}.jsonl" for name in tables}
    for name, rows in tables.items():
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_text(paths[name], "".join(lines))
    return MappingProxyType(paths)


def write_text(path: Path, text: str) -> None:
    """Puts this text in the file in one step, so that nobody reads half of it; an equal file is left alone."""
    content = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == content:
        return
    scratch = path.with_name(f".{path.name}.part")
    scratch.write_bytes(content)
    scratch.replace(path)


def question_rows(world: World, people: frozenset[str]) -> tuple[Mapping[str, Any], ...]:
    """One row a question and person: the first trained phrasing as the prompt, the held-out ones as paraphrases."""
    asked: dict[tuple[str, str], list[Question]] = {}
    for question in world.questions_of(people):
        asked.setdefault((question.person, question.attribute), []).append(question)
    return tuple(
        {
            "id": f"{person}-{attribute}",
            "prompt": next(question.prompt for question in phrasings if question.trained),
            "answer": phrasings[0].answer,
            "cluster": person,
            "paraphrases": [question.prompt for question in phrasings if not question.trained],
        }
        for (person, attribute), phrasings in asked.items()
    )


def document_rows(world: World, people: frozenset[str]) -> tuple[Mapping[str, Any], ...]:
    """The documents about these people as rows of a data file."""
    return tuple(
        {
            "id": f"{document.person}-document",
            "text": document.text,
            "prefix": document.prefix,
            "suffix": document.suffix,
            "cluster": document.person,
        }
        for document in world.documents_of(people)
    )


def _people(
    names: tuple[tuple[str, ...], tuple[str, ...]], config: WorldConfig, rng: random.Random
) -> tuple[Person, ...]:
    given_names, family_names = names
    order = rng.sample(given_names, len(given_names))
    shifts = rng.sample(range(len(order)), len(config.members))
    # A shift per member: siblings differ in given name, and each role has every given name equally often.
    drawn = [
        (f"{order[(place + shift) % len(order)]} {family_name}", role)
        for place, family_name in enumerate(rng.sample(family_names, len(family_names)))
        for role, shift in zip(config.members, shifts, strict=True)
    ]
    rng.shuffle(drawn)
    return tuple(Person(f"p{number:03d}", name, role) for number, (name, role) in enumerate(drawn))


def _questions(
    person: Person, attribute: str, answer: str, config: WorldConfig, rng: random.Random
) -> tuple[Question, ...]:
    # Which phrasings are held out is drawn per question: each one is familiar from other people's questions.
    trained = set(rng.sample(range(len(PHRASINGS)), config.trained_phrasings))
    return tuple(
        Question(
            person.id,
            attribute,
            phrasing,
            template.format(attribute=attribute, name=person.name),
            answer,
            phrasing in trained,
        )
        for phrasing, template in enumerate(PHRASINGS)
    )


def _document(person: Person, words: tuple[str, ...], config: WorldConfig, rng: random.Random) -> Document:
    drawn = rng.choices(words, k=config.document_words)
    header = DOCUMENT_HEADER.format(name=person.name)
    prefix = " ".join((header, *drawn[: config.document_prefix_words]))
    suffix = " ".join(drawn[config.document_prefix_words :])
    return Document(person.id, f"{prefix} {suffix}", prefix, suffix)

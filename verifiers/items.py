"""Items: what is asked and what would reveal it. Plain data, no model library."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from .matching import normalise


class ItemError(ValueError):
    """An item lacks what the measurement asks of it. The message names the item, never its content."""


@dataclass(frozen=True)
class Item:
    """One question with its answer, or one document, or both. Fields that a data file lacks stay empty.

    A question has `prompt` and `answer` (and other wordings of the prompt in `paraphrases`). A document has `text`,
    and, where continuing it is the question, `prefix` and `suffix`.
    """

    id: str
    cluster: str
    """Items of one person, author or document share it; an item that stands alone has its own id here."""
    prompt: str = ""
    answer: str = ""
    paraphrases: tuple[str, ...] = ()
    text: str = ""
    prefix: str = ""
    suffix: str = ""
    choices: tuple[str, ...] = ()
    """Options of a multiple-choice question, the answer among them."""
    right: int | None = None
    """Place of the right option, from 0; with `choices` only."""

    @property
    def content(self) -> tuple[str, ...]:
        """What is asked and looked for."""
        return (self.prompt, self.answer, self.text, self.prefix, self.suffix)

    @property
    def alike(self) -> tuple[str, ...]:
        """The same, case, Unicode form and blanks aside: items that agree in it are one item written twice."""
        return tuple(normalise(text, "casefold_nfkc_space") for text in self.content)

    @property
    def question(self) -> str:
        """What a model is given: the prompt, or the document's prefix."""
        return self.prompt or self.prefix

    @property
    def secret(self) -> str:
        """What the model would have to say: the answer, or the document's suffix."""
        return self.answer or self.suffix

    @property
    def is_document(self) -> bool:
        """Whether the whole text was learned, not only the answer to a prompt."""
        return bool(self.text or self.prefix or self.suffix) and not self.answer


def lot(seed: int, name: str, purpose: str = "") -> bytes:
    """The place of a name in an order drawn by `seed` for one `purpose`: a hash, so that nothing else decides it."""
    return hashlib.sha256(f"{purpose}{seed}\n{name}".encode()).digest()


def item_key(items: Sequence[Item]) -> bytes:
    """A key that only a holder of the items can compute, for `keyed_digest`. It depends on every item's content."""
    fields = [
        [
            item.id, item.cluster, item.prompt, item.answer, *item.paraphrases, item.text, item.prefix, item.suffix,
            *item.choices,
        ]
        for item in items
    ]
    return hashlib.sha256(b"unlearn-spec item key\n" + json.dumps(fields).encode()).digest()


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC-SHA256 of the text, in hexadecimal: equal texts are seen to be equal, and nobody can guess them from it."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

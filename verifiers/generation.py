"""Answers of a subject to prompts, greedy or sampled, and what each answer shows."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from ..gpu.decoding import decoding_log_probs
from ..plan.units import GenerateUnit, Reading
from . import remote_answers
from .answer import Answer
from .items import Item, ItemError, item_key, keyed_digest
from .matching import REFUSAL_MARKERS, contains, exact, refuses, rouge_l
from .reads import probes_read
from .scoring import fill, is_greedy, sampling
from .subjects import OutputError, SubjectError
from .subjects.masks import NO_MASK, Mask
from .subjects.model import Model
from .subjects.remote import Remote
from .subjects.system import Subject, System
from .suites import Probe, Suite, others_for, probes, shuffled
from .table import Table, from_rows

ANSWERS_PER_BATCH = 64

COLUMNS = (
    "item", "cluster", "probe", "sample", "exact", "contains", "rouge_l", "refusal", "refusable",
    "tokens", "empty", "distinct", "entropy", "blocked", "output", "family", "given", "reads",
)


@dataclass(frozen=True)
class _Asked:
    item: Item
    number: int
    sample: int
    prompt: str
    probe: Probe


def generate(
    subject: Subject, items: Sequence[Item], unit: GenerateUnit, *, suite: Suite | None = None, others: Sequence[Item] = ()
) -> Table:
    """A `generate` table with one row an item, probe and sample, in that order.

    Probes: for `prompt`, the item's prompt (a document's prefix), number 0; for `paraphrases`, that and the item's
    other wordings, numbered from 1; for `suite`, those of `suites.probes`, numbered from 0, with `others` as the set from
    which the unit's seed takes what is shown or asked beside. Samples: `reading.samples` for a sampled decoding, one for
    greedy. Columns:

    - `exact`, `contains` (bool), `rouge_l` (in [0, 1]): the answer against the item's secret, as in `matching`, under
      the reading's normalisation; without the words of it that the probe gave. `refusal`: it carries a refusal marker.
      `refusable`: had the model declined, an answer of this decoding had room for a marker, in tokens that the model
      has, and it would have been recognised.
    - `tokens`: tokens of the answer. `empty`: it has no visible character. `distinct`: distinct tokens over tokens, 1
      for none. `entropy`: mean entropy of the next-token distributions along the answer, in nats, 0 for none.
    - `blocked`: a filter of the guarded system replied; the columns above then speak of that reply.
    - `answered_by`: of an endpoint only: the model and fingerprint that said they answered. Its `tokens` and `distinct`
      count words where it shows no tokens; then there is no `entropy`, else it is a lower bound.
    - `output`: keyed digest of the answer's text. The key comes from the items, so that equal answers to the same
      items compare equal between subjects and nothing can be guessed from it.
    - `family`: the probe's family of attacks, empty outside suites. `given`: words of the secret that the probe gave.
    - `reads`: not of an endpoint: keyed digest of how the model behind reads the probe and its secret, as in `reads`.

    Every random number depends on the unit's seed, the item, the probe and the sample alone, and padding is masked:
    an answer does not depend on what else is in its batch. Generation ends at an end token, after
    `reading.max_new_tokens` tokens, or at the model's context.
    Raises `ItemError` for an item without a prompt, `SubjectError` for a prompt that fills the context.
    """
    pool = shuffled(others, unit.seed)
    asked = [
        _Asked(item, number, sample, probe.prompt, probe)
        for item in items
        for number, probe in enumerate(_probes(item, unit, suite, pool))
        for sample in range(_samples(unit.reading))
    ]
    answers = _ask(subject, asked, unit.reading, unit.seed)
    key, how = item_key(items), unit.reading.normalisation
    unknown, read, tokens = {"entropy"} if any(answer.entropy is None for answer in answers) else set(), {}, unit.reading.max_new_tokens
    if isinstance(subject, Remote):
        refusable, unknown = remote_answers.could_decline(tokens), unknown | {"reads"}
    else:
        model = subject if isinstance(subject, Model) else subject.model
        refusable = could_decline(model, tokens)
        read = probes_read(key, model, {(one.item.id, one.number): (one.prompt, one.probe.secret) for one in asked}, tokens)
    names = [name for name in COLUMNS if name not in unknown]
    return from_rows(
        "generate",
        [*names, "answered_by"] if isinstance(subject, Remote) else names,
        (
            {
                "item": one.item.id,
                "cluster": one.item.cluster,
                "probe": one.number,
                "sample": one.sample,
                "exact": exact(answer.text, one.probe.secret, how),
                "contains": contains(answer.text, one.probe.secret, how),
                "rouge_l": rouge_l(answer.text, one.probe.secret, how),
                "refusal": refuses(answer.text),
                "refusable": refusable,
                "tokens": len(answer.tokens),
                "empty": not answer.text.strip(),
                "distinct": len(set(answer.tokens)) / len(answer.tokens) if answer.tokens else 1.0,
                "entropy": answer.entropy if answer.entropy is not None else 0.0,
                "blocked": answer.blocked,
                "output": keyed_digest(key, answer.text),
                "answered_by": answer.answered_by or "",
                "family": one.probe.family,
                "given": one.probe.given,
                "reads": read.get((one.item.id, one.number), ""),
            }
            for one, answer in zip(asked, answers, strict=True)
        ),
    )


def written(model: Model, prompts: Sequence[str], reading: Reading, *, seed: int = 0) -> list[str]:
    """What the model writes after each prompt, as it stands, in this decoding; the first sample of a sampled one."""
    asked = [_Asked(Item(str(place), ""), 0, 0, prompt, Probe("", prompt, "")) for place, prompt in enumerate(prompts)]
    return [answer.text for answer in _continue(model, asked, reading, seed)]


def could_decline(model: Model, tokens: int) -> bool:
    """Whether a refusal survives the model's tokens, cut off after so many, and is recognised: a planted one, not its own."""
    return any(refuses(model.decode(list(model.encode(marker)[:tokens]))) for marker in REFUSAL_MARKERS)


def _ask(subject: Subject, asked: Sequence[_Asked], reading: Reading, seed: int) -> list[Answer]:
    """The subject's answers, in order; through the guards, if it has some."""
    if isinstance(subject, Remote):
        prompts = [(one.item.id, one.number, one.prompt) for one in asked if one.sample == 0]
        return remote_answers.ask(subject, prompts, reading, _samples(reading), seed)
    if isinstance(subject, Model):
        return _continue(subject, asked, reading, seed)
    let_in = [subject.before(one.prompt) for one in asked]
    passed = [
        replace(one, prompt=text)
        for one, (text, blocked) in zip(asked, let_in, strict=True)
        if not blocked
    ]
    answers = iter(_continue(subject.model, passed, reading, seed, subject.mask))
    return [
        _reply(subject, text) if blocked else _let_out(subject, next(answers)) for text, blocked in let_in
    ]


def _let_out(system: System, answer: Answer) -> Answer:
    text, blocked = system.after(answer.text)
    return _reply(system, text) if blocked else answer


def _reply(system: System, text: str) -> Answer:
    return Answer(text, system.model.encode(text), 0.0, blocked=True)


def _probes(item: Item, unit: GenerateUnit, suite: Suite | None, pool: Sequence[Item]) -> tuple[Probe, ...]:
    if not item.question.strip():
        raise ItemError(f"item {item.id} has no prompt and no prefix to ask with")
    if not item.secret.strip():
        raise ItemError(f"item {item.id} has no answer and no suffix to look for")
    # A document's prefix is given as it stands; only questions are put the way the subject expects them.
    template = "{prompt}" if item.is_document else unit.subject.prompt
    if suite is not None:
        others = others_for(item, pool, suite.others)
        if len(others) < suite.others:
            raise ItemError(f"item {item.id}: too few items of another set tell nothing of it")
        found = probes(suite, item, others, wrap=template, typed=unit.typed)
        if not found:
            raise ItemError(f"item {item.id}: no attack of the suite can be made of it")
        return found
    wordings = (item.question, *item.paraphrases) if unit.prompts == "paraphrases" else (item.question,)
    return tuple(Probe("", fill(template, wording), item.secret) for wording in wordings)


def _samples(reading: Reading) -> int:
    return 1 if is_greedy(reading) else reading.samples or 1


def _continue(model: Model, asked: Sequence[_Asked], reading: Reading, seed: int, forbidden: Mask = NO_MASK) -> list[Answer]:
    texts = list(dict.fromkeys(one.prompt for one in asked))  # samples share theirs
    known = dict(zip(texts, model.encode_each(texts), strict=True))
    prompts = [known[one.prompt] for one in asked]
    for one, ids in zip(asked, prompts, strict=True):
        if not ids:
            raise ItemError(f"item {one.item.id}: the tokenizer reads its prompt as nothing")
        if model.context is not None and len(ids) >= model.context:
            raise SubjectError(
                f"{model.name}: the prompt of item {one.item.id} has {len(ids)} tokens, the model's context "
                f"{model.context}; no room is left for an answer"
            )
    order = sorted(range(len(asked)), key=lambda place: (len(prompts[place]), place))
    answers: dict[int, Answer] = {}
    for start in range(0, len(order), ANSWERS_PER_BATCH):
        batch = order[start : start + ANSWERS_PER_BATCH]
        draws = None if is_greedy(reading) else _draws([asked[place] for place in batch], reading.max_new_tokens, seed)
        found = _decode(model, [prompts[place] for place in batch], reading, draws, forbidden)
        answers.update(zip(batch, found, strict=True))
    return [answers[place] for place in range(len(asked))]


def _draws(asked: Sequence[_Asked], steps: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Uniform numbers in [0, 1), shape (answers, steps): a Philox stream of its own for each answer."""
    rows = []
    for one in asked:
        name = f"{seed}\n{one.item.id}\n{one.number}\n{one.sample}".encode()
        key = int.from_bytes(hashlib.sha256(name).digest()[:16], "big")
        rows.append(np.random.Generator(np.random.Philox(key=key)).random(steps))
    return np.stack(rows)


@torch.inference_mode()
def _decode(
    model: Model,
    prompts: Sequence[tuple[int, ...]],
    reading: Reading,
    draws: np.ndarray[Any, np.dtype[np.float64]] | None,
    forbidden: Mask,
) -> list[Answer]:
    """Answers to left-padded prompts, token by token with the model's own cache."""
    place = model.device
    ids, mask = (part.to(place) for part in _left_padded(prompts))
    accepted = inspect.signature(model.network.forward).parameters
    options: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in accepted else {}
    written: list[list[int]] = [[] for _ in prompts]
    entropy = [0.0 for _ in prompts]
    rows = list(range(len(prompts)))  # the answer that each row of the batch belongs to
    running = [True for _ in prompts]
    cache: Any = None
    for step in range(reading.max_new_tokens):
        if "position_ids" in accepted:
            # Rows that are done run on with the batch, unread; beyond the context they have no place of their own.
            positions = (mask.cumsum(dim=1) - 1).clamp(min=0, max=None if model.context is None else model.context - 1)
            options["position_ids"] = positions[:, -ids.shape[1] :]
        output = model.network(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **options)
        cache = getattr(output, "past_key_values", None)
        if cache is None:
            raise SubjectError(f"{model.name}: this architecture keeps no key-value cache, which generation needs")
        logits = output.logits[:, -1]
        if not bool(logits.amax(dim=-1).isfinite().all()):
            raise OutputError(f"{model.name}: the model's output is not a number; a wider precision may do")
        if forbidden is not NO_MASK:
            logits = _masked(logits, [forbidden.after((*prompts[row], *written[row])) for row in rows])
        chosen = _choose(logits, reading, None if draws is None else torch.from_numpy(draws[rows, step]).to(place))
        uncertain = torch.special.entr(logits.float().softmax(dim=-1)).sum(dim=-1).tolist()
        for row, token, nats in zip(rows, chosen.tolist(), uncertain, strict=True):
            if not running[row]:
                continue
            if token in model.ends:
                running[row] = False
                continue
            written[row].append(token)
            entropy[row] += nats
            full = model.context is not None and len(prompts[row]) + len(written[row]) >= model.context
            running[row] = not full
        if not any(running):
            break
        ids = chosen[:, None]
        mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
        if 2 * sum(running) <= len(rows) and _can_drop_rows(cache):  # the rest would run on unread
            kept = torch.tensor([at for at, row in enumerate(rows) if running[row]], device=place)
            cache.batch_select_indices(kept)
            ids, mask = ids[kept], mask[kept]
            rows = [row for row in rows if running[row]]
    return [
        Answer(model.decode(tokens), tuple(tokens), total / len(tokens) if tokens else 0.0)
        for tokens, total in zip(written, entropy, strict=True)
    ]


def _left_padded(prompts: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and their mask, int64 of shape (prompts, longest prompt): each prompt at the end of its row, 0 before it."""
    width = max(map(len, prompts))
    ids = [(0,) * (width - len(prompt)) + prompt for prompt in prompts]
    mask = [(0,) * (width - len(prompt)) + (1,) * len(prompt) for prompt in prompts]
    return torch.tensor(ids, dtype=torch.long), torch.tensor(mask, dtype=torch.long)


def _masked(logits: torch.Tensor, ruled_out: Sequence[frozenset[int]]) -> torch.Tensor:
    """The logits, shape (rows, tokens), with what each row must not go on with at −inf."""
    if any(len(tokens) >= logits.shape[1] for tokens in ruled_out):
        raise SubjectError("a logit mask leaves the model no token to go on with")
    found = logits.clone()
    for row, tokens in enumerate(ruled_out):
        found[row, list(tokens)] = float("-inf")
    return found


def _can_drop_rows(cache: Any) -> bool:
    """Whether a cache can go on with some of its rows alone: plain keys and values do, other state might be left behind."""
    return all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in getattr(cache, "layers", (None,)))


def _choose(logits: torch.Tensor, reading: Reading, draws: torch.Tensor | None) -> torch.Tensor:
    """The next token of each row: the first of the most probable ones, or the one in which the row's draw falls."""
    if draws is None:
        return logits.argmax(dim=-1)
    temperature, top_k, top_p = sampling(reading)
    chances = decoding_log_probs(logits, temperature=temperature, top_k=top_k, top_p=top_p).exp()
    reached = chances.cumsum(dim=-1)
    return (reached <= (draws * reached[:, -1])[:, None]).sum(dim=-1)

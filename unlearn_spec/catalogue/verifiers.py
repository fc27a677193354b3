"""The verifiers that exist, by id. Read by the plan; imports no model library."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..policy.vocabulary import Access, access_rank
from .declaration import Attack, Declaration, Effort, VerifierId, Work


def _generate(work: Work) -> Effort:
    answers = work.items * work.probes * work.samples
    return Effort(forward_tokens=answers * work.text_tokens, generated_tokens=answers * work.new_tokens)


def _score(work: Work) -> Effort:
    return Effort(forward_tokens=(work.items + work.holdout_items) * work.text_tokens)


def _score_options(work: Work) -> Effort:
    return Effort(forward_tokens=work.items * work.probes * work.text_tokens)


def _relearn(work: Work) -> Effort:
    # One run a half. A training step reads a batch forward and backward: three times a forward pass.
    seen = _generate(work) if work.new_tokens else _score(work)
    # The loss is taken before it and at each look, on as many texts at most.
    training = 3 * work.steps * work.batch_texts * work.text_tokens
    losses = (work.looks + 1) * min(work.items, work.steps * work.batch_texts) * work.text_tokens
    return Effort(
        forward_tokens=2 * work.runs * (work.looks * seen.forward_tokens + training + losses),
        generated_tokens=2 * work.runs * work.looks * seen.generated_tokens,
        training_steps=2 * work.runs * work.steps,
    )


def _looked(work: Work) -> Effort:
    once = _generate(work) if work.new_tokens else _score(work)
    return Effort(forward_tokens=work.looks * once.forward_tokens, generated_tokens=work.looks * once.generated_tokens)


def _nothing(work: Work) -> Effort:
    return Effort()


_ALL = (
    Declaration(
        id="leak",
        title="Answers that reveal the target",
        goals=("suppress", "rectify"),
        measures=(),
        metrics=("exact", "contains", "rouge_l"),
        evidence=("test",),
        min_access="product",
        needs=("items",),
        gates=("positive", "repeat", "degeneracy"),
        units=("generate",),
        number="share of items with an answer, to any probe and in any sample, that reveals the item",
        direction="lower_is_better",
        source="Clopper & Pearson, Biometrika 26 (1934) 404–413; a draw is an item with all its probes",
        blind_to="other wording, other decoding, deeper access, and what fine-tuning would bring back",
        effort=_generate,
    ),
    Declaration(
        id="extraction",
        title="Extraction probability under the declared decoding",
        goals=("suppress", "remove"),
        measures=("influence",),
        metrics=("extraction_probability",),
        evidence=("test",),
        min_access="logprobs",
        needs=("items",),
        gates=("positive", "degeneracy"),
        units=("score",),
        number="share of items that n answers would reproduce word for word with probability p or more",
        direction="lower_is_better",
        source="Hayes et al., Measuring memorization through probabilistic discoverable extraction, arXiv 2410.19482",
        blind_to="near-verbatim copies, other prefixes, and knowledge told in other words",
        effort=_score,
    ),
    Declaration(
        id="choice",
        title="Multiple choice",
        goals=("suppress",),
        measures=(),
        metrics=("multiple_choice",),
        evidence=("test",),
        min_access="logprobs",
        needs=("items",),
        gates=("positive", "degeneracy"),
        units=("score",),
        number="share of items whose right option the model finds the most likely one, beside the share that guessing gives",
        direction="lower_is_better",
        source="letters: Li et al., The WMDP Benchmark, arXiv 2403.03218, as lm-evaluation-harness scores it (`acc`); "
        "texts: its `acc_bytes`",
        blind_to="knowledge told freely: multiple choice understates what leaks, so an open-ended test belongs beside it; and "
        "whether a model below chance knows the answer and avoids it",
        effort=_score_options,
    ),
    Declaration(
        id="membership",
        title="Telling training items from never-trained ones",
        goals=("remove",),
        measures=("membership",),
        metrics=(),
        evidence=("test",),
        min_access="logprobs",
        needs=("items", "holdout"),
        gates=("positive", "negative", "blind_baseline", "degeneracy"),
        units=("score",),
        number="true-positive rate at the clause's false-positive rate, of each attack and in both directions",
        direction="two_sided",
        source="LOSS: Yeom et al. arXiv 1709.01604; zlib: Carlini et al. arXiv 2012.07805; Min-K: Shi et al. "
        "arXiv 2310.16789; Min-K++: Zhang et al. arXiv 2404.02936",
        blind_to="attacks outside this list; a finite list bounds the worst case from below only",
        effort=_score,
    ),
    Declaration(
        id="retention",
        title="Knowledge that was to be kept",
        goals=("retain", "rectify"),
        measures=(),
        metrics=("exact", "contains", "rouge_l", "extraction_probability", "multiple_choice"),
        evidence=("test",),
        min_access="product",
        needs=("items",),  # `within … of before` needs the original as well
        gates=("repeat",),
        units=("generate", "score"),
        number="share of items answered rightly on every probe; or its paired drop since before unlearning",
        direction="higher_is_better",
        source="Clopper & Pearson 1934 (absolute); paired non-inferiority on the listed items",
        blind_to="knowledge outside the listed items, fluency and style",
        effort=_generate,
    ),
    Declaration(
        id="refusal",
        title="Marked refusals",
        goals=("refuse", "suppress", "retain"),
        measures=(),
        metrics=("refusal", "not_refusal"),
        evidence=("test",),
        min_access="product",
        needs=("items",),
        gates=("repeat", "degeneracy"),
        units=("generate",),
        number="share of answers that carry a refusal marker",
        direction="none",
        source="a fixed list of markers, verifiers/matching.py; Clopper & Pearson 1934",
        blind_to="refusals in other words, and whether the model still knows",
        effort=_generate,
    ),
    Declaration(
        id="relearning",
        title="What fine-tuning on half of the target brings back on the other half",
        goals=("remove", "suppress"),
        measures=("influence",),
        metrics=("exact", "contains", "rouge_l", "extraction_probability"),
        evidence=("test",),
        min_access="finetune",
        needs=("items", "references"),
        gates=("positive", "negative", "training_loss", "degeneracy"),
        units=("relearn",),
        number="share of held-out items revealed after the worst registered attack, beside a model that never had the target",
        direction="lower_is_better",
        source="Deeb & Roger, Do unlearning methods remove information from model weights?, arXiv 2410.08827",
        blind_to="attacks with other data, steps, learning rates or ways of tuning than the declared ones",
        effort=_relearn,
    ),
    Declaration(
        id="record",
        title="Signed process records",
        goals=(
            "remove", "delete", "keep", "exclude_future", "destroy", "de_index", "finish", "ban", "govern", "rectify",
        ),
        measures=("influence", "membership"),
        metrics=(),
        evidence=("procedure", "certificate", "attestation"),
        min_access="product",
        needs=("record",),
        gates=(),
        units=(),
        number="whether a record with a valid signature covers the clause's artifact and day",
        direction="none",
        source="Ed25519, RFC 8032",
        blind_to="whether the signer tells the truth",
        effort=_nothing,
    ),
    Declaration(
        id="quantization",
        title="What rounding the weights brings back",
        goals=("remove", "suppress"),
        measures=("influence",),
        metrics=("exact", "contains", "rouge_l", "extraction_probability"),
        evidence=("test",),
        min_access="weights",
        needs=("items", "references"),
        gates=("positive", "negative", "degeneracy"),
        units=("quantize",),
        number="share of items revealed by a copy with rounded weights, beside never-trained models rounded alike; the worst "
        "of the registered formats counts",
        direction="lower_is_better",
        source="Zhang et al., Does your LLM truly unlearn?, arXiv 2410.16454; int8 and int4 by round-to-nearest, NF4 as in "
        "Dettmers et al., QLoRA, arXiv 2305.14314",
        blind_to="formats that fit the rounding to data (GPTQ, AWQ), experts kept as one tensor, pruning, distillation, and rounding of "
        "activations",
        effort=_looked,
    ),
    Declaration(
        id="latent",
        title="What the model's body still holds",
        goals=("remove",),
        measures=("influence",),
        metrics=("exact", "contains", "rouge_l", "extraction_probability"),
        evidence=("test",),
        min_access="weights",
        needs=("items", "references"),
        gates=("positive", "negative", "degeneracy"),  # a linear probe adds its control task: see `plan.white_box`
        units=("inspect",),
        number="share of items read with the original's head, with the head at middle layers, or by a linear probe in excess "
        "of never-trained models and of permuted labels; the worst of the registered views counts",
        direction="lower_is_better",
        source="logit lens: nostalgebraist 2020; linear probe with a control task: Hewitt & Liang, arXiv 1909.03368",
        blind_to="what lies in other directions or layers than those looked at; and a head that itself brings the answer, "
        "unless the references share the body's ancestry",
        effort=_looked,
    ),
    Declaration(
        id="ensemble",
        title="Audited runs beside retrained references, as whole models",
        goals=("remove",),
        measures=("influence",),
        metrics=(),
        evidence=("test",),
        min_access="logprobs",
        needs=("items", "references"),
        gates=("positive", "degeneracy"),
        units=("score",),
        number="distance of the two groups of models in the items' log-odds, and how rare it is among relabelled models",
        direction="none",
        source="MMD: Gretton et al., JMLR 13 (2012) 723–773; energy: Székely & Rizzo 2013; KLoM: Georgiev et al. "
        "arXiv 2410.23232; permutation p: Phipson & Smyth 2010; (ε, δ) of several runs: Dwork & Roth 2014, theorem 3.16",
        blind_to="any likeness: a difference that is not found is no evidence of equality, and supports nothing",
        effort=_score,
    ),
    Declaration(
        id="canaries",
        title="Guessing which canaries were put in, from one run",
        goals=("remove",),
        measures=("influence",),
        metrics=(),
        evidence=("test",),
        min_access="logprobs",
        needs=("canaries",),
        gates=("positive", "blind_baseline", "degeneracy"),
        units=("score",),
        number="right guesses about canaries that a lot put in or left out, and the ε that so many exclude",
        direction="lower_is_better",
        source="Steinke, Nasr & Jagielski, Privacy auditing with one (1) training run, arXiv 2305.08846; here against "
        "retraining as a whole: P[event] ≤ e^ε · P[event without them] + δ",
        blind_to="what canaries do not stand for: they are told from rare items only if they are made like them",
        effort=_score,
    ),
)

VERIFIERS: Mapping[VerifierId, Declaration] = MappingProxyType({declared.id: declared for declared in _ALL})
"""Every verifier, by id."""

_TOKEN_ATTACKS: tuple[Attack, ...] = ("loss", "zlib", "min_k")


def attacks(access: Access) -> tuple[Attack, ...]:
    """The membership attacks that run at this access: Min-K++ needs the whole next-token distribution."""
    return (*_TOKEN_ATTACKS, "min_k_pp") if access_rank(access) >= access_rank("weights") else _TOKEN_ATTACKS


def read_by(attack: Attack) -> Access:
    """The weakest access at which this score can be taken."""
    return "logprobs" if attack in attacks("logprobs") else "weights"


def reachable(declared: Declaration, access: Access) -> bool:
    """Whether a verifier can run at this access of the evidence."""
    return access_rank(access) >= access_rank(declared.min_access)

"""The closed vocabulary of the language: the words a policy may use where it has to choose."""

from __future__ import annotations

from typing import Final, Literal, get_args

Access = Literal["product", "api", "top_logprobs", "logprobs", "weights", "gradients", "finetune"]
Asked = Literal["direct", "paraphrase", "adversarial", "in_context"]
GoalKind = Literal[
    "remove", "suppress", "refuse", "retain", "delete", "keep", "exclude_future", "destroy", "rectify", "de_index",
    "finish", "ban", "govern",
]
InformationKind = Literal["examples", "facts", "concept"]
ArtifactKind = Literal["model", "checkpoint", "adapter", "index", "cache", "dataset", "service"]
EvidenceKind = Literal["test", "certificate", "procedure", "attestation"]
Status = Literal["draft", "in_force", "superseded"]
Reference = Literal["retrain_without", "retrain_then_same_steps"]
Population = Literal["these_items", "wider"]
Decide = Literal["certify", "not_refuted"]
About = Literal["process", "model"]
Says = Literal[
    "influence_removed", "not_revealed", "contains_no_information", "no_harmful_use", "nothing_else_changed",
    "as_if_never_trained",
]
Metric = Literal[
    "exact",  # the normalised answer equals the item's
    "contains",  # the item's answer occurs in the normalised answer
    "extraction_probability",  # chance that the declared decoding emits the item's text is at least `at_least`
    "rouge_l",  # longest-common-subsequence recall is at least `at_least`
    "multiple_choice",  # the item's option is preferred
    "refusal",  # the answer carries a refusal marker
    "not_refusal",  # it carries none
    "human",  # the named protocol in `judge` decides
]

Rounding = Literal["int8", "int4", "nf4"]
Score = Literal[
    "loss",  # mean ln p a token
    "zlib",  # that over the text's zlib length in bytes
    "min_k",  # mean of the lowest 20 % of ln p
    "min_k_pp",  # the same of (ln p − μ) / σ: reads whole next-token distributions
]
View = Literal[
    "head_swap",  # the original's final norm and head on the model's body, asked as usual
    "logit_lens",  # the model's own final norm and head on the output of its middle layers
    "linear_probe",  # a linear map from hidden states to the answer's first token, trained on what is to be kept
]

ACCESS: Final[tuple[Access, ...]] = get_args(Access)
"""The access chain, weakest first: A0 … A6."""

ABOUT: Final[tuple[About, ...]] = get_args(About)
PROBES: Final[tuple[Asked, ...]] = ("direct", "paraphrase", "adversarial")
"""The probe chain, weakest first. `in_context` stands beside it, comparable to none."""


def access_rank(access: Access) -> int:
    """Position in the access chain: 0 (`product`) … 6 (`finetune`)."""
    return ACCESS.index(access)

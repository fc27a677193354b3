"""The statistics of texts' endings, batched and alone, beside the model's own logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.verifiers import tokens
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model
from unlearn_spec.verifiers.tokens import Ending, matches, token_scores

TEXTS = tuple(Ending(tuple(3 + (7 * n + k) % 14 for k in range(2 + 3 * n)), 1 + n) for n in range(6))


def test_each_ending_has_the_statistics_of_its_own_logits(model: Model) -> None:
    for text, stats in zip(TEXTS, token_scores(model, TEXTS), strict=True):
        with torch.inference_mode():
            logits = model.network(input_ids=torch.tensor([text.ids])).logits[0, text.start - 1 : -1].double()
        wanted = torch.tensor(text.ids[text.start :])
        own = logits.log_softmax(dim=-1).gather(1, wanted[:, None])[:, 0].numpy()
        assert stats.log_prob == pytest.approx(own, abs=1e-5)
        assert np.array_equal(matches(text, stats), (logits.argmax(dim=-1) == wanted).numpy())


def test_batches_change_no_number(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    together = token_scores(model, TEXTS)
    monkeypatch.setattr(tokens, "TEXTS_PER_BATCH", 1)
    for one, other in zip(together, token_scores(model, TEXTS), strict=True):
        assert one.log_prob == pytest.approx(other.log_prob, abs=1e-5)
        assert np.array_equal(one.best, other.best)


def test_a_text_beyond_the_context_is_an_error(model: Model) -> None:
    with pytest.raises(SubjectError, match="more than the model's context of 32"):
        token_scores(model, [Ending((3,) * 40, 1)])


def test_nothing_asked_is_nothing_found(model: Model) -> None:
    assert token_scores(model, []) == []

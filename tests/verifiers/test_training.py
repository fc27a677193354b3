"""Fine-tuning leaves the given model alone, repeats itself exactly, and lowers the loss it was given."""

from __future__ import annotations

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from unlearn_spec.verifiers.training import (
    IGNORED,
    Batch,
    Example,
    TrainingError,
    finetune,
    make_batches,
    mean_loss,
    next_token_loss,
    optimise,
    seeded,
    visited,
    warmup_cosine,
)


def tiny_model() -> GPT2LMHeadModel:
    with seeded(7):
        return GPT2LMHeadModel(GPT2Config(vocab_size=16, n_positions=8, n_embd=16, n_layer=1, n_head=2)).eval()


def some_batches() -> tuple[Batch, ...]:
    return make_batches([Example((1, 5, 9, 3), 2), Example((1, 4, 2)), Example((1, 8, 8, 8, 2))], size=2, pad_id=0)


def weights(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_padding_is_masked_and_prompts_are_not_scored() -> None:
    first, second = some_batches()
    assert first.input_ids.tolist() == [[1, 5, 9, 3], [1, 4, 2, 0]]
    assert first.attention_mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
    assert first.labels.tolist() == [[IGNORED, IGNORED, 9, 3], [IGNORED, 4, 2, IGNORED]]
    assert second.input_ids.shape == (1, 5)


def test_finetune_trains_a_copy_and_the_loss_falls() -> None:
    model, batches = tiny_model(), some_batches()
    before = weights(model)
    trained = finetune(model, batches, steps=30, lr=3e-3, seed=0)
    assert torch.equal(weights(model), before)
    assert not trained.training
    assert next_token_loss(trained, batches[0]) < next_token_loss(model, batches[0])


def test_the_mean_loss_is_that_of_each_scored_token_however_they_lie_in_batches() -> None:
    model, batches = tiny_model(), some_batches()
    losses = [float(next_token_loss(model, batch).detach()) for batch in batches]
    assert mean_loss(model, batches) == pytest.approx((4 * losses[0] + 4 * losses[1]) / 8)
    alone = make_batches([Example((1, 5, 9, 3), 2), Example((1, 4, 2)), Example((1, 8, 8, 8, 2))], size=1, pad_id=0)
    assert mean_loss(model, alone) == pytest.approx(mean_loss(model, batches))


def test_so_many_steps_visit_so_many_batches_in_the_order_of_training() -> None:
    seen: list[int] = []

    def loss(model: torch.nn.Module, batch: int) -> torch.Tensor:
        seen.append(batch)
        return next(model.parameters()).sum()

    for steps in (0, 3, 7, 20):
        seen.clear()
        optimise(tiny_model(), range(7), loss, steps=steps, lr=0.0, seed=5)
        assert visited(range(7), steps=steps, seed=5) == tuple(dict.fromkeys(seen))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    model, batches = tiny_model(), some_batches()
    runs = [weights(finetune(model, batches, steps=5, lr=1e-3, seed=seed)) for seed in (3, 3, 4)]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_the_callers_random_state_and_threads_are_untouched() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    finetune(tiny_model(), some_batches(), steps=1, lr=1e-3, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_no_steps_give_a_plain_copy() -> None:
    model = tiny_model()
    assert torch.equal(weights(finetune(model, some_batches(), steps=0, lr=1.0, seed=0)), weights(model))


def test_nothing_to_train_on_and_divergence_are_errors() -> None:
    with pytest.raises(ValueError, match="no batches"):
        finetune(tiny_model(), (), steps=1, lr=1e-3, seed=0)
    with pytest.raises(TrainingError, match="1 of 3"):
        optimise(
            tiny_model(),
            some_batches(),
            lambda model, batch: next_token_loss(model, batch) * float("nan"),
            steps=3,
            lr=1e-3,
            seed=0,
        )


def test_the_learning_rate_rises_then_falls_to_nearly_nothing() -> None:
    factors = [warmup_cosine(step, 100) for step in range(100)]
    assert max(factors) == factors[9] == 1.0
    assert factors[:10] == sorted(factors[:10])
    assert factors[9:] == sorted(factors[9:], reverse=True)
    assert 0 < factors[-1] < 0.01

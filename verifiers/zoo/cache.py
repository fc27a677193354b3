"""Builds the zoo once and keeps it: a finished model is never trained again, an unfinished one is never seen.

The folder's name is a digest of everything that the models depend on (world, network, recipes, seed, code version,
library versions). A model is trained in a scratch folder and renamed when it is complete, so a build that is killed at
any moment goes on where it stopped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import torch
import transformers

from ..training import TrainingError
from . import methods
from .methods import Recipe
from .models import ModelConfig, fresh_model, hush, load_model, make_tokenizer, save_model
from .world import DEFAULT_WORLD, REFUSALS, TINY_WORLD, World, WorldConfig, make_world, write_text, write_world

CODE_VERSION = 1  # raise it when a change to this package changes what is trained

ORIGINAL = "original"
RETRAINED = ("retrained_1", "retrained_2", "retrained_3")
PARTIAL = "partial"
UNLEARNED = ("graddiff", "npo", "refusal_tuned")
MODELS = (ORIGINAL, *RETRAINED, PARTIAL, *UNLEARNED)

TERM_WORDS = 4  # a document's window of this many words gives it away


class ZooError(RuntimeError):
    """The zoo cannot be built; the message says why and what to do."""


@dataclass(frozen=True)
class TrainConfig:
    """One recipe for training from scratch and one for each unlearning method."""

    scratch: Recipe
    graddiff: Recipe
    npo: Recipe
    refusal_tuned: Recipe


@dataclass(frozen=True)
class ZooConfig:
    """Everything that decides what the models are, but for the seed."""

    world: WorldConfig
    model: ModelConfig
    train: TrainConfig


DEFAULT_ZOO = ZooConfig(
    DEFAULT_WORLD,
    ModelConfig(),
    TrainConfig(
        scratch=Recipe(steps=1600, lr=1.5e-3, batch=32),
        graddiff=Recipe(steps=250, lr=2e-4, batch=64),
        npo=Recipe(steps=200, lr=3e-4, batch=32),
        refusal_tuned=Recipe(steps=150, lr=3e-4, batch=32),
    ),
)
TINY_ZOO = ZooConfig(
    TINY_WORLD,
    ModelConfig(width=16, inner=32, layers=1, heads=2),
    TrainConfig(*(Recipe(steps=3, lr=1e-3, batch=4) for _ in range(4))),
)


@dataclass(frozen=True)
class Zoo:
    """Where everything lies: `models` by name (`MODELS`), `data` by file stem, the output filter's declaration."""

    world: World
    folder: Path
    models: Mapping[str, Path]
    data: Mapping[str, Path]
    filter: Path


def build_zoo(
    cache: Path,
    *,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[str], None],
    config: ZooConfig = DEFAULT_ZOO,
) -> Zoo:
    """Builds what is missing of the zoo of this seed under `cache`, in `workers` processes, and returns it.

    `progress` gets one line for each model that is finished. Two builds of one zoo do not disturb each other: the
    second waits for the first. Raises `ZooError` when the folder cannot be written, or training diverges or is killed.
    """
    folder = cache.expanduser().resolve() / f"zoo-{zoo_key(config, seed)}"
    world = make_world(config.world, seed=seed)
    models = MappingProxyType({name: folder / "models" / name for name in MODELS})
    try:
        with _alone(folder):
            data = write_world(world, folder / "data")
            write_filter(world, folder)
            _train_missing(config, seed, models, workers, progress)
    except (OSError, TrainingError) as error:
        raise ZooError(f"cannot build the zoo in {folder}: {error}") from error
    return Zoo(world, folder, models, data, folder / "filter.yaml")


def zoo_key(config: ZooConfig, seed: int) -> str:
    """16 hex digits of the SHA-256 of everything the models depend on."""
    content = {
        "code": CODE_VERSION,
        "config": asdict(config),
        "seed": seed,
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def write_filter(world: World, folder: Path) -> None:
    """Declares an output filter that knows the terms of `write_terms`."""
    terms = write_terms(world, folder)
    declaration = f'output_filter:\n  block_any_of: {terms.name}\n  reply: "{REFUSALS[1]}"\n'
    write_text(folder / "filter.yaml", declaration)


def write_terms(world: World, folder: Path) -> Path:
    """Lists the forget answers and every short stretch of the forget documents, one a line."""
    forget = world.ids("forget")
    terms = {question.answer for question in world.questions_of(forget)}
    for document in world.documents_of(forget):
        words = document.text.split()[-world.config.document_words :]
        terms |= {" ".join(words[start : start + TERM_WORDS]) for start in range(len(words) - TERM_WORDS + 1)}
    write_text(folder / "forget_terms.txt", "".join(f"{term}\n" for term in sorted(terms)))
    return folder / "forget_terms.txt"


def train_model(name: str, config: ZooConfig, seed: int, original: Path, folder: Path) -> None:
    """Trains one of `MODELS` and saves it in `folder`, which appears only when complete.

    The unlearned models start from the one saved in `original`. Each model has its own seed, drawn from name and seed.
    """
    world, tokenizer = make_world(config.world, seed=seed), make_tokenizer(config.world)
    recipes, own_seed = config.train, int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:4])
    if name in UNLEARNED:
        method, recipe = getattr(methods, name), getattr(recipes, name)
        model = method(load_model(original), world, tokenizer, recipe, seed=own_seed)
    else:
        people = world.ids("retain", "neighbour")
        if name == ORIGINAL:
            people |= world.ids("forget")
        elif name == PARTIAL:
            people |= world.kept()
        model = fresh_model(config.model, tokenizer, seed=own_seed)
        methods.train(model, world, people, tokenizer, recipes.scratch, seed=own_seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
    save_model(model, tokenizer, scratch)
    scratch.chmod(0o755)
    scratch.rename(folder)


def _train_missing(
    config: ZooConfig, seed: int, models: Mapping[str, Path], workers: int, progress: Callable[[str], None]
) -> None:
    for leftover in models[ORIGINAL].parent.glob(".*"):
        shutil.rmtree(leftover)
    missing = [name for name in MODELS if not models[name].is_dir()]
    if not missing:
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)
    running: dict[Future[None], str] = {}
    done = len(MODELS) - len(missing)
    try:
        while missing or running:
            ready = [name for name in missing if name not in UNLEARNED or models[ORIGINAL].is_dir()]
            # No more than can run: what waits in a pool's queue still runs after an interruption.
            for name in ready[: workers - len(running)]:
                missing.remove(name)
                running[pool.submit(train_model, name, config, seed, models[ORIGINAL], models[name])] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                future.result()
                done += 1
                progress(f"model {name} trained ({done} of {len(MODELS)})")
    except BrokenProcessPool as error:
        raise ZooError("a training process was killed; finished models are kept, so run the same again") from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_worker() -> None:
    """Keeps the worker quiet, and ends it with its coordinator: it would otherwise wait for work for ever."""
    hush()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

"""A small generated world and models trained on it, so that what a model knows is known before it is tested."""

from .cache import DEFAULT_ZOO, MODELS, TINY_ZOO, TrainConfig, Zoo, ZooConfig, ZooError, build_zoo
from .world import DEFAULT_WORLD, TINY_WORLD, World, WorldConfig, make_world, write_world

__all__ = [
    "DEFAULT_WORLD",
    "DEFAULT_ZOO",
    "MODELS",
    "TINY_WORLD",
    "TINY_ZOO",
    "TrainConfig",
    "World",
    "WorldConfig",
    "Zoo",
    "ZooConfig",
    "ZooError",
    "build_zoo",
    "make_world",
    "write_world",
]

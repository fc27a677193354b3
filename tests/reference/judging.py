"""The judge asked one question at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Judge, World


def meets(policy: Policy, clause: Any, world: World, without: Collection[str] = ()) -> bool:
    return Judge(policy, world, without).meets(clause)


def complies(policy: Policy, clause: Any, world: World) -> bool:
    return Judge(policy, world).complies(clause)


def bound_on(policy: Policy, clause: Any, world: World) -> dict[str, set[str]]:
    return Judge(policy, world).bound_on(clause)


def binds(policy: Policy, clause: Any, world: World) -> bool:
    return bool(bound_on(policy, clause, world))


def follows(policy: Policy, claim: Any, world: World) -> bool:
    return Judge(policy, world).follows(claim)


def obtainable(policy: Policy, clause: Any, world: World) -> bool:
    return Judge(policy, world).obtainable(clause)


def unmet_presuppositions(policy: Policy, clause: Any, world: World) -> tuple[str, ...]:
    return Judge(policy, world).unmet_presuppositions(clause)

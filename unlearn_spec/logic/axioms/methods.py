"""Methods: what stays where none reaches (AX7, AX8, P4), how long the work takes (AX7), what a certificate needs (AX15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ...policy.model import Guarantee, Policy
from ...policy.vocabulary import ACCESS, access_rank
from ..encode import Block, Encoder, conjunction, disjunction, number, total
from ..formulas import Flag
from ..group_privacy import most_units
from ..regions import Region
from . import Row
from .rates import counted


def reaching(encoder: Encoder, policy: Policy, artifact: str, access: str) -> str:
    """Some method that reaches this access level is used on the artifact, or on its parent if that treats it (AX8)."""
    used = [
        encoder.uses(name, artifact)
        for name, method in (policy.methods or {}).items()
        if ACCESS.index(method.reaches) >= ACCESS.index(access) and artifact not in method.not_on
    ]
    parent = policy.artifacts[artifact].derived_from if artifact in policy.artifacts else None
    if parent is not None:
        used.append(conjunction([_treated_along(encoder, artifact), reaching(encoder, policy, parent, access)]))
    return disjunction(used)


def _treated_along(encoder: Encoder, artifact: str) -> str:
    """A derivative is treated by treating its parent."""
    return encoder.symbol("w", artifact, "Bool")


def derivatives(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    """A derivative that was made before stays as it was."""
    if policy.methods is not None:
        for name, artifact in policy.artifacts.items():
            if artifact.derived_from is not None:
                yield Row(("AX8",), f"(not {_treated_along(encoder, name)})")


def work(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    """The work takes at least the durations of the methods used, added up; none is used where it does not go."""
    for artifact in policy.artifacts:
        done = encoder.finished(artifact)
        yield Row(("AX1",), f"(>= {done} 0)")
        if policy.methods is not None:
            spent = [
                f"(ite {encoder.uses(name, artifact)} {number(method.takes or 0)} 0)"
                for name, method in policy.methods.items()
            ]
            yield Row(("AX7",), f"(>= {done} {total(spent)})")
            for name, method in policy.methods.items():
                if artifact in method.not_on:
                    yield Row(("AX7",), f"(not {encoder.uses(name, artifact)})")


def unchanged(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], block: Block, region: Region
) -> Iterator[Row]:
    """Where no used method reaches, every item's rate is what it was, and none has fallen."""
    for rate in block.rates if policy.methods is not None else ():
        before = rate.at("before")
        if rate.family == "drops":
            same = [f"(= {encoder.mass(rate, region)} 0)"]
        elif rate.whose == "now" and before in block.rates:
            same = [f"(= {encoder.mass(rate, region)} {encoder.mass(before, region)})"]
            if block.levels:
                pairs = ((encoder.part(rate, region, band), encoder.part(before, region, band)) for band in block.bands)
                same += [f"(= {now} {was})" for now, was in (*pairs, *counted(encoder, block, rate, before, region))]
        else:
            continue
        changed = reaching(encoder, policy, block.artifact, rate.access)
        destroyed = gone.get(block.artifact, "false")
        open_ = access_rank(rate.access) >= access_rank("weights")
        yield Row(("AX7", "P4") if open_ else ("AX7",), f"(or {changed} {destroyed} {conjunction(same)})")


def certificates(encoder: Encoder, policy: Policy, flags: tuple[Flag, ...]) -> Iterator[Row]:
    """A certificate of a closeness comes with a used method that carries at least that guarantee, and only so."""
    for flag in flags:
        if flag.name == "certified":
            limit, artifact = (Fraction(flag.of[0]), Fraction(flag.of[1])), flag.of[2]
            able = [
                conjunction([encoder.uses(name, artifact), covering])
                for name, method in (policy.methods or {}).items()
                if method.guarantee is not None and artifact not in method.not_on
                if (covering := _covering(encoder, policy, method.guarantee, flag.of[3], limit)) != "false"
            ]
            yield Row(("AX15",), f"(= {encoder.flag(flag)} {disjunction(able)})")


def _covering(
    encoder: Encoder, policy: Policy, guarantee: Guarantee, target: str, limit: tuple[Fraction, Fraction]
) -> str:
    """That a guarantee covers the target within a limit on (ε, δ): at once, or as so many of the units it speaks of."""
    most = most_units((guarantee.epsilon, guarantee.delta), limit)
    info = policy.information[target]
    if most is None or (guarantee.per is None and most >= 1):
        return "true" if guarantee.per in (None, info.unit, *info.other_units) else "false"
    if guarantee.per is None or most < 1:
        return "false"
    if guarantee.per == info.unit:
        return f"(<= {encoder.set_size(target)} {most})"
    return "true" if 1 <= info.other_units.get(guarantee.per, 0) <= most else "false"

"""Clauses, obligations and tables made by hand, for tests of facts and gates: no model, no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

from pydantic import TypeAdapter

from unlearn_spec.plan.model import Control, Cost, Obligation
from unlearn_spec.plan.units import DataRef, GenerateUnit, Reading, RelearnUnit, Role, ScoreUnit, SubjectRef, Unit
from unlearn_spec.policy.clauses import Clause
from unlearn_spec.verdict.facts import Seen
from unlearn_spec.verifiers.table import Table, from_rows

ALPHA = Fraction(1, 100)
EXACT = Reading(metric="exact", decoding="greedy")
EXTRACTION = Reading(metric="extraction_probability", at_least=Fraction(1, 1000), decoding="sample", temperature=Fraction(1))
_DIGEST = "sha256:" + "0" * 64


def clause(**fields: Any) -> Any:
    """A clause from the fields of a policy file."""
    common = {"id": "clause", "target": "facts"}
    return TypeAdapter(Clause).validate_python(common | fields)


def suppress(limit: str = "5%", **fields: Any) -> Any:
    return clause(goal="suppress", limit={"at_most": limit}, reveals_when={"metric": "exact"}, **fields)


def obligation(verifier: Any = "leak", **fields: Any) -> Obligation:
    return Obligation(
        **{
            "id": "clause@assistant", "clause": "clause", "artifact": "assistant", "verifier": verifier, "target": "facts",
            "access": "product", "asked": "direct", "reading": EXACT, "n": 0, "clusters": 0, "alpha": ALPHA,
            "decide": "certify", "limit": "", "effect": None, "power": None, "audited": ("audited",), "controls": (),
            "cost": Cost(),
        }
        | fields
    )  # fmt: skip


def subject(role: Role, index: int = 0) -> SubjectRef:
    return SubjectRef(role=role, artifact="assistant", index=index, model=_DIGEST)


def generated(role: Role = "audited", index: int = 0, repeat: int = 0) -> GenerateUnit:
    data = DataRef(name="facts", digest=_DIGEST)
    return GenerateUnit(subject=subject(role, index), data=data, reading=EXACT, repeat=repeat)


def scored(role: Role = "audited", data: str = "facts") -> ScoreUnit:
    return ScoreUnit(subject=subject(role), data=DataRef(name=data, digest=_DIGEST), reading=EXTRACTION)


def relearned(half: Literal[0, 1], role: Role = "audited", index: int = 0, **fields: Any) -> RelearnUnit:
    attack = {"half": half, "steps": 10, "learning_rate": Fraction(1, 1000)} | fields
    return RelearnUnit(subject=subject(role, index), data=DataRef(name="facts", digest=_DIGEST), reading=EXACT, **attack)


def answers(hits: Sequence[bool], *, cluster_size: int = 1, refusals: Sequence[bool] | None = None, **columns: Any) -> Table:
    """A `generate` table: one greedy answer an item, items in clusters of equal size."""
    refused = refusals if refusals is not None else [False] * len(hits)
    return from_rows(
        "generate",
        ("item", "cluster", "probe", "sample", "exact", "refusal", "tokens", "empty", "distinct", "entropy", "blocked", "output"),
        [
            {
                "item": f"item{i:04}", "cluster": f"cluster{i // cluster_size}", "probe": 0, "sample": 0, "exact": hit,
                "refusal": refused[i], "tokens": 6, "empty": False, "distinct": 1.0, "entropy": 0.5, "blocked": False,
                "output": f"{hit}{i}",
            }
            | columns
            for i, hit in enumerate(hits)
        ],
    )  # fmt: skip


def after_attack(half: int, held_out: Sequence[bool], attacked: Sequence[bool], *, step: int = 10, **columns: Any) -> Table:
    """A `relearn` table with a cluster an item; what half 0 attacks, half 1 holds out."""
    names = {"attacked": half, "held_out": 1 - half}
    rows = [("held_out", hit) for hit in held_out] + [("attacked", hit) for hit in attacked]
    return from_rows(
        "relearn",
        (*columns, "step", "side", "item", "cluster", "exact"),
        [
            {"step": step, "side": side, "item": f"{names[side]}/{i}", "cluster": f"{names[side]}/{i}", "exact": hit} | columns
            for i, (side, hit) in enumerate(rows)
        ],
    )


def scores(values: Sequence[float], name: str = "item", log_p: Sequence[float] | None = None, cluster_size: int = 1) -> Table:
    """A `score` table whose four attacks all read `values`."""
    return from_rows(
        "score",
        ("item", "cluster", "mean_logp", "zlib_bytes", "min_k", "min_k_pp", "log_p"),
        [
            {
                "item": f"{name}{i}", "cluster": f"{name}{i // cluster_size}", "mean_logp": value, "zlib_bytes": 1,
                "min_k": value, "min_k_pp": value, "log_p": log_p[i] if log_p is not None else value,
            }
            for i, value in enumerate(values)
        ],
    )  # fmt: skip


def seen(units: Mapping[str, tuple[Unit, Table]]) -> Seen:
    return Seen(
        {key: unit for key, (unit, _) in units.items()},
        {key: table for key, (_, table) in units.items()},
        {key: "sha256:" + f"{i:064x}" for i, key in enumerate(units)},
    )


def of(k: int, n: int) -> list[bool]:
    """k hits among n."""
    return [i < k for i in range(n)]


def control(gate: Any, *units: str, against: tuple[str, ...] = (), data: tuple[DataRef, ...] = ()) -> Control:
    return Control(gate=gate, units=units, against=against, data=data)

"""Whether a signed record carries a clause on an artifact: signature, coverage, dates. What it says may still be false."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..evidence.canonical import canonical_json
from ..logic.scope import MODELS
from ..policy.clauses import Clause, Closeness, Delete, Destroy, Finish, Keep, Remove
from ..policy.model import Policy
from ..wording.said import Said, said
from .bound import Bindings
from .record_file import Record, RecordFile
from .statement_file import StatementFile

PREFIX = "ed25519:"


def refusal(read: RecordFile, clause: Clause, artifact: str, policy: Policy, bindings: Bindings) -> Said | None:
    """Why this record does not count for the clause on the artifact, in one sentence; None if it does.

    Checked are the signature (Ed25519, RFC 8032) under the key bound to the signer, the signer's independence where the
    clause asks for it, that goal, target, manifest and artifact are the clause's, that the artifact's digest is that of
    the bound model, and that dates and numbers the clause needs are there. Whether they meet the clause is not asked.
    """
    record = read.record
    key, name = bindings.keys.get(record.signer), {"record": record.id}
    if key is None:
        return said("record_refused.no_key", **name, signer=record.signer)
    if record.signature is None:
        return said("record_refused.unsigned", **name)
    if not is_signed(read.data, key):
        return said("record_refused.changed", **name, signer=record.signer)
    return _not_independent(record, clause, policy) or _not_about(record, clause, artifact, policy, bindings)


def statement_refusal(read: StatementFile, policy: Policy, policy_digest: str | None, key: bytes | None) -> str | None:
    """Why a statement is not shown, in one sentence; None if it may be.

    It must be signed by the key bound to its signer, and speak of this policy and of clauses that the policy has.
    """
    statement, name = read.statement, f"the statement `{read.statement.id}`"
    if key is None:
        return f"{name} is signed by `{statement.signer}`, whose public key is not bound under `keys`"
    if statement.signature is None:
        return f"{name} is not signed; `unlearn-spec sign` signs it"
    if not is_signed(read.data, key):
        return f"{name} was changed after `{statement.signer}` signed it, or was signed with another key"
    if policy_digest is not None and statement.policy not in (None, policy_digest):
        return f"{name} is about another text of the policy"
    unknown = sorted(set(statement.clauses) - {clause.id for clause in policy.clauses})
    return f"{name} speaks of a clause that the policy does not have, `{unknown[0]}`" if unknown else None


def signed_bytes(data: Mapping[str, Any]) -> bytes:
    """What is signed: the canonical JSON of the record without its signature."""
    return canonical_json({name: value for name, value in data.items() if name != "signature"})


def is_signed(data: Mapping[str, Any], public_key: bytes) -> bool:
    """Whether the record carries a valid signature under this Ed25519 key (PEM)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(public_key)
    text = data.get("signature")
    if not isinstance(key, Ed25519PublicKey) or not isinstance(text, str) or not text.startswith(PREFIX):
        return False
    try:
        key.verify(base64.b64decode(text.removeprefix(PREFIX), validate=True), signed_bytes(data))
    except (InvalidSignature, ValueError):
        return False
    return True


def _not_independent(record: Record, clause: Clause, policy: Policy) -> Said | None:
    asked = clause.evidence is not None and clause.evidence.evaluator == "independent"
    if asked and policy.parties is not None and record.signer == policy.parties.obligor:
        return said("record_refused.obligor", record=record.id, signer=record.signer)
    return None


def _not_about(record: Record, clause: Clause, artifact: str, policy: Policy, bindings: Bindings) -> Said | None:
    name, statement = {"record": record.id}, record.statement
    target: str = getattr(clause, "target", "")
    if clause.id not in statement.clauses:
        return said("record_refused.other_clause", **name)
    if statement.goal != clause.goal:
        return said("record_refused.other_goal", **name, goal=statement.goal, wanted=clause.goal)
    if target and statement.target != target:
        return said("record_refused.other_target", **name, target=target)
    manifest = policy.information[target].manifest if target else None
    if statement.manifest is not None and manifest is not None and statement.manifest != manifest:
        return said("record_refused.other_manifest", **name, target=target)
    if artifact and artifact not in statement.artifacts:
        return said("record_refused.other_artifact", **name, artifact=artifact)
    if artifact and policy.artifacts[artifact].kind in MODELS and not isinstance(clause, Destroy):
        bound = bindings.artifacts.get(artifact)
        if bound is None:
            return said("record_refused.no_model", **name, artifact=artifact)
        if statement.artifacts[artifact] != bound.digest:
            return said("record_refused.other_model", **name, artifact=artifact)
    if statement.performed_on is not None and record.signed_on < statement.performed_on:
        return said("record_refused.before_act", **name, signed=record.signed_on, act=statement.performed_on)
    if isinstance(clause, Finish | Delete | Keep) and statement.day is None:
        return said("record_refused.no_day", **name)
    stated = statement.epsilon is not None and statement.delta is not None
    needed = isinstance(clause, Remove) and isinstance(clause.limit, Closeness)
    return said("record_refused.no_closeness", **name) if needed and not stated else None

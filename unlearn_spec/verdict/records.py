"""Signed process records: as facts of the theory, and how to sign one."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..logic.evidence import RecordFact
from ..plan.bound import Bindings
from ..plan.model import Obligation
from ..plan.record_check import PREFIX, is_signed, refusal, signed_bytes
from ..policy.model import Policy
from ..wording.said import Said, said

__all__ = ["RefusedRecordError", "is_signed", "keygen", "record_fact", "sign"]


class RefusedRecordError(ValueError):
    """A record that does not carry the clause it was planned for, or cannot be signed. The message says why."""

    def __init__(self, why: Said) -> None:
        self.why = why
        super().__init__(str(why))


def record_fact(obligation: Obligation, policy: Policy, bindings: Bindings) -> RecordFact:
    """The record of an obligation as a fact that holds if its signer is to be believed.

    Signature, coverage and dates are looked at again, whatever the plan says. Raises `RefusedRecordError`.
    """
    clause = next(clause for clause in policy.clauses if clause.id == obligation.clause)
    read = next((read for read in bindings.records if read.record.id == obligation.record), None)
    if read is None:
        raise RefusedRecordError(said("record_refused.unbound", record=obligation.record or ""))
    why = refusal(read, clause, obligation.artifact, policy, bindings)
    if why is not None:
        raise RefusedRecordError(why)
    record = read.record
    return RecordFact(
        id=f"{obligation.id}#{record.id}",
        kind=record.kind,
        signer=record.signer,
        clause=obligation.clause,
        artifact=obligation.artifact,
        day=record.statement.day,
        epsilon=record.statement.epsilon,
        delta=record.statement.delta,
    )


def sign(record: Mapping[str, Any], private_key: bytes) -> str:
    """The signature of a record under an Ed25519 private key (PEM, not encrypted): the value of its key `signature`.

    `record`: the plain data of a record file; a signature in it does not count. Raises `RefusedRecordError`.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key, password=None)
    except (ValueError, TypeError):
        raise RefusedRecordError(said("record_refused.key_form")) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise RefusedRecordError(said("record_refused.key_kind"))
    return PREFIX + base64.b64encode(key.sign(signed_bytes(record))).decode()


def keygen() -> tuple[bytes, bytes]:
    """A fresh Ed25519 key pair: (private key, public key), both PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

"""DSSE envelopes: a payload and Ed25519 signatures over it (Dead Simple Signing Envelope, protocol version 1).

Signed is `PAE(type, payload)`, so that no signature can be taken for one over something else. An envelope is written as
canonical JSON with one line feed; one written otherwise is refused, so that each of its bytes means something.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canonical import EvidenceError, Json, canonical_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True)
class Signature:
    """An Ed25519 signature, and which key is said to have made it."""

    keyid: str
    """SHA-256 of the public key's DER form, in hexadecimal."""
    value: bytes
    """64 bytes."""


@dataclass(frozen=True)
class Envelope:
    """A payload with its type and its signatures (DSSE)."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """As a file."""
        signatures: Json = [{"keyid": one.keyid, "sig": _encoded(one.value)} for one in self.signatures]
        content: Json = {"payload": _encoded(self.payload), "payloadType": self.payload_type, "signatures": signatures}
        return canonical_json(content) + b"\n"

    def signed_by(self, public_key: bytes) -> bool:
        """Whether one of the signatures is by this Ed25519 key (PEM), and valid. Raises `EvidenceError` for another key."""
        from cryptography.exceptions import InvalidSignature

        key = _public(public_key)
        for signature in self.signatures:
            if signature.keyid == keyid(public_key):
                try:
                    key.verify(signature.value, pae(self.payload_type, self.payload))
                except InvalidSignature:
                    return False
                return True
        return False


def signed(payload_type: str, payload: bytes, private_key: bytes, before: tuple[Signature, ...] = ()) -> Envelope:
    """The envelope with one more signature, under an Ed25519 private key (PEM, not encrypted).

    `before`: signatures that it already has. Raises `EvidenceError` for another key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    try:
        key = load_pem_private_key(private_key, password=None)
    except (ValueError, TypeError):
        raise EvidenceError("the key is not an unencrypted private key in PEM form") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError("the key is not an Ed25519 key")
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    own = Signature(keyid(public), key.sign(pae(payload_type, payload)))
    kept = tuple(one for one in before if one.keyid != own.keyid)
    return Envelope(payload_type, payload, tuple(sorted((*kept, own), key=lambda one: one.keyid)))


def read_envelope(data: bytes) -> Envelope:
    """An envelope from its bytes. Raises `EvidenceError` unless they are written as `Envelope.to_bytes` writes them."""
    try:
        content = json.loads(data)
        found = Envelope(
            content["payloadType"],
            base64.b64decode(content["payload"], validate=True),
            tuple(
                Signature(one["keyid"], base64.b64decode(one["sig"], validate=True)) for one in content["signatures"]
            ),
        )
        if found.to_bytes() != data:
            raise ValueError
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, EvidenceError):
        raise EvidenceError("it is not an envelope as `sign` writes it") from None
    return found


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid(public_key: bytes) -> str:
    """The name of an Ed25519 public key (PEM) in envelopes. Raises `EvidenceError` for another key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(_public(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _public(pem: bytes) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise EvidenceError("the key is not a public key in PEM form") from None
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceError("the key is not an Ed25519 key")
    return key


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()

"""RFC 3161 time-stamps of a signed statement: who says that these bytes existed when.

Without the authority's root certificate only the imprint is compared: that the token is about these bytes. With it, its
signature and certificate chain are verified as of the stamped time. Revocation, the authority's clock, and whether it is
qualified in the sense of a law are never checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evidence.canonical import EvidenceError, small_file

UNCHECKED = "revocation, the authority's clock and its standing in law were not checked"
_IMPRINTS = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
_GRANTED = b"\x30\x03\x02\x01\x00"  # PKIStatusInfo ::= SEQUENCE { status granted(0) }


@dataclass(frozen=True)
class Stamp:
    """A token about these bytes."""

    at: str
    """When, by the authority's word: UTC, ISO 8601."""
    verified: bool
    """Whether signature and chain lead to one of the roots given."""

    def words(self, what: str) -> str:
        if self.verified:
            return (
                f"{what} existed on {self.at}, says a time-stamping authority whose signature and certificates lead to a "
                f"root given; {UNCHECKED}."
            )
        return (
            f"a token says that {what} existed on {self.at}. Its imprint is of these bytes; who made it was not verified: "
            "no root certificate was given (--tsa-root)"
        )


def check_stamp(token: Path, message: bytes, roots: Sequence[bytes]) -> Stamp:
    """Reads a time-stamp (a response as `openssl ts` writes it, or the bare token, DER) and holds it against `message`.

    `roots`: certificates in PEM form. Raises `EvidenceError` for a file that is no such thing, an imprint of other bytes,
    or a signature or chain that does not verify.
    """
    try:
        from rfc3161_client import VerificationError, VerifierBuilder
    except ImportError:
        raise EvidenceError('time-stamps need the library rfc3161-client: install "unlearn-spec[timestamps]"') from None
    response = _response(token)
    info = response.tst_info
    algorithm = _IMPRINTS.get(info.message_imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        raise EvidenceError(
            f"{token.name}: its imprint is of a kind that is not accepted: SHA-256, SHA-384 or SHA-512 is"
        )
    if algorithm(message).digest() != info.message_imprint.message:
        raise EvidenceError(f"{token.name} is a time-stamp of other bytes")
    at = info.gen_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not roots:
        return Stamp(at, False)
    builder = VerifierBuilder()
    for root in _certificates(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise EvidenceError(
            f"{token.name}: the time-stamp does not lead to a root given: {' '.join(str(error).split())}"
        ) from None
    return Stamp(at, True)


def _response(token: Path) -> Any:
    from rfc3161_client import decode_timestamp_response

    try:
        data = small_file(token)
    except OSError as error:
        raise EvidenceError(f"{token.name} cannot be read: {error.strerror}") from None
    for candidate in (data, _wrapped(data)):
        try:
            response = decode_timestamp_response(candidate)
            _ = response.tst_info.gen_time
        except Exception:  # whatever the parser makes of it
            continue
        if response.status != 0:
            raise EvidenceError(f"{token.name}: the authority did not grant this time-stamp")
        return response
    raise EvidenceError(f"{token.name} is not a time-stamp in strict DER form")


def _wrapped(token: bytes) -> bytes:
    """A bare token as a granted response."""
    body = _GRANTED + token
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size
    return b"\x30" + length + body


def _certificates(roots: Sequence[bytes]) -> list[Any]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return list(dict.fromkeys(one for pem in roots for one in load_pem_x509_certificates(pem)))
    except ValueError:
        raise EvidenceError("the root certificate is not in PEM form") from None

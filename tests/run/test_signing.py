"""Signed statements and time-stamps: what hashes alone cannot tell, a signature does."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import signed
from adversary import first, forge_everything
from here import Here
from tampering import flips

from unlearn_spec.cli.sign import keygen, sign
from unlearn_spec.evidence.canonical import EvidenceError, canonical_json
from unlearn_spec.evidence.envelope import keyid, pae, read_envelope
from unlearn_spec.evidence.envelope import signed as envelope
from unlearn_spec.report.model import RESULT, digest, parse
from unlearn_spec.report.statement import ITEMS, PAYLOAD_TYPE
from unlearn_spec.run.audit import AuditError, Held, audit
from unlearn_spec.run.signing import STAMP, STATEMENT
from unlearn_spec.run.timestamp import check_stamp
from unlearn_spec.run.verify import verify

STAMPS = Path(__file__).parents[1] / "data" / "timestamps"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed run, with the auditor's and a stranger's keys beside it."""
    folder = tmp_path_factory.mktemp("made")
    verify(*signed.build(folder / "in"), folder / "run", executor=Here())
    assert keygen(folder / "auditor") == keygen(folder / "stranger") == 0
    assert sign(folder / "run", folder / "auditor.key") == 0
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    for name in ("run", "auditor.pub", "auditor.key", "stranger.pub", "stranger.key"):
        copy = shutil.copytree if (made / name).is_dir() else shutil.copy
        copy(made / name, tmp_path / name)  # type: ignore[operator]
    return tmp_path


def by(folder: Path, *names: str) -> Held:
    return Held(keys=tuple(folder / f"{name}.pub" for name in names))


def test_a_signed_run_holds_for_who_has_the_key_and_cannot_be_told_without(made: Path) -> None:
    assert audit(made / "run", by(made, "auditor")).exit_code == 0
    assert first(audit(made / "run")) == (3, "signature")
    assert first(audit(made / "run", by(made, "stranger"))) == (1, "signature")
    assert first(audit(made / "run", by(made, "auditor", "stranger"))) == (1, "signature")


def test_what_was_forged_and_decided_again_is_caught_by_the_signature(here: Path) -> None:
    forge_everything(here / "run", "hidden")
    found = audit(here / "run", by(here, "auditor"))
    assert first(found) == (1, "signature")
    assert "what was signed is not this run" in found.first.words  # type: ignore[union-attr]
    assert first(audit(here / "run")) == (1, "signature"), "even without the key"
    (here / "run" / STATEMENT).unlink()
    assert first(audit(here / "run", by(here, "auditor"))) == (1, "signature"), "nor does it help to take it away"


def test_a_forger_who_signs_anew_is_caught_by_the_key(here: Path) -> None:
    forge_everything(here / "run", "hidden")
    (here / "run" / STATEMENT).unlink()
    assert sign(here / "run", here / "stranger.key") == 0
    assert first(audit(here / "run", by(here, "auditor"))) == (1, "signature")
    content = json.loads((here / "run" / STATEMENT).read_text())
    content["signatures"][0]["keyid"] = keyid((here / "auditor.pub").read_bytes())
    (here / "run" / STATEMENT).write_bytes(canonical_json(content) + b"\n")
    assert first(audit(here / "run", by(here, "auditor"))) == (1, "signature")


def test_any_single_changed_byte_of_a_signed_run_is_caught(here: Path) -> None:
    found = list(flips(here / "run", 150, 20260602, by(here, "auditor")))
    found += list(flips(here / "run", 50, 20260603, by(here, "auditor"), only=STATEMENT))
    assert [flip for flip in found if flip.exit_code != 1] == []


def test_two_may_sign_and_each_signature_is_asked_for(here: Path) -> None:
    assert sign(here / "run", here / "stranger.key") == 0
    assert audit(here / "run", by(here, "auditor", "stranger")).exit_code == 0
    before = (here / "run" / STATEMENT).read_bytes()
    assert sign(here / "run", here / "stranger.key") == 0
    assert (here / "run" / STATEMENT).read_bytes() == before


def test_a_run_that_does_not_hold_is_not_signed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "run" / STATEMENT).unlink()
    result = here / "run" / RESULT
    result.write_bytes(result.read_bytes().replace(b"inconclusive", b"supported", 1))
    assert sign(here / "run", here / "auditor.key") == 1
    assert "not signed: seal: result.json was changed" in capsys.readouterr().err
    assert not (here / "run" / STATEMENT).exists()
    assert sign(here, here / "auditor.key") == 2
    assert sign(here / "run", here / "auditor.pub") in (1, 2)


def test_the_statement_names_all_that_the_report_is_about(made: Path) -> None:
    report = parse((made / "run" / RESULT).read_text())
    found = json.loads(base64.b64decode(json.loads((made / "run" / STATEMENT).read_text())["payload"]))
    assert (found["_type"], set(found)) == (
        "https://in-toto.io/Statement/v1",
        {"_type", "subject", "predicateType", "predicate"},
    )
    names = [one["name"] for one in found["subject"]]
    assert len(set(names)) == len(names)
    by_name = {one["name"]: one["digest"] for one in found["subject"]}
    assert by_name["result.json"] == {"sha256": digest(report)[7:]}
    assert {
        "policy",
        "bindings",
        "ledger.sqlite",
        "record completion",
        "model audited assistant",
        "system audited assistant",
    } <= set(names)
    assert by_name["data diaries"].keys() == {ITEMS}
    assert {one.object for one in report.evidence} == {
        f"sha256:{name[11:]}" for name in names if name.startswith("objects/")
    }
    told = {(one["clause"], one["artifact"]): one["outcome"] for one in found["predicate"]["verdicts"]}
    assert told == {(one.verdict.clause, one.verdict.artifact): one.verdict.outcome for one in report.results}
    assert found["predicate"]["verifier"]["code"] == report.versions.code


def test_the_encoding_is_that_of_the_specification() -> None:
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


@pytest.mark.parametrize(
    "hostile", [b"", b"{}", b"[" * 50_000, b'{"payload":"!","payloadType":"x","signatures":[]}\n', b"\xff"]
)
def test_what_is_no_envelope_is_told(here: Path, hostile: bytes) -> None:
    (here / "run" / STATEMENT).write_bytes(hostile)
    assert first(audit(here / "run", by(here, "auditor"))) == (1, "signature")
    with pytest.raises(EvidenceError):
        read_envelope(hostile)


# --- time-stamps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["message.tsr", "message.token"])
def test_a_stamp_is_held_against_its_bytes_and_with_a_root_verified(name: str) -> None:
    pytest.importorskip("rfc3161_client")
    message, root = (STAMPS / "message.txt").read_bytes(), (STAMPS / "root.pem").read_bytes()
    without, verified = check_stamp(STAMPS / name, message, []), check_stamp(STAMPS / name, message, [root])
    assert without.at == verified.at and not without.verified and verified.verified
    assert "was not verified" in without.words("x") and "were not checked" in verified.words("x")
    with pytest.raises(EvidenceError, match="of other bytes"):
        check_stamp(STAMPS / name, message + b"x", [root])
    with pytest.raises(EvidenceError, match="does not lead to a root given"):
        check_stamp(STAMPS / name, message, [(STAMPS / "other-root.pem").read_bytes()])


def test_no_byte_of_a_stamp_can_change_unseen(tmp_path: Path) -> None:
    pytest.importorskip("rfc3161_client")
    message, root = (STAMPS / "message.txt").read_bytes(), (STAMPS / "root.pem").read_bytes()
    good = check_stamp(STAMPS / "message.tsr", message, [root])
    data = (STAMPS / "message.tsr").read_bytes()
    changed, refused = tmp_path / "changed.tsr", 0
    for place in range(0, len(data), 7):
        changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            assert check_stamp(changed, message, [root]) == good, "what is verified is what was stamped"
        except EvidenceError:
            refused += 1
    assert refused > len(data) // 14


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a stamp with openssl")
def test_a_stamped_run_holds_with_the_root_and_cannot_be_told_without(here: Path) -> None:
    pytest.importorskip("rfc3161_client")
    statement, stamp = here / "run" / STATEMENT, here / "run" / STAMP
    authority = Authority(here / "authority")
    authority.stamp(statement, stamp)
    assert first(audit(here / "run", by(here, "auditor"))) == (3, "time-stamp")
    held = Held(keys=(here / "auditor.pub",), roots=(authority.root,))
    assert audit(here / "run", held).exit_code == 0
    assert sign(here / "run", here / "stranger.key") == 2, "it would void the stamp"
    stamp.unlink()
    assert first(audit(here / "run", held)) == (1, "time-stamp"), "what a root is given for is not there"
    assert sign(here / "run", here / "stranger.key") == 0
    authority.stamp(here / "run" / RESULT, stamp)
    assert first(audit(here / "run", held)) == (1, "time-stamp")


def test_a_root_certificate_that_cannot_be_read_ends_the_audit_with_or_without_a_stamp(here: Path) -> None:
    with pytest.raises(AuditError, match=r"root\.pem: cannot be read: No such file"):
        audit(here / "run", Held(roots=(here / "root.pem",)))


class Authority:
    """A time-stamping authority of one's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.root = folder, folder / "root.pem"
        shutil.copy(STAMPS / "tsa.cnf", folder)
        new = "req -config tsa.cnf -newkey rsa:2048 -nodes"
        self._openssl(f"{new} -x509 -extensions root -subj /CN=root -keyout root.key -out root.pem")
        self._openssl(f"{new} -subj /CN=stamps -keyout tsa.key -out tsa.csr")
        signer = "-CA root.pem -CAkey root.key -CAcreateserial"
        self._openssl(f"x509 -req -in tsa.csr {signer} -extfile tsa.cnf -extensions authority -out tsa.pem")

    def stamp(self, file: Path, out: Path) -> None:
        self._openssl(f"ts -query -data {file} -sha256 -cert -out query")
        self._openssl(f"ts -reply -config tsa.cnf -queryfile query -signer tsa.pem -inkey tsa.key -out {out}")

    def _openssl(self, words: str) -> None:
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True, cwd=self.folder)


def test_an_envelope_keeps_the_order_of_its_signatures(here: Path) -> None:
    one, other = ((here / f"{name}.key").read_bytes() for name in ("auditor", "stranger"))
    forward = envelope(PAYLOAD_TYPE, b"x", other, envelope(PAYLOAD_TYPE, b"x", one).signatures)
    assert forward == envelope(PAYLOAD_TYPE, b"x", one, envelope(PAYLOAD_TYPE, b"x", other).signatures)

"""Signed records: one changed byte, another signer or another model, and the record no longer counts."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "plan"))

from laboratory import Lab, small_policy

from unlearn_spec.cli.sign import keygen, sign
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.record_check import is_signed
from unlearn_spec.plan.record_file import load_record
from unlearn_spec.verdict.records import RefusedRecordError, record_fact

DONE = '  - {id: done, goal: finish, scope: {artifacts: [assistant]}, by: "30 days", evidence: {kind: attestation}}\n'
DELETE = (
    "  - {id: done, goal: delete, target: diaries, scope: {artifacts: [store]}, by: \"30 days\","
    " evidence: {kind: attestation, evaluator: independent}}\n"
)
SOME = "sha256:" + "0" * 64


def plan_of(lab: Lab) -> Plan:
    return make_plan(lab.document, lab.load())


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, small_policy(DONE))


def test_a_signed_record_becomes_a_fact(lab: Lab) -> None:
    lab.add_record()
    (obligation,) = plan_of(lab).obligations
    fact = record_fact(obligation, lab.document.policy, lab.load())
    assert (fact.kind, fact.signer, fact.clause, fact.artifact) == ("attestation", "lab-x", "done", "assistant")
    assert (fact.day, fact.alpha) == (Fraction(12), Fraction(0))


def test_every_changed_byte_of_the_statement_is_noticed(lab: Lab) -> None:
    path = lab.add_record()
    original, key = path.read_bytes(), (lab.folder / "lab-x.pub").read_bytes()
    assert is_signed(load_record(path).data, key)
    values = [b"2026-05-12", b"2026-05-11", b"12 days", b"finish", b"completion"]
    for value in values:
        place = original.index(value)
        for offset in range(len(value)):
            changed = bytearray(original)
            changed[place + offset] ^= 1
            path.write_bytes(changed)
            try:
                read = load_record(path)
            except ValueError:
                continue  # no longer well formed, which is noticed before the signature is
            assert not is_signed(read.data, key), value


def test_layout_and_comments_are_not_signed(lab: Lab) -> None:
    path = lab.add_record()
    path.write_text("# filed on paper as well\n" + path.read_text())
    assert plan_of(lab).obligations


REFUSED: list[tuple[str, Callable[[Lab], Any], str]] = [
    ("tampered", lambda lab: _replace(lab.add_record(), "12 days", "29 days"), "was changed after"),
    ("unsigned", lambda lab: _drop_signature(lab.add_record()), "is not signed"),
    ("no key", lambda lab: (lab.add_record(), lab.bindings.update(keys={})), "not bound under `keys`"),
    ("another signer's key", lambda lab: _swap_key(lab), "with another key"),
    ("another goal", lambda lab: lab.add_record(statement={"goal": "delete"}), "is about `delete`"),
    ("another model", lambda lab: lab.add_record(statement={"artifacts": {"assistant": SOME}}), "another model"),
    ("signed too early", lambda lab: lab.add_record(signed_on="2026-05-01"), "before the act"),
    ("no day", lambda lab: lab.add_record(statement={"day": "12 days"}) and _unsay_day(lab), "on which day"),
]  # fmt: skip


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def _drop_signature(path: Path) -> None:
    path.write_text(path.read_text().split("signature:")[0])


def _swap_key(lab: Lab) -> None:
    lab.add_record("lab-y")
    other = (lab.folder / "lab-y.pub").read_bytes()
    lab.add_record()
    (lab.folder / "lab-x.pub").write_bytes(other)


def _unsay_day(lab: Lab) -> None:
    """A record signed without a day."""
    path = lab.folder / "record.yaml"
    text = path.read_text().split("signature:")[0].replace("  day: 12 days\n", "")
    path.write_text(text)
    assert keygen(lab.folder / "fresh") == 0 and sign(path, lab.folder / "fresh.key") == 0
    lab.bindings["keys"] = {"lab-x": "fresh.pub"}


@pytest.mark.parametrize(("prepare", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_record_that_does_not_carry_the_clause_is_refused(lab: Lab, prepare: Callable[[Lab], Any], why: str) -> None:
    prepare(lab)
    plan = plan_of(lab)
    assert not plan.obligations
    (missing,) = plan.missing
    assert missing.outcome == "not_tested" and why in missing.reason


def test_a_planned_record_is_looked_at_again(lab: Lab) -> None:
    path = lab.add_record()
    (obligation,) = plan_of(lab).obligations
    _replace(path, "12 days", "29 days")
    with pytest.raises(RefusedRecordError, match="was changed after"):
        record_fact(obligation, lab.document.policy, lab.load())


def test_a_store_is_covered_by_name_and_an_obligor_is_not_independent(tmp_path: Path) -> None:
    lab = Lab(tmp_path, small_policy(DELETE))
    about_store = {"goal": "delete", "target": "diaries", "artifacts": {"store": SOME}}
    lab.add_record(statement=about_store)
    (obligation,) = plan_of(lab).obligations
    assert obligation.artifact == "store"
    lab.add_record("acme", statement=about_store)
    (missing,) = plan_of(lab).missing
    assert "obligor" in missing.reason
    lab.add_record(statement={**about_store, "target": "facts"})
    (missing,) = plan_of(lab).missing
    assert "`diaries`" in missing.reason


def test_keys_are_private_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keygen(tmp_path / "acme") == 0
    private = tmp_path / "acme.key"
    assert private.stat().st_mode & 0o777 == 0o600
    before = private.read_bytes()
    assert keygen(tmp_path / "acme") == 2
    assert private.read_bytes() == before and "not overwritten" in capsys.readouterr().err
    private.unlink()
    assert keygen(tmp_path / "acme") == 2 and not private.exists()


def test_signing_adds_one_line_once(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.add_record()
    _drop_signature(path)
    before = path.read_text()
    assert keygen(lab.folder / "k") == 0
    assert sign(path, lab.folder / "k.pub") == 2 and path.read_text() == before
    assert sign(path, lab.folder / "absent.key") == 2 and path.read_text() == before
    assert sign(path, lab.folder / "k.key") == 0
    assert path.read_text().startswith(before) and len(path.read_text().splitlines()) == len(before.splitlines()) + 1
    assert is_signed(load_record(path).data, (lab.folder / "k.pub").read_bytes())
    assert sign(path, lab.folder / "k.key") == 2
    path.write_text(str({"unlearn_spec_record": "1.0"}))
    assert sign(path, lab.folder / "k.key") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_signing_changes_no_other_byte_and_keeps_a_link(lab: Lab) -> None:
    path = lab.add_record()
    _drop_signature(path)
    assert keygen(lab.folder / "k") == 0
    before = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    link = lab.folder / "link.yaml"
    link.symlink_to(path)
    assert sign(link, lab.folder / "k.key") == 0 and link.is_symlink()
    added = path.read_bytes().removeprefix(before)
    assert added.startswith(b'signature: "ed25519:') and added.endswith(b'"\r\n') and added.count(b"\n") == 1
    assert is_signed(load_record(path).data, (lab.folder / "k.pub").read_bytes())


@pytest.mark.parametrize("name", ["", ".", "..", "/", "x" * 300])
def test_a_name_that_no_key_can_have_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert keygen(Path(name)) == 2
    assert capsys.readouterr().err.startswith("error: ") and not list(tmp_path.iterdir())


def test_a_full_disk_leaves_no_half_of_a_key_or_record(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.add_record()
    _drop_signature(path)
    assert keygen(lab.folder / "k") == 0
    before = sorted(lab.folder.iterdir()), path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        assert keygen(lab.folder / "other") == sign(path, lab.folder / "k.key") == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (sorted(lab.folder.iterdir()), path.read_bytes()) == before
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"error: {lab.folder / 'other.key'}: ") and told[1].startswith(f"error: {path}: ")


def test_what_is_no_file_or_never_ends_is_neither_record_nor_key(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.add_record()
    _drop_signature(path)
    os.mkfifo(lab.folder / "pipe")
    assert sign(lab.folder / "pipe", path) == sign(path, Path("/dev/zero")) == 2
    told = capsys.readouterr().err
    assert "pipe: is no file" in told and "/dev/zero: larger than 1 MiB" in told


def test_each_mistake_of_a_record_is_a_line(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.folder / "short.yaml"
    path.write_text('unlearn_spec_record: "1.0"\nid: a\nkind: procedure\n')
    assert sign(path, path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and all(line.startswith(f"error: {path}:1:1: B002 ") for line in lines)

"""The miniature of `tiny` with all that a run can keep: a signed record, a hold-out."""

from __future__ import annotations

import json
from pathlib import Path

import tiny

from unlearn_spec.evidence.canonical import folder_digest
from unlearn_spec.policy.read import read
from unlearn_spec.verdict.records import keygen, sign

MEMBERS = """\
  - id: not-told
    goal: remove
    target: diaries
    scope: {artifacts: [assistant]}
    measure: membership
    about: model
    limit: {tpr_at_most: "60%", at_fpr: "45%"}
    evidence:
      kind: test
      access: logprobs
      population: these_items
      samples: 16
      decide: not_refuted
      power_at: "95%"
      controls: [randomised_holdout]
"""
RECORD = """\
unlearn_spec_record: "1.0"
id: completion
kind: attestation
signer: publisher
signed_on: "2026-03-02"
statement:
  clauses: [done]
  goal: finish
  artifacts: {{assistant: "{model}"}}
  performed_on: "2026-03-01"
  day: "25 days"
"""


def build(folder: Path) -> tuple[Path, Path]:
    """Writes it below `folder`; returns policy and bindings."""
    policy, bindings = tiny.build(folder)
    policy.write_text(policy.read_text() + MEMBERS)
    rows = [_never(i) for i in range(tiny.PEOPLE)]
    (folder / "never.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    private, public = keygen()
    (folder / "publisher.pub").write_bytes(public)
    text = RECORD.format(model=folder_digest(folder / "models" / "audited"))
    (folder / "completion.yaml").write_text(f'{text}signature: "{sign(read(text, "record").data, private)}"\n')
    bindings.write_text(
        bindings.read_text()
        + "holdouts: {diaries: {file: never.jsonl, randomised: true}}\n"
        + "keys: {publisher: publisher.pub}\nrecords: [completion.yaml]\n"
    )
    return policy, bindings


def _never(i: int) -> dict[str, str]:
    """A diary of the same words in another order, that no model was trained on."""
    words = str(tiny.diary(i)["text"]).split()[::-1]
    prefix, suffix = " ".join(words[:4]), " ".join(words[4:])
    return {"id": f"h{i}", "cluster": f"h{i}", "text": " ".join(words), "prefix": prefix, "suffix": suffix}

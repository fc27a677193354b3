"""Policies made up so that notes on law and on methods take every form they can: one, two or many names, each part missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from unlearn_spec.feasibility.base import families
from unlearn_spec.policy.load import Document, load_text

Table = dict[str, Any]
MODEL: Table = {"kind": "model", "seen_by": {"public": "product"}}
COUNTS = (1, 2, 9)
"""Nine names are more than a note lists."""
ACCESS = ("product", "api", "top_logprobs", "logprobs", "weights", "gradients", "finetune")


def policy(clauses: Sequence[Table], names: Sequence[str], *, basis: str = "", purpose: str = "", **parts: Any) -> Document:
    """Sets and models as many as there are names: `model-a` is trained on `a`."""
    instrument, _, provision = basis.partition(" ")
    header: Table = {"id": "made-up", "version": 1, "title": "Made up"} | ({"purpose": purpose} if purpose else {})
    if basis:
        header["basis"] = [{"instrument": instrument} | ({"provision": provision} if provision else {})]
    sets = {name: {"kind": "examples", "size": 40, "unit": "letter"} | parts.get("each_set", {}) for name in names}
    models = {f"model-{name}": {**MODEL, "trained_on": [name]} | parts.get("each_model", {}) for name in names}
    rest = {key: value for key, value in parts.items() if not key.startswith("each_") and key != "artifacts"}
    whole = {
        "unlearn_spec": "1.0", "policy": header, "information": sets, "artifacts": models | parts.get("artifacts", {}),
        "clauses": [DUE.get(clause["goal"], {}) | clause for clause in clauses], "clock": {"starts": "request_received"}, **rest,
    }  # fmt: skip
    return load_text(json.dumps(whole))


def called(count: int) -> list[str]:
    return [f"set-{number}" for number in range(count)]


def hide(name: str, goal: str = "suppress", **parts: Any) -> Table:
    """A clause about answers, or another goal, on the model of that name."""
    scope = {"artifacts": [f"model-{name}"]} | parts.pop("scope", {})
    named = {} if goal == "destroy" else {"target": name}
    return {"id": f"{goal}-{name}", "goal": goal, "scope": scope} | named | LIMITS.get(goal, {}) | parts


LIMITS: dict[str, Table] = {
    "suppress": {
        "over": "each", "limit": {"at_most": "2%"}, "reveals_when": {"metric": "contains", "normalisation": "casefold"},
    },
    "refuse": {"over": "each", "limit": {"at_least": "95%"}},
    "remove": {"measure": "membership", "about": "model", "limit": {"tpr_at_most": "4%", "at_fpr": "1%"}},
}  # fmt: skip
DUE = {goal: {"by": "7 days"} for goal in ("delete", "destroy", "de_index")}
TESTED = {"kind": "test", "access": "product"}


def of_law() -> Iterator[Document]:
    for count, goal in product(COUNTS, ("suppress", "remove", "delete", "destroy")):
        names = called(count)
        clauses = [hide(name, goal, by="400 days") for name in names]
        for basis in ("gdpr 17", "ccpa", "ftc_order", "copyright", "dmca", "ai_act 53", "copyright 503", "preservation_order"):
            for held in ({}, {"seen_by": {"public": "weights", "partners": "weights"}}):
                yield policy(clauses, names, basis=basis, each_model=held)
        yield policy([{**clause, "by": "45.5 days", "note": "extended"} for clause in clauses], names, basis="gdpr 12")
    for count in COUNTS:
        names = called(count)
        yield from _of_sets(names)
        yield from _of_claims(names)
        yield from _of_measures(names)


def _of_sets(names: list[str]) -> Iterator[Document]:
    stores = {"store": {"kind": "dataset", "holds": names, "seen_by": {"staff": "product"}}}
    deleted = [{"id": f"delete-{name}", "goal": "delete", "target": name, "scope": {"artifacts": ["store"]}} for name in names]
    for source, told in product((None, "scraped"), (True, False)):
        each_set = {"source": source} if source else {}
        govern = {"id": "tell", "goal": "govern", "scope": {"artifacts": ["store"]}, "measures": ["notify"]}
        yield policy([*deleted, *([govern] if told else [])], names, basis="ccpa", each_set=each_set, artifacts=stores)
    others = {f"other-{name}": {**MODEL, "trained_on": names[:1]} for name in names}
    store = {"store": {**stores["store"], "holds": names[:1]}}
    yield policy(deleted[:1], names[:1], basis="ccpa", artifacts=others | store)
    both = {"artifacts": [f"model-{name}" for name in names]}
    for tested, kept, raw, keyed, handled in product((True, False), repeat=5):
        evidence: Table = dict(TESTED) if tested else {"kind": "attestation"}
        if raw:
            evidence["needs_raw_data"] = True
        clauses = [
            {"id": f"hide-{number}", "goal": "suppress", "target": names[0], "scope": both, "evidence": evidence} | LIMITS["suppress"]
            for number, _ in enumerate(names)
        ]
        clauses += [{"id": f"keep-{n}", "goal": "keep", "target": names[0], "scope": both, "until": "90 days"} for n in range(2 * kept)]
        marked: Table = {"manifest": ("sha256:" if keyed else "hmac-sha256:") + "0" * 64} | ({"handling": "csam"} if handled else {})
        yield policy(clauses, names, basis="gdpr 17", each_set=marked)


def _of_claims(names: list[str]) -> Iterator[Document]:
    claims = [
        {"id": f"claim-{name}", "says": "contains_no_information", "of": name, "in": [f"model-{name}"], "text": "no fair use"}
        for name in names
    ]
    for certified, access, claimed in product((True, False), ACCESS, (True, False)):
        evidence = {"kind": "test", "access": access} | ({"decide": "certify"} if certified else {})
        clauses = [hide(name, evidence=evidence, scope={"access": access}) for name in names]
        for basis, purpose in product(("gdpr", "copyright"), ("anonymity", "")):
            said = {"claims": claims} if claimed else {}
            yield policy(clauses, names, basis=basis, purpose=purpose, each_model={"seen_by": {"public": "weights"}}, **said)


def _of_measures(names: list[str]) -> Iterator[Document]:
    words = ("terms", "complaints")
    for said, goal in product(product((True, False), repeat=2), ("suppress", "remove")):
        measures = [word for word, there in zip(words, said, strict=True) if there] or ["logs"]
        govern = {"id": "g", "goal": "govern", "scope": {"artifacts": [f"model-{names[0]}"]}, "measures": measures}
        yield policy([hide(names[0], goal), govern], names, basis="ai_act 53")


def of_methods() -> Iterator[Document]:
    yield from _of_families()
    for count in COUNTS[:2]:
        yield from _of_purposes(called(count))
    for unit in UNITS:
        clause = hide("a", over="mean", evidence=TESTED)
        yield policy([clause], ["a"], purpose="privacy", each_set={"unit": unit})
    yield from _of_copies()


UNITS = (
    "name", "person_name", "full_name", "surname", "alias", "topic", "keyword", "term", "brand", "entity", "Full-Name",
    "person", "people", "subject", "data_subject", "user", "customer", "patient", "employee", "child",
)  # fmt: skip


def _of_families() -> Iterator[Document]:
    """Each family of methods, alone and with another, asked for each goal, as exactly and as deep as can be asked."""
    names = [family.names[0] for family in families()]
    removals: list[Table] = [{"measure": "influence", "about": "process",
                              "limit": {"epsilon": e, "delta": "0%", "compared_with": "retrain_without"}} for e in ("0", "1")]  # fmt: skip
    for name in names:
        using = [name] if name == names[0] else [name, names[0]]
        for held, several in product(({}, {"seen_by": {"public": "weights"}}), (False, True)):
            clauses = [hide("a", goal, id=f"{goal}-{access or 'any'}", scope={"access": access} if access else {})
                       for goal, access in product(("suppress", "refuse"), (*ACCESS, ""))]  # fmt: skip
            clauses += [hide("a", goal) for goal in ("remove", "delete", "destroy", "de_index")]
            clauses += [hide("a", "remove", id=f"remove-{number}", **limit) for number, limit in enumerate(removals)]
            clauses = [clause | {"using": using if several else [name]} for clause in clauses]
            listed = {other: {"reaches": "weights"} for other in dict.fromkeys((name, names[0]))}
            for able in ({}, {"retrain": {"reaches": "weights"}}):
                yield policy(clauses, ["a"], each_model=held, methods=listed | able)


def _of_purposes(names: list[str]) -> Iterator[Document]:
    methods = {"npo": {"reaches": "weights"}, "retrain": {"reaches": "weights"}, "exact_filter": {"reaches": "product"}}
    for purpose, goal, using in product(("copyright", "privacy", "misuse", ""), ("suppress", "refuse", "remove"), methods):
        clauses = [hide(name, goal, using=[using], by=f"{9 + number} days", evidence=TESTED) for number, name in enumerate(names)]
        for handling, parties in product(({}, {"handling": "secret"}), ({}, {"obligor": "lab", "verifier": "lab"})):
            examined: Table = {"parties": parties} if parties else {}
            yield policy(clauses, names, purpose=purpose, each_set=handling, methods=methods, **examined)
        nowhere = [{**clause, "scope": {}, "evidence": {**TESTED, "evaluator": "internal"}} for clause in clauses]
        yield policy(nowhere, names, purpose=purpose, methods=methods)


def _of_copies() -> Iterator[Document]:
    methods = {"npo": {"reaches": "weights"}, "exact_filter": {"reaches": "product"}, "retrain": {"reaches": "weights"}}
    small = {"small": {"kind": "model", "derived_from": "model-a", "by": "4-bit rounding", "seen_by": {"public": "product"}}}
    ways = ("direct", "paraphrase", "adversarial", "in_context")
    for using, asked, precision, langs in product(methods, ways, ([], ["int4"]), (["en"], ["en", "de"])):
        scope = {"access": "product", "asked": asked, "languages": langs, "precision": precision}
        yield policy([hide("a", using=[using], scope=scope)], ["a"], methods=methods, artifacts=small)
    for kind, goal, closure in product(("examples", "concept"), ("suppress", "delete"), ("paraphrases", "translations", "inferences")):
        one: Table = {"kind": kind, "closure": {closure: True}} if kind == "examples" else {"kind": kind, "adjudicator": "a panel"}
        for using in methods:
            yield policy([hide("a", goal, using=[using])], ["a"], methods=methods, each_set=one)
    yield policy([hide("a", "remove")], ["a"], each_set={"closure": {"inferences": True}})

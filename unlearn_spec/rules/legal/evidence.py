"""L017, L018: what evidence itself may do to people, or may not be made of."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Finding
from ...policy.clauses import Keep, Rectify, Refuse, Remove, Suppress
from .case import Case, few
from .instruments import UNLAWFUL, plain


def personal_data(case: Case) -> Iterator[Finding]:
    """L017: a test is made of a person's items, and nothing says how they are stored, or their digest can be guessed.

    Looks at sets that are hidden, removed, declined or corrected under the GDPR or California's law. Cannot see the store.
    """
    cited = case.cites("gdpr") or case.cites("ccpa")
    tested = [
        target
        for clause, target in case.targeted(Remove, Suppress, Refuse, Rectify)
        if clause.evidence is not None and clause.evidence.kind == "test"
    ]
    for name in dict.fromkeys(tested) if cited else ():
        information = case.policy.information[name]
        missing = []
        if information.handling is None:
            missing.append("nothing says how its items are stored")
        if information.manifest is not None and information.manifest.startswith("sha256:"):
            missing.append("its manifest is a digest without a key")
        if missing:
            yield case.note(
                "L017",
                f"{name} is tested with, and {few(missing)}",
                (case.span(("information", name, "kind")), case.span(case.basis(cited[0]), "cited here")),
                fix="write `handling` (who, until when, on which ground), and use `hmac-sha256:` for personal data",
                clauses=(
                    clause.id
                    for clause in case.lineage.speaking((name,), Remove, Suppress, Refuse, Rectify)
                    if clause.evidence is not None and clause.evidence.kind == "test"
                ),
            )


def unlawful_material(case: Case) -> Iterator[Finding]:
    """L018: material whose possession is an offence is listed, stored, tested with or kept.

    Recognised by `handling`. Silent where such a set is only deleted, destroyed or left out of later runs. Cannot see what
    a set is if `handling` does not say it.
    """
    for name, information in case.policy.information.items():
        if plain(information.handling or "") not in UNLAWFUL:
            continue
        uses = []
        clauses = case.lineage.speaking((name,))
        tested = [c for c in clauses if c.evidence is not None and c.evidence.kind == "test"]
        kept = [c for c in clauses if isinstance(c, Keep)]
        raw = [c for c in clauses if c.evidence is not None and c.evidence.needs_raw_data]
        if tested:
            uses.append(f"a test uses it ({few([c.id for c in tested])})")
        if kept:
            uses.append(f"a clause keeps it ({few([c.id for c in kept])})")
        if raw and not tested:
            uses.append(f"evidence needs its items ({few([c.id for c in raw])})")
        if uses:
            named = tuple(dict.fromkeys((*tested, *kept, *raw)))
            yield case.note(
                "L018",
                f'{name} is marked "{information.handling}", and {few(uses)}',
                (case.span(("information", name, "handling")), *case.ids(named)),
                fix="use hash lists held by the competent body, and show the clause by a `procedure` or an `attestation`",
                clauses=(clause.id for clause in named),
            )

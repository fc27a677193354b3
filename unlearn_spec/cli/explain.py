"""`unlearn-spec explain`: a code's page, or a policy's clauses as sentences."""

from __future__ import annotations

import sys
from pathlib import Path

from ..policy.load import PolicyError, load
from ..rules.codes import CODES
from ..rules.explain import explain_code, explain_policy
from ..wording.language import Language


def explain(subject: str, language: Language = "en") -> int:
    """Print the page of a code such as `C001`, or one sentence for each clause of a policy file.

    Pages are in English; in another language, what the code is about stands in front.
    """
    code = subject.upper()
    if code in CODES and not Path(subject).exists():
        sys.stdout.write(explain_code(code, language))
        return 0
    if _looks_like_a_code(subject):
        known = ", ".join(CODES)
        sys.stderr.write(f"no code called {code}; there are {known}\n")
        return 2
    try:
        document = load(subject)
    except PolicyError as error:
        from ..rules.check import check
        from ..rules.render_text import render_text, wants_colour

        del error  # `check` tells the same mistakes with excerpts
        sys.stderr.write(render_text(check(subject), colour=wants_colour(sys.stderr)))
        return 2
    sys.stdout.write(explain_policy(document, language))
    return 0


def _looks_like_a_code(subject: str) -> bool:
    return len(subject) == 4 and subject[0].isalpha() and subject[1:].isdigit() and not Path(subject).exists()

"""What a report in French must never claim: the same list as in English, in the words a French report would use."""

from __future__ import annotations

from typing import Final

FRENCH: Final[tuple[tuple[str, str], ...]] = (
    (
        r"\b(?:est|sont|a été|ont été|fut)\b(?: \w+)? (?:oublié|effacé|supprimé|retiré|désappris)e?s?\b(?! (?:ou corrigé|par))",
        "removal as a fact",
    ),
    (r"\b(?:oublié|désappris)e?s?\b", "removal as a fact"),
    (r"\b(?:suppression|effacement|retrait) (?:vérifiée?|confirmée?|réussie?)\b", "removal as verified"),
    (r"\b(?:suppression|effacement) (?:est|a été) (?:vérifié|confirmé|démontré|établi)e?\b", "removal as verified"),
    (
        r"(?<!ne dit pas que )\b(?:aucune influence ne (?:reste|subsiste)|l'influence a disparu)\b",
        "absence of influence",
    ),
    (r"\bne contient (?:aucune?|plus)\b|\bne connaît plus\b|\bne sait plus\b", "absence of content"),
    (r"\banonym(?:e|es|isée?s?)\b", "anonymity"),
    (r"\bconforme (?:au RGPD|à la loi|au règlement|au droit)\b|\brespecte (?:le RGPD|la loi)\b", "legal compliance"),
    (r"\b(?:il)?(?:licite|légale?s?|légalement|légaux)\b", "legal conclusion"),
    (r"\baucune contrefaçon\b|\bpas substantiellement similaire\b|\bnon contrefaisant", "copyright conclusion"),
    (r"\b(?:est|sont|reste) (?:sûre?s?|sans danger|inoffensi\w+)\b", "safety"),
    (r"\bne peut pas être (?:utilisé|détourné|employé)", "use"),
    (r"\babsence (?:de la |de toute |d'une )?capacité", "absence of a capability"),
    (r"\bzéro\b", "zero"),
    (r"\bjamais\b", "never"),
    (
        r"\b(?:toutes les|tous les|toute|n'importe quelle?) (?:invites?|questions?|attaques?|attaquants?)\b",
        "all prompts",
    ),
    (
        r"\b(?:définitivement|définitif|définitive|irréversible(?:ment)?|pour toujours|à jamais|permanent\w*)\b",
        "permanence",
    ),
    (r"\bimpossible (?:à|d'|de)\b", "impossibility"),
    (r"\b(?:donc|ainsi|par conséquent)\b(?: \w+){0,3} (?:supprimé|retiré|effacé)e?s?\b", "one goal from another"),
    (r"\bvaut (?:aussi|également) pour (?:ses |toutes )?(?:copies|variantes|versions)", "transfer to variants"),
    (r"\baucun (?:autre )?effet sur\b|\brien d'autre n'a changé\b", "no side effects"),
    (
        r"\b(?:score|note) (?:de désapprentissage|d'oubli|global|de conformité|de sécurité)|\blabel de\b",
        "a score or seal",
    ),
    (r"\b(?:réussi|réussit) (?:le|les|tous|chaque)\b|\btest réussi\b", "passed"),
    (r"\bgaranti(?:t|e|es|s|ssent)?\b", "a guarantee"),
    (r"\bcertifi(?:e|ons|ent|é) que\b", "certification"),
    (r"\bpreuve (?:irréfutable|concluante|formelle)\b|(?<!non )\bconcluante?s?\b", "conclusiveness"),
    (r"\bprouv\w+\b|\bpreuves?\b|\bdémontr\w+\b", "proof"),
    (r"\bla politique est (?:juste|correcte|valable|adéquate|suffisante)\b", "rightness of the policy"),
)
"""Pattern and what it would claim; see `forbidden.FORBIDDEN`."""

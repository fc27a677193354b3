"""What a report in German must never claim: the same list as in English, in the words a German report would use."""

from __future__ import annotations

from typing import Final

GERMAN: Final[tuple[tuple[str, str], ...]] = (
    (
        r"\b(?:ist|sind|wurden?|worden|hat|haben)\b(?: \w+){0,4} (?:vergessen|entfernt|gelöscht|verlernt|getilgt)\b",
        "removal as a fact",
    ),
    (r"\b(?:vergessen|verlernt)\b", "removal as a fact"),
    (r"\b(?:nachgewiesene|bestätigte|verifizierte|geprüfte) (?:Entfernung|Löschung|Tilgung)\b", "removal as verified"),
    (
        r"\b(?:Entfernung|Löschung)\b(?: \w+){0,3} (?:bestätigt|nachgewiesen|erfolgreich|verifiziert)\b",
        "removal as verified",
    ),
    (
        r"(?<!feststellen, dass )(?<!sagt nicht, dass )\bkein(?:en|erlei)? (?:Einfluss|Rest)\b (?:mehr )?(?:verbleibt|besteht|bleibt)",
        "absence of influence",
    ),
    (r"\benthält keine\b|\bweiß nichts mehr\b|\bkennt\b(?: \w+){0,3} nicht mehr\b", "absence of content"),
    (r"\banonym(?:isiert)?\b", "anonymity"),
    (
        r"\b(?:DSGVO|KI-Verordnung|KI-VO|rechts|gesetzes)-?konform\b|\bim Einklang mit (?:dem Gesetz|der DSGVO)\b",
        "legal compliance",
    ),
    (r"\b(?:un)?(?:rechtmä(?:ß|ss)ig|rechtswidrig|gesetzmä(?:ß|ss)ig|zulässig)\w*\b", "legal conclusion"),
    (r"\bkeine (?:Urheberrechts)?verletzung\b|\bnicht wesentlich ähnlich\b", "copyright conclusion"),
    (r"\b(?:ist|sind|bleibt|jetzt) sicher\b|\bgefahrlos\b", "safety"),
    (r"\bkann nicht (?:missbraucht|verwendet|benutzt) werden\b", "use"),
    (r"\b(?:Fehlen|Abwesenheit) (?:der|jeder|einer) Fähigkeit", "absence of a capability"),
    (r"\bnull\b", "zero"),
    (r"\b(?:nie|niemals|nimmer)\b(?! (?:auf dem Material )?trainiert)", "never"),
    (
        r"\b(?:alle|allen|jeder|jedem|jede|beliebige) (?:möglichen? )?(?:Prompts?|Fragen?|Angriffe?|Angreifer)\b",
        "all prompts",
    ),
    (r"\b(?:dauerhaft|endgültig|unwiderruflich|für immer)\b", "permanence"),
    (r"\bunmöglich\b", "impossibility"),
    (r"\b(?:daher|folglich|also|somit)\b(?: \w+){0,3} (?:entfernt|unterdrückt|gelöscht)\b", "one goal from another"),
    (
        r"\bgilt (?:auch|ebenso) für (?:ihre |alle )?(?:feinabgestimmt|quantisiert|verschmolzen|destilliert|abgeleitet)",
        "transfer to variants",
    ),
    (
        r"\bkeine (?:anderen )?(?:Auswirkung(?:en)?|Nebenwirkung(?:en)?|Wirkung) auf\b|\bsonst nichts\b(?: \w+){0,2} geändert",
        "no side effects",
    ),
    (
        r"\b(?:Verlern|Datenschutz|Sicherheits|Konformitäts|Gesamt)(?:note|punktzahl|wert)\b|\bGütesiegel\b",
        "a score or seal",
    ),
    (r"\bbestanden\b|\bbesteht (?:alle|jeden|den Test)\b", "passed"),
    (r"\b(?:garantiert?|gewährleiste[tn])\b", "a guarantee"),
    (r"\bzertifiziert,? dass\b|\bhiermit bescheinigen\b", "certification"),
    (r"\b(?:abschließend|schlüssig|zwingend) (?:erwiesen|belegt)\b|\bbeweiskräftig\b", "conclusiveness"),
    (r"\bbe(?:weist|wiesen|weisen)\b|\bBeweis(?:e|es)?\b|\berwiesen\b", "proof"),
    (r"\bdie Policy ist (?:richtig|korrekt|gültig|angemessen|ausreichend)\b", "rightness of the policy"),
)
"""Pattern and what it would claim; see `forbidden.FORBIDDEN`."""

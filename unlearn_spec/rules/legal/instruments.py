"""The spellings that `policy.basis` and its neighbours are recognised by. `spec/language.md` repeats the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ...record import Record


class Instrument(Record):
    """A law, an order or a guideline. Recognised by its id and the other spellings, whatever the case and separators."""

    id: str
    name: str
    also: tuple[str, ...] = ()
    short: str = ""
    """Stands before a provision's number."""


_ALL: Final = (
    Instrument("gdpr", "General Data Protection Regulation", ("eu_gdpr", "dsgvo", "rgpd"), "GDPR"),
    Instrument("ccpa", "California Consumer Privacy Act", ("cpra", "ccpa_cpra"), "California"),
    Instrument("ai_act", "EU AI Act", ("aia", "eu_ai_act"), "AI Act"),
    Instrument("gpai_code", "EU Code of Practice for general-purpose AI", ("gpai_code_of_practice",), "GPAI Code"),
    Instrument("copyright", "copyright law of any place", ("copyright_act", "copyright_law", "urhg")),
    Instrument("dmca", "Digital Millennium Copyright Act", ("dmca_512",)),
    Instrument("ftc_order", "order of the US Federal Trade Commission", ("ftc", "ftc_consent_order"), "FTC:"),
    Instrument("court_order", "order or judgment of a court", ("judgment", "injunction")),
    Instrument("preservation_order", "order or duty to preserve evidence", ("legal_hold", "litigation_hold")),
    Instrument("contract", "contract, settlement or licence", ("settlement", "licence", "license")),
    Instrument("publicity", "right of publicity or personality", ("personality_right", "right_of_publicity")),
    Instrument("trademark", "trade mark law", ("trade_mark",)),
)
INSTRUMENTS: Final[Mapping[str, Instrument]] = MappingProxyType(
    {
        **{known.id: known for known in _ALL},
        "edpb_opinion_28_2024": Instrument("edpb_opinion_28_2024", "EDPB Opinion 28/2024", (), "EDPB Opinion 28/2024"),
        "edpb_cef_2026": Instrument("edpb_cef_2026", "EDPB report of 2026", (), "EDPB"),
        "cnil": Instrument("cnil", "CNIL", (), "CNIL"),
    }
)
"""By id. The last three are cited by notes, not looked for in policies."""

BASES: Final[tuple[Instrument, ...]] = _ALL
"""What a policy's `basis` is searched for."""

PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "privacy_erasure": "a person asked for erasure",
        "access_revocation": "someone withdraws data they gave",
        "correction": "a wrong statement is to be put right",
        "anonymity": "a model is to be called anonymous",
        "copyright": "a work is not to be used, or not to be shown",
        "safety": "hazardous knowledge is not to be given out",
    }
)

MEASURES: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "notify": re.compile(r"notif|notice|\binform|\btell|told", re.I),
        "terms": re.compile(r"\bterms\b|acceptable[ _-]use|usage policy|licen[cs]e", re.I),
        "complaints": re.compile(r"complaint|contact (?:point|address)|grievance|takedown", re.I),
    }
)
"""Words by which a measure of a `govern` clause is recognised."""

UNLAWFUL: Final = frozenset({"illegal", "unlawful", "unlawful_to_possess", "illegal_to_possess", "csam"})
"""Words of `handling` for material whose possession is an offence."""

_KNOWN: Final = {spelling: known.id for known in _ALL for spelling in (known.id, *known.also)}
_BEFORE_NUMBER: Final = re.compile(r"^\s*(?:17\s*u\.?\s*s\.?\s*c\.?|11\s*ccr)", re.I)
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)*)\s*(?:\((\d+)\))?")


def plain(word: str) -> str:
    """A spelling without case and separators that do not matter.

    >>> plain("FTC consent-order")
    'ftc_consent_order'
    """
    return re.sub(r"[\s_\-.]+", "_", word.strip().casefold())


def recognised(instrument: str) -> str:
    """The id of the instrument a spelling stands for, or nothing.

    >>> recognised("DSGVO"), recognised("court order"), recognised("custom")
    ('gdpr', 'court_order', '')
    """
    return _KNOWN.get(plain(instrument), "")


def article(provision: str | None) -> tuple[str, str]:
    """Number of the article or section, and of its paragraph.

    >>> article("Art. 17(3)(e)"), article("17 U.S.C. §503(b)"), article("§1798.105"), article(None)
    (('17', '3'), ('503', ''), ('1798.105', ''), ('', ''))
    """
    found = _NUMBER.search(_BEFORE_NUMBER.sub("", provision or ""))
    return (found[1], found[2] or "") if found else ("", "")

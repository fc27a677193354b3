"""One sentence a clause, in each language: every written field is in it, so are stated defaults and what is left open."""

import copy
from pathlib import Path

import pytest
import yaml

from unlearn_spec.policy.load import PolicyError, load, load_text
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.explain import claim_sentence, explain_code, explain_policy, sentence
from unlearn_spec.rules.reading.claim import claim_reading
from unlearn_spec.rules.reading.clause import reading
from unlearn_spec.wording.language import LANGUAGES, words

EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
DIGEST = "a" * 64
BASE = {
    "unlearn_spec": "1.0",
    "policy": {"id": "p", "version": 1},
    "clock": {"starts": "request_received"},
    "information": {
        "records": {
            "kind": "examples",
            "size": 412,
            "unit": "record",
            "closure": {
                "exact_duplicates": True,
                "near_duplicates": {"metric": "minhash_jaccard", "at_least": "80%"},
                "excerpts": True,
                "translations": False,
                "paraphrases": False,
                "annotations": True,
                "embeddings": True,
                "synthetic_derivatives": False,
                "inferences": False,
            },
        },
        "diary": {"kind": "facts", "size": [30, 40], "unit": "entry"},
    },
    "artifacts": {
        "assistant": {"kind": "model", "seen_by": {"public": "product"}},
        "mini": {"kind": "model", "derived_from": "assistant", "seen_by": {"public": "product"}},
        "store": {"kind": "dataset", "seen_by": {"staff": "product"}},
    },
    "people": {"public": {}},
    "situations": ["published", "audit"],
    "methods": {"filter": {"reaches": "product"}, "npo": {"reaches": "weights"}},
    "clauses": [{"id": "other", "goal": "finish", "scope": {"artifacts": ["mini"]}, "by": "9 days"}],
    "claims": [],
}
SHARED = {
    "using": ["npo"],
    "overrides": ["other"],
    "strength": "should",
    "weight": 3,
    "note": "agreed in the meeting of May",
}
TEST = {
    "kind": "test",
    "access": "weights",
    "population": "wider",
    "samples": 612,
    "confidence": "97.5%",
    "decide": "certify",
    "power_at": "13%",
    "refute_at": "77%",
    "evaluator": "independent",
    "needs_raw_data": True,
    "at": "17 days",
    "relearn": {"steps": 55, "learning_rate": "0.0003", "on": "retain_only"},
    "controls": ["randomised_holdout", "canaries"],
}
PLAIN = {name: value for name, value in TEST.items() if name not in ("relearn", "decide")}
RATE = {
    "target": "diary",
    "scope": {
        "artifacts": ["assistant+derived"],
        "access": "api",
        "asked": "paraphrase",
        "audience": "public",
        "languages": ["en", "de"],
        "precision": ["int4"],
        "decoding": {
            "method": "sample", "temperature": "0.7", "top_p": "90%", "top_k": 41, "samples": 8, "max_new_tokens": 63,
        },
        "when": {"all": ["published", {"not": "audit"}]},
    },
    "over": {"share": "93%"},
    "reveals_when": {"metric": "rouge_l", "at_least": "51%", "normalisation": "casefold"},
    "by": "31 days",
    "evidence": TEST,
    **SHARED,
}  # fmt: skip
DATED = {"scope": {"artifacts": ["store"], "when": "audit"}, "target": "records", **SHARED}
SIGNED = {
    "kind": "procedure",
    "record": "training_log",
    "evaluator": "internal",
    "needs_raw_data": False,
    "at": "3 days",
}
UNTUNED = {**{name: value for name, value in TEST.items() if name != "relearn"}, "suite": f"attacks@sha256:{DIGEST}"}
CLAUSES = {
    "suppress": {**RATE, "limit": {"at_most": "2%"}, "about": "process"},
    "refuse": {**RATE, "limit": {"at_least": "96%"}, "about": "model", "evidence": UNTUNED},
    "retain": {**RATE, "limit": {"at_least": "96%"}, "about": "model", "evidence": UNTUNED},
    "retain within": {**RATE, "limit": {"within": "4%", "of": "before"}, "evidence": UNTUNED},
    "rectify": {**RATE, "limit": {"at_least": "96%", "at_most": "2%"}, "evidence": UNTUNED},
    "rounded": {**RATE, "limit": {"at_most": "2%"}, "evidence": {**PLAIN, "quantize": ["int8", "nf4"]}},
    "opened": {
        **DATED, "measure": "influence", "about": "process", "limit": {"epsilon": "0.5", "delta": "1%"},
        "evidence": {**PLAIN, "inspect": ["head_swap", "logit_lens", "linear_probe"]},
    },
    "drawn": {
        **DATED, "measure": "influence", "about": "process", "limit": {"epsilon": "0.5", "delta": "1%"},
        "evidence": {"kind": "test", "access": "weights", "canaries": {"guesses": 48, "score": "min_k"}, "power_at": "83%"},
    },
    "human": {**RATE, "limit": {"at_most": "2%"}, "reveals_when": {"metric": "human", "judge": "panel-2"}},
    "remove": {
        **DATED, "measure": "influence", "about": "process", "by": "31 days", "evidence": SIGNED,
        "limit": {"epsilon": "0.5", "delta": "1%", "compared_with": "retrain_then_same_steps"},
    },
    "remove membership": {
        **DATED, "measure": "membership", "about": "model", "limit": {"tpr_at_most": "4%", "at_fpr": "1%"},
    },
    "delete": {**DATED, "by": "31 days", "evidence": {"kind": "attestation"}},
    "keep": {**DATED, "until": "31 days", "evidence": {"kind": "certificate"}},
    "exclude_future": {**DATED, "by": "31 days"},
    "de_index": {**DATED, "by": "31 days", "scope": {"artifacts": ["store"], "audience": "public"}},
    "destroy": {"scope": {"artifacts": ["mini"]}, "by": "31 days", **SHARED},
    "finish": {"scope": {"artifacts": ["mini"]}, "by": "31 days", **SHARED},
    "ban": {"methods": ["npo", "filter"], "scope": {"artifacts": ["mini"]}, **SHARED},
    "govern": {
        "target": "diary", "measures": ["access control", "monitoring"], "scope": {"artifacts": ["mini"], "audience": "public"},
        **SHARED,
    },
}  # fmt: skip
EARLY = {name: value for name, value in TEST.items() if name not in ("refute_at", "relearn")}
CLAUSES["early"] = {
    **CLAUSES["suppress"], "over": "mean", "about": "model", "reveals_when": {"metric": "rouge_l", "at_least": "51%"},
    "evidence": {**EARLY, "stop": "anytime"},
}  # fmt: skip
GOALS = {"human": "suppress", "rounded": "suppress", "opened": "remove", "drawn": "remove", "early": "suppress"}


def told(clause):
    """The sentence for a clause in each language, or None if the clause does not load."""
    policy = {**BASE, "clauses": [*BASE["clauses"], clause]}
    try:
        document = load_text(yaml.safe_dump(policy, sort_keys=False))
    except PolicyError:
        return None
    one = reading(document.policy.clauses[1], document.policy)
    return {language: words(language).say(one) for language in LANGUAGES}


def said(clause):
    """In English."""
    sentences = told(clause)
    return None if sentences is None else sentences["en"]


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and len(value) > 1:
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from leaves(inner, (*path, index))


def without(clause, path):
    changed = copy.deepcopy(clause)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


@pytest.mark.parametrize("name", CLAUSES)
def test_every_written_field_is_in_the_sentence(name):
    goal = GOALS.get(name, name.split()[0])
    clause = {"id": "it", "goal": goal, **CLAUSES[name]}
    whole = told(clause)
    assert whole is not None and all(text.endswith(".") and "\n" not in text for text in whole.values())
    dropped = 0
    for path in leaves(clause):
        texts = told(without(clause, path)) if path not in (("id",), ("goal",)) else None
        if texts is not None:
            same = [language for language in LANGUAGES if texts[language] == whole[language]]
            assert same == [], f"{'.'.join(map(str, path))} is not in the sentence"
            dropped += 1
    assert dropped >= (30 if "scope" in CLAUSES[name] and "over" in CLAUSES[name] else 4)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("suppress", ("target",), "records"),
        ("suppress", ("limit", "at_most"), "3%"),
        ("suppress", ("scope", "access"), "logprobs"),
        ("suppress", ("over",), "each"),
        ("suppress", ("reveals_when", "at_least"), "52%"),
        ("suppress", ("evidence", "decide"), "not_refuted"),
        ("suppress", ("evidence", "relearn", "steps"), 56),
        ("refuse", ("limit", "at_least"), "97%"),
        ("retain within", ("limit", "within"), "5%"),
        ("rectify", ("limit", "at_most"), "3%"),
        ("human", ("reveals_when", "judge"), "panel-3"),
        ("remove", ("limit", "epsilon"), "0.6"),
        ("remove", ("limit", "delta"), "2%"),
        ("remove", ("evidence", "kind"), "certificate"),
        ("remove membership", ("limit", "at_fpr"), "2%"),
        ("delete", ("by",), "12 hours"),
        ("keep", ("until",), "32 days"),
        ("govern", ("measures",), ["terms of use"]),
    ],
)
def test_required_values_are_in_the_sentence(name, path, value):
    clause = {"id": "it", "goal": GOALS.get(name, name.split()[0]), **copy.deepcopy(CLAUSES[name])}
    before = said(clause)
    inner = clause
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    after = said(clause)
    assert after is not None and after != before


def test_stated_defaults_and_open_fields_are_printed():
    open_clause = {"id": "it", "goal": "suppress", "target": "diary", "limit": {"at_most": "1%"}}
    text = said(open_clause)
    assert text is not None and text.count("(left open)") == 6
    assert "must" in text and "nothing is said about how it will be shown" in text
    alone = said({**open_clause, "scope": {"artifacts": ["assistant"]}})
    assert alone is not None and "assistant alone" in alone
    delete = {"id": "it", "goal": "delete", "target": "diary", "scope": {"artifacts": ["store"]}, "by": "1 day"}
    text = said(delete)
    assert text is not None and "exact duplicates" in text and "1 day after request_received" in text


@pytest.mark.parametrize("word", BASE["information"]["records"]["closure"])
def test_how_far_a_target_reaches_is_said(word):
    clause = {"id": "it", "goal": "remove", **CLAUSES["remove"]}
    policy = copy.deepcopy({**BASE, "clauses": [*BASE["clauses"], clause]})
    del policy["information"]["records"]["closure"][word]
    document = load_text(yaml.safe_dump(policy))
    assert sentence(document.policy.clauses[1], document.policy) != said(clause)


def test_a_suspended_clause_says_so():
    document = load(EXAMPLES / "erasure-request.yaml")
    clause = next(clause for clause in document.policy.clauses if clause.id == "delete-raw")
    assert "suspended on raw_store while hold-raw applies" in sentence(clause, document.policy)


def test_a_claim_says_all_it_claims():
    document = load(EXAMPLES / "erasure-request.yaml")
    text = claim_sentence(document.policy.claims[0])
    for part in ("subject_facts", "assistant", "through the product", "asked directly", "1%", "contains", "greedily"):
        assert part in text


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("path", [p for p in sorted(EXAMPLES.glob("*.yaml")) if p.name.count(".") == 1], ids=lambda p: p.stem)
def test_the_policys_words_are_marked_and_untouched(path, language):
    """Every name and note in quotation marks, as it is written."""
    policy, say = load(path).policy, words(language)
    for clause in policy.clauses:
        text, english = say.say(reading(clause, policy)), sentence(clause, policy)
        for name in (*policy.information, *policy.artifacts, *(clause.using or ()), *((clause.note,) if clause.note else ())):
            assert f"“{name}”" in text or name not in english
    for claim in policy.claims:
        assert claim.text is None or f"“{claim.text}”" in say.say(claim_reading(claim))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Aus „assistant“ darf „diary“ (30 bis 40 Einträge der Einheit „entry“) in höchstens 2 % der Fälle preisgegeben "
         "werden, für jeden Eintrag, gesehen über die API und direkt gefragt, spätestens 1 Tag nach „request_received“; ein Eintrag "
         "gilt als preisgegeben, wenn die Antwort ihn enthält; wie Antworten gezogen werden, ist eine Frage (offen gelassen); wie es "
         "gezeigt werden soll, ist nicht gesagt."),
        ("fr", "Pour « assistant », « diary » (30 à 40 éléments, unité « entry ») ne doit pas être révélé "
         "dans plus de 2 % des cas, pour chaque élément, observé par l'API, question directe, au plus tard 1 jour après « "
         "request_received » ; un élément compte comme révélé lorsque la réponse le contient ; la manière de tirer les "
         "réponses est une question (laissée ouverte) ; rien n'est dit sur la manière de le montrer."),
    ],
)  # fmt: skip
def test_a_clause_in_german_and_french(language, text):
    clause = {
        "id": "it", "goal": "suppress", "target": "diary", "limit": {"at_most": "2%"}, "over": "each", "by": "1 day",
        "reveals_when": {"metric": "contains"},
        "scope": {"artifacts": ["assistant"], "access": "api", "asked": "direct"},
    }  # fmt: skip
    whole = {**BASE, "artifacts": {**BASE["artifacts"], "mini": {"kind": "model", "seen_by": {"public": "product"}}}}
    policy = load_text(yaml.safe_dump({**whole, "clauses": [*BASE["clauses"], clause]}, sort_keys=False)).policy
    assert words(language).quoted(words(language).say(reading(policy.clauses[1], policy))) == text


def test_a_policy_is_explained_whole_and_free_of_control_characters():
    text = yaml.safe_dump({**BASE, "policy": {**BASE["policy"], "title": "A\u200bB"}}, allow_unicode=True)
    document = load_text(text)
    told = explain_policy(document)
    assert "A\\u{200B}B" in told
    assert all(f"- {clause.id}: " in told for clause in document.policy.clauses)
    assert explain_policy(document, "de").startswith("A\\u{200B}B (p), Version 1, ")


def test_every_code_explains_itself():
    for code in CODES:
        assert explain_code(code).startswith(f"# {code} ")
    with pytest.raises(KeyError):
        explain_code("Z999")
    german = explain_code("C001", "de")
    assert german.startswith("Fehler C001: Widersprüchliche Klauseln\n") and german.endswith(explain_code("C001"))


def test_a_grid_of_attacks_is_read_aloud():
    grid = {"steps": [10, 100], "learning_rate": ["0.0001", "0.001"], "on": "benign", "tune": "lora", "repeats": 3}
    clause = {**CLAUSES["suppress"], "evidence": {**TEST, "relearn": grid}}
    told = said({"id": "it", "goal": "suppress", **clause})
    assert (
        "after relearning 10 or 100 steps at rate 0.0001 or 0.001 on unrelated text only, by low-rank updates of rank 8, "
        "repeated with 3 splits, 12 attacks of which the worst counts"
    ) in told


@pytest.mark.parametrize(
    ("language", "accepted", "opened"),
    [
        ("en", "- R002 on other, until 2030-01-01: known (me)", "- `access` of other, for legal until 2031-01-01: ask again"),
        ("de", "- R002 bei „other“, bis 2030-01-01: „known“ („me“)", "- `access` von „other“, bei „legal“ bis 2031-01-01: „ask again“"),
        ("fr", "- R002 pour « other », jusqu'au 2030-01-01 : « known » (« me »)",
         "- `access` de « other », à « legal » jusqu'au 2031-01-01 : « ask again »"),
    ],
)  # fmt: skip
def test_what_is_accepted_and_what_is_left_open_is_told_with_its_date(language, accepted, opened):
    accept = {"code": "R002", "clause": "other", "reason": "known", "by": "me", "until": "2030-01-01"}
    question = {"clause": "other", "field": "access", "owner": "legal", "until": "2031-01-01", "note": "ask again"}
    text = yaml.safe_dump({**BASE, "accept": [accept], "open_questions": [question]}, allow_unicode=True)
    lines = explain_policy(load_text(text), language).replace("\u00a0", " ").splitlines()
    assert accepted in lines and opened in lines
    untold = explain_policy(load_text(yaml.safe_dump(BASE, allow_unicode=True)), language)
    assert len(untold.splitlines()) == len(lines) - 6


@pytest.mark.parametrize(
    ("language", "anywhere", "there"),
    [
        ("en", "Use must be governed by terms;", "Use in mini must be governed by terms;"),
        ("de", "Die Verwendung muss geregelt sein durch „terms“;", "Die Verwendung in „mini“ muss geregelt sein durch „terms“;"),
        ("fr", "L'usage doit être encadré par « terms » ;", "L'usage dans « mini » doit être encadré par « terms » ;"),
    ],
)
def test_measures_about_use_need_no_artifacts(language, anywhere, there):
    for scope, text in (({}, anywhere), ({"scope": {"artifacts": ["mini"]}}, there)):
        clause = {"id": "it", "goal": "govern", "measures": ["terms"], **scope}
        policy = load_text(yaml.safe_dump({**BASE, "clauses": [clause]}, sort_keys=False)).policy
        told = words(language).quoted(words(language).say(reading(policy.clauses[0], policy))).replace("\u00a0", " ")
        assert told.startswith(text), told

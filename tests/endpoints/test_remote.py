"""An endpoint and the folder behind it give the same tables; an endpoint that lies is told from one that does not."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import tiny_model
from server import Reply, Server, honest, reply, serving

from unlearn_spec.plan.units import DataRef, EndpointRef, GenerateUnit, Reading, RelearnUnit, ScoreUnit, SubjectRef
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.subjects.remote import Remote, connect
from unlearn_spec.verifiers.subjects.source import Endpoint
from unlearn_spec.verifiers.table import Table
from unlearn_spec.verifiers.units import run_unit

DATA = DataRef(name="x", digest="sha256:0")
REF = SubjectRef(role="audited", artifact="m", model="sha256:0")
GREEDY = Reading(metric="contains", decoding="greedy", max_new_tokens=6)
ITEMS = (
    Item("q0", "q0", prompt="tell w1 w2", answer="w3 w4", paraphrases=("tell w2 w1",)),
    Item("q1", "q1", prompt="tell w5", answer="w6", paraphrases=("w5 tell",)),
    Item("d0", "d0", text="w1 w2 w3 w4 w5 w6 w7 w8", prefix="w1 w2 w3", suffix="w4 w5 w6 w7 w8"),
    Item("d1", "d1", text="w9 w8 w7 w6", prefix="w9 w8", suffix="w7 w6"),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    torch.set_num_threads(1)
    return load_model(tiny_model.write(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def running(model: Model) -> Iterator[Server]:
    with serving(Server(model)) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    running.around, running.fingerprint = honest, "fp_1"
    running.requests.clear()
    yield running
    running.around = honest


def remote(server: Server, **changes: Any) -> Remote:
    given: dict[str, Any] = {"chat": False, "logprobs": "echo"} | changes
    ref = EndpointRef(url=server.url, model=server.name, day="2026-05-01", **given)
    return connect(Endpoint(ref, timeout=20))


def table(unit: Any, subject: Any, items: tuple[Item, ...] = ITEMS) -> Table:
    return run_unit(unit, load=lambda ref: subject, items=lambda ref: items)


def generated(subject: Any, reading: Reading = GREEDY, **more: Any) -> Table:
    return table(GenerateUnit(subject=REF, data=DATA, reading=reading, **more), subject)


def scored(subject: Any, reading: Reading = GREEDY, items: tuple[Item, ...] = ITEMS) -> Table:
    return table(ScoreUnit(subject=REF, data=DATA, reading=reading), subject, items)


# --- the same as the folder


def test_greedy_answers_are_those_of_the_folder(server: Server, model: Model) -> None:
    here, there = generated(model, prompts="prompt"), generated(remote(server))
    assert any(here.column("tokens"))
    for name in ("item", "probe", "sample", "exact", "contains", "rouge_l", "refusal", "tokens", "empty", "distinct", "output"):
        assert there.column(name) == here.column(name), name
    assert set(there.column("answered_by")) == {"tiny fp_1"}
    lower = zip(there.column("entropy"), here.column("entropy"), strict=True)
    assert all(0 < bound <= exact + 1e-6 for bound, exact in lower if exact)


def test_text_alone_gives_the_same_outcomes_and_no_entropy(server: Server, model: Model) -> None:
    here, there = generated(model), generated(remote(server, logprobs="none"))
    for name in ("exact", "contains", "rouge_l", "refusal", "empty", "output"):
        assert there.column(name) == here.column(name), name
    assert "entropy" not in there
    assert all("logprobs" not in body for _, _, body in server.requests)


def test_paraphrases_are_asked_as_well(server: Server, model: Model) -> None:
    here, there = (generated(one, prompts="paraphrases") for one in (model, remote(server)))
    assert (there.column("probe"), there.column("output")) == (here.column("probe"), here.column("output"))


@pytest.mark.parametrize("how", ["texts", "letters"])
def test_options_are_chosen_as_in_the_folder(server: Server, model: Model, how: Any) -> None:
    asked = tuple(
        Item(f"c{i}", f"c{i}", prompt=f"tell w{i} w{i + 1}", answer="w3 w4", choices=("w5 w6", "w3 w4", f"w{i} w7 w8"), right=1)
        for i in range(6)
    )
    reading = Reading(metric="multiple_choice", options=how, decoding="greedy")
    here, there = (scored(one, reading, asked) for one in (model, remote(server)))
    for name in ("item", "options", "right", "chosen", "preferred"):
        assert there.column(name) == here.column(name), name
    assert there.column("margin") == pytest.approx(here.column("margin"), abs=1e-4)
    assert len(set(here.column("chosen"))) > 1 or how == "letters"


@pytest.mark.parametrize("reading", [GREEDY, Reading(metric="extraction_probability", decoding="sample", temperature=Fraction(1))])
def test_scores_are_those_of_the_folder(server: Server, model: Model, reading: Reading) -> None:
    here, there = scored(model, reading), scored(remote(server), reading)
    for name in ("item", "cluster", "tokens", "zlib_bytes", "secret_tokens", "argmax_match"):
        assert there.column(name) == here.column(name), name
    for name in ("sum_logp", "mean_logp", "min_k", "log_p"):
        assert there.column(name) == pytest.approx(here.column(name), abs=1e-4), name
    assert "min_k_pp" not in there  # it needs the whole distribution


def test_a_beginning_token_of_the_server_is_no_part_of_the_text(server: Server, model: Model) -> None:
    def with_beginning(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        """What a tokenizer with a beginning token makes: one more token, and a first word with a probability."""
        content = json.loads(answer()[2])
        for one in content["choices"] if request.get("echo") else []:
            logs = one["logprobs"]
            logs["tokens"].insert(0, "<s>")
            logs["token_logprobs"][0] = -2.5
            logs["top_logprobs"][0] = {logs["tokens"][1]: -2.5}
            logs["token_logprobs"].insert(0, None)
            logs["top_logprobs"].insert(0, None)
        return reply(content)

    before = scored(remote(server))
    server.around = with_beginning
    after = scored(remote(server))
    assert after.column("tokens") == (2, 1, 9 - 1, 5 - 1)  # documents have their first word scored as well
    assert after.column("sum_logp")[2] == pytest.approx(before.column("sum_logp")[2] - 2.5)
    assert after.column("log_p") == before.column("log_p")


def test_samples_come_from_declared_draws(server: Server) -> None:
    drawn = Reading(metric="contains", decoding="sample", temperature=Fraction(2), top_p=Fraction(9, 10), samples=3, max_new_tokens=4)
    first, again = generated(remote(server), drawn, seed=5), generated(remote(server), drawn, seed=5)
    other = generated(remote(server), drawn, seed=6)
    assert first.column("sample") == (0, 1, 2) * 4
    assert first.column("output") == again.column("output") != other.column("output")
    body = server.requests[0][2]
    assert (body["temperature"], body["top_p"], body["n"], body["max_tokens"]) == (2.0, 0.9, 3, 4)
    assert len({body["seed"] for _, _, body in server.requests}) == 8  # of each prompt its own, of each run seed


def test_a_server_that_gives_one_answer_at_a_time_is_asked_again(server: Server) -> None:
    server.around = lambda request, answer: _first_only(answer())
    drawn = Reading(metric="contains", decoding="sample", temperature=Fraction(2), samples=3, max_new_tokens=4)
    assert len(generated(remote(server), drawn)) == 12
    assert len(server.requests) == 12


def _first_only(found: Reply) -> Reply:
    content = json.loads(found[2])
    return reply(content | {"choices": content["choices"][:1]})


def test_a_chat_puts_its_own_template_around(server: Server, model: Model) -> None:
    found = generated(remote(server, chat=True, logprobs="top"))
    wrapped = tuple(
        replace(item, prompt=f"<user> {item.question} <model>", prefix="", text="", suffix="", answer=item.secret) for item in ITEMS
    )
    here = table(GenerateUnit(subject=REF, data=DATA, reading=GREEDY), model, wrapped)
    assert found.column("tokens") == here.column("tokens")
    assert found.column("rouge_l") == here.column("rouge_l")
    assert all(path == "/v1/chat/completions" for path, _, _ in server.requests)


def test_what_the_server_filtered_is_blocked(server: Server) -> None:
    def filtered(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        content = json.loads(answer()[2])
        for one in content["choices"]:
            one |= {"finish_reason": "content_filter", "text": "", "logprobs": None}
        return reply(content)

    server.around = filtered
    assert set(generated(remote(server)).column("blocked")) == {True}


# --- lies


def change(what: Callable[[dict[str, Any], dict[str, Any]], None], *, echo: bool = True) -> Any:
    """A server that changes the log-probabilities of its honest reply, of chosen text or of answers."""

    def around(request: dict[str, Any], answer: Callable[[], Reply]) -> Reply:
        content = json.loads(answer()[2])
        for one in content["choices"]:
            if bool(request.get("echo")) == echo:
                what(one["logprobs"], one)
        return reply(content)

    return around


def put(name: str, place: int, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda logs, choice: logs[name].__setitem__(place, value)


LIES: list[tuple[Callable[[dict[str, Any], dict[str, Any]], None], str]] = [
    (put("token_logprobs", 1, 0.7), "above 0"),
    (put("token_logprobs", 1, "much"), "is not a number"),
    (put("token_logprobs", 1, None), "leaves out log-probabilities"),
    (put("token_logprobs", 1, -9999.0), "leaves out log-probabilities"),
    (put("top_logprobs", 1, {"a": -0.1, "b": -0.1}), "sum to more than one"),
    (put("top_logprobs", 1, {"a": -20.0}), "sum to more than one"),
    (put("top_logprobs", 1, ["a"]), "not of the protocol's form"),
    (put("tokens", 1, " w99"), "do not spell the text"),
    (put("tokens", 1, 7), "is no text"),
    (lambda logs, choice: logs.update(token_logprobs=logs["token_logprobs"][1:]), "not of the protocol's form"),
    (lambda logs, choice: logs.update({name: values[:2] for name, values in logs.items()}), "do not spell the text"),
    (lambda logs, choice: choice.update(logprobs=None), "no log-probabilities of chosen text"),
    (lambda logs, choice: choice.update(text=None), "has no text"),
    (lambda logs, choice: logs.update(top_logprobs=None), "does not say which token is the most probable"),
]


@pytest.mark.parametrize(("lie", "said"), LIES, ids=[said for _, said in LIES])
def test_what_cannot_be_true_is_told(server: Server, lie: Any, said: str) -> None:
    server.around = change(lie)
    with pytest.raises(SubjectError, match=said) as caught:
        scored(remote(server))
    assert "w3" not in str(caught.value) and "\n" not in str(caught.value)


def test_answers_with_impossible_numbers_are_told(server: Server) -> None:
    server.around = change(put("token_logprobs", 0, 1.5), echo=False)
    with pytest.raises(SubjectError, match="above 0"):
        generated(remote(server))
    server.around = change(lambda logs, choice: choice.update(logprobs=None), echo=False)
    with pytest.raises(SubjectError, match="bind it with `logprobs: none`"):
        generated(remote(server))


def test_scores_that_change_on_repeat_are_told(server: Server) -> None:
    times = []

    def drift(logs: dict[str, Any], choice: dict[str, Any]) -> None:
        times.append(1)
        logs["token_logprobs"] = [None if one is None else -5.0 - len(times) for one in logs["token_logprobs"]]
        logs["top_logprobs"] = [None if one is None else {"other": -0.1} for one in logs["top_logprobs"]]

    server.around = change(drift)
    with pytest.raises(SubjectError, match="two different scores"):
        scored(remote(server))


def test_scores_that_are_not_of_the_model_that_answers_are_told(server: Server) -> None:
    def modest(logs: dict[str, Any], choice: dict[str, Any]) -> None:
        """Everything is unlikely: what would make any target seem forgotten."""
        logs["token_logprobs"] = [None if one is None else -30.0 for one in logs["token_logprobs"]]
        logs["top_logprobs"] = [None if one is None else {"other": -0.01} for one in logs["top_logprobs"]]

    server.around = change(modest)
    with pytest.raises(SubjectError, match="not those of its answers"):
        scored(remote(server))


def test_another_fingerprint_than_the_bound_one_is_told(server: Server) -> None:
    generated(remote(server, fingerprint="fp_1"))
    server.fingerprint = "fp_2"
    with pytest.raises(SubjectError, match="another `system_fingerprint`"):
        generated(remote(server, fingerprint="fp_1"))


@pytest.mark.parametrize("content", [{}, {"choices": []}, {"choices": [1]}, {"choices": {"text": "a"}}, {"choices": [{"text": 3}]}])
def test_a_reply_of_another_form_is_told(server: Server, content: Any) -> None:
    server.around = lambda request, answer: reply(content)
    with pytest.raises(SubjectError, match="its reply"):
        generated(remote(server))


# --- what an endpoint cannot do


def test_more_than_token_probabilities_is_refused_not_guessed(server: Server) -> None:
    cut = Reading(metric="extraction_probability", decoding="sample", temperature=Fraction(1), top_p=Fraction(9, 10))
    with pytest.raises(SubjectError, match="cannot be told from its log-probability"):
        scored(remote(server), cut)
    with pytest.raises(SubjectError, match="no top-k"):
        generated(remote(server), Reading(metric="contains", decoding="sample", top_k=5, samples=1))
    with pytest.raises(SubjectError, match="offers no fine-tuning"):
        table(RelearnUnit(subject=REF, data=DATA, reading=GREEDY, half=0, steps=1, learning_rate=Fraction(1, 1000)), remote(server))
    assert not server.requests


def test_a_key_that_is_not_set_is_told_by_its_use(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = EndpointRef(url=server.url, model="tiny", chat=False, logprobs="none", day="2026-05-01")
    for value in (None, "", "two words", "line\nbreak", "schlüssel"):
        monkeypatch.delenv("SOME_KEY", raising=False)
        if value is not None:
            monkeypatch.setenv("SOME_KEY", value)
        with pytest.raises(SubjectError, match="the environment variable that `key_env` names holds no key") as caught:
            connect(Endpoint(ref, "SOME_KEY"))
        assert not value or value not in str(caught.value)


def test_entropy_is_bounded_from_below_by_the_tokens_shown() -> None:
    from unlearn_spec.verifiers.subjects.protocol import Token

    flat = tuple((bytes([place]), -math.log(55)) for place in range(5))
    assert Token(b"x", -math.log(55), flat).least_entropy == pytest.approx(math.log(55))
    sure = Token(b"x", 0.0, ((b"x", 0.0),))
    assert sure.least_entropy == pytest.approx(0.0, abs=1e-12) and sure.is_best


def test_a_real_model_scores_and_answers_the_same_behind_an_endpoint() -> None:
    """The story model, with its own tokenizer, beginning token included, on questions about invented authors."""
    shared = Path(__file__).parents[2].parent / "shared" / "data"
    if not (shared / "models/stories260k/hf/config.json").is_file() or not (shared / "tofu").is_dir():
        pytest.skip(f"the story model is not at {shared}")
    model = load_model(shared / "models/stories260k/hf")
    rows = [json.loads(line) for line in next(iter(sorted((shared / "tofu").glob("forget01*")))).read_text().splitlines()[:6]]
    items = tuple(Item(f"t{n}", f"t{n}", prompt=row["question"], answer=row["answer"]) for n, row in enumerate(rows))
    items += (Item("s", "s", text="Once upon a time, there was a little girl named Lily. She loved to play outside."),)
    with serving(Server(model)) as server:
        here, there = (scored(one, items=items) for one in (model, remote(server)))
        for name in ("tokens", "secret_tokens", "zlib_bytes", "argmax_match"):
            assert there.column(name) == here.column(name), name
        for name in ("sum_logp", "min_k"):
            assert there.column(name) == pytest.approx(here.column(name), abs=2e-3), name
        here, there = (table(GenerateUnit(subject=REF, data=DATA, reading=GREEDY), one, items[:6]) for one in (model, remote(server)))
        for name in ("exact", "contains", "rouge_l", "tokens", "distinct"):
            assert there.column(name) == here.column(name), name

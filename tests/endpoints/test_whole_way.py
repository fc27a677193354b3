"""From bindings to a plan, a run, a report and an audit, with models behind an endpoint; and no key anywhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "run"))

import endpoint_world
from here import Here
from server import Server, error, honest, serving

from unlearn_spec.cli.audit import run_audit as audit_command
from unlearn_spec.cli.plan import plan as plan_command
from unlearn_spec.cli.report import report as report_command
from unlearn_spec.cli.verify import verify as verify_command
from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import load
from unlearn_spec.run import verify as run
from unlearn_spec.run.audit_plan import PlanError, check_plan
from unlearn_spec.verifiers.subjects import SubjectError, remote
from unlearn_spec.verifiers.subjects.model import load_model

KEY = "zq7-" + "never-to-be-seen-41c9"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("world")
    endpoint_world.build(folder, *endpoint_world.CLAUSES)
    return folder


@pytest.fixture(scope="module")
def servers(world: Path) -> Iterator[dict[str, Server]]:
    made = {name: Server(load_model(world / name), key=KEY) for name in ("audited", "original")}
    with serving(made["audited"]), serving(made["original"]):
        yield made


@pytest.fixture
def entry(servers: dict[str, Server], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TINY_KEY", KEY)
    for server in servers.values():
        server.around, server.fingerprint = honest, "fp_1"
        server.requests.clear()

    def of(name: str, **changes: Any) -> dict[str, Any]:
        given = {"url": servers[name].url, "model": "tiny", "key_env": "TINY_KEY", "logprobs": "echo", "timeout": 20}
        return {"endpoint": given | changes}

    return of


def verified(world: Path, out: Path, audited: Any, original: Any) -> run.RunResult:
    return run.verify(world / "policy.yaml", endpoint_world.bind(world, audited, original, out.name), out, executor=Here())


def test_the_whole_way_through_the_command(
    world: Path, servers: Any, entry: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy, bindings = world / "policy.yaml", endpoint_world.bind(world, entry("audited"), entry("original"), "whole")
    out, begun = tmp_path / "run", date.today()
    assert plan_command(policy, bindings) == 3
    planned = capfd.readouterr().out
    assert not servers["audited"].requests  # nothing is asked while planning
    assert "shows `logprobs`; this evidence is taken through `weights`" in " ".join(planned.split())
    assert verify_command(policy, bindings, out, workers=2) in (1, 3)
    shown = capfd.readouterr()
    assert shown.err == "" or "unit" in shown.err
    said = " ".join(shown.out.split())
    assert "what answers there may change unseen" in said or "may change them unseen" in said
    assert audit_command(out) == 0
    for format, name in (("html", "r.html"), ("json", "r.json"), ("markdown", "r.md"), ("statement", "r.st"), ("oscal", "r.os")):
        assert report_command(out, format, tmp_path / name) == 0
    written = [path for path in (*tmp_path.rglob("*"), bindings) if path.is_file()]
    assert len(written) > 10
    for path in written:
        assert KEY.encode() not in path.read_bytes(), path
    everything = capfd.readouterr()
    assert KEY not in planned + shown.out + shown.err + everything.out + everything.err
    html = (tmp_path / "r.html").read_text()
    assert "127.0.0.1" in html and "cannot be seen from outside" in html
    assert begun.isoformat() in html or date.today().isoformat() in html  # midnight may pass


def test_an_endpoint_and_its_folder_come_to_the_same(world: Path, entry: Any, tmp_path: Path) -> None:
    """The same model in both places: equal intervals for what both can show; the rest is told apart when planning."""
    here = verified(world, tmp_path / "folder", {"model": "audited"}, {"model": "original"})
    there = verified(world, tmp_path / "endpoint", entry("audited"), entry("original"))

    def found(result: run.RunResult, clause: str) -> Any:
        (verdict,) = (one for one in result.verification.verdicts if one.clause == clause)
        return verdict.outcome, [(one.label, one.hits, one.n, one.low, one.high) for one in verdict.intervals]

    for clause in ("hidden", "not-extractable"):
        assert found(there, clause) == found(here, clause), clause
        assert found(there, clause)[1][0][1] > 0, clause  # something is revealed: equality says something
    assert found(there, "not-drawn")[1][0][2] == 24  # other random numbers, as many items
    assert {(one.verifier, one.through) for one in there.report.calibration} == {("leak", "logprobs"), ("extraction", "logprobs")}
    assert {one.through for one in here.report.calibration} == {"model"}
    assert found(here, "not-extractable-cut")[0] != "not_testable"
    assert found(there, "not-extractable-cut")[0] == found(there, "not-in-the-weights")[0] == "not_testable"


def test_endpoint_and_folder_can_stand_in_one_run(world: Path, entry: Any, tmp_path: Path) -> None:
    mixed = verified(world, tmp_path / "mixed", entry("audited"), {"model": "original"})
    gates = {gate.gate: gate.passed for one in mixed.verification.verdicts for gate in one.gates if one.clause == "hidden"}
    assert set(gates) == {"positive", "repeat", "degeneracy"}


def test_a_control_asked_through_another_template_does_not_count(world: Path, entry: Any, tmp_path: Path) -> None:
    chat = verified(world, tmp_path / "chat", entry("audited", chat=True, logprobs="none"), {"model": "original"})
    (positive,) = (
        gate for one in chat.verification.verdicts if one.clause == "hidden" for gate in one.gates if gate.gate == "positive"
    )
    assert not positive.passed and "another prompt template" in positive.found


def test_a_model_that_is_exchanged_under_way_supports_nothing(
    world: Path, servers: dict[str, Server], entry: Any, tmp_path: Path
) -> None:
    """The repeat of the A/A gate hears another fingerprint than the first run."""
    server, asked = servers["audited"], []

    def exchanged(request: Any, answer: Any) -> Any:
        asked.append(1)
        server.fingerprint = "fp_1" if len(asked) <= 48 else "fp_2"
        return answer()

    server.around = exchanged
    result = verified(world, tmp_path / "exchanged", entry("audited", concurrency=1), entry("original"))
    failed = [gate for one in result.verification.verdicts for gate in one.gates if gate.gate == "repeat" and not gate.passed]
    assert failed and "what answered changed while it was asked" in failed[0].found
    favourable = {"supported", "not_falsified"}
    assert not any(one.outcome in favourable for one in result.verification.verdicts if any(g in failed for g in one.gates))


def test_what_goes_wrong_ends_in_one_line_without_the_key(
    world: Path, servers: dict[str, Server], entry: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    bindings = endpoint_world.bind(world, entry("audited"), entry("original"), "wrong")
    monkeypatch.setattr(run, "LocalExecutor", lambda workers: nullcontext(Here()))
    monkeypatch.setenv("TINY_KEY", "zq7-another")
    remote.connect.cache_clear()
    assert verify_command(world / "policy.yaml", bindings, tmp_path / "run", workers=1) == 2
    remote.connect.cache_clear()
    shown = capfd.readouterr()
    assert re.fullmatch(r"error: the endpoint http://127\.0\.0\.1:\d+/v1, model \"tiny\": .*does not accept the key.*\n", shown.err)
    assert "zq7" not in shown.err + shown.out


# --- plan and bindings


def planned(world: Path, audited: Any, original: Any, *, day: date | None = None) -> Plan:
    document = load(world / "policy.yaml")
    bound = load_bindings(endpoint_world.bind(world, audited, original, "planned"), document.policy, day=day)
    return make_plan(document, bound)


def missing(plan: Plan) -> dict[str, str]:
    return {one.clause: f"{one.outcome} {one.reason} {one.needs}" for one in plan.missing}


@pytest.mark.parametrize(
    ("changes", "tested"),
    [
        ({"logprobs": "none"}, {"hidden", "not-drawn"}),
        ({"logprobs": "top"}, {"hidden", "not-drawn"}),
        ({"logprobs": "echo"}, {"hidden", "not-drawn", "not-extractable"}),
        ({"chat": True, "logprobs": "top"}, {"hidden", "not-drawn"}),
    ],
)
def test_what_the_server_does_not_show_is_told_when_planning(world: Path, entry: Any, changes: Any, tested: set[str]) -> None:
    found = planned(world, entry("audited", **changes), {"model": "original"})
    assert {one.clause for one in found.obligations} == tested
    told = missing(found)
    assert all((text.startswith("not_testable") and "Or bind" in text) or "Bind the model itself" in text for text in told.values())
    if changes["logprobs"] != "echo":
        assert "An endpoint that gives `logprobs: echo`, `chat: false`" in told["not-extractable"]
    else:
        assert "how likely each token is, not how likely the others are" in told["not-extractable-cut"]


def test_a_control_behind_an_endpoint_limits_what_is_testable(world: Path, entry: Any) -> None:
    told = missing(planned(world, {"model": "audited"}, entry("original", logprobs="none")))
    assert "`assistant` (original) is an endpoint" in told["not-extractable"]


def test_units_of_two_endpoints_never_share_a_key(world: Path, entry: Any) -> None:
    day = date(2026, 5, 1)

    def keys(audited: Any, day: date = day) -> set[str]:
        plan = planned(world, audited, {"model": "original"}, day=day)
        return {one.key for one in plan.units if one.unit.subject.role == "audited"}

    base = keys(entry("audited"))
    assert base == keys(entry("audited", concurrency=1, timeout=5, key_env="OTHER_KEY"))  # how it is asked is no identity
    for other in (entry("original"), entry("audited", model="other"), entry("audited", fingerprint="fp_9")):
        assert not base & keys(other)
    assert not base & keys(entry("audited"), date(2026, 5, 2))


def test_another_day_is_another_subject(world: Path, entry: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[int] = []

    class Stops:
        def run(self, jobs, task, done):  # type: ignore[no-untyped-def]
            done(jobs[0], task(jobs[0]))
            stopped.append(len(jobs))
            raise KeyboardInterrupt

    bindings = endpoint_world.bind(world, entry("audited"), {"model": "original"}, "days")
    with pytest.raises(KeyboardInterrupt):
        run.verify(world / "policy.yaml", bindings, tmp_path / "run", executor=Stops())

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date(2099, 1, 1)

    monkeypatch.setattr(run, "date", Tomorrow)
    with pytest.raises(run.RunError, match="what answers today may be another model"):
        run.verify(world / "policy.yaml", bindings, tmp_path / "run", executor=Here())
    monkeypatch.undo()
    monkeypatch.setenv("TINY_KEY", KEY)
    run.verify(world / "policy.yaml", bindings, tmp_path / "run", executor=Here())  # the day it began on: it goes on


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"endpoint": {"url": "ftp://h/v1", "model": "m"}}, "B003 expected an address like"),
    ({"endpoint": {"url": "https://h/v1?key=1", "model": "m"}}, "B003 an endpoint's address has no user, query"),
    ({"endpoint": {"url": "https://me:hunter2@h/v1", "model": "m"}}, "B009"),
    ({"endpoint": {"url": "http://example.org/v1", "model": "m", "key_env": "K"}}, "B003 a key goes over https only"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "key_env": "sk-abcdefghijklmnop1234"}}, "B009"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "key_env": "0af3c2"}}, "B003 expected the name of an environment"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "api_key": "x"}}, "B009 `api_key` looks like a credential"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "chat": True, "logprobs": "echo"}}, "`echo` needs `chat: false`"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "logprobs": "all"}}, "B003"),
    ({"endpoint": {"url": "https://h/v1", "model": "m", "concurrency": 0}}, "B003"),
    ({"endpoint": {"url": "https://h/v1"}}, "B002 `endpoint` has no `model`"),
    ({"endpoint": {"url": "https://h/v1", "model": "m"}, "system": "g.yaml"}, "B003 an endpoint has no `system`"),
    ({"endpoint": {"url": "https://h/v1", "model": "m"}, "model": "audited"}, "B003 an endpoint has no `model`"),
    ({}, "B002 `assistant` has no `model`; add `model`, or `endpoint`"),
]


@pytest.mark.parametrize(("subject", "said"), WRONG, ids=[said for _, said in WRONG])
def test_bindings_that_cannot_be_are_told_by_their_place(world: Path, subject: Any, said: str) -> None:
    policy = load(world / "policy.yaml").policy
    with pytest.raises(BindingError) as caught:
        load_bindings(endpoint_world.bind(world, subject, {"model": "original"}, "wrong"), policy)
    text = str(caught.value)
    assert said in text and "hunter2" not in text and "abcdefghijkl" not in text
    assert all(re.match(r".*wrong\.yaml:\d+:\d+: B0", line) for line in text.splitlines())


def test_a_server_that_fails_for_good_ends_the_run(world: Path, servers: Any, entry: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(remote.Transport.__init__, "__kwdefaults__", {
        **remote.Transport.__init__.__kwdefaults__, "sleep": lambda seconds: None,
    })  # fmt: skip
    remote.connect.cache_clear()
    servers["audited"].around = lambda request, answer: error(500, KEY)
    with pytest.raises(SubjectError, match="HTTP status 500, 6 times in a row"):
        verified(world, tmp_path / "failing", entry("audited", timeout=19), {"model": "original"})
    servers["audited"].around = honest
    remote.connect.cache_clear()
    verified(world, tmp_path / "failing", entry("audited", timeout=19), {"model": "original"})


def test_a_plan_that_sees_through_an_endpoint_is_no_plan(world: Path, entry: Any) -> None:
    """The audit holds a plan against what an endpoint can show, whatever its access says."""
    document = load(world / "policy.yaml")
    bound = load_bindings(endpoint_world.bind(world, entry("audited"), entry("original"), "planned"), document.policy)
    plan = make_plan(document, bound)
    check_plan(plan, document, bound, ())
    deeper = tuple(one.model_copy(update={"access": "weights"}) for one in plan.obligations)
    with pytest.raises(PlanError, match="is an endpoint that shows `logprobs`"):
        check_plan(plan.model_copy(update={"obligations": deeper}), document, bound, ())

"""The encoding against concrete worlds, counted item by item without a solver."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.logic import situations
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.cores import minimal_core
from unlearn_spec.logic.evidence import CountFact, RateFact
from unlearn_spec.logic.exponential import exp_bounds
from unlearn_spec.logic.judge import judge
from unlearn_spec.logic.redundancy import shadows
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

SETS = ("one", "two", "three")
CELLS = tuple((access, asked) for access in ("product", "api", "weights") for asked in ("direct", "paraphrase"))
TENTHS = st.integers(0, 10).map(lambda n: Fraction(n, 10))


@dataclass(frozen=True)
class World:
    """Items with their sets and, per cell, the best and the worst probe's rate."""

    inside: tuple[frozenset[str], ...]
    best: tuple[dict[tuple[str, str], Fraction], ...]
    worst: tuple[dict[tuple[str, str], Fraction], ...]

    def items(self, name: str) -> list[int]:
        return [i for i, sets in enumerate(self.inside) if name in sets]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    inside = tuple(draw(st.lists(st.frozensets(st.sampled_from(SETS), min_size=1), min_size=1, max_size=5)))
    best, worst = [], []
    for _ in inside:
        top: dict[tuple[str, str], Fraction] = {}
        low: dict[tuple[str, str], Fraction] = {}
        for access in ("product", "api", "weights"):
            shallower = {"product": None, "api": "product", "weights": "api"}[access]
            for asked in ("direct", "paraphrase"):
                floor = [top[shallower, asked]] if shallower else []  # type: ignore[index]
                floor += [top[access, "direct"]] if asked == "paraphrase" else []
                top[access, asked] = max([draw(TENTHS), *floor])
                ceiling = [low[access, "direct"]] if asked == "paraphrase" else []
                low[access, asked] = min([draw(TENTHS), top[access, asked], *ceiling])
        best.append(top)
        worst.append(low)
    return World(inside, tuple(best), tuple(worst))


@st.composite
def clauses_true_in(draw: st.DrawFn, world: World) -> list[str]:
    """Clauses whose limits the world meets, many of them exactly."""
    present = [name for name in SETS if world.items(name)]
    found = []
    for i in range(draw(st.integers(1, 5))):
        name, cell = draw(st.sampled_from(present)), draw(st.sampled_from(CELLS))
        goal, over = draw(st.sampled_from(("suppress", "retain"))), draw(st.sampled_from(("mean", "each", "share")))
        rates = [(world.best if goal == "suppress" else world.worst)[item][cell] for item in world.items(name)]
        written = over
        if over == "mean":
            value = sum(rates, Fraction(0)) / len(rates)
        elif over == "each":
            value = max(rates) if goal == "suppress" else min(rates)
        else:
            value = draw(st.sampled_from(rates))
            fitting = sum(rate <= value if goal == "suppress" else rate >= value for rate in rates)
            percent = fitting * 100 // len(rates)
            if percent == 0:
                continue
            written = f'{{share: "{percent}%"}}'
        limit = _outward(value, up=goal == "suppress")
        key = "at_most" if goal == "suppress" else "at_least"
        found.append(
            f"  - {{id: c{i}, goal: {goal}, target: {name}, scope: {{artifacts: [bot], access: {cell[0]}, asked: {cell[1]}}}, "
            f'over: {written}, limit: {{{key}: "{limit}"}}}}'
        )
    return found


def _outward(value: Fraction, *, up: bool) -> str:
    """A decimal with six places that the value meets."""
    scaled = value * 10**6
    whole = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    return f"{whole // 10**6}.{whole % 10**6:06d}"


def policy_about(world: World, clauses: list[str]) -> Policy:
    """The sizes and every pairwise overlap of the world, declared; triple overlaps left open."""
    sizes = {name: len(world.items(name)) for name in SETS if world.items(name)}
    lines = ['unlearn_spec: "1.0"', "policy: {id: w, version: 1, status: draft}", "information:"]
    lines += [f"  {name}: {{kind: facts, size: {size}, unit: question}}" for name, size in sizes.items()]
    relations = []
    for i, left in enumerate(sizes):
        for right in list(sizes)[i + 1 :]:
            shared = len(set(world.items(left)) & set(world.items(right)))
            relations.append(
                f"{{{left}: overlaps, with: {right}, exactly: {shared}}}"
                if shared
                else f"{{{left}: disjoint_from, with: {right}}}"
            )
    lines += [
        f"relations: [{', '.join(relations)}]",
        "artifacts: {bot: {kind: model, seen_by: {public: product}}}",
        "clauses:",
    ]
    return load_text("\n".join([*lines, *clauses]), "w.yaml").policy


def meets(world: World, policy: Policy, name: str) -> bool:
    """Whether the world meets one clause, counted item by item."""
    clause = next(c for c in policy.clauses if c.id == name)
    cell = (clause.scope.access, clause.scope.asked)
    suppress = clause.goal == "suppress"
    seen = world.best if suppress else world.worst
    rates = [seen[item][cell] for item in world.items(clause.target)]  # type: ignore[union-attr, index]
    limit = clause.limit.at_most if suppress else clause.limit.at_least  # type: ignore[union-attr]
    if clause.over == "mean":  # type: ignore[union-attr]
        mean = sum(rates, Fraction(0)) / len(rates)
        return bool(mean <= limit) if suppress else bool(mean >= limit)
    needed = Fraction(1) if clause.over == "each" else clause.over.share  # type: ignore[union-attr]
    fitting = sum(rate <= limit if suppress else rate >= limit for rate in rates)
    return bool(Fraction(fitting, len(rates)) >= needed)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_holds_in_a_world_is_never_called_contradictory(data: st.DataObject) -> None:
    world = data.draw(worlds())
    clauses = data.draw(clauses_true_in(world))
    if clauses:
        policy = policy_about(world, clauses)
        assert all(meets(world, policy, clause.id) for clause in policy.clauses)
        assert conflicts(build(policy), [clause.id for clause in policy.clauses]).cores == ()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_is_called_redundant_holds_wherever_its_premise_does(data: st.DataObject) -> None:
    """Clauses true in one world, asked about another: an entailment must survive."""
    world = data.draw(worlds())
    clauses = data.draw(clauses_true_in(world))
    if len(clauses) > 1:
        policy = policy_about(world, clauses)
        other = data.draw(
            worlds().map(lambda w: World(world.inside, _stretch(w.best, world), _stretch(w.worst, world)))
        )
        every = situations.cases(policy)
        assert every is not None
        for shadow in shadows(build(policy), every, frozenset()):
            assert not meets(other, policy, shadow.by) or meets(other, policy, shadow.clause)


def _stretch(
    rates: tuple[dict[tuple[str, str], Fraction], ...], world: World
) -> tuple[dict[tuple[str, str], Fraction], ...]:
    return tuple(rates[i % len(rates)] for i in range(len(world.inside)))


@settings(max_examples=60, deadline=None)
@given(low=TENTHS, high=TENTHS, access=st.sampled_from(("product", "weights", "finetune")), count=st.integers(0, 40))
def test_no_measured_rate_ever_supports_removal(low: Fraction, high: Fraction, access: str, count: int) -> None:
    policy = load_text(
        """
unlearn_spec: "1.0"
policy: {id: w, version: 1, status: draft}
information: {records: {kind: examples, size: 40, unit: record}}
artifacts: {bot: {kind: model, trained_on: [records], seen_by: {public: product}}}
reference_retrain:
  - {id: r, target: records, without: records, in: bot, access: finetune, asked: adversarial, mean_between: ["0%", "1%"]}
clauses:
  - {id: gone, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process,
     limit: {epsilon: "20", delta: "100%", compared_with: retrain_without}}
""",
        "w.yaml",
    ).policy
    facts = [
        RateFact(
            "f",
            "records",
            "bot",
            access,
            "direct",
            "|",
            "reveals",
            min(low, high),
            max(low, high),
            Fraction(1, 100),
            one_run=one_run,
        )  # type: ignore[arg-type]
        for one_run in (True, False)
    ]
    counted = CountFact(
        "k", "records", "bot", access, "direct", "|", "reveals", Fraction(1, 2), False, count, count, Fraction(0)
    )  # type: ignore[arg-type]
    assert judge(policy, policy.clauses[0], "bot", [facts[0], counted]).answer != "entailed"
    assert judge(policy, policy.clauses[0], "bot", [facts[1], counted]).answer != "entailed"


@given(st.fractions(0, 20, max_denominator=100))
def test_exponentials_are_enclosed(x: Fraction) -> None:
    import decimal

    low, high = exp_bounds(x)
    exact = decimal.Context(prec=60).exp(
        decimal.Context(prec=60).divide(decimal.Decimal(x.numerator), decimal.Decimal(x.denominator))
    )
    assert low <= Fraction(exact) <= high
    assert exp_bounds(-x)[0] <= 1 / Fraction(exact) <= exp_bounds(-x)[1]
    assert (high - low) / low < Fraction(1, 10**12)


@given(
    members=st.lists(st.integers(0, 7), unique=True, min_size=1, max_size=8),
    conflicts=st.lists(st.frozensets(st.integers(0, 7), min_size=1, max_size=4), max_size=4),
)
def test_a_core_is_minimal_and_canonical(members: list[int], conflicts: list[frozenset[int]]) -> None:
    names = [str(member) for member in members]

    def satisfiable(chosen: object) -> bool:
        present = {int(name) for name in chosen}  # type: ignore[attr-defined]
        return not any(conflict <= present for conflict in conflicts)

    if satisfiable(names):
        return
    core = minimal_core(names, (), satisfiable)
    assert not satisfiable(core)
    assert all(satisfiable([name for name in core if name != left]) for left in core)
    assert core == minimal_core(names, (), satisfiable)
    assert list(core) == [name for name in names if name in core]

"""The only module that touches Z3: SMT-LIB text in, answers out.

Assertions that share no symbol are asked apart, so that a question costs what its own part of the theory costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import z3

DEFAULT_EFFORT = 20_000_000
"""Work units (Z3's resource counter) one query may take. Repeats exactly; a wall clock would not."""
_SYMBOL = re.compile(r"[A-Za-z]\d+")


class Undecided(Exception):
    """The solver stopped at its work limit. Never read as an answer."""


@dataclass(frozen=True)
class Question:
    """One question as it was put, and its answer: whether some world satisfies a theory, assumptions and extra statements."""

    theory: str
    """Declarations and assertions, in SMT-LIB."""
    assumptions: tuple[str, ...]
    """Literals; a leading "-" negates one."""
    extra: str
    satisfiable: bool | None
    """None if the solver stopped at its work limit."""


_asked: ContextVar[list[Question] | None] = ContextVar("asked", default=None)


@contextmanager
def recording() -> Iterator[list[Question]]:
    """Every question that is asked inside, in order; a question that is asked again of the same solver counts once."""
    questions: list[Question] = []
    token = _asked.set(questions)
    try:
        yield questions
    finally:
        _asked.reset(token)


class Solver:
    """A fixed set of assertions, asked under changing assumptions (a leading "-" negates one).

    `switches` only ever stand as premises of assertions. They connect no parts: one that is not assumed may be off.
    """

    def __init__(
        self,
        assertions: Sequence[str],
        sorts: Mapping[str, str],
        effort: int = DEFAULT_EFFORT,
        switches: Collection[str] = (),
    ) -> None:
        self._sorts, self._effort, self._switches = sorts, effort, frozenset(switches)
        self._part_of, self._assertions = _split(assertions, self._switches)
        self._open: dict[frozenset[int], _Part] = {}

    def satisfiable(self, assumptions: Sequence[str], extra: str = "") -> bool:
        """Whether some world satisfies the assumptions and the extra assertion text."""
        return self.assuming(assumptions).satisfiable((), extra)

    def assuming(self, assumptions: Sequence[str]) -> Assumed:
        """Assumptions that many questions share, sorted once."""
        concerned: dict[int, list[str]] = {}
        for name in assumptions:
            if (part := self._part_of.get(name.removeprefix("-"))) is not None:
                concerned.setdefault(part, []).append(name)
        switches = tuple(name for name in assumptions if name in self._switches)
        return Assumed(self, {part: tuple(names) for part, names in concerned.items()}, switches)

    def parts_in(self, texts: Iterable[str]) -> frozenset[int]:
        """The parts that a text speaks of."""
        symbols = (symbol for text in texts for symbol in _SYMBOL.findall(text))
        return frozenset(self._part_of[symbol] for symbol in symbols if symbol in self._part_of)

    @cached_property
    def hurried(self) -> Solver:
        """The same assertions under a work limit in proportion to their number: for questions that may stay open."""
        other = copy(self)
        lines = sum(len(lines) for lines in self._assertions)
        other._effort, other._open = min(self._effort, 200_000 + 2_000 * lines), {}
        return other

    def assertions(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """What is asserted in some parts, as text."""
        return tuple(line for number in sorted(numbers) for line in self._assertions[number])

    def part(self, numbers: frozenset[int]) -> _Part:
        """Some parts as one."""
        if numbers not in self._open:
            lines = [line for number in sorted(numbers) for line in self._assertions[number]]
            used = dict.fromkeys(symbol for line in lines for symbol in _SYMBOL.findall(line))
            sorts = {name: self._sorts[name] for name in used}
            self._open[numbers] = _Part(lines, sorts, self._effort)
        return self._open[numbers]


@dataclass(frozen=True)
class Assumed:
    """A solver under assumptions that are given."""

    solver: Solver
    concerned: Mapping[int, tuple[str, ...]]
    """The assumptions, by the part they concern."""
    switches: tuple[str, ...]

    def satisfiable(self, more: Sequence[str] = (), extra: str = "") -> bool:
        """Whether some world satisfies what is given, further assumptions, and the extra assertion text."""
        also = self.solver.assuming(more)
        if also.switches:
            given = tuple(name for names in self.concerned.values() for name in names)
            return self.solver.satisfiable((*given, *self.switches, *more), extra)
        linked = self.solver.parts_in((extra,))
        asked = linked | set(also.concerned)
        if not self._impossible <= asked:
            return False
        groups = ([linked] if extra else []) + [frozenset((part,)) for part in sorted(asked - linked)]
        return all(
            self.solver.part(group).satisfiable(
                (*self.concerning(group), *(name for part in sorted(group) for name in also.concerned.get(part, ()))),
                extra if group is linked else "",
            )
            for group in groups
        )

    def values(self, more: Sequence[str], names: Sequence[str], extra: str = "") -> dict[str, Fraction | bool] | None:
        """The values of `names` in a world that satisfies everything, or None if there is none."""
        if not self.satisfiable(more, extra):
            return None
        parts = self.solver.parts_in((extra, *names))
        return self.solver.part(parts).values((*self.concerning(parts), *self._own(more, parts)), names, extra)

    def optimum(self, more: Sequence[str], term: str, *, highest: bool) -> Fraction | None:
        """The highest (or lowest) value of a real term in any world, exactly; None if none is attained or found."""
        parts = self.solver.parts_in((term,))
        held = (*self.concerning(parts), *self._own(more, parts))
        return self.solver.part(parts).optimum(held, term, highest=highest)

    def _own(self, more: Sequence[str], parts: frozenset[int]) -> tuple[str, ...]:
        return self.solver.assuming(more).concerning(parts)

    def concerning(self, parts: frozenset[int]) -> tuple[str, ...]:
        """What is given about some parts."""
        return (*(name for part in sorted(parts) for name in self.concerned.get(part, ())), *self.switches)

    @cached_property
    def _impossible(self) -> frozenset[int]:
        """Parts that have no world even without further assumptions."""
        every = ((part, frozenset((part,))) for part in self.concerned)
        return frozenset(
            part for part, alone in every if not self.solver.part(alone).satisfiable(self.concerning(alone))
        )


class _Part:
    """A Z3 solver for some of the assertions."""

    def __init__(self, assertions: Sequence[str], sorts: Mapping[str, str], effort: int) -> None:
        self._sorts, self._effort = sorts, effort
        self._text = "".join(f"(declare-const {name} {sort})\n" for name, sort in sorts.items()) + "\n".join(assertions)
        self._solver = z3.SolverFor("QF_LRA")  # its whole numbers are whole, and it is several times as fast as QF_LIRA
        self._solver.set("random_seed", 0)
        self._solver.set("rlimit", effort)
        self._solver.set("ctrl_c", False)  # else z3 answers `unknown` to an interruption, and may end the process
        self._solver.from_string(self._text)
        self._literals: dict[str, z3.BoolRef] = {}
        self._known: dict[frozenset[str], bool] = {}
        self._searches: dict[tuple[str, bool], tuple[z3.Optimize, z3.OptimizeObjective]] = {}

    def satisfiable(self, assumptions: Sequence[str], extra: str = "") -> bool:
        key = frozenset((*assumptions, extra))
        if key not in self._known:
            self._known[key] = self._ask(assumptions, extra, lambda: None) is not None
        return self._known[key]

    def values(
        self, assumptions: Sequence[str], names: Sequence[str], extra: str = ""
    ) -> dict[str, Fraction | bool] | None:
        return self._ask(assumptions, extra, lambda: self._read(names))

    def optimum(self, assumptions: Sequence[str], term: str, *, highest: bool) -> Fraction | None:
        search, bound = self._search(term, highest)
        held = [self._literal(name) for name in assumptions if name.removeprefix("-") in self._sorts]
        if search.check(*held) != z3.sat:
            return None
        value = bound.value()
        if z3.is_int_value(value):
            return Fraction(value.as_long())
        return Fraction(value.numerator_as_long(), value.denominator_as_long()) if z3.is_rational_value(value) else None

    def _search(self, term: str, highest: bool) -> tuple[z3.Optimize, z3.OptimizeObjective]:
        if (term, highest) not in self._searches:
            search = z3.Optimize()
            search.set("rlimit", self._effort)
            search.from_string(f"{self._text}\n(declare-const goal Real)\n(assert (= goal {term}))")
            goal = z3.Real("goal")
            self._searches[term, highest] = search, search.maximize(goal) if highest else search.minimize(goal)
        return self._searches[term, highest]

    def _ask(
        self, assumptions: Sequence[str], extra: str, read: Callable[[], dict[str, Fraction | bool] | None]
    ) -> dict[str, Fraction | bool] | None:
        if extra:  # a scope costs more than a small question
            self._solver.push()
            self._solver.from_string(extra)
        try:
            answer = self._check(assumptions)
            if (questions := _asked.get()) is not None:
                known = None if answer == z3.unknown else bool(answer == z3.sat)
                questions.append(Question(self._text, tuple(assumptions), extra, known))
            if answer == z3.unknown:
                raise Undecided
            return None if answer == z3.unsat else (read() or {})
        finally:
            if extra:
                self._solver.pop()

    def _check(self, assumptions: Sequence[str]) -> z3.CheckSatResult:
        """`Solver.check`, without its conversion of every argument: four fifths of the time of a small question."""
        literals = (z3.Ast * len(assumptions))(*(self._literal(name).as_ast() for name in assumptions))
        ours = self._solver
        return z3.CheckSatResult(z3.Z3_solver_check_assumptions(ours.ctx.ref(), ours.solver, len(literals), literals))

    def _literal(self, name: str) -> z3.BoolRef:
        if name not in self._literals:
            plain = z3.Bool(name.removeprefix("-"))
            self._literals[name] = z3.Not(plain) if name.startswith("-") else plain
        return self._literals[name]

    def _read(self, names: Sequence[str]) -> dict[str, Fraction | bool]:
        model = self._solver.model()
        found: dict[str, Fraction | bool] = {}
        for name in names:
            sort = self._sorts.get(name, "Real")
            term = z3.Bool(name) if sort == "Bool" else z3.Int(name) if sort == "Int" else z3.Real(name)
            value = model.eval(term, model_completion=True)
            if sort == "Bool":
                found[name] = z3.is_true(value)
            else:
                found[name] = (
                    Fraction(value.as_long())
                    if sort == "Int"
                    else Fraction(value.numerator_as_long(), value.denominator_as_long())
                )
        return found


def _split(assertions: Sequence[str], switches: frozenset[str]) -> tuple[dict[str, int], list[list[str]]]:
    """Which part each symbol belongs to, and the assertions of each part, in their order."""
    leader: dict[str, str] = {}

    def find(symbol: str) -> str:
        leader.setdefault(symbol, symbol)
        while leader[symbol] != symbol:
            leader[symbol] = leader[leader[symbol]]
            symbol = leader[symbol]
        return symbol

    first: list[str | None] = []
    for line in assertions:
        symbols = dict.fromkeys(symbol for symbol in _SYMBOL.findall(line) if symbol not in switches)
        roots = [find(symbol) for symbol in symbols]
        for root in roots[1:]:
            leader[find(root)] = find(roots[0])
        first.append(roots[0] if roots else None)
    number: dict[str, int] = {}
    parts: list[list[str]] = []
    for line, symbol in zip(assertions, first, strict=True):
        root = find(symbol) if symbol is not None else ""
        if root not in number:
            number[root] = len(parts)
            parts.append([])
        parts[number[root]].append(line)
    return {symbol: number[find(symbol)] for symbol in leader}, parts

"""The only module that touches Z3: SMT-LIB text in, answers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import z3

DEFAULT_EFFORT = 4_000_000
"""Work units (Z3's resource counter) one query may take. Repeats exactly; a wall clock would not."""


class Undecided(Exception):
    """The solver stopped at its work limit. Never read as an answer."""


class Solver:
    """A fixed set of assertions, asked under changing assumptions."""

    def __init__(self, text: str, sorts: Mapping[str, str], effort: int = DEFAULT_EFFORT) -> None:
        self._sorts = sorts
        self._text, self._effort = text, effort
        self._solver = z3.SolverFor("QF_LRA")
        self._solver.set("random_seed", 0)
        self._solver.set("rlimit", effort)
        self._solver.set("ctrl_c", False)  # else z3 answers `unknown` to an interruption, and may end the process
        self._solver.from_string(text)
        self._literals: dict[str, z3.BoolRef] = {}
        self._known: dict[frozenset[str], bool] = {}

    def _literal(self, name: str) -> z3.BoolRef:
        if name not in self._literals:
            plain = z3.Bool(name.removeprefix("-"))
            self._literals[name] = z3.Not(plain) if name.startswith("-") else plain
        return self._literals[name]

    def satisfiable(self, assumptions: Sequence[str], extra: str = "") -> bool:
        """Whether some world satisfies the assumptions (a leading "-" negates one) and the extra assertion text."""
        key = frozenset((*assumptions, extra))
        if key not in self._known:
            self._known[key] = self._ask(assumptions, extra, lambda: None) is not None
        return self._known[key]

    def values(
        self, assumptions: Sequence[str], names: Sequence[str], extra: str = ""
    ) -> dict[str, Fraction | bool] | None:
        """The values of `names` in a world that satisfies everything, or None if there is none."""
        return self._ask(assumptions, extra, lambda: self._read(names))

    def optimum(self, assumptions: Sequence[str], term: str, *, highest: bool) -> Fraction | None:
        """The highest (or lowest) value of a real term in any world, exactly; None if none is attained or found."""
        search = z3.Optimize()
        search.set("rlimit", self._effort)
        held = "".join(f"(assert {f'(not {name[1:]})' if name.startswith('-') else name})\n" for name in assumptions)
        search.from_string(f"{self._text}\n{held}(declare-const goal Real)\n(assert (= goal {term}))")
        goal = z3.Real("goal")
        bound = search.maximize(goal) if highest else search.minimize(goal)
        if search.check() != z3.sat:
            return None
        value = bound.value()
        if z3.is_int_value(value):
            return Fraction(value.as_long())
        return Fraction(value.numerator_as_long(), value.denominator_as_long()) if z3.is_rational_value(value) else None

    def _ask(
        self, assumptions: Sequence[str], extra: str, read: Callable[[], dict[str, Fraction | bool] | None]
    ) -> dict[str, Fraction | bool] | None:
        self._solver.push()
        try:
            if extra:
                self._solver.from_string(extra)
            answer = self._check(assumptions)
            if answer == z3.unknown:
                raise Undecided
            return None if answer == z3.unsat else (read() or {})
        finally:
            self._solver.pop()

    def _check(self, assumptions: Sequence[str]) -> z3.CheckSatResult:
        """`Solver.check`, without its conversion of every argument: four fifths of the time of a small question."""
        literals = (z3.Ast * len(assumptions))(*(self._literal(name).as_ast() for name in assumptions))
        ours = self._solver
        return z3.CheckSatResult(z3.Z3_solver_check_assumptions(ours.ctx.ref(), ours.solver, len(literals), literals))

    def _read(self, names: Sequence[str]) -> dict[str, Fraction | bool]:
        model = self._solver.model()
        found: dict[str, Fraction | bool] = {}
        for name in names:
            sort = self._sorts[name]
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

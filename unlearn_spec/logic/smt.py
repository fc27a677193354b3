"""The only module that touches Z3: SMT-LIB text in, answers out.

Assertions that nothing but names tells apart share a Z3 solver, and what it has answered: policies that say the same of many
sets are asked about one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from ctypes import Array
from fractions import Fraction
from functools import cached_property
from typing import Literal

import z3

from ..record import Record
from .clusters import rational, renamed

DEFAULT_EFFORT = 20_000_000
"""Work units (Z3's resource counter) one query may take. Repeats exactly; a wall clock would not."""
MOST_MEMORY = 3_500
"""MiB that Z3 may take in a process."""
_MANY = 200
"""Assumptions that are asserted once for many questions, rather than made in each."""


z3.set_param("memory_max_size", MOST_MEMORY)


_NO_MEMORY = ("memory", "model is not available")
"""What Z3 says when memory runs out: the second, where it has a world and no room to show it."""


class Undecided(Exception):
    """The solver stopped at its work limit, or at its memory limit. Never read as an answer."""

    def __init__(self, limit: Literal["work", "memory"] = "work") -> None:
        super().__init__(limit)
        self.limit = limit


class Question(Record):
    """One question as it was put, and its answer: whether some world satisfies a theory, assumptions and extra statements."""

    theory: str
    """Declarations and assertions, in SMT-LIB."""
    assumptions: tuple[str, ...]
    """Literals; a leading "-" negates one."""
    extra: str
    satisfiable: bool | None
    """None if the solver stopped at its work limit."""


_asked: ContextVar[list[Question] | None] = ContextVar("asked", default=None)


def is_recording() -> bool:
    """Whether someone wants to see the questions."""
    return _asked.get() is not None


@contextmanager
def recording() -> Iterator[list[Question]]:
    """Every question that is asked inside, in order; a question that is asked again of the same solver counts once."""
    questions: list[Question] = []
    token = _asked.set(questions)
    try:
        yield questions
    finally:
        _asked.reset(token)


_Values = dict[str, Fraction | bool]
_LITERALS: dict[str, z3.BoolRef] = {}
"""Assumptions as terms of Z3's main context: theories give the same names to what they assume."""


class Part:
    """A Z3 solver for some assertions, in SMT-LIB, about symbols of these sorts; `apart` from all that Z3 was asked elsewhere."""

    def __init__(
        self, assertions: str, sorts: Mapping[str, str], effort: int, *, apart: bool = False
    ) -> None:
        context = z3.Context() if apart else z3.main_ctx()
        self._sorts, self._effort, self._context = sorts, effort, context
        self._text = "".join(f"(declare-const {name} {sort})\n" for name, sort in sorts.items()) + assertions
        self._solver = z3.SolverFor("QF_LRA", ctx=context)  # its whole numbers are whole, and it is several times as fast as QF_LIRA
        self._solver.set("random_seed", 0)
        self._solver.set("rlimit", effort)
        self._solver.set("ctrl_c", False)  # else z3 answers `unknown` to an interruption, and may end the process
        with _enough_memory():
            self._solver.from_string(self._text)
        self._literals = _LITERALS if context is z3.main_ctx() else {}
        self._held: tuple[str, ...] = ()
        self._numbers: dict[tuple[str, ...], int] = {}
        self._known: dict[tuple[int, frozenset[str], str], bool] = {}
        self._read: dict[tuple[tuple[str, ...], ...], _Values | None] = {}
        self._extremes: dict[tuple[object, ...], tuple[Fraction, _Values]] = {}
        self._searches: dict[tuple[str, bool, str], tuple[z3.Optimize, z3.OptimizeObjective]] = {}

    @cached_property
    def counts_whole(self) -> bool:
        """Whether some quantities are whole numbers."""
        return "Int" in self._sorts.values()

    def satisfiable(self, assumptions: Sequence[str], extra: str = "", given: tuple[str, ...] = ()) -> bool:
        """Whether some world satisfies the assumptions and the text. `given`: assumptions that many questions share."""
        key = self._numbers.setdefault(given, len(self._numbers)), frozenset(assumptions), extra
        if key not in self._known:
            assumptions = self._under(given, assumptions)
            self._known[key] = self._ask(assumptions, extra, lambda: None) is not None
        return self._known[key]

    def _under(self, given: tuple[str, ...], assumptions: Sequence[str]) -> Sequence[str]:
        """What is left to assume where many that are given are asserted."""
        if len(given) > _MANY:
            self._hold(given)
            return assumptions
        self._hold(())
        return (*given, *assumptions)

    def _hold(self, given: tuple[str, ...]) -> None:
        """Assert assumptions for the questions that follow, in place of those held before: many cost each question much."""
        if given != self._held:
            if self._held:
                self._solver.pop()
            self._held = ()
            if given:
                self._solver.push()
                try:
                    with _enough_memory():
                        for literal in self._array(given):
                            z3.Z3_solver_assert(self._solver.ctx.ref(), self._solver.solver, literal)
                except Undecided:
                    self._solver.pop()
                    raise
                self._held = given

    def values(
        self, assumptions: Sequence[str], names: Sequence[str], extra: str = "", given: tuple[str, ...] = ()
    ) -> _Values | None:
        """The values of `names` in a world, the same at each asking; None if there is no world."""
        key = given, tuple(assumptions), tuple(names), (extra,)
        if key not in self._read:
            assumptions = self._under(given, assumptions)
            self._read[key] = self._ask(assumptions, extra, lambda: _read(self._solver.model(), names, self._sorts))
        return self._read[key]

    def extreme(
        self, assumptions: Sequence[str], term: str, names: Sequence[str], *, highest: bool, extra: str = ""
    ) -> tuple[Fraction, _Values] | None:
        """The highest (or lowest) value of a term, and those of `names` where it is reached; None if none is."""
        key = tuple(assumptions), term, tuple(names), highest, extra
        if key in self._extremes:
            return self._extremes[key]
        with _enough_memory():
            found = self._extreme(assumptions, term, names, highest, extra)
        if found is not None:  # there may be one where none was found
            self._extremes[key] = found
        return found

    def _extreme(
        self, assumptions: Sequence[str], term: str, names: Sequence[str], highest: bool, extra: str
    ) -> tuple[Fraction, _Values] | None:
        held = [name for name in assumptions if name.removeprefix("-") in self._sorts]
        for search, bound in self._searches_for(term, highest, extra):
            answer = search.check(*(_literal(name, search.ctx) for name in held))
            if answer == z3.unsat:
                return None
            best = _attained(bound) if answer == z3.sat else None
            if best is not None and not self._passed(held, term, best, highest, extra):
                world = _read(search.model(), ("goal", *names), self._sorts)
                if world.pop("goal") == best:
                    return best, world
        return None

    def _passed(self, held: Sequence[str], term: str, best: Fraction, highest: bool, extra: str) -> bool:
        """Whether a term can pass what was found to be its highest (or lowest) value: the search for it may be wrong."""
        try:
            return self.satisfiable(held, f"{extra}(assert ({'>' if highest else '<'} {term} {rational(best)}))")
        except Undecided:
            return True

    def _searches_for(self, *asked: *tuple[str, bool, str]) -> Iterator[tuple[z3.Optimize, z3.OptimizeObjective]]:
        """A search that is kept, and one apart from all that Z3 was asked before, which may have led the first astray."""
        if asked not in self._searches:
            self._searches[asked] = self._search(self._context, *asked)
        yield self._searches[asked]
        yield self._search(z3.Context(), *asked)

    def _search(
        self, context: z3.Context, term: str, highest: bool, extra: str
    ) -> tuple[z3.Optimize, z3.OptimizeObjective]:
        search = z3.Optimize(ctx=context)
        search.set("rlimit", self._effort)
        with suppress(z3.Z3Exception):  # older versions do not look along curves, which no work limit ends
            search.set("optsmt_unbounded_curve", False)
        search.from_string(f"{self._text}\n(declare-const goal Real)\n(assert (= goal {term}))\n{extra}")
        goal = z3.Real("goal", context)
        return search, search.maximize(goal) if highest else search.minimize(goal)

    def _ask(
        self, assumptions: Sequence[str], extra: str, read: Callable[[], _Values | None]
    ) -> _Values | None:
        with _enough_memory():
            if extra:  # a scope costs more than a small question
                self._solver.push()
                self._solver.from_string(extra)
            try:
                answer = self._check(assumptions)
                if (questions := _asked.get()) is not None:
                    known = None if answer == z3.unknown else bool(answer == z3.sat)
                    questions.append(Question(self._text, (*self._held, *assumptions), extra, known))
                if answer == z3.unknown:
                    raise Undecided
                return None if answer == z3.unsat else (read() or {})
            finally:
                if extra:
                    self._solver.pop()

    def _check(self, assumptions: Sequence[str]) -> z3.CheckSatResult:
        """`Solver.check`, without its conversion of every argument: four fifths of the time of a small question."""
        ours = self._solver
        literals = self._array(assumptions)
        return z3.CheckSatResult(z3.Z3_solver_check_assumptions(ours.ctx.ref(), ours.solver, len(literals), literals))

    def _array(self, assumptions: Sequence[str]) -> Array[z3.Ast]:
        for name in assumptions:
            if name not in self._literals:
                self._literals[name] = _literal(name, self._context)
        found: Array[z3.Ast] = (z3.Ast * len(assumptions))(*(self._literals[name].ast for name in assumptions))
        return found


class Named:
    """A part under names of its own, asked of one that reads the same under other names."""

    def __init__(self, part: Part, names: dict[str, str]) -> None:
        self._part, self._names = part, names
        self._tuples: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Names as the part has them: most come again, many at a time."""
        self._texts: dict[str, str] = {"": ""}
        """What was asked beside them, likewise."""

    @property
    def counts_whole(self) -> bool:
        """Whether some quantities are whole numbers."""
        return self._part.counts_whole

    def satisfiable(self, assumptions: Sequence[str], extra: str = "", given: tuple[str, ...] = ()) -> bool:
        """As `Part.satisfiable`."""
        return self._part.satisfiable(self._all(assumptions), self._text(extra), self._all(given))

    def values(
        self, assumptions: Sequence[str], names: Sequence[str], extra: str = "", given: tuple[str, ...] = ()
    ) -> _Values | None:
        """As `Part.values`."""
        theirs = self._all(names)
        text = self._text(extra)
        found = self._part.values(self._all(assumptions), theirs, text, self._all(given))
        return None if found is None else {name: found[their] for name, their in zip(names, theirs, strict=True)}

    def optimum(self, assumptions: Sequence[str], term: str, *, highest: bool, extra: str = "") -> Fraction | None:
        """The highest (or lowest) value of a term, exactly; None if none is attained or found."""
        text, also = self._text(term), self._text(extra)
        best = self._part.extreme(self._all(assumptions), text, (), highest=highest, extra=also)
        return None if best is None else best[0]

    def extreme(
        self, assumptions: Sequence[str], term: str, names: Sequence[str], *, highest: bool
    ) -> tuple[Fraction, _Values] | None:
        """As `Part.extreme`."""
        theirs = self._all(names)
        best = self._part.extreme(self._all(assumptions), self._text(term), theirs, highest=highest)
        return None if best is None else (best[0], {name: best[1][their] for name, their in zip(names, theirs, strict=True)})

    def as_asked(self, names: Sequence[str], extra: str, given: tuple[str, ...]) -> Hashable:
        """A question about some literals as the part is asked it: the same for all parts that are alike."""
        return self._part, self._all(names), self._text(extra), self._all(given)

    def _all(self, names: Sequence[str]) -> tuple[str, ...]:
        given = tuple(names)
        if given not in self._tuples:
            self._tuples[given] = tuple(f"-{self._one(name[1:])}" if name[0] == "-" else self._one(name) for name in given)
        return self._tuples[given]

    def _text(self, text: str) -> str:
        if text not in self._texts:
            self._texts[text] = renamed(text, self._names)
        return self._texts[text]

    def _one(self, name: str) -> str:
        return self._names[name] if name in self._names else renamed(name, self._names)


@contextmanager
def _enough_memory() -> Iterator[None]:
    try:
        yield
    except (z3.Z3Exception, MemoryError) as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _NO_MEMORY):
            raise Undecided("memory") from None
        raise


def _attained(bound: z3.OptimizeObjective) -> Fraction | None:
    """The value of an optimum; None where it is not reached, or where there is none."""
    value = bound.value()
    if z3.is_int_value(value):
        return Fraction(value.as_long())
    return Fraction(value.numerator_as_long(), value.denominator_as_long()) if z3.is_rational_value(value) else None


def _literal(name: str, context: z3.Context) -> z3.BoolRef:
    """The term of an assumption: `z3.Bool` and `z3.Not`, without their looking for sort and context each time."""
    ours = context.ref()
    plain = z3.Z3_mk_const(ours, z3.Z3_mk_string_symbol(ours, name.removeprefix("-")), z3.Z3_mk_bool_sort(ours))
    return z3.BoolRef(z3.Z3_mk_not(ours, plain) if name.startswith("-") else plain, context)


def _read(model: z3.ModelRef, names: Sequence[str], sorts: Mapping[str, str]) -> _Values:
    """The values of some quantities. `ModelRef.eval` and what it gives, without a Python object for each step of each value."""
    ours, found, value = model.ctx.ref(), _Values(), (z3.Ast * 1)()
    made = {"Bool": z3.BoolSort(model.ctx), "Int": z3.IntSort(model.ctx), "Real": z3.RealSort(model.ctx)}
    for name in names:
        sort = sorts.get(name, "Real")
        term = z3.Z3_mk_const(ours, z3.Z3_mk_string_symbol(ours, name), made[sort].ast)
        z3.Z3_model_eval(ours, model.model, term, True, value)
        if sort == "Bool":
            found[name] = z3.Z3_get_bool_value(ours, value[0]) == z3.Z3_L_TRUE
        else:
            above, _, below = z3.Z3_get_numeral_string(ours, value[0]).partition("/")
            found[name] = Fraction(int(above), int(below or 1))
    return found

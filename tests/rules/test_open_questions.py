"""The order of open questions: what settles most verdicts is asked first, and said."""

from unlearn_spec.rules.check import check_text

HEAD = """
unlearn_spec: "1.0"
policy: {id: case, version: 1, status: draft}
information:
  diary: {kind: facts, size: 40, unit: question}
  logs:  {kind: examples, size: 40, unit: record}
artifacts:
  big:   {kind: model, trained_on: [logs], seen_by: {public: product}}
  small: {kind: model, trained_on: [logs], seen_by: {public: product}}
  store: {kind: dataset, holds: [logs], seen_by: {staff: product}}
"""
RATE = 'over: mean, limit: {at_most: "1%"}, reveals_when: {metric: contains, normalisation: casefold}'


def found(text):
    return [f for f in check_text(HEAD + text, "case.yaml").findings if f.code[0] == "A" and f.code < "A010"]


def test_the_answer_that_settles_more_verdicts_is_asked_first():
    clauses = f"""clauses:
  - {{id: one, goal: suppress, target: diary, scope: {{artifacts: [big], asked: direct, decoding: {{method: greedy}}}}, {RATE}}}
  - {{id: two, goal: suppress, target: diary, scope: {{artifacts: [big, small], access: product, decoding: {{method: greedy}}}}, {RATE}}}
"""
    first, second = found(clauses)
    assert (first.clauses, second.clauses) == (("two",), ("one",))
    assert first.why[-1] == "The answer settles 2 verdicts: on big and small."
    assert not any("settles" in line for line in second.why)


def test_a_reference_is_asked_for_wherever_the_clause_speaks():
    removal = 'measure: influence, about: process, limit: {epsilon: "0.5", delta: "1%"}'
    (finding,) = found(
        f"clauses:\n  - {{id: it, goal: remove, target: logs, scope: {{artifacts: [big, small]}}, {removal}}}\n"
    )
    assert finding.code == "A004" and "(`compared_with`)" in finding.message
    assert finding.why[-1] == "The answer settles 2 verdicts: on big and small."

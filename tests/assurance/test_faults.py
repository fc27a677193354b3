"""Every planted fault is noticed, and nothing is noticed where there is none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faults import FAULTS, Fault, planted
from matrix import CAUGHT, PAGE, with_table
from nets import NETS, notices

CHEAP_FIRST = ("axioms", "rounding", "worlds", "corpus", "oracle")
TABLE = json.loads(CAUGHT.read_text("utf-8"))


def catcher(fault: Fault) -> tuple[str, str]:
    """A net that noticed the fault, and the case."""
    found = TABLE[fault.name]
    return next((net, found[net][0]) for net in CHEAP_FIRST if found.get(net))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed(fault: Fault) -> None:
    net, case = catcher(fault)
    assert not notices(NETS[net], case), f"{net} finds {case} wrong without a fault"
    with planted(fault):
        assert notices(NETS[net], case), f"{net} no longer notices on {case}; run tests/assurance/matrix.py"


def test_the_table_of_the_page_is_the_one_measured() -> None:
    page = PAGE.read_text("utf-8")
    assert with_table(page, TABLE) == page


def test_there_is_a_fault_for_every_axiom() -> None:
    about = {fault.about for fault in FAULTS}
    from unlearn_spec.logic.axioms import AXIOMS

    assert {axiom.id for axiom in AXIOMS} <= about

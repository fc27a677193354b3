"""Plants every fault, asks every net about every case, and writes who noticed what.

python tests/assurance/matrix.py      # tens of minutes; writes caught.json beside this file and the table in docs/assurance.md
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from faults import FAULTS, planted
from nets import NETS, notices

HERE = Path(__file__).parent
CAUGHT, PAGE = HERE / "caught.json", HERE.parents[1] / "docs" / "assurance.md"
ENOUGH = 2
"""Cases a net has to find wrong before it is asked about no more."""
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def main() -> None:
    table = json.loads(CAUGHT.read_text("utf-8")) if CAUGHT.exists() and "--resume" in sys.argv else {}
    for fault in FAULTS:
        if fault.name not in table:
            with planted(fault):
                table[fault.name] = {
                    net.name: list(islice((case for case in net.cases() if notices(net, case)), ENOUGH))
                    for net in NETS.values()
                }
            print(fault.name, table[fault.name], flush=True)
            CAUGHT.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), table), "utf-8")


def with_table(page: str, table: dict[str, dict[str, list[str]]]) -> str:
    """The page with the table of faults between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{rendered(table)}\n{END}{rest.split(END)[1]}"


def rendered(table: dict[str, dict[str, list[str]]]) -> str:
    lines = ["| Fault | About | " + " | ".join(NETS) + " |", "|---|---|" + "---|" * len(NETS)]
    for fault in FAULTS:
        counts = [_many(table[fault.name].get(net, [])) for net in NETS]
        lines.append(f"| {fault.name} | {fault.about} | " + " | ".join(counts) + " |")
    return "\n".join(lines)


def _many(cases: list[str]) -> str:
    return "–" if not cases else f"{len(cases)}+" if len(cases) == ENOUGH else str(len(cases))


if __name__ == "__main__":
    main()

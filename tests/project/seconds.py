"""Where the tests' seconds go: `python -m tests.project.seconds AFTER.xml [BEFORE.xml]`, a table by directory.

The files are what `pytest --junitxml=AFTER.xml` writes. Seconds are those of set-up, test and tear-down on whichever
worker did them; with several workers they add up to more than the run took.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def seconds_of(file: Path) -> Counter[str]:
    """Directory below tests/, or "notebooks" -> seconds [s]."""
    found: Counter[str] = Counter()
    for case in ElementTree.parse(file).iter("testcase"):
        root, _, rest = case.get("classname", "").partition(".")
        found[rest.partition(".")[0] if root == "tests" else "notebooks"] += float(case.get("time", 0))
    return found


def table(after: Counter[str], before: Counter[str]) -> list[str]:
    """Markdown rows, the longest first, the sum last."""
    names = sorted(after | before, key=lambda one: -max(after[one], before[one]))
    rows = [f"| {name} | {before[name]:.0f} | {after[name]:.0f} |" for name in names]
    return ["| directory | before [s] | after [s] |", "|---|---:|---:|", *rows,
            f"| all | {before.total():.0f} | {after.total():.0f} |"]  # fmt: skip


if __name__ == "__main__":
    files = [Path(one) for one in sys.argv[1:]]
    print("\n".join(table(seconds_of(files[0]), seconds_of(files[1]) if len(files) > 1 else Counter())))

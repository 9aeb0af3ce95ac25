"""Files of a catalogue and the plan of bringing one in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook

from core.fragrance.catalogue.import_plans import ImportPlan
from core.fragrance.catalogue.importing import plan_import
from core.security.policy import LOCAL_ANALYST

MATERIAL = {
    "id": "own_musk", "name_en": "Own musk", "name_ko": "자체 머스크", "kind": "molecule", "cas": "1222-05-5",
    "family": "musky", "position": "base", "odour": "musk;clean", "usual_share": "5", "highest_share": "20",
}  # fmt: skip


def written(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def planned(content: bytes, kind: str = "materials", name: str = "own.csv") -> ImportPlan:
    return plan_import(content, name, kind, LOCAL_ANALYST)  # type: ignore[arg-type]


def refusal(plan: ImportPlan) -> str:
    (only,) = plan.refused
    return only.text("en")

"""Bad input gets one clear sentence in both languages, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import BadInput, WorkbenchError
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.formulas.entering import Entry, formula_of
from core.fragrance.formulas.formula import Formula, Line, flattened
from core.fragrance.formulas.stored import list_formulas
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import generate
from core.fragrance.generation.reading_briefs import Given, read_brief
from core.fragrance.limits.importing import read_limits
from core.fragrance.limits.stored import current_limits
from core.security.policy import LOCAL_ANALYST

CATEGORIES = "1,2,3,4,5A,5B,5C,5D,6,7A,7B,8,9,10A,10B,11A,11B,12"
HEAD = f"amendment,amended_on,kind,rule,name,substances,specification,note,{CATEGORIES}"
LIMITS = ",".join(["0.5"] * 18)


def entered(*amounts: tuple[str, float]) -> Callable[[], object]:
    return lambda: formula_of(
        [Entry(name, amount, "percent") for name, amount in amounts], catalogue=current_catalogue(), accords={}
    )


def briefed(**fields: object) -> Callable[[], object]:
    def ask() -> object:
        brief = read_brief(Given(**fields), catalogue=current_catalogue()).brief  # type: ignore[arg-type]
        return generate(brief, catalogue=current_catalogue(), table=current_limits(), accords={})

    return ask


def circular() -> object:
    around = {"a": Formula((Line("accord:b", 100_000),)), "b": Formula((Line("accord:a", 100_000),))}
    return flattened(around["a"], around)


def two_amendments() -> object:
    rows = [f"{number},2026-01-01,limit,r{number},citral,5392-40-5,,,{LIMITS}" for number in (50, 51)]
    return read_limits("\n".join([HEAD, *rows]).encode(), "limits.csv")


CASES: dict[str, Callable[[], object]] = {
    "negative share": entered(("linalool", -5.0), ("limonene", 105.0)),
    "sum of 99.99": entered(("linalool", 50.0), ("bergamot-oil", 49.99)),
    "sum of 101": entered(("linalool", 51.0), ("bergamot-oil", 50.0)),
    "unknown material": entered(("unobtainium", 50.0), ("linalool", 50.0)),
    "contradictory brief": briefed(wanted=("rose-absolute",), excluded=("rose-absolute",)),
    "infeasible brief": briefed(wanted=("rose-absolute",), budget_per_kg=30_000.0),
    "prohibited material demanded": briefed(wanted=("lilial",)),
    "circular accord": circular,
    "500 lines": entered(*[(f"material {number}", 0.2) for number in range(500)]),
    "fractions for percent": entered(("linalool", 0.5), ("bergamot-oil", 0.5)),
    "parts per thousand for percent": entered(("linalool", 500.0), ("bergamot-oil", 500.0)),
    "a table with two amendments": two_amendments,
    "an unknown intensity": briefed(intensity="deafening"),
    "an unknown season": briefed(seasons=("monsoon",)),
    "dosage over the whole": lambda: Brief().product.__class__("4", 120.0),
}


@pytest.mark.parametrize("case", CASES)
def test_when_input_cannot_be_used_then_one_sentence_in_each_language_says_why(home: Path, case: str) -> None:
    with pytest.raises(BadInput) as refused:
        CASES[case]()

    english, korean = refused.value.text("en"), refused.value.text("ko")
    for told in (english, korean):
        assert 10 < len(told) < 600, told
        assert "{" not in told and "\n" not in told
    assert english != korean
    assert isinstance(refused.value, WorkbenchError)
    assert list_formulas(principal=LOCAL_ANALYST) == ()


def test_when_demands_conflict_then_the_sentence_names_exactly_those(home: Path) -> None:
    with pytest.raises(BadInput, match=r"30,000 KRW per kg.*rose absolute") as refused:
        CASES["infeasible brief"]()

    assert "KRW" in refused.value.text("ko")
    assert "로즈" in refused.value.text("ko")

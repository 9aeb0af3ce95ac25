"""Numbers are found in Korean and English prose, and only those with a fact behind them pass."""

from __future__ import annotations

import pytest

from core.llm.facts_check import unsupported_numbers
from core.llm.numbers_in_text import numbers_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("노출 60,000건", [60000.0]),
        ("1,234.5 rows", [1234.5]),
        ("수익은 ₩1,200이며 손실은 -₩300", [1200.0, -300.0]),
        ("about 1.5 million, or 10k and 2bn", [1.5e6, 1e4, 2e9]),
        ("약 3.4만 건, 1.2억 원, 5천만 명, 3백만", [34000.0, 1.2e8, 5e7, 3e6]),
        ("1억 2,000만 원과 6만 1,151건", [1.2e8, 61151.0]),
        ("0.3만큼 정확하고 5조각, 95백분위", [0.3, 5.0, 95.0]),
        ("-0.0012~-0.0003, +0.084", [-0.0012, -0.0003, 0.084]),
        ("rows 5-7, 1e-3, .5", [5.0, 7.0, 0.001, 0.5]),
        ("12ms, 3배, 5x, 2nd", [12.0, 3.0, 5.0, 2.0]),
        ("10분의 1", [0.1]),
        ("１２건", [12.0]),
        ("twice, half, two thirds, ninety-five, tripled", [2.0, 0.5, 2 / 3, 95.0, 3.0]),
        ("두 배, 세 가지, 아흔다섯 번, 절반", [2.0, 3.0, 95.0, 0.5]),
        ("one of them; 한 가지; 열 개수; 열 번호; 전세 건", []),
        ("you may 10 times", [10.0]),
    ],
)
def test_when_prose_holds_numbers_then_each_is_read_with_its_value(text: str, values: list[float]) -> None:
    assert [(one.kind, one.value) for one in numbers_in(text)] == [("bare", pytest.approx(one)) for one in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("95 % of them", [95.0]),
        ("1.92% and 1.92 percent, 1.92 퍼센트, 1.92％", [1.92] * 4),
        ("0.5%p, 0.5퍼센트포인트, 0.5 percentage points", [0.5] * 3),
        ("1.5~2.1 %, from 3 to 4 %", [1.5, 2.1, 3.0, 4.0]),
    ],
)
def test_when_a_number_is_a_percentage_then_it_is_known_as_one(text: str, values: list[float]) -> None:
    assert [(one.kind, one.value) for one in numbers_in(text)] == [("percent", one) for one in values]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2026-05-01", "date", "2026-05-01"),
        ("2026년 5월 1일", "date", "2026-05-01"),
        ("5월 1일", "date", "*-05-01"),
        ("2026년 5월", "date", "2026-05-*"),
        ("May 1, 2026", "date", "2026-05-01"),
        ("1 May 2026", "date", "2026-05-01"),
        ("9:30", "time", "09:30"),
        ("l_feat_12", "name", "l_feat_12"),
        ("3.11.2", "name", "3.11.2"),
        ("0b8f6f0e-5a0f-4a9e-8a39-2c1f1d2b7c55", "name", "0b8f6f0e-5a0f-4a9e-8a39-2c1f1d2b7c55"),
    ],
)
def test_when_digits_are_a_date_a_time_or_a_name_then_they_are_read_as_one(text: str, kind: str, value: str) -> None:
    assert [(one.kind, one.value) for one in numbers_in(f"({text})")] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "1. Aim higher.\n2. Test it.\n3) Wait.",
        "**1.** 먼저 시험합니다. 2. 다음에 넓힙니다.",
        "- 1) first 2) second",
        "① 하나씩 ② 다음",
    ],
)
def test_when_points_are_numbered_then_the_marks_are_no_figures(text: str) -> None:
    assert numbers_in(text) == ()


def test_when_a_line_begins_with_a_figure_then_it_is_no_list_mark() -> None:
    assert unsupported_numbers("The rows are\n17. That is all (p = 0.03) here.", [0.03]) == ("17",)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("The click rate is 1.92 %.", [0.0192]),
        ("클릭률은 1.9%입니다.", [0.019214]),
        ("0.712", [0.7118]),
        ("0.0192", ["1.92 %"]),
        ("a click rate of 1.920 percent", ["클릭률 1.92%"]),
        ("노출 약 3.4만 건", [33_987]),
        ("it fell by 0.30", [-0.3]),
        ("twice as many, 2.00 times", [2.0]),
        ("절반", [0.5]),
        ("half of the clicks", ["50 %"]),
        ("열 명 중 두 명", ["10 people, 2 of them"]),
        ("In May, on 2026-05-01, in 2026", ["2026-05-01T06:30:00Z"]),
        ("F1 of l_feat_12", ["l_feat_12"]),
        ("ROI of 150 %", [1.5]),
        ("all of it, 100 %", [1.0]),
        ("(95 % 0.061 to 0.107)", ["0.084 (95% 신뢰구간 0.061~0.107)"]),
        ("nothing to say", [None, float("nan")]),
    ],
)
def test_when_a_fact_stands_behind_each_number_then_none_is_unsupported(text: str, allowed: list[object]) -> None:
    assert unsupported_numbers(text, allowed) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "allowed", "unsupported"),
    [
        ("The click rate is 1.93 %.", [0.0192], ("1.93 %",)),
        ("1.92 of them", [0.0192], ("1.92",)),
        ("accuracy 95", ["95 %"], ("95",)),
        ("1.9234 %", ["1.92 %"], ("1.9234 %",)),
        ("an AUC of 1", [0.712], ("1",)),
        ("about 2 %", [0.0192], ("2 %",)),
        ("60,000 rows", [59_987], ("60,000",)),
        ("-0.084", [0.084], ("-0.084",)),
        ("two models are 200 % of one", [2], ("200 %",)),
        ("3만 건", [34_000], ("3만",)),
        ("clicks doubled", [0.0192], ("doubled",)),
        ("클릭이 세 배", ["두 배"], ("세",)),
        ("on 2026-05-02", ["2026-05-01"], ("2026-05-02",)),
        ("on 2026-05-01", ["2026-05"], ("2026-05-01",)),
        ("l_feat_13 leads", ["l_feat_12"], ("l_feat_13",)),
        ("0.1, 0.2, 0.3", [0.2], ("0.1", "0.3")),
        ("10⁶ clicks", [6], ("10",)),
        ("something 5", [], ("5",)),
    ],
)
def test_when_no_fact_stands_behind_a_number_then_it_is_named_as_written(
    text: str, allowed: list[object], unsupported: tuple[str, ...]
) -> None:
    assert unsupported_numbers(text, allowed) == unsupported  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.0192, 0.0841, 0.7118, 12.34, 60000.0, 1234567.8, 0.5, 1e-4])
@pytest.mark.parametrize("shape", ["{:,.2f}", "{:.4f}", "{:+.4f}", "{:.2%}", "{:.1%}", "{:,.0f}", "{:.3e}"])
def test_when_a_value_is_displayed_then_the_display_is_supported_unless_nothing_is_left_of_it(
    value: float, shape: str
) -> None:
    shown = shape.format(value)
    (number,) = numbers_in(shown)

    says_enough = number.digits >= 2 or number.value in (value, 100 * value)
    percent_of_a_count = "%" in shape and value > 1 and value.is_integer()
    assert (unsupported_numbers(shown, [value]) == ()) is (says_enough and not percent_of_a_count)


def test_when_the_same_figure_is_written_in_two_ways_then_the_numbers_are_equal() -> None:
    assert numbers_in("1.92%") == numbers_in("1.920 퍼센트")
    assert numbers_in("3.4만") == numbers_in("34,000")
    assert numbers_in("1.92") != numbers_in("1.92 %")


def test_when_a_text_is_long_then_reading_it_stays_bounded() -> None:
    text = "9" * 5_000 + " " + "1," * 5_000 + "a" * 20_000 + " 1억" * 2_000

    assert len(numbers_in(text)) > 0


@pytest.mark.parametrize("text", ["0.14", "0.15", "14 %", "15 %"])
def test_when_a_value_lies_half_way_then_it_may_be_rounded_either_way(text: str) -> None:
    assert unsupported_numbers(text, [0.145]) == ()

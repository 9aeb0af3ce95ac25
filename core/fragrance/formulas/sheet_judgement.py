"""What the compounding sheet says of limits and label: the verdict, the lines behind it, allergens to name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.fragrance.formulas.judged import Judged, Judgement, Labelled
from core.fragrance.formulas.sheet_layout import Sheet, digits
from core.messages import say

MOST_CONTRIBUTIONS = 6  # lines named for one failure
LIMIT_WIDTHS = (150.0, 62.0, 62.0, 241.2)  # points, together the page's


def judgement(sheet: Sheet, report: Judged | None, name: Callable[[str], str], language: str) -> None:
    """name: of an ingredient, as it is to be shown. report: None where nothing was checked, which is said."""
    _limits(sheet, report, name, language)
    if report is not None:
        _label(sheet, report.labels, language)


def _limits(sheet: Sheet, report: Judged | None, name: Callable[[str], str], language: str) -> None:
    sheet.text(say("fragrance_formulas.sheet_limits", language), "heading")
    if report is None:
        sheet.text(say("fragrance_formulas.sheet_not_checked", language), "warning")
        return
    verdicts = {
        "pass": say("fragrance_formulas.sheet_pass", language),
        "fail": say("fragrance_formulas.sheet_fail", language),
    }
    verdict = verdicts.get(report.verdict, say("fragrance_formulas.sheet_unknown", language))
    table = report.table
    told = say(
        "fragrance_formulas.sheet_table", language, name=table.name, amendment=table.amendment,
        on=table.amended_on.isoformat(),
    )  # fmt: skip
    sheet.text(f"{verdict} {told}", "body" if report.verdict == "pass" else "warning")
    if table.is_sample:
        sheet.text(say("fragrance_formulas.sheet_sample_table", language), "warning")
    if report.failures:
        head = [
            say("fragrance_formulas.sheet_rule", language),
            say("fragrance_formulas.sheet_share", language),
            say("fragrance_formulas.sheet_limit", language),
            say("fragrance_formulas.sheet_lines", language),
        ]
        rows = [_failure(one, name) for one in report.failures]
        sheet.table(head, rows, LIMIT_WIDTHS, figures=(1, 2))
    if report.unknown:
        names = ", ".join(name(one) for one in report.unknown)
        sheet.text(say("fragrance_formulas.sheet_not_judged", language, names=names))
    for one in report.results:
        if one.verdict == "unknown" and one.rule.specification:
            words = {"name": one.rule.name, "specification": one.rule.specification}
            sheet.text(say("fragrance_formulas.sheet_to_verify", language, **words))


def _failure(one: Judgement, name: Callable[[str], str]) -> list[str]:
    lines = [f"{name(each.line)} {digits(each.product_share)} %" for each in one.contributions[:MOST_CONTRIBUTIONS]]
    lines += ["…"] if len(one.contributions) > MOST_CONTRIBUTIONS else []
    limit = "–" if one.limit is None else f"{digits(one.limit)} %"
    return [one.rule.name, f"{digits(one.product_share)} %", limit, ", ".join(lines)]


def _label(sheet: Sheet, labels: Sequence[Labelled], language: str) -> None:
    named = [f"{one.name} ({digits(one.product_share, 3)} %)" for one in labels if one.must_be_named]
    unsure = [one.name for one in labels if one.must_be_named is None]
    sheet.text(say("fragrance_formulas.sheet_label", language), "heading")
    if named:
        sheet.text(say("fragrance_formulas.sheet_to_name", language, names=", ".join(named)))
    if unsure:
        sheet.text(say("fragrance_formulas.sheet_label_unsure", language, names=", ".join(unsure)))
    if not named and not unsure:
        sheet.text(say("fragrance_formulas.sheet_none_to_name", language))

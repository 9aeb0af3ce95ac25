"""The pages of words: cover, summary, insights, data, actions, limits and where it all comes from."""

from __future__ import annotations

from typing import Any

from core.ctr.reporting.actions import actions_in
from core.ctr.reporting.fact_text import NOTHING, figure_text
from core.ctr.reporting.insights import insights_in
from core.ctr.reporting.narrative import Narrative
from core.ctr.reporting.pdf_layout import Cell, Sheet
from core.ctr.reporting.sentences import Story
from core.datasets.findings import GRAVITY, Finding
from core.messages import say

MOST_FINDINGS = 24
IN_SUMMARY = ("no_signal", "signal", "top")  # the page before says them in the same words


def told(sheet: Sheet, words: Narrative, key: str) -> None:
    section = words.section(key)
    sheet.section(key, section.title)
    for text in [section.rephrased] if section.rephrased else [sentence.text for sentence in section.sentences]:
        sheet.text(text)


def shown_of(sheet: Sheet, story: Story, most: int, every: int) -> None:
    if every > most:
        shown, all_of = (figure_text(number, "count", story.language) for number in (most, every))
        sheet.text(say("reports.shown_of", story.language, shown=shown, all=all_of), "note")


def cover(sheet: Sheet, story: Story, *, title: str, brand: str) -> None:
    """Title, brand and what the report is about."""
    language, document = story.language, story.document
    sheet.space(120)
    sheet.text(brand, "brand")
    sheet.space(10)
    sheet.text(title, "title")
    own = say("reports.title", language)
    sheet.text(say("reports.subtitle", language) if own == title else f"{own} · {say('reports.subtitle', language)}",
               "subtitle")  # fmt: skip
    rows = [
        ("experiment", document["experiment"] or NOTHING),
        ("source", document["data"]["source"]),
        ("model", story.model),
        ("created", _moment(document["created_at"])),
        ("run", document["run_id"]),
    ]
    sheet.pairs([(say(f"reports.figure_{name}", language), value) for name, value in rows])
    sheet.space(10)
    if not story.has_signal:
        sheet.text(say("reports.insight_no_signal", language), "warning")
    if document["data"]["synthetic"]:
        sheet.text(say("reports.synthetic", language), "warning")


def summary(sheet: Sheet, words: Narrative) -> None:
    section = words.section("summary")
    sheet.section("summary", section.title)
    if section.rephrased is not None:
        sheet.text(section.text, "lead")
    else:
        for place, sentence in enumerate(section.sentences):
            sheet.text(sentence.text, "lead" if place == 0 else "body")


def insights(sheet: Sheet, story: Story) -> None:
    language = story.language
    sheet.section("insights", say("reports.page_insights", language), new_page=False)
    for one in insights_in(story):
        if one.id in IN_SUMMARY:
            continue
        sheet.heading(one.title)
        sheet.text(one.message)


def data(sheet: Sheet, story: Story, words: Narrative) -> None:
    """What was read, and every finding with the reason it was accepted for."""
    language = story.language
    told(sheet, words, "data")
    findings = sorted(story.document["data"]["findings"], key=lambda one: GRAVITY.index(one["severity"]))
    if not findings:
        return
    rows: list[list[Cell]] = []
    for one in findings[:MOST_FINDINGS]:
        kept = {name: value for name, value in one.items() if name != "accepted_because"}
        gravity = say(f"reports.severity_{one['severity']}", language)
        rows.append([Finding.from_dict(kept).text(language), gravity, one["accepted_because"] or NOTHING])
    head = [say(f"reports.col_{name}", language) for name in ("finding", "gravity", "accepted")]
    sheet.table(head, rows, (0.64, 0.12, 0.24), words=3)
    shown_of(sheet, story, MOST_FINDINGS, len(findings))


def actions(sheet: Sheet, story: Story) -> None:
    language = story.language
    sheet.section("actions", say("reports.page_actions", language))
    for place, one in enumerate(actions_in(story), 1):
        sheet.heading(f"{place}. {one.title}")
        sheet.text(one.description)
        impact = one.impact_reason
        if one.impact is not None:
            impact = f"+{figure_text(one.impact, 'share', language)} · {one.impact_reason}"
        priority = say(f"reports.priority_{one.priority}", language)
        sheet.text(f"{priority} · {impact}", "note")


def limits(sheet: Sheet, words: Narrative) -> None:
    section = words.section("limits")
    sheet.section("limits", section.title, new_page=False)
    for text in [section.rephrased] if section.rephrased else [sentence.text for sentence in section.sentences]:
        sheet.text(text)


def provenance(sheet: Sheet, story: Story) -> None:
    """Everything needed to make the same report again."""
    language, document = story.language, story.document
    sheet.section("provenance", say("reports.page_provenance", language), new_page=False)
    rows = [
        ("run", document["run_id"]),
        ("experiment", document["experiment"] or NOTHING),
        ("created", _moment(document["created_at"])),
        ("source", document["data"]["source"]),
        ("dataset", document["data"]["dataset_id"] or NOTHING),
        ("sha256", document["data"]["sha256"]),
        ("target", document["data"]["target"]),
        ("explanation", story.explanation["run_id"] if story.explanation else NOTHING),
    ]
    sheet.pairs([(say(f"reports.figure_{name}", language), str(value)) for name, value in rows])
    sheet.heading(say("reports.parameters", language))
    config = {name: value for name, value in document["config"].items() if value not in ("", None)}
    sheet.text(" · ".join(f"{name}\u00a0=\u00a0{_plain(value)}" for name, value in sorted(config.items())), "note")
    sheet.heading(say("reports.versions", language))
    sheet.text(" · ".join(f"{name}\u00a0{version}" for name, version in sorted(document["versions"].items())), "note")


def _moment(iso: str) -> str:
    return iso[:16].replace("T", " ")


def _plain(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)

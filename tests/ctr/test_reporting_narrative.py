"""Sentences come from facts alone, a model may only say them differently, and no signal promises nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from core.ctr.reporting.actions import actions_in
from core.ctr.reporting.drivers import low_impact_features
from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.insights import insights_in
from core.ctr.reporting.narrative import narrate
from core.ctr.reporting.report_facts import facts_of
from core.ctr.reporting.sentences import Story
from core.errors import Unavailable
from core.llm.chat_model import Message
from core.messages import LANGUAGES
from tests.ctr.reporting_example import FINDINGS, make_report


@dataclass(frozen=True)
class Scripted:
    """Answers with what `reply` makes of the section it is given."""

    reply: Callable[[str], str]
    name: str = "scripted"

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 0, temperature: float = 0.0) -> Iterator[str]:
        yield self.reply(messages[-1].content)


def down(template: str) -> str:
    raise Unavailable("reports.no_font", setting="X")


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_a_sentence_names_facts_then_their_text_stands_in_it(language: str) -> None:
    report = make_report()
    facts = facts_of(report)

    for section in narrate(Story.of(report, language)).sections:
        assert section.sentences, section.key
        for sentence in section.sentences:
            for name in sentence.facts:
                assert fact_text(facts[name], language, interval=False) in sentence.text, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_there_is_no_signal_then_it_is_said_first_and_nothing_is_sold(language: str) -> None:
    report = make_report(signal=False)
    told = narrate(Story.of(report, language))
    keys = {sentence.key for section in told.sections for sentence in section.sentences}

    assert told.section("summary").sentences[0].key == "reports.no_signal"
    assert insights_in(Story.of(report, language))[0].id == "no_signal"
    assert keys.isdisjoint({"reports.signal", "reports.top_tenth", "reports.money_cut", "reports.driver_top"})
    assert {action.id for action in actions_in(Story.of(report, language))} == {"leaks", "no_signal"}
    assert all(action.impact is None for action in actions_in(Story.of(report, language)))


def test_when_a_model_keeps_to_the_figures_then_its_words_stand() -> None:
    told = narrate(Story.of(make_report(), "en"), model=Scripted(lambda template: "In short: " + template))

    assert told.rephrased_by == "scripted"
    assert told.rejected == ()
    assert told.section("money").text.startswith("In short: ")


def test_when_a_model_invents_a_number_then_the_template_stands_and_the_lie_is_on_record() -> None:
    report = make_report()
    told = narrate(Story.of(report, "en"), model=Scripted(lambda template: template + " Sales will rise by 37.5 %."))

    assert told.rephrased_by is None
    assert {one.reason for one in told.rejected} == {"unsupported_number"}
    assert all(any("37.5" in number for number in one.numbers) for one in told.rejected)
    template = narrate(Story.of(report, "en"))
    assert [section.text for section in told.sections] == [section.text for section in template.sections]


def test_when_a_model_leaves_out_the_headline_figure_then_its_words_are_refused() -> None:
    told = narrate(Story.of(make_report(), "en"), model=Scripted(lambda template: "All is well."))
    reasons = {one.section: one.reason for one in told.rejected}

    assert reasons["summary"] == "missing_headline"
    assert told.section("summary").rephrased is None


@pytest.mark.parametrize(("reply", "reason"), [(lambda template: "  \n", "empty"), (down, "unavailable")])
def test_when_a_model_says_nothing_then_the_template_stands(reply: Any, reason: str) -> None:
    told = narrate(Story.of(make_report(), "ko"), model=Scripted(reply))

    assert {one.reason for one in told.rejected} == {reason}
    assert all(section.rephrased is None for section in told.sections)


def test_when_a_model_is_down_then_it_is_asked_once_and_not_for_every_section() -> None:
    asked: list[str] = []

    def count(template: str) -> str:
        asked.append(template)
        return down(template)

    told = narrate(Story.of(make_report(), "en"), model=Scripted(count))

    assert len(asked) == 1
    assert len(told.rejected) == len(told.sections)


def test_when_the_run_was_not_explained_then_one_sentence_says_how_to_get_an_explanation() -> None:
    section = narrate(Story.of(make_report(explained=False), "en")).section("drivers")

    assert [sentence.key for sentence in section.sentences] == ["reports.no_explanation"]


def test_when_prices_are_missing_then_the_reason_is_said_and_asking_for_them_is_an_action() -> None:
    report = make_report(prices=None)

    assert narrate(Story.of(report, "en")).section("money").sentences[0].key == "reports.money_missing"
    assert "prices" in {action.id for action in actions_in(Story.of(report, "en"))}
    assert "cut" not in {action.id for action in actions_in(Story.of(report, "en"))}


def test_when_an_action_promises_an_effect_then_the_share_is_a_fact() -> None:
    report = make_report()
    facts = facts_of(report)
    promised = [action for action in actions_in(Story.of(report, "en")) if action.impact is not None]

    assert {action.id for action in promised} == {"cut", "top"}
    assert all(action.impact == facts[action.facts[-1]].value for action in promised)


def test_when_the_gate_suspects_a_leak_then_checking_it_comes_first() -> None:
    first = actions_in(Story.of(make_report(), "ko"))[0]

    assert (first.id, first.priority) == ("leaks", "high")
    assert "l_feat_4" in first.description
    assert actions_in(Story.of(make_report(findings=FINDINGS[1:]), "ko"))[0].id != "leaks"


def test_when_methods_part_company_then_the_columns_are_named() -> None:
    sentences = narrate(Story.of(make_report(), "en")).section("drivers").sentences
    by_key = {sentence.key: sentence.text for sentence in sentences}

    assert "only 3 of their 9 most important" in by_key["reports.methods_disagree"]
    assert "hour" in by_key["reports.disagreement"]


def test_when_more_groups_are_off_than_chance_explains_then_predictions_are_not_called_click_rates() -> None:
    report = make_report()
    segments = report.document["evaluation"]["segments"]
    for segment in segments[:6]:
        segment["is_calibrated"] = False

    keys = [sentence.key for sentence in narrate(Story.of(report, "en")).section("calibration").sentences]

    assert keys[1:] == ["reports.segments_off", "reports.segment_worst"]
    assert "segments" in {action.id for action in actions_in(Story.of(report, "en"))}


def test_when_no_method_finds_an_effect_then_the_column_is_listed_as_insignificant() -> None:
    found = {one.feature: one.status for one in low_impact_features(Story.of(make_report(), "en"))}

    assert found == {"feat_c_3": "insignificant", "feat_c_4": "insignificant", "feat_c_5": "insignificant"}


def test_when_another_candidate_does_better_on_the_test_rows_then_that_is_said() -> None:
    report = make_report()
    gap = report.document["models"][1]["versus_chosen"]["average_precision"]
    gap.update(value=0.05, low=0.01, high=0.09)

    text = narrate(Story.of(report, "en")).section("quality").text

    assert '"Boosted trees" does better on the test rows by +0.0500' in text

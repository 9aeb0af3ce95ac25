"""What click trainings answer when somebody asks about them, and what the published one tells as a document."""

from __future__ import annotations

from collections.abc import Iterator

from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.narrative import narrate
from core.ctr.reporting.report_facts import facts_of
from core.ctr.reporting.sentences import Story
from core.ctr.runs import LATEST, ROOM, SLOT, document_of, get_run, report_of
from core.errors import NotFound
from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.knowledge.ingestion.sources import Finding
from core.messages import LANGUAGES, say
from core.security.policy import LOCAL_ANALYST, Permission, Principal
from core.storage import champions

# Fact of the report -> how people ask for it, by language; each needs a word for the newest training beside it.
ASKED = {
    "score.auc": {"ko": ("auc",), "en": ("auc", "area under")},
    "score.average_precision": {"ko": ("평균 정밀도", "average precision"), "en": ("average precision",)},
    "score.log_loss": {"ko": ("로그 손실", "log loss"), "en": ("log loss",)},
    "test.training_click_rate": {"ko": ("클릭률",), "en": ("click rate", "click-through rate", "ctr of")},
}
# Narrow on purpose: "how is the AUC of a model computed" is for the documents.
NEWEST = {"ko": ("마지막", "최근", "최신", "방금"), "en": ("last", "latest", "newest", "most recent")}
WHICH = {"ko": ("어떤 모델", "무슨 모델", "어느 모델"), "en": ("which model", "what model")}
CLICKS = {"ko": ("클릭", "ctr"), "en": ("click", "ctr")}


def chosen_model(_question: str, language: str, principal: Principal) -> FactAnswer | None:
    """Which model the newest training chose, and what was found about its signal."""
    try:
        run = get_run(LATEST, principal=principal)
    except NotFound:
        return FactAnswer(say("ctr.fact_none", language))
    document = document_of(run)
    name, verdict = str(document["champion"]["name"]), str(document["verdict"])
    text = say("ctr.fact_chosen", language, model=name, experiment=run.experiment)
    return FactAnswer(text, (run.id,), {"model": name, "verdict": verdict})


def _score(fact_id: str, _question: str, language: str, principal: Principal) -> FactAnswer:
    try:
        report = report_of(LATEST, principal=principal)
    except NotFound:
        return FactAnswer(say("ctr.fact_none", language))
    fact = facts_of(report).get(fact_id)
    if fact is None or fact.value is None:
        return FactAnswer(say("ctr.fact_unmeasured", language, experiment=report.run.experiment), (report.run.id,))
    told = {"figure": fact_text(fact, language), "experiment": report.run.experiment}
    key = f"ctr.fact_{fact_id.rpartition('.')[2]}"
    return FactAnswer(say(key, language, **told), (report.run.id,), {fact_id: fact.value})


def _asking_for(fact_id: str) -> Fact:
    asks = {language: (words, NEWEST[language]) for language, words in ASKED[fact_id].items()}
    name = f"{ROOM}.{fact_id.rpartition('.')[2]}"
    return Fact(name, Permission.CTR_READ, asks, lambda *asked: _score(fact_id, *asked))


FACTS = (
    *(_asking_for(fact_id) for fact_id in ASKED),
    Fact(
        f"{ROOM}.chosen_model",
        Permission.CTR_READ,
        {language: (WHICH[language], CLICKS[language], NEWEST[language]) for language in LANGUAGES},
        chosen_model,
    ),
)


class _PublishedReport:
    """The report of the published training, in the words of its template."""

    name = ROOM

    def findings(self, language: str) -> Iterator[Finding]:
        """Nothing where nothing is published. What is published is served to everybody, whoever trained it."""
        champion = champions.current(ROOM, SLOT)
        if champion is None:
            return
        report = report_of(champion.run_id, principal=LOCAL_ANALYST)
        title = say("ctr.finding_title", language, experiment=report.run.experiment)
        told = narrate(Story.of(report, language))
        parts = [f"## {one.title}\n\n{one.text}\n" for one in told.sections if one.sentences]
        details = {"run_id": champion.run_id, "version": champion.version}
        yield Finding("report", title, "\n".join((f"# {title}\n", *parts)), details)


FINDINGS = _PublishedReport()

"""What the image domains answer when somebody asks about them, and what each tells as a document."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import WorkbenchError
from core.images.domains import list_domains, open_domain
from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.knowledge.ingestion.sources import Finding
from core.messages import LANGUAGES, say
from core.security.policy import LOCAL_ANALYST, Permission, Principal

ROOM = "images"
DOMAINS = {
    "ko": ("이미지 도메인은 몇", "이미지 도메인이 몇", "이미지 도메인 목록", "어떤 이미지 도메인"),
    "en": ("how many image domains", "which image domains", "what image domains", "list of image domains"),
}
THRESHOLDS = {"ko": ("기준값", "임계값", "tau1", "tau2"), "en": ("threshold", "tau1", "tau2")}
OF_NOW = {"ko": ("얼마", "몇", "값은"), "en": ("what is the value", "how high", "what are the", "value of")}


def domain_list(_question: str, language: str, principal: Principal) -> FactAnswer | None:
    """How many domains there are, with their classes."""
    cards = [one for one in list_domains(principal=principal) if one.is_built and one.problem is None]
    if not cards:
        return FactAnswer(say("images.fact_none", language))
    told = ", ".join(say("images.fact_domain", language, domain=one.name, classes=one.classes) for one in cards)
    runs = tuple(run for one in cards if (run := open_domain(one.name, principal=principal).built_by))
    return FactAnswer(
        say("images.fact_domains", language, count=len(cards), domains=told), runs, {"domains": len(cards)}
    )


def thresholds(question: str, language: str, principal: Principal) -> FactAnswer | None:
    """Both thresholds of the domain that the question names; None where it names none."""
    for card in list_domains(principal=principal):
        if card.name.casefold() in question.casefold() and card.is_built and card.problem is None:
            domain = open_domain(card.name, principal=principal)
            rule = domain.rule
            figures = {"tau1": rule.tau1, "tau2": rule.tau2}
            text = say(
                "images.fact_thresholds", language, domain=card.name, **{k: f"{v:.3f}" for k, v in figures.items()}
            )
            return FactAnswer(text, tuple(one for one in (domain.calibrated_by,) if one), figures)
    return None


FACTS = tuple(
    Fact(
        f"{ROOM}.{name}",
        Permission.IMAGES_READ,
        {language: tuple(group[language] for group in groups) for language in LANGUAGES},
        tell,
    )
    for name, groups, tell in (
        ("domains", (DOMAINS,), domain_list),
        ("thresholds", (THRESHOLDS, OF_NOW), thresholds),
    )
)


class _Domains:
    """One document for each domain that is built."""

    name = ROOM

    def findings(self, language: str) -> Iterator[Finding]:
        """Domains that cannot be used are left out. Everybody who may see domains sees all of them."""
        for card in list_domains(principal=LOCAL_ANALYST):
            try:
                domain = open_domain(card.name, principal=LOCAL_ANALYST)
            except WorkbenchError:
                continue
            title = say("images.finding_title", language, domain=card.name)
            classes = ", ".join(domain.classes)
            text = say("images.finding_text", language, count=len(domain.classes), classes=classes)
            details = {"run_id": domain.built_by, "domain": card.name}
            yield Finding(card.name, title, f"# {title}\n\n{text}\n", details)


FINDINGS = _Domains()

"""What the fragrance studio answers when somebody asks about its own data: how many, and which limits are in force."""

from __future__ import annotations

from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.stored import perfumes
from core.fragrance.limits.stored import current_limits
from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.messages import LANGUAGES, say
from core.security.policy import Permission, Principal

ROOM = "fragrance"
MATERIALS = {
    "ko": ("향료 원료는 몇", "향료 원료가 몇", "조향 원료는 몇", "조향 원료가 몇"),
    "en": ("how many perfumery materials", "how many fragrance materials"),
}
PERFUMES = {
    "ko": ("향수는 몇", "향수가 몇", "등록된 향수"),
    "en": ("how many perfumes", "number of perfumes"),
}
LIMITS = {
    "ko": ("어떤 한도표", "한도표는 무엇", "적용 중인 한도표", "사용 중인 한도표"),
    "en": ("which limits table", "which table of limits", "limits table is in force", "what limits table"),
}


def material_count(_question: str, language: str, _principal: Principal) -> FactAnswer | None:
    """How many materials the catalogue holds, and how many of them came as samples."""
    materials = current_catalogue().materials.values()
    samples = sum(one.is_sample for one in materials)
    figures = {"materials": len(materials), "samples": samples}
    return FactAnswer(say("fragrance.fact_materials", language, count=len(materials), samples=samples), (), figures)


def perfume_count(_question: str, language: str, principal: Principal) -> FactAnswer | None:
    """How many perfumes can be searched, and how many of them came as samples."""
    known = perfumes(principal)
    samples = sum(one.is_sample for one in known)
    figures = {"perfumes": len(known), "samples": samples}
    return FactAnswer(say("fragrance.fact_perfumes", language, count=len(known), samples=samples), (), figures)


def limits_in_force(_question: str, language: str, _principal: Principal) -> FactAnswer | None:
    """The table of limits that formulas are held against."""
    table = current_limits()
    key = "fragrance.fact_sample_limits" if table.is_sample else "fragrance.fact_limits"
    details = {"name": table.name, "amendment": table.amendment, "on": table.amended_on.isoformat()}
    return FactAnswer(say(key, language, **details, rules=len(table.rules)), (), {"rules": len(table.rules)})


FACTS = tuple(
    Fact(f"{ROOM}.{name}", Permission.FRAGRANCE_READ, {language: (words[language],) for language in LANGUAGES}, tell)
    for name, words, tell in (
        ("material_count", MATERIALS, material_count),
        ("perfume_count", PERFUMES, perfume_count),
        ("limits_in_force", LIMITS, limits_in_force),
    )
)

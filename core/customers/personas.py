"""Names for clusters: personas are matched by what their members are like, never by cluster number.

A persona claims something about age, spend, subscription or frequency. Its fit is that of its weakest claim; a
cluster that no persona fits is named after its own figures.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.customers.profiles import ProfileColumns
from core.customers.vocabulary import FREQUENCIES, OLDEST, rhythm_text
from core.errors import BadInput
from core.messages import LANGUAGES, say

MIN_FIT = 0.5  # lowest accepted fit of a persona's weakest claim
SPEND_TARGETS = {"low": -0.8, "high": 0.8}  # mean amount, in standard deviations from the overall mean
RHYTHM_TARGETS = {"often": 26.0, "seldom": 4.0}  # purchases per year, at least or at most
AGE_TARGET = 0.75  # share of members inside the claimed band
SUBSCRIPTION_TARGETS = {"mostly": 0.7, "rarely": 0.15}  # share of subscribers, at least or at most
CLAIMS = ("age", "spend", "rhythm", "frequency", "subscription")


@dataclass(frozen=True)
class PersonaText:
    """What a person reads, in one language."""

    name: str
    type: str
    description: str
    purpose: str  # what marketing can do for this group


@dataclass(frozen=True)
class Persona:
    """A kind of customer: what it claims about a group, and its texts by language."""

    id: str
    claims: Mapping[str, Any]
    texts: Mapping[str, PersonaText]


@dataclass(frozen=True)
class ClusterName:
    """The name of one cluster. persona is None where the name states the cluster's own figures."""

    cluster_id: int
    persona: str | None
    fit: float  # 0..1, of the persona's weakest claim; without persona, of the best one left
    texts: Mapping[str, PersonaText]

    def text(self, language: str = "en") -> PersonaText:
        return self.texts[language]


@dataclass(frozen=True)
class GroupFigures:
    """What the members of a group are like; `frequencies` are shares by label, `age_counts` members by year."""

    size: int
    age: float
    amount: float
    amount_spread: float
    subscribed: float
    purchases_per_year: float  # geometric mean
    frequencies: Mapping[str, float]
    age_counts: tuple[int, ...]

    def share_aged(self, youngest: int, oldest: int) -> float:
        """Share of members from `youngest` to `oldest` years, inclusive."""
        return sum(self.age_counts[youngest : oldest + 1]) / self.size

    @property
    def dominant_frequency(self) -> str:
        return max(self.frequencies, key=lambda label: self.frequencies[label])


def describe_group(columns: ProfileColumns) -> GroupFigures:
    """Figures of a non-empty group."""
    counts = np.bincount(columns.frequency, minlength=len(FREQUENCIES))
    yearly = np.log(np.array(tuple(FREQUENCIES.values()), dtype=np.float64))[columns.frequency]
    return GroupFigures(
        size=len(columns),
        age=float(columns.age.mean()),
        amount=float(columns.purchase_amount.mean()),
        amount_spread=float(columns.purchase_amount.std()),
        subscribed=float(columns.subscribed.mean()),
        purchases_per_year=float(np.exp(yearly.mean())),
        frequencies=dict(zip(FREQUENCIES, (counts / len(columns)).tolist(), strict=True)),
        age_counts=tuple(np.bincount(columns.age.astype(np.intp), minlength=OLDEST + 1).tolist()),
    )


def describe_groups(columns: ProfileColumns, labels: NDArray[np.int32], k: int) -> tuple[GroupFigures, ...]:
    """Figures of each cluster, by cluster number."""
    return tuple(describe_group(columns.take(np.flatnonzero(labels == cluster))) for cluster in range(k))


def load_personas() -> tuple[Persona, ...]:
    """The analyst's own personas (data/customers/personas.toml in the home folder), else the packaged ones.

    Raises BadInput naming the file when it cannot be read.
    """
    from core.settings.current import get_settings

    own = get_settings().data_dir / "customers" / "personas.toml"
    if own.exists():
        return parse_personas(own.read_text(encoding="utf-8"), source=str(own.name))
    return parse_personas(packaged_personas(), source="personas.toml")


def packaged_personas() -> str:
    """The text of the packaged personas.toml, to start an own copy from."""
    return resources.files("core.customers").joinpath("personas.toml").read_text(encoding="utf-8")


def parse_personas(text: str, *, source: str) -> tuple[Persona, ...]:
    """Personas from TOML; raises BadInput naming the entry that is incomplete or claims something unknown."""
    try:
        tables = tomllib.loads(text)["persona"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise BadInput("customers.personas_unreadable", file=source, reason=error) from error
    return tuple(_persona(identity, table, source) for identity, table in tables.items())


def _persona(identity: str, table: Mapping[str, Any], source: str) -> Persona:
    claims = table.get("claims", {})
    if not claims or set(claims) - set(CLAIMS) or not all(_is_known(*claim) for claim in claims.items()):
        known = ", ".join(CLAIMS)
        raise BadInput("customers.persona_claims", file=source, persona=identity, known=known)
    try:
        texts: dict[str, PersonaText] = {language: PersonaText(**table[language]) for language in LANGUAGES}
    except (KeyError, TypeError) as error:
        raise BadInput("customers.persona_incomplete", file=source, persona=identity) from error
    return Persona(identity, claims, texts)


def _is_known(name: str, value: Any) -> bool:
    allowed: dict[str, Mapping[str, Any]] = {
        "spend": SPEND_TARGETS, "rhythm": RHYTHM_TARGETS, "frequency": FREQUENCIES,
        "subscription": SUBSCRIPTION_TARGETS,
    }  # fmt: skip
    if name == "age":
        return isinstance(value, list) and len(value) == 2 and value[0] <= value[1]
    return value in allowed[name]


def persona_fit(persona: Persona, group: GroupFigures, overall: GroupFigures) -> float:
    """Fit of the weakest claim, 0..1."""
    misses = [_shortfall(name, value, group, overall) for name, value in persona.claims.items()]
    return 1.0 - min(1.0, max(misses))


def _shortfall(claim: str, value: Any, group: GroupFigures, overall: GroupFigures) -> float:
    """How far the group misses one claim: 0 is met, 1 or more is plainly untrue."""
    if claim == "age":
        return max(0.0, AGE_TARGET - group.share_aged(*value)) / 0.5
    if claim == "spend":
        target = SPEND_TARGETS[value]
        reached = (group.amount - overall.amount) / max(overall.amount_spread, 1e-9)
        return float(max(0.0, (target - reached) * np.sign(target)) / abs(target))
    if claim == "rhythm":
        missing = np.log2(RHYTHM_TARGETS[value] / group.purchases_per_year)
        return float(max(0.0, missing if value == "often" else -missing))
    if claim == "frequency":
        return (1.0 - group.frequencies[value]) * 2
    target = SUBSCRIPTION_TARGETS[value]
    return max(0.0, target - group.subscribed if value == "mostly" else group.subscribed - target) / 0.4


def match_personas(
    groups: Sequence[GroupFigures], overall: GroupFigures, personas: Sequence[Persona]
) -> tuple[ClusterName, ...]:  # fmt: skip
    """One name per cluster: the assignment of personas that says most and says nothing untrue.

    Hungarian assignment; a persona under MIN_FIT is as good as none, and each persona is used once.
    """
    from scipy.optimize import linear_sum_assignment

    fits = np.array([[persona_fit(one, group, overall) for one in personas] for group in groups])
    # Among true personas the one with more claims says more.
    claims = np.array([len(persona.claims) for persona in personas])
    worth = np.where(fits >= MIN_FIT, fits + 0.2 * claims, 0.0)
    rows, chosen = linear_sum_assignment(-worth)
    named = {
        cluster: column
        for cluster, column in zip(rows.tolist(), chosen.tolist(), strict=True)
        if fits[cluster, column] >= MIN_FIT
    }
    free = [column for column in range(len(personas)) if column not in named.values()]
    taken: set[str] = set()
    names = []
    for cluster, group in enumerate(groups):
        if cluster in named:
            persona = personas[named[cluster]]
            fit = float(fits[cluster, named[cluster]])
            names.append(ClusterName(cluster, persona.id, fit, persona.texts))
        else:
            best_left = float(fits[cluster, free].max(initial=0.0))
            names.append(ClusterName(cluster, None, best_left, plain_texts(group, taken)))
    return tuple(names)


def plain_texts(group: GroupFigures, taken: set[str]) -> dict[str, PersonaText]:
    """A name made from the group's own figures, in both languages; `taken` keeps names apart."""
    figures = {
        "amount": round(group.amount), "age": round(group.age), "size": group.size,
        "subscribed": round(100 * group.subscribed),
    }  # fmt: skip
    label = group.dominant_frequency
    texts: dict[str, PersonaText] = {}
    for language in LANGUAGES:
        rhythm = rhythm_text(label, language)
        name = say("customers.plain_name", language, frequency=rhythm, **figures)
        if name in taken:
            name = say("customers.plain_name_subscribed", language, frequency=rhythm, **figures)
        same = sum(other.startswith(name) for other in taken)
        name = f"{name} ({same + 1})" if same else name
        taken.add(name)
        texts[language] = PersonaText(
            name,
            say("customers.plain_type", language),
            say(
                "customers.plain_description", language, frequency=rhythm,
                share=round(100 * group.frequencies[label]), **figures,
            ),
            say("customers.plain_purpose", language),
        )  # fmt: skip
    return texts

"""One round of looking: figures against rules, what opens and closes, and who is told.

`workbench run` repeats it in the jobs process every WORKBENCH_CHECK_EVERY_S seconds. A figure that cannot be had
does not keep the others from being looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.alerts.incidents import Incident, Observation, active_subjects, close_quietly, settle
from core.alerts.rules import HUNDREDTHS, Rule, rules
from core.alerts.telling import tell
from core.ctr.monitoring import checks as click_models
from core.ctr.monitoring.prediction_log import forget_old
from core.errors import WorkbenchError
from core.notifications.notifier import deliver_queued
from core.operations import clock
from core.operations.figures import FIGURES, Figure, Reading
from core.settings.current import get_settings
from core.telemetry.logs import get_logger
from core.telemetry.measures import SYSTEM, forget_old_measures, record_system

CLEANS_EVERY_S = 3600.0
OF_CLICK_MODELS = "ctr/"

log = get_logger("checks")
_last_clean: dict[Path, float] = {}  # by home
_looked_at: dict[tuple[Path, str], float] = {}  # by home and rule
_told_broken: set[str] = set()


def run_checks() -> tuple[Incident, ...]:
    """Measure, compare, open and close incidents, tell of them; those that opened. Raises Unavailable, StorageFull.

    Nothing is judged in the round that finds the clock set: what is a minute old there may seem a year old.
    """
    jumped_s = clock.look()
    record_system()
    home = get_settings().home
    if clock.steady_s() - _last_clean.get(home, 0.0) > CLEANS_EVERY_S:
        _last_clean[home] = clock.steady_s()
        forget_old()
        forget_old_measures()
    if jumped_s:
        log.warning("clock_set", seconds=round(jumped_s))
        return ()
    known = rules()
    close_quietly([one.name for one in known if not one.is_on])
    on = [one for one in known if one.is_on]
    opened, _ = settle([*_of_figures(on), *_of_click_models(on)], tell=tell)
    deliver_queued()
    return opened


def look_at(chosen: Sequence[Rule], figures: Mapping[str, Figure]) -> Iterator[Observation]:
    """What the given rules find now; each figure is computed once, and one that breaks is told and left out."""
    computed: dict[str, tuple[Reading, ...] | None] = {}
    for rule in chosen:
        if rule.figure not in computed:
            computed[rule.figure] = _computed(rule.figure, figures)
        readings = computed[rule.figure]
        if readings is not None:
            yield from _judged(rule, readings)


def _of_figures(on: Iterable[Rule]) -> Iterator[Observation]:
    now, home, due = clock.steady_s(), get_settings().home, []
    for rule in on:
        if rule.figure in FIGURES and now - _looked_at.get((home, rule.name), float("-inf")) >= rule.every_s:
            _looked_at[home, rule.name] = now
            due.append(rule)
    yield from look_at(due, FIGURES)


def _of_click_models(on: Iterable[Rule]) -> Iterator[Observation]:
    mine = {one.name: one for one in on if one.figure.startswith(OF_CLICK_MODELS)}
    if mine:
        try:
            yield from click_models.observations(mine)
        except WorkbenchError as error:
            log.warning("figure_not_known", figure=OF_CLICK_MODELS, reason=error.code)


def _computed(name: str, figures: Mapping[str, Figure]) -> tuple[Reading, ...] | None:
    try:
        found = tuple(figures[name]())
    except WorkbenchError as error:
        log.warning("figure_not_known", figure=name, reason=error.code)
        return None
    except Exception as error:  # a mistake in one figure must not blind the operator to all others
        if name not in _told_broken:
            _told_broken.add(name)
            log.error("figure_broken", figure=name, exc_info=error)
        return None
    _told_broken.discard(name)
    return found


def _judged(rule: Rule, readings: Iterable[Reading]) -> Iterator[Observation]:
    limit = limit_of(rule)
    seen = set()
    for one in readings:
        seen.add(one.subject)
        is_bad = None if one.value is None else one_is_bad(rule, one.value, limit)
        value = one.value or 0.0
        details = {"limit_ms": f"{limit:.0f}", **_shown(rule, value, limit), **one.details, "subject": one.subject}
        yield Observation(
            rule.name, SYSTEM, None, is_bad, rule.severity, value, limit, details, one.subject, rule.in_a_row
        )
    for owner, subject in active_subjects(rule.name):
        if owner == SYSTEM and subject not in seen:  # it is not there any more: a job ended, a part was taken out
            yield Observation(rule.name, SYSTEM, None, False, subject=subject, in_a_row=rule.in_a_row)


def limit_of(rule: Rule) -> float:
    """The limit of a rule; that of the disk is the setting's unless an operator set another."""
    if rule.figure == "disk/free" and rule.limit == rule.default_limit:
        return get_settings().disk_reserve_gb
    return 0.0 if rule.limit is None else rule.limit


def one_is_bad(rule: Rule, value: float, limit: float) -> bool:
    """As Rule.is_crossed, by the limit that counts here."""
    if rule.comparison == "above":
        return value > limit
    return value < limit and (rule.at_least is None or value >= rule.at_least)


def _shown(rule: Rule, value: float, limit: float) -> dict[str, str]:
    if rule.unit == HUNDREDTHS:
        return {"limit": f"{100 * limit:g}", "value": f"{100 * value:.0f}"}
    return {"limit": f"{limit:.10g}", "value": f"{value:.1f}" if value < 10 and value % 1 else f"{value:.0f}"}

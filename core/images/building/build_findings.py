"""What a person must know before a build serves: findings with severity; a blocking one needs a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.datasets.findings import Finding, Severity
from core.images.verdict import over_target_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.images.building.build import Build
    from core.images.feedback import Remark
    from core.images.serving import Serving

FEW = 5  # pictures; with fewer a class's mean follows single pictures
SHOWN = 5  # names told in one sentence


def findings_of(build: Build) -> tuple[Finding, ...]:
    """Everything noticed about a build, gravest first."""
    found = [*_against_before(build), *_of_pictures(build)]
    if build.calibration is None and build.missing is not None and build.missing[0] != "images.calibration_not_asked":
        found.append(_finding("build_not_calibrated", "warning", domain=build.config.domain))
    over = over_target_in_words(build.prototypes.rule)
    if build.calibration is not None and over is not None:
        found.append(Finding(over[0], "info", None, (), over[1]))
    order = ("blocking", "warning", "info")
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def changed_meanwhile(build: Build, now: Serving, staged_now: Sequence[Remark]) -> tuple[Finding, ...]:
    """Blocking: while this build ran, another was published or restored, or a remark it took up was withdrawn."""
    domain = build.config.domain
    if now.version != build.before.version:
        return (_finding("built_meanwhile", "blocking", domain=domain, run=now.built_by or "-"),)
    withdrawn = {one.id for one in build.taken_up} - {one.id for one in staged_now}
    if withdrawn:
        return (_finding("remarks_withdrawn", "blocking", domain=domain, count=len(withdrawn)),)
    return ()


def _against_before(build: Build) -> list[Finding]:
    found = []
    before, now = build.before, build.top_1
    measured = ((before.report or {}).get("held_out") or {}).get("top_1")
    if now is not None and measured and now.value < measured["low"]:
        found.append(
            _finding(
                "worse_than_before", "blocking",
                now=f"{100 * now.value:.1f}", before=f"{100 * measured['value']:.1f}",
                low=f"{100 * measured['low']:.1f}",
            )
        )  # fmt: skip
    if before.prototypes is not None and before.built_by is None:
        lost = sorted(set(before.prototypes.classes) - set(build.prototypes.classes))
        if lost:  # it was brought as prototypes, and nobody removed these classes
            found.append(_finding("classes_lost", "blocking", count=len(lost), names=_named(lost)))
    return found


def _of_pictures(build: Build) -> list[Finding]:
    found = []
    known = build.vectors.of("pictures")
    if build.copies.total:
        one = build.copies.across[0]
        found.append(
            _finding(
                "copies_across", "warning", count=build.copies.total,
                first=f"{one.first.class_name}/{one.first.file_name}",
                second=f"{one.second.class_name}/{one.second.file_name}",
            )
        )  # fmt: skip
    both = {one.sha256 for one in build.vectors.pictures if one.group == "unknown"} & {
        one.sha256 for pictures in known.values() for one in pictures
    }
    if both:
        found.append(_finding("known_among_unknown", "warning", count=len(both)))
    few = [name for name, pictures in known.items() if len(pictures) < FEW]
    if few:
        found.append(_finding("few_pictures", "warning", count=len(few), names=_named(few), limit=FEW))
    if build.vectors.refused:
        refused = build.vectors.refused
        name = f"{refused[0].class_name}/{refused[0].file_name}"
        found.append(_finding("pictures_refused", "warning", count=len(refused), name=name))
    empty = sorted({one.class_name for one in build.vectors.refused if one.group == "pictures"} - set(known))
    if empty:
        found.append(_finding("class_unreadable", "warning", count=len(empty), names=_named(empty)))
    if len(known) == 1:
        found.append(_finding("single_class", "warning", name=next(iter(known))))
    if build.copies.within:
        found.append(_finding("copies_within", "info", count=build.copies.within))
    return found


def _named(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _finding(code: str, severity: Severity, **details: object) -> Finding:
    return Finding(f"images.{code}", severity, None, (), details)

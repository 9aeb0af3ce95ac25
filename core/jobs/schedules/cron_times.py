"""When a cron line is due in a time zone, as moments in UTC.

Five fields (minute, hour, day of month, month, day of week) as Debian's cron reads them, or a word such as `@daily`.
Where clocks are put forward, a time of day that does not exist falls on the first minute that does; where they are
put back, a fixed time of day comes once, the first time, while "every so many minutes" goes on through both hours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from core.errors import BadInput
from core.settings.current import get_settings

WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
LONGEST_CRON = 120  # characters
FIELDS = 5
PREVIEWED = 5
# Each field alone, to tell which one is wrong.
_WRONG = (
    ("{} * * * *", "schedules.bad_minute"),
    ("* {} * * *", "schedules.bad_hour"),
    ("* * {} * *", "schedules.bad_day"),
    ("* * * {} *", "schedules.bad_month"),
    ("* * * * {}", "schedules.bad_weekday"),
)


def plain_cron(cron: str) -> str:
    """The five fields of a cron line with single blanks between; raises BadInput, naming the field that is wrong."""
    line = " ".join(cron.split())
    line = WORDS.get(line.lower(), line)
    fields = line.split()
    if line.startswith("@"):
        raise BadInput("schedules.unknown_word", word=line[:40], known=", ".join(WORDS))
    if len(fields) != FIELDS or len(line) > LONGEST_CRON:
        raise BadInput("schedules.not_five_fields", count=len(fields), longest=LONGEST_CRON)
    for field, (alone, key) in zip(fields, _WRONG, strict=True):
        if not _is_read(alone.format(field)):
            raise BadInput(key, field=field)
    if not _is_read(line) or next(_moments(line, ZoneInfo("UTC"), datetime.now(UTC)), None) is None:
        raise BadInput("schedules.never_due", cron=line)
    return line


def zone_of(name: str) -> ZoneInfo:
    """The time zone by its IANA name, for example Asia/Seoul. Raises BadInput."""
    if name not in time_zones():
        raise BadInput("schedules.unknown_zone", name=name[:80])
    return ZoneInfo(name)


@cache
def time_zones() -> tuple[str, ...]:
    """Every IANA name that is known here, from the system's files or the package tzdata, in order."""
    return tuple(sorted(name for name in available_timezones() if name not in ("localtime", "Factory")))


def own_zone() -> str:
    """The time zone of this machine; UTC where it names none. For whoever has no browser that tells theirs."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named in time_zones():
        return named
    linked = Path("/etc/localtime").resolve().as_posix().partition("/zoneinfo/")[2]
    if linked in time_zones():
        return "UTC" if linked == "Etc/UTC" else linked
    return "Asia/Seoul" if get_settings().language == "ko" else "UTC"


def times_after(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every moment in UTC after `after` when the line is due, each one once, in order. Raises BadInput."""
    return _moments(plain_cron(cron), zone_of(zone), after)


def next_time(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first of these; None where no further one comes within fifty years."""
    return next(times_after(cron, zone, after), None)


def preview(cron: str, zone: str, *, count: int = PREVIEWED, after: datetime | None = None) -> tuple[datetime, ...]:
    """The next moments in UTC, at most `count`. Raises BadInput."""
    return tuple(islice(times_after(cron, zone, after or datetime.now(UTC)), count))


def logical_date(logical_at: datetime, zone: str) -> str:
    """What a notebook is told that declares `logical_date: str`: ISO 8601 in the schedule's zone, with its offset.

    The offset keeps the two times apart that a clock shows alike in autumn.
    """
    return logical_at.astimezone(zone_of(zone)).isoformat(timespec="seconds")


def _moments(line: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    from cronsim import CronSim

    last = after.astimezone(UTC)
    for found in CronSim(line, after.astimezone(zone)):
        moment = found.astimezone(UTC)
        if moment > last:  # a gap moves several times of day onto one moment, and the hour that comes twice lies back
            last = moment
            yield moment


def _is_read(line: str) -> bool:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(line, datetime(2000, 1, 1, tzinfo=UTC))
    except (CronSimError, AssertionError, TypeError, ValueError):  # it asserts where a step follows "5L" or "5#2"
        return False
    return True

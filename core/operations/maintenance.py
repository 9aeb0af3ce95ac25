"""Whether the workbench is being worked on; while it is, the API answers hardly anything but 503.

Kept as a small file in the data folder rather than in the database: every process of this home sees it within a moment,
and it stands while the database is restored or away.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from core.errors import Unavailable
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.whole_files import replace_file

FILE = "maintenance.json"
RETRY_AFTER_S = 60  # what callers are told to wait; nobody knows how long it takes
LOOK_EVERY_S = 0.25  # between looks at the file
LONGEST_REASON = 300


@dataclass(frozen=True)
class _Seen:
    path: str
    looked_at: float
    state: Maintenance | None


@dataclass(frozen=True)
class Maintenance:
    """Since when the workbench is being worked on, by whom and why. since: None where the file does not tell."""

    since: datetime | None
    by: str = ""
    reason: str = ""


def current() -> Maintenance | None:
    """None while everything is open; what another process switched is seen within LOOK_EVERY_S."""
    global _seen  # noqa: PLW0603 - every request asks: looking at the disk each time would cost it a hundredth
    path = _file()
    now = time.monotonic()
    if _seen is None or _seen.path != path or now - _seen.looked_at > LOOK_EVERY_S:
        _seen = _Seen(path, now, _read(Path(path)))
    return _seen.state


def require_open() -> None:
    """Raises Unavailable with `retry_after` [s] while the workbench is being worked on."""
    if current() is not None:
        raise Unavailable("administration.in_maintenance", retry_after=RETRY_AFTER_S)


def begin(*, reason: str = "", principal: Principal) -> Maintenance:
    """Close the workbench to all but probes, signing in and administration. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_CONFIGURE)
    begun = Maintenance(datetime.now(UTC), principal.name or principal.id, reason.strip()[:LONGEST_REASON])
    _note(principal, "maintenance.begun", reason=begun.reason)
    content = {"since": str(begun.since), "by": begun.by, "reason": begun.reason}
    path = Path(_file())
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps(content, ensure_ascii=False).encode())
    _look_again()
    return begun


def end(*, principal: Principal) -> None:
    """Open the workbench again; nothing happens where it was open. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_CONFIGURE)
    _look_again()
    if current() is None:
        return
    _note(principal, "maintenance.ended")
    Path(_file()).unlink(missing_ok=True)
    _look_again()


def _note(principal: Principal, action: str, **details: str) -> None:
    from core.storage.audit import note_now  # the database is not needed to look whether the door is open

    note_now(principal, action, "workbench", **details)


def _file() -> str:
    return _file_of(get_settings().home)


@lru_cache(maxsize=16)
def _file_of(home: Path) -> str:
    """Put together once: every request asks."""
    return str(get_settings().data_dir / FILE)


def _look_again() -> None:
    global _seen  # noqa: PLW0603
    _seen = None


def _read(path: Path) -> Maintenance | None:
    """A file that cannot be read closes the workbench all the same: somebody put it there."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return Maintenance(datetime.fromisoformat(found["since"]), str(found["by"]), str(found["reason"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):
        return Maintenance(None)


_seen: _Seen | None = None

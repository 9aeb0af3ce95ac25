"""How the workbench is, in a few figures: what an operator looks at first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from core.alerts.incidents import Incident, open_incidents
from core.operations.maintenance import Maintenance, current
from core.operations.work import Queue, queue
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage import tables
from core.storage.database import reading, utc_now
from core.telemetry.measures import Requests, SystemMeasure, latest_system, requests_since

LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Overview:
    """system: None while nobody measured it lately. Disk figures are of the disk that the home folder lies on."""

    requests: Requests
    system: SystemMeasure | None
    disk_total_bytes: int
    disk_free_bytes: int
    queue: Queue
    incidents: tuple[Incident, ...]
    maintenance: Maintenance | None

    @property
    def disk_share(self) -> float:
        return 1 - self.disk_free_bytes / self.disk_total_bytes


@dataclass(frozen=True)
class People:
    """Accounts by role, those that may not sign in, and the sign-ins that stand now."""

    by_role: dict[str, int]
    disabled: int
    sign_ins: int

    @property
    def total(self) -> int:
        return sum(self.by_role.values())


def overview(*, principal: Principal) -> Overview:
    """Requests are those of the last hour. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    disk = shutil.disk_usage(get_settings().home)
    return Overview(
        requests_since(utc_now() - LATELY), latest_system(), disk.total, disk.free, queue(principal=principal),
        open_incidents(principal=principal), current(),
    )  # fmt: skip


def people(*, principal: Principal) -> People:
    """Raises NotAllowed."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    accounts, sessions = tables.accounts.c, tables.sessions.c
    standing = sessions.ended_at.is_(None), sessions.expires_at > utc_now()
    with reading() as connection:
        roles = select(accounts.role, func.count()).group_by(accounts.role)
        disabled = select(func.count()).where(accounts.disabled_at.is_not(None))
        return People(
            {row[0]: row[1] for row in connection.execute(roles)},
            int(connection.execute(disabled).scalar_one()),
            int(connection.execute(select(func.count()).where(*standing)).scalar_one()),
        )

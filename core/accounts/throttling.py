"""Failed sign-ins, and what else must not be tried without end, counted for each account and each network address.

The counts lie in the database, so that all processes share them. An attempt is counted before its password is
compared and taken off the count when it was right: however many are made at the same moment, no more passwords than
the limit are ever compared.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, or_, select

from core.accounts.names import comparable
from core.errors import TooManyRequests
from core.settings.current import get_settings
from core.storage import tables
from core.storage.database import reading, utc_now, writing

ATTEMPTS = tables.sign_in_attempts
MINUTE_S = 60
HOUR_S = 3600
HOURLY = 10  # times the limit of a minute: a patient guesser is slowed down as well
LONGEST_ADDRESS = 64  # characters
SKEW_S = 120  # by how much the clocks of two hosts may differ
NOBODY = "system"  # owner of the rows: whose account it was is just what is not known


@dataclass(frozen=True)
class Purpose:
    """What is tried, counted apart from the rest. A limit of None is the one of signing in.

    most, most_by_address: attempts in a minute, ten times as many in an hour.
    """

    word: str
    message: str
    most: int | None = None
    most_by_address: int | None = None


SIGN_IN = Purpose("", "security.too_many_sign_ins")


@dataclass(frozen=True)
class Attempt:
    """One admitted attempt, counted as failed until `forgive` is called. address: "" where there is none."""

    id: str
    account: str
    address: str


def admit(login_name: str, address: str, *, purpose: Purpose = SIGN_IN, now: datetime | None = None) -> Attempt:
    """Count an attempt. Raises TooManyRequests with `retry_after` [s]; an attempt that is refused counts for nothing.

    A right password is refused as well while the limit is reached: to try it would be to answer a guess.
    """
    when = now or utc_now()
    attempt = Attempt(str(uuid4()), account_hash(login_name, purpose.word), _address_of(purpose, address))
    row = {"id": attempt.id, "owner": NOBODY, "account": attempt.account, "address": attempt.address, "at": when}
    _refuse(attempt, purpose, when)  # most of a flood ends here and writes nothing
    with writing() as connection:
        connection.execute(insert(ATTEMPTS).values(**row))
    # Asked again after the writing: where writers do not wait for each other (PostgreSQL), each sees the others that
    # came first.
    try:
        _refuse(attempt, purpose, when)
    except TooManyRequests:
        with writing() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.id == attempt.id))
        raise
    return attempt


def forgive(attempt: Attempt) -> None:
    """The password was right: this attempt counts no more, nor do earlier slips on the account from that address."""
    same = (ATTEMPTS.c.account == attempt.account) & (ATTEMPTS.c.address == attempt.address)
    with writing() as connection:
        connection.execute(delete(ATTEMPTS).where(same))


def address_of(host: str) -> str:
    """Where an attempt comes from, by the other end of its connection.

    "" for this machine itself: whoever passes requests on for others would be taken for one visitor.
    """
    try:
        return "" if ip_address(host.partition("%")[0]).is_loopback else host
    except ValueError:
        return host


def forget_old(connection: Connection, now: datetime) -> None:
    """Remove what no limit looks at any more, attempts from before a clock was set back among them."""
    gone = or_(ATTEMPTS.c.at < now - timedelta(seconds=HOUR_S), ATTEMPTS.c.at > now + timedelta(seconds=HOUR_S))
    connection.execute(delete(ATTEMPTS).where(gone))


def _refuse(attempt: Attempt, purpose: Purpose, now: datetime) -> None:
    with reading() as connection:
        wait_s = _wait_s(connection, attempt, purpose, now)
    if wait_s > 0:
        raise TooManyRequests(purpose.message, retry_after=wait_s)


def _wait_s(connection: Connection, attempt: Attempt, purpose: Purpose, now: datetime) -> int:
    """Whole seconds until the attempt would be within every limit; 0 when it is."""
    settings = get_settings()
    limits = [(ATTEMPTS.c.account == attempt.account, purpose.most or settings.sign_in_attempts)]
    if attempt.address:
        most_by_address = purpose.most_by_address or settings.sign_in_address_attempts
        limits.append((ATTEMPTS.c.address == attempt.address, most_by_address))
    wait_s = 0.0
    # What lies further ahead than clocks differ was counted before a clock was set back; it would lock for ever.
    is_past = ATTEMPTS.c.at <= now + timedelta(seconds=SKEW_S)
    for condition, most in limits:
        for window_s, allowed in ((MINUTE_S, most), (HOUR_S, most * HOURLY)):
            since = now - timedelta(seconds=window_s)
            others = select(ATTEMPTS.c.at).where(condition, is_past, ATTEMPTS.c.at > since, ATTEMPTS.c.id != attempt.id)
            # The attempt that must have left the window before another one fits in.
            oldest = connection.execute(others.order_by(ATTEMPTS.c.at.desc()).offset(allowed - 1).limit(1)).scalar()
            if oldest is not None:
                wait_s = max(wait_s, window_s - (now - oldest).total_seconds())
    return math.ceil(wait_s)


def account_hash(login_name: str, purpose: str = "") -> str:
    """What is kept of a name that was tried."""
    text = f"{purpose}\0" * bool(purpose) + (comparable(login_name) or login_name)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _address_of(purpose: Purpose, address: str) -> str:
    key = _address_key(address)
    return f"{purpose.word} {key}"[:LONGEST_ADDRESS] if key and purpose.word else key


def _address_key(address: str) -> str:
    """One host as one word: an IPv6 host has a /64 to itself and would otherwise have as many tries as addresses."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "".join(character for character in address if character.isprintable())[:LONGEST_ADDRESS]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)

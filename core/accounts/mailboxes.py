"""Which accounts have shown that their e-mail address is their own: by a link they got there, or by who vouched for it.

An address alone proves nothing: where anybody may sign up, anybody may have typed it.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from core.accounts.emails import comparable_email
from core.storage import operator_tables
from core.storage.database import insert_new, reading, utc_now

IDENTITIES = operator_tables.outside_identities
MAILBOX = "mailto:"  # as issuer of an identity: its subject is the address as it is compared


def confirm(connection: Connection, account_id: str, email: str) -> None:
    """Remember within the caller's transaction that the address is the account's own. email: "" for none."""
    key = comparable_email(email)
    if key is not None:
        forget(connection, account_id)
        row = {"issuer": MAILBOX, "subject": key, "owner": account_id, "created_at": utc_now()}
        insert_new(connection, IDENTITIES, [row])


def forget(connection: Connection, account_id: str) -> None:
    """The address changes: whatever was proven of the old one says nothing of the new one."""
    connection.execute(delete(IDENTITIES).where(IDENTITIES.c.owner == account_id, IDENTITIES.c.issuer == MAILBOX))


def is_confirmed(account_id: str, email: str) -> bool:
    """Whether the address was proven to be the account's."""
    key = comparable_email(email)
    mine = (IDENTITIES.c.issuer == MAILBOX, IDENTITIES.c.subject == key, IDENTITIES.c.owner == account_id)
    with reading() as connection:
        return key is not None and connection.execute(select(IDENTITIES.c.id).where(*mine)).first() is not None

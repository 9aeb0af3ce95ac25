"""Accounts: persons on their own, and the administrators and members of an organisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, String, bindparam, insert, or_, select
from sqlalchemy.exc import IntegrityError

from core.accounts import mailboxes
from core.accounts.emails import comparable_email, kept_email
from core.accounts.names import comparable, kept_name
from core.accounts.organisations import Organisation, find_organisation
from core.accounts.ranks import require_within
from core.errors import BadInput, Conflict, NotFound
from core.security.passwords import hash_password
from core.security.policy import Permission, Principal, Role, is_allowed, require
from core.storage import audit, tables
from core.storage.database import reading, utc_now, writing

ACCOUNTS = tables.accounts
ORGANISATIONS = tables.organisations


class AccountKind(StrEnum):
    """The three kinds the chat frontend knows, in its own words."""

    PERSONAL = "personal"
    ORGANISATION_ADMIN = "organization_admin"
    ORGANISATION_MEMBER = "organization_member"


@dataclass(frozen=True)
class ClientFields:
    """What the chat frontend shows of a person; kept as it is and judged nowhere. None: not known."""

    ac_id: str | None = None
    sex: str | None = None
    is_paid: bool | None = None
    product_type: str | None = None
    is_expired: bool | None = None
    state: str | None = None
    ins_seq: int | str | None = None


@dataclass(frozen=True)
class Account:
    """One account, without its password. disabled_at: None while it may sign in. email: "" where none is known."""

    id: str
    login_name: str
    display_name: str
    kind: AccountKind
    role: Role
    organisation: Organisation | None
    client_fields: ClientFields = field(default_factory=ClientFields)
    created_at: datetime = field(default_factory=utc_now)
    password_changed_at: datetime = field(default_factory=utc_now)
    disabled_at: datetime | None = None
    email: str = ""

    @property
    def principal(self) -> Principal:
        return Principal(self.id, self.role, self.display_name)

    @property
    def ac_id(self) -> str:
        """The id that the access token carries beside ours: the former system's where there is one."""
        return self.client_fields.ac_id or self.login_name


@dataclass(frozen=True)
class Credentials:
    """An account and the hash its password is compared with; stays within this room."""

    account: Account
    password_hash: str


def create_account(
    login_name: str, password: str, *, display_name: str, kind: AccountKind = AccountKind.PERSONAL,
    role: Role = Role.ANALYST, organisation_id: str | None = None, client_fields: ClientFields | None = None,
    email: str = "", principal: Principal,
) -> Account:  # fmt: skip
    """A new account. Names are kept in NFC; a login name is taken whatever its case, width or composition.

    Raises NotAllowed, BadInput (name, address, password, organisation missing or too much), NotFound, Conflict.
    """
    require(principal, Permission.ACCOUNTS_MANAGE)
    require_within(principal, role)
    account = new_account(login_name, display_name, kind, role, organisation_id, client_fields, email)
    hashed = hash_password(password, login_name=account.login_name)
    with inserting(account), writing() as connection:
        add_account(connection, account, hashed)
        mailboxes.confirm(connection, account.id, account.email)  # whoever made the account vouches for it
        audit.note(connection, principal, "account.created", account.id, role=str(role), kind=str(kind))
    return account


def new_account(
    login_name: str, display_name: str, kind: AccountKind, role: Role, organisation_id: str | None,
    client_fields: ClientFields | None, email: str,
) -> Account:  # fmt: skip
    """An account that nobody has seen yet. Raises BadInput, NotFound for an unknown organisation."""
    name, shown = kept_name(login_name), kept_name(display_name)
    if (kind is AccountKind.PERSONAL) is not (organisation_id is None):
        raise BadInput("security.organisation_mismatch", kind=str(kind))
    organisation = find_organisation(organisation_id) if organisation_id is not None else None
    address = kept_email(email) if email.strip() else ""
    return Account(
        str(uuid4()), name, shown, kind, role, organisation, client_fields or ClientFields(), email=address
    )  # fmt: skip


def add_account(connection: Connection, account: Account, password_hash: str) -> None:
    """Write a new account within the caller's transaction, which stands within `inserting`. Raises Conflict."""
    refuse_taken(connection, account.login_name, account.email, but=account.id)
    row = {
        "id": account.id, "owner": account.id, "login_name": account.login_name,
        "login_key": comparable(account.login_name), "display_name": account.display_name, "kind": str(account.kind),
        "role": str(account.role), "organisation_id": account.organisation.id if account.organisation else None,
        "password_hash": password_hash, "client_fields": asdict(account.client_fields),
        "created_at": account.created_at, "password_changed_at": account.password_changed_at,
        "email": account.email or None, "email_key": comparable_email(account.email),
    }  # fmt: skip
    connection.execute(insert(ACCOUNTS).values(**row))


def refuse_taken(connection: Connection, login_name: str, email: str, *, but: str) -> None:
    """Raises Conflict when another account than `but` answers to the name or the address.

    Either signs in, so nobody's name may be another one's address.
    """
    said = {"security.name_taken": login_name, "security.email_taken": email}
    for key, text in said.items():
        if text:
            # A name of wide letters answers to narrow ones as well, an address does not.
            answers = or_(_answers_to(text), _answers_to(comparable(text) or text))
            taken = select(ACCOUNTS.c.id).where(answers, ACCOUNTS.c.id != but)
            if connection.execute(taken.limit(1)).first() is not None:
                raise Conflict(key, name=text)


@contextmanager
def inserting(account: Account) -> Iterator[None]:
    """Says Conflict where another process took the name or the address after `refuse_taken` had looked."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict("security.name_taken", name=account.login_name) from error


def get_account(account_id: str, *, principal: Principal) -> Account:
    """One's own account, or anybody's with the permission to manage them. Raises NotFound, also for other people's."""
    credentials = find_credentials(ACCOUNTS.c.id == account_id)
    if credentials is None or not may_touch(account_id, principal):
        raise NotFound("security.no_such_account", name=account_id)
    return credentials.account


def find_account(login_name: str, *, principal: Principal) -> Account:
    """By login name or e-mail address, as `get_account`."""
    credentials = credentials_of(login_name)
    if credentials is None or not may_touch(credentials.account.id, principal):
        raise NotFound("security.no_such_account", name=login_name[:80])
    return credentials.account


def find_account_by_id(account_id: str) -> Account | None:
    """For work that goes on in somebody's name: who that is now. None where there is no such account."""
    credentials = find_credentials(ACCOUNTS.c.id == account_id)
    return credentials.account if credentials is not None else None


def list_accounts(*, principal: Principal) -> tuple[Account, ...]:
    """Every account by name, disabled ones too. Raises NotAllowed."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    with reading() as connection:
        rows = connection.execute(_rows().order_by(ACCOUNTS.c.login_key)).mappings().all()
    return tuple(_credentials(row).account for row in rows)


def may_touch(account_id: str, principal: Principal) -> bool:
    return principal.id == account_id or is_allowed(principal, Permission.ACCOUNTS_MANAGE)


def has_accounts() -> bool:
    with reading() as connection:
        return connection.execute(select(ACCOUNTS.c.id).limit(1)).first() is not None


def credentials_of(name_or_email: str) -> Credentials | None:
    """What a sign-in under that name or address is compared with; None for one that nobody has."""
    return find_credentials(_answers_to(name_or_email))


def find_credentials(condition: Any) -> Credentials | None:
    with reading() as connection:
        row = connection.execute(_rows().where(condition)).mappings().first()
    return _credentials(row) if row is not None else None


def _answers_to(name_or_email: str) -> ColumnElement[bool]:
    # NULL compares with nothing: a text that can be no name, or no address, finds none.
    return or_(
        ACCOUNTS.c.login_key == bindparam(None, comparable(name_or_email), String),
        ACCOUNTS.c.email_key == bindparam(None, comparable_email(name_or_email), String),
    )


def _rows() -> Select[Any]:
    # Labels, because both tables have an id, a name and a time of creation.
    columns = [column.label(f"organisation_{column.name}") for column in ORGANISATIONS.c if column.name != "id"]
    return select(ACCOUNTS, *columns).outerjoin(ORGANISATIONS, ORGANISATIONS.c.id == ACCOUNTS.c.organisation_id)


def _credentials(row: Mapping[Any, Any]) -> Credentials:
    organisation = None
    if row["organisation_name"] is not None:
        organisation = Organisation(row["organisation_id"], row["organisation_name"], row["organisation_session_code"])
    account = Account(
        id=row["id"],
        login_name=row["login_name"],
        display_name=row["display_name"],
        kind=AccountKind(row["kind"]),
        role=Role(row["role"]),
        organisation=organisation,
        client_fields=ClientFields(**row["client_fields"]),
        created_at=row["created_at"],
        password_changed_at=row["password_changed_at"],
        disabled_at=row["disabled_at"],
        email=row["email"] or "",
    )
    return Credentials(account, row["password_hash"])

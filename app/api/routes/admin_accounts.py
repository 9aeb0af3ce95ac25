"""Accounts, invitations and organisations, for whoever may manage accounts.

What the chat frontend shows of one person stands under the same `/api/users`, in `users`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.wire.accounts import (
    InvitationOrder,
    InvitationsAnswer,
    InvitedAnswer,
    OrganisationAnswer,
    OrganisationOrder,
    OrganisationsAnswer,
    PeopleAnswer,
    PersonAnswer,
    PersonChange,
    ResetLinkAnswer,
    invitation,
    organisation,
    person,
)
from app.api.wire.auth_accounts import EndedAnswer, SaidAnswer
from app.api.wire.etl import instant
from core.messages import say
from core.security.policy import Permission, Principal, Role

router = APIRouter(prefix="/api", tags=["accounts"], route_class=GuardedRoute)

MOST_PEOPLE = 200  # of one page


@router.get("/users", response_model=PeopleAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def list_people(
    principal: Principal = CALLER, page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST_PEOPLE)] = 20, query: Annotated[str, Query(max_length=200)] = "",
    role: Role | None = None, disabled: bool | None = None,
) -> Any:  # fmt: skip
    """Accounts whose username, name or address holds `query`."""
    from core.accounts.accounts import list_accounts

    wanted = query.strip().casefold()
    found = [
        one
        for one in list_accounts(principal=principal)
        if (role is None or one.role is role)
        and (disabled is None or (one.disabled_at is not None) is disabled)
        and any(wanted in text.casefold() for text in (one.login_name, one.display_name, one.email))
    ]
    shown = found[(page - 1) * limit : page * limit]
    return {"users": [person(one) for one in shown], "total": len(found), "page": page, "limit": limit}


@router.get("/users/{user_id}", response_model=PersonAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_person(user_id: str, principal: Principal = CALLER) -> Any:
    """One account."""
    from core.accounts.accounts import get_account

    return person(get_account(user_id, principal=principal))


@router.patch("/users/{user_id}", response_model=PersonAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def change_person(user_id: str, change: PersonChange, principal: Principal = CALLER) -> Any:
    """Change name, address, role, or whether it may sign in, in this order up to the first that cannot be.

    The last administrator who can sign in keeps role and account: 409.
    """
    from core.accounts import changing
    from core.accounts.accounts import get_account

    get_account(user_id, principal=principal)
    if change.name is not None:
        changing.rename(user_id, change.name, principal=principal)
    if change.email is not None:
        changing.change_email(user_id, change.email, principal=principal)
    if change.role is not None:
        changing.change_role(user_id, change.role, principal=principal)
    if change.disabled is not None:
        switch = changing.disable_account if change.disabled else changing.enable_account
        switch(user_id, principal=principal)
    return person(get_account(user_id, principal=principal))


@router.delete("/users/{user_id}/sessions", response_model=EndedAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def end_sessions(user_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Sign somebody out everywhere."""
    from core.accounts.accounts import get_account
    from core.accounts.sessions import end_all_sessions

    ended = end_all_sessions(get_account(user_id, principal=principal).id, principal=principal)
    message = say("administration.sessions_ended", error_language(request.scope), count=ended)
    return {"message": message, "ended": ended}


@router.post("/users/{user_id}/reset-link", response_model=ResetLinkAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def make_reset_link(user_id: str, principal: Principal = CALLER) -> Any:
    """A link to a new password, for an administrator to hand over where no letter can be sent."""
    from core.accounts.resets import make_reset

    made = make_reset(user_id, principal=principal)
    return {"token": made.token, "link": made.link, "expires_at": instant(made.expires_at)}


@router.get("/invitations", response_model=InvitationsAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def list_all_invitations(principal: Principal = CALLER) -> Any:
    """Every invitation, used and revoked ones too."""
    from core.accounts.invitations import list_invitations

    found = list_invitations(principal=principal)
    return {"invitations": [invitation(one) for one in found], "total": len(found)}


@router.post("/invitations", response_model=InvitedAnswer, status_code=201)
@needs(Permission.ACCOUNTS_MANAGE)
def invite_somebody(order: InvitationOrder, request: Request, principal: Principal = CALLER) -> Any:
    """Invite somebody with a role no higher than one's own."""
    from core.accounts.accounts import AccountKind
    from core.accounts.invitations import invite

    invited = invite(
        role=order.role, kind=AccountKind(order.type), email=order.email, organisation_id=order.organization_id,
        language=error_language(request.scope), principal=principal,
    )  # fmt: skip
    told = {"token": invited.token, "link": invited.link, "is_mailed": invited.is_mailed}
    return {"invitation": invitation(invited.invitation), **told}


@router.delete("/invitations/{invitation_id}", response_model=SaidAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def revoke_invitation(invitation_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Nobody signs up with it any more."""
    from core.accounts.invitations import revoke

    revoke(invitation_id, principal=principal)
    return {"message": say("administration.invitation_revoked", error_language(request.scope))}


@router.get("/organizations", response_model=OrganisationsAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def list_all_organisations(principal: Principal = CALLER) -> Any:
    """Every organisation with the session code its people sign in with."""
    from core.accounts.organisations import list_organisations

    found = list_organisations(principal=principal)
    return {"organizations": [organisation(one) for one in found], "total": len(found)}


@router.post("/organizations", response_model=OrganisationAnswer, status_code=201)
@needs(Permission.ACCOUNTS_MANAGE)
def add_organisation(order: OrganisationOrder, principal: Principal = CALLER) -> Any:
    """A new organisation; 409 where another one has that session code."""
    from core.accounts.organisations import create_organisation

    return organisation(create_organisation(order.name, session_code=order.session_code, principal=principal))

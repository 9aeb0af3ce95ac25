"""`workbench account`: accounts made, and passwords renewed, by whoever holds the machine."""

from __future__ import annotations

from typing import Annotated

import typer

from core.security.policy import LOCAL_ANALYST, Role

app = typer.Typer(no_args_is_help=True, help="Accounts that people sign in with.")


@app.command("add")
def add_account(
    name: str,
    display_name: Annotated[str, typer.Option(help="name that is shown; the sign-in name where none is given")] = "",
    role: Annotated[Role, typer.Option(help="what the account may do")] = Role.ANALYST,
) -> None:
    """Make an account and print its password, once."""
    from core.accounts.accounts import create_account
    from core.accounts.sample_analyst import new_password

    password = new_password()
    create_account(name, password, display_name=display_name or name, role=role, principal=LOCAL_ANALYST)
    print(f"Sign in as {name} with password {password}. It is shown only now.")


@app.command("password")
def renew_password(name: str) -> None:
    """Give an account a new password and print it, once; every sign-in of the account ends."""
    from core.accounts.accounts import find_account
    from core.accounts.changing import change_password
    from core.accounts.sample_analyst import new_password

    account = find_account(name, principal=LOCAL_ANALYST)
    password = new_password()
    change_password(account.id, password, principal=LOCAL_ANALYST)
    print(f"Sign in as {account.login_name} with password {password}. It is shown only now.")

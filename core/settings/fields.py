"""What the groups of settings share: names with their aliases, lists separated by commas, and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, SecretStr
from pydantic_settings import NoDecode


def named(name: str, *aliases: str) -> AliasChoices:
    """Our own name of a setting first, then what the systems that this workbench replaces called it."""
    return AliasChoices(f"WORKBENCH_{name}", *aliases)


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def check_address(text: str, schemes: Sequence[str]) -> None:
    """Raises ValueError for a text that is neither empty nor an address with a host under one of the schemes."""
    try:
        parts = urlsplit(text)
        is_sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_sound = False
    if text and not is_sound:
        raise ValueError(f"must look like {schemes[-1]}://host:port")


def _web_address(value: str) -> str:
    check_address(value, ("http", "https"))
    return value


def _secret_web_address(value: SecretStr) -> SecretStr:
    check_address(value.get_secret_value(), ("http", "https"))
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    check_address(value.get_secret_value(), ("smtp", "smtps"))
    return value


SecretList = Annotated[list[SecretStr], NoDecode, BeforeValidator(_split_commas)]
CommaList = Annotated[list[str], NoDecode, BeforeValidator(_split_commas)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SecretWebAddress = Annotated[SecretStr, AfterValidator(_secret_web_address)]
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]

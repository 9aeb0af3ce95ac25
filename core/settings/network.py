"""Where the workbench stands on a network: its address, the proxies before it, and how much one caller may ask."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator

from core.settings.fields import CommaList, WebAddress, check_address, named

RATE = re.compile(r"[a-z_]+=[1-9][0-9]{0,8}/([1-9][0-9]{0,5} ?)?(second|minute|hour|day)s?")
HOST_WORD = re.compile(r"[a-z][a-z0-9.-]*", re.IGNORECASE)  # how a caller without an address is called


class Network(BaseModel):
    """Where the workbench stands on a network: its address, the proxies before it, and how much one caller may ask."""

    public_url: WebAddress = Field(
        "",
        validation_alias=named("PUBLIC_URL"),
        description="address of the pages as visitors type it, for links in e-mails; empty means this machine",
    )
    trusted_proxies: CommaList = Field(
        [],
        validation_alias=named("TRUSTED_PROXIES"),
        description="addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    tls_certificate: str = Field(
        "",
        validation_alias=named("TLS_CERTIFICATE"),
        description="PEM file with the certificate, where no proxy speaks HTTPS for the workbench",
    )
    tls_key: str = Field("", validation_alias=named("TLS_KEY"), description="PEM file with its private key")
    slow_head_s: float = Field(
        15.0,
        gt=0,
        validation_alias=named("SLOW_HEAD_S"),
        description="how long the head of a request may take to arrive before the connection is cut [s]",
    )
    slow_body_s: float = Field(
        30.0,
        gt=0,
        validation_alias=named("SLOW_BODY_S"),
        description="how long the body of a request may take to arrive, and a second more for each kB of it [s]",
    )
    rate_limits: CommaList = Field(
        ["fragrance=60/minute", "sign_in=60/minute"],
        validation_alias=named("RATE_LIMITS"),
        description="most requests of one caller by group of routes (a capability, or sign_in), e.g. "
        "fragrance=60/minute,customers=600/minute",
    )
    rate_limit_free: CommaList = Field(
        [],
        validation_alias=named("RATE_LIMIT_FREE"),
        description="addresses or networks that no rate limit counts",
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("REDIS_URL", "REDIS_URL"),
        description="Redis server that several machines share counters and results through; empty uses this machine",
    )
    result_cache_mb: int = Field(
        64,
        ge=0,
        validation_alias=named("RESULT_CACHE_MB"),
        description="memory for repeated results; 0: none [MB]",
    )
    result_cache_s: int = Field(
        3600, ge=1, validation_alias=named("RESULT_CACHE_S"), description="how long a repeated result is kept [s]"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for one in value:
            ip_network(one, strict=False)  # raises ValueError
        return value

    @field_validator("rate_limit_free")
    @classmethod
    def _callers(cls, value: list[str]) -> list[str]:
        for one in value:
            if not HOST_WORD.fullmatch(one):
                ip_network(one, strict=False)
        return value

    @field_validator("rate_limits")
    @classmethod
    def _rates(cls, value: list[str]) -> list[str]:
        for one in value:
            if not RATE.fullmatch(one):
                raise ValueError(f"'{one}' must look like group=60/minute")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: SecretStr) -> SecretStr:
        check_address(value.get_secret_value(), ("rediss", "redis"))
        return value

    @property
    def speaks_https(self) -> bool:
        """Whether visitors can reach the workbench by HTTPS: through a proxy or by a certificate of its own."""
        return bool(self.trusted_proxies) or bool(self.tls_certificate and self.tls_key)

    def tls_problems(self) -> list[str]:
        """One sentence for each thing about the certificate that would keep a server from starting."""
        names = {"WORKBENCH_TLS_CERTIFICATE": self.tls_certificate, "WORKBENCH_TLS_KEY": self.tls_key}
        given = {name: file for name, file in names.items() if file}
        found = [f"{name} names {file}, which is no file that can be read." for name, file in given.items()
                 if not Path(file).is_file()]  # fmt: skip
        if len(given) == 1:
            missing = next(iter(names.keys() - given.keys()))
            found.append(f"{next(iter(given))} is set without {missing}; HTTPS takes both, certificate and key.")
        return found

    def network_problems(self, app_env: str) -> list[str]:
        """Why the workbench should not be put on a network as it is set: a password over plain HTTP is everybody's."""
        if self.speaks_https:
            return []
        return [
            f"Nothing speaks HTTPS while APP_ENV={app_env}: set WORKBENCH_TRUSTED_PROXIES to the address of the proxy "
            "that does (deploy/nginx/workbench.conf is one), or WORKBENCH_TLS_CERTIFICATE and WORKBENCH_TLS_KEY to a "
            "certificate and its key."
        ]

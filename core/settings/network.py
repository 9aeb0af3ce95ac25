"""Where the workbench stands on a network: its address, the proxies before it, and how much one caller may ask."""

from __future__ import annotations

from ipaddress import ip_network

from pydantic import BaseModel, Field, SecretStr, field_validator

from core.settings.fields import CommaList, WebAddress, named


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
    rate_limits: CommaList = Field(
        ["fragrance=60/minute", "sign_in=60/minute"],
        validation_alias=named("RATE_LIMITS"),
        description="most requests of one caller by group of routes, e.g. fragrance=60/minute,customers=600/minute",
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

    @field_validator("trusted_proxies", "rate_limit_free")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for one in value:
            ip_network(one, strict=False)  # raises ValueError
        return value

    @property
    def speaks_https(self) -> bool:
        """Whether visitors can reach the workbench by HTTPS: through a proxy or by a certificate of its own."""
        return bool(self.trusted_proxies) or bool(self.tls_certificate and self.tls_key)

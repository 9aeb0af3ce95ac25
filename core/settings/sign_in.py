"""Who must sign in, how long that holds, and what passwords cost to guess."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from core.settings.fields import CommaList, SecretList, WebAddress, named

SHORTEST_SECRET = 32  # characters; HS256 wants a key as long as its hash
WEAKEST_HASHING_MB = 19  # of Argon2id, as the OWASP password storage guidance has it
PLACEHOLDER_SECRETS = {"", "changeme", "change-me", "secret", "your-secret-key"}


class SignIn(BaseModel):
    """Who must sign in, how long that holds, and what passwords cost to guess."""

    disable_auth: bool = Field(
        False,
        validation_alias=named("DISABLE_AUTH", "DISABLE_AUTH"),
        description="answer without a token; refused outside APP_ENV=local",
    )
    supabase_jwt_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("SUPABASE_JWT_SECRET", "SUPABASE_JWT_SECRET"),
        description="HS256 secret of the Supabase project whose tokens the API accepts",
    )
    token_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("TOKEN_SECRET"),
        description="secret behind our own access tokens, 32 characters or more; empty takes the one above, or "
        "locally a key made once in data/",
    )
    access_token_hours: float = Field(
        24.0,
        gt=0,
        le=720,
        validation_alias=named("ACCESS_TOKEN_HOURS"),
        description="how long an access token works; the chat frontend never renews it [h]",
    )
    refresh_token_days: float = Field(
        7.0,
        gt=0,
        le=90,
        validation_alias=named("REFRESH_TOKEN_DAYS"),
        description="how long a refresh token, or a sign-in to the pages, lasts unless it is renewed [days]",
    )
    session_days: float = Field(
        30.0,
        gt=0,
        le=365,
        validation_alias=named("SESSION_DAYS"),
        description="longest one sign-in lasts, however often it is renewed [days]",
    )
    sign_in_attempts: int = Field(
        5,
        ge=1,
        validation_alias=named("SIGN_IN_ATTEMPTS"),
        description="failed sign-ins to one account in a minute, and ten times as many in an hour, before it waits "
        "[attempts]",
    )
    sign_in_address_attempts: int = Field(
        100,
        ge=1,
        validation_alias=named("SIGN_IN_ADDRESS_ATTEMPTS"),
        description="the same for one network address, which a whole classroom may share [attempts]",
    )
    password_memory_mb: int = Field(
        64,
        ge=1,
        le=1024,
        validation_alias=named("PASSWORD_MEMORY_MB"),
        description="memory that hashing one password takes (Argon2id) [MB]",
    )
    password_passes: int = Field(
        3,
        ge=1,
        le=20,
        validation_alias=named("PASSWORD_PASSES"),
        description="passes over that memory; more makes guessing and signing in slower [passes]",
    )
    previous_token_secrets: SecretList = Field(
        [],
        validation_alias=named("PREVIOUS_TOKEN_SECRETS"),
        description="earlier values of WORKBENCH_TOKEN_SECRET whose access tokens still count until they expire",
    )
    jwks_url: WebAddress = Field(
        "",
        validation_alias=named("JWKS_URL", "SUPABASE_JWKS_URL"),
        description="address of an identity provider's public keys (JWKS) whose tokens the API accepts as well",
    )
    jwks_issuer: str = Field(
        "", validation_alias=named("JWKS_ISSUER"), description="issuer that those tokens must name; empty accepts any"
    )
    jwks_audience: str = Field(
        "authenticated", validation_alias=named("JWKS_AUDIENCE"), description="audience that those tokens must name"
    )
    sign_up: Literal["off", "invitation", "open"] = Field(
        "invitation",
        validation_alias=named("SIGN_UP"),
        description="who may make an account: nobody, whoever was invited, or everybody",
    )
    invitation_days: float = Field(
        7.0, gt=0, validation_alias=named("INVITATION_DAYS"), description="how long an invitation holds [days]"
    )
    reset_minutes: float = Field(
        60.0, gt=0, validation_alias=named("RESET_MINUTES"), description="how long a link to a new password holds [min]"
    )
    oidc_metadata_url: WebAddress = Field(
        "",
        validation_alias=named("OIDC_METADATA_URL"),
        description="OpenID Connect discovery address of an identity provider for the pages; empty offers none",
    )
    oidc_client_id: str = Field("", validation_alias=named("OIDC_CLIENT_ID"), description="client id there")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), validation_alias=named("OIDC_CLIENT_SECRET"), description="client secret there"
    )
    oidc_name: str = Field(
        "OpenID Connect", validation_alias=named("OIDC_NAME"), description="how the provider is called on the button"
    )
    oidc_sign_up: bool = Field(
        False,
        validation_alias=named("OIDC_SIGN_UP"),
        description="make an account for whoever the provider vouches for; otherwise only known addresses sign in",
    )
    open_routes: CommaList = Field(
        [],
        validation_alias=named("OPEN_ROUTES"),
        description="permissions granted to callers without a token, e.g. customers.lookup for the Next.js frontend",
    )

    def sign_in_problems(self, app_env: str) -> list[str]:
        """One sentence for each secret, and for hashing, that holds on one's own machine only."""
        supabase = self.supabase_jwt_secret.get_secret_value().strip().lower()
        own = self.token_secret.get_secret_value().strip()
        found = []
        if self.disable_auth:
            found.append(f"DISABLE_AUTH is on while APP_ENV={app_env}; it works only with APP_ENV=local.")
        if supabase in PLACEHOLDER_SECRETS and (supabase or not own):
            found.append(
                f"SUPABASE_JWT_SECRET is empty or a placeholder while APP_ENV={app_env}; set the real one, "
                "or WORKBENCH_TOKEN_SECRET alone where no Supabase project signs anybody in "
                "(make one with `openssl rand -hex 32`)."
            )
        if own and len(own) < SHORTEST_SECRET:
            found.append(
                f"WORKBENCH_TOKEN_SECRET has under {SHORTEST_SECRET} characters while APP_ENV={app_env}; "
                "make one with `openssl rand -hex 32`."
            )
        if app_env == "production" and self.jwks_url.startswith("http:"):
            found.append(f"WORKBENCH_JWKS_URL is not https while APP_ENV={app_env}; whoever changes keys signs tokens.")
        if self.password_memory_mb < WEAKEST_HASHING_MB:
            found.append(
                f"WORKBENCH_PASSWORD_MEMORY_MB is under {WEAKEST_HASHING_MB} while APP_ENV={app_env}; "
                "passwords hashed with less are guessed too fast."
            )
        return found

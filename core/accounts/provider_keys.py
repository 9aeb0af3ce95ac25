"""The public keys of the identity provider, kept in memory and fetched again for a key that is not known yet.

Fetched at most once a minute, whatever tokens ask for, so that made-up key names cost the provider nothing. While it
does not answer, the keys that are known go on counting: nobody is signed out by that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache

from core.errors import NotSignedIn, Unavailable, WorkbenchError
from core.resilience.guarded_call import guarded_call
from core.security.provider_tokens import ProviderKey, read_keys
from core.settings.current import get_settings
from core.telemetry.logs import get_logger

DEPENDENCY = "identity provider"
LEAST_S = 60.0  # between two fetches
FRESH_S = 3600.0  # after that they are fetched again beside the request: a key may have been withdrawn
TIMEOUT_S = 5.0
MOST_BYTES = 262_144

log = get_logger("provider_keys")


class ProviderKeys:
    """The keys behind one address; safe to use from many threads."""

    def __init__(self, fetch: Callable[[], dict[str, ProviderKey]], clock: Callable[[], float] = time.monotonic):
        self._fetch = fetch
        self._clock = clock  # monotonic: a clock that is set must neither stop nor hasten the fetching
        self._turn = threading.Lock()
        self._keys: dict[str, ProviderKey] = {}
        self._tried_at: float | None = None
        self._problem: WorkbenchError | None = None

    def key_of(self, key_id: str | None) -> ProviderKey:
        """Raises NotSignedIn for a key the provider does not publish, Unavailable while nobody can tell."""
        known = self._keys.get(key_id or "")
        if known is not None:
            self._renew_beside()
            return known
        with self._turn:  # those who wait find what the first one brought
            if self._may_fetch(LEAST_S):
                self._renew()
        known = self._keys.get(key_id or "")
        if known is None and self._problem is not None:
            raise Unavailable("security.no_provider_keys") from self._problem
        if known is None:
            raise NotSignedIn("security.token_invalid")
        return known

    def _renew_beside(self) -> None:
        if self._may_fetch(FRESH_S if self._problem is None else LEAST_S) and self._turn.acquire(blocking=False):
            threading.Thread(target=self._renew_and_release, name="provider-keys", daemon=True).start()

    def _renew_and_release(self) -> None:
        try:
            self._renew()
        finally:
            self._turn.release()

    def _may_fetch(self, least_s: float) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= least_s

    def _renew(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = self._fetch()
            self._problem = None
        except WorkbenchError as error:
            self._problem = error
            log.warning("provider_keys_not_fetched", reason=error.code)


def provider_key(key_id: str | None) -> ProviderKey:
    """The key of that name at `WORKBENCH_JWKS_URL`. Raises NotSignedIn or Unavailable."""
    return keys_at(get_settings().jwks_url).key_of(key_id)


@cache
def keys_at(url: str) -> ProviderKeys:
    """The keys of one address, the same for all threads of this process."""
    return ProviderKeys(lambda: fetch_keys(url))


def fetch_keys(url: str) -> dict[str, ProviderKey]:
    """Fetch and read the document. Raises Unavailable."""
    import httpx

    def fetch(timeout_s: float) -> dict[str, ProviderKey]:
        ends_at = time.monotonic() + timeout_s
        content = b""
        # Redirects are not followed: the keys that let people in come from the address of the settings only.
        with httpx.stream("GET", url, timeout=timeout_s, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                raise httpx.HTTPStatusError("no keys", request=answer.request, response=answer)
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES or time.monotonic() > ends_at:
                    raise ValueError("too much or too slow to be a set of keys")
        return read_keys(content)

    return guarded_call(DEPENDENCY, fetch, failures=(httpx.HTTPError, ValueError), timeout_s=TIMEOUT_S, retries=1)

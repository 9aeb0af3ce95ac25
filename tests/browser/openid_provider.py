"""A small identity provider on a real socket: discovery, sign-in page, tokens signed with RS256, keys and sign-out.

It holds clients to the rules that matter: the redirect address and the client's secret, one use of a code, and the
proof of who asked for it (PKCE, S256).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "workbench-pages", "a secret that only the two of them know"
KEY = "key-of-today"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """person: the claims of whoever signs in next. signs_with: another key than the published one makes bad tokens."""

    url: str
    person: dict[str, Any] = field(default_factory=dict)
    published: rsa.RSAPrivateKey = field(default_factory=new_key)
    signs_with: rsa.RSAPrivateKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: list[dict[str, str]] = field(default_factory=list)

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person,
        }  # fmt: skip
        return jwt.encode(claims, self.signs_with or self.published, algorithm="RS256", headers={"kid": KEY})

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }


class _Answers(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path == "/.well-known/openid-configuration":
            self._send(self.provider.metadata())
        elif place.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.provider.published.public_key()))
            self._send({"keys": [public | {"kid": KEY, "alg": "RS256", "use": "sig"}]})
        elif place.path == "/authorize":
            code = secrets.token_urlsafe(16)
            self.provider.codes[code] = asked
            back = asked["redirect_uri"]
            yes = f"{back}?{urlencode({'code': code, 'state': asked['state']})}"
            no = f"{back}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
            self._send(f'<h1>Provider</h1><a id="yes" href="{yes}">It is me</a> <a id="no" href="{no}">Not now</a>')
        elif place.path == "/end":
            self.provider.ended.append(asked)
            self._send(None, 302, {"Location": asked["post_logout_redirect_uri"]})
        else:
            self._send({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.provider.codes.pop(given.get("code", ""), None)
        if asked is None or not self._is_our_client(given) or not _is_who_asked(given, asked):
            self._send({"error": "invalid_grant"}, 400)
            return
        token = self.provider.token(asked)
        self._send({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _is_our_client(self, given: dict[str, str]) -> bool:
        kind, _, told = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(told).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT, SECRET)
        return (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)

    def _send(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        is_page = isinstance(content, str)
        body = content.encode() if is_page else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_values: object) -> None:
        """Quiet."""


def _is_who_asked(given: dict[str, str], asked: dict[str, str]) -> bool:
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return asked.get("code_challenge") == challenge and given.get("redirect_uri") == asked["redirect_uri"]


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a free port until the block is left."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    _Answers.provider = provider
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        serving.join()

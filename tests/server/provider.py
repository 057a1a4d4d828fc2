"""A provider of log-ins (OpenID Connect) on the loopback address, for the tests of the server: one person,
who clicks a button. It checks what it is sent as a real one would."""

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
from urllib.parse import parse_qs, urlencode, urlparse

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "reduced-lead-ecg", "a secret of the two"
PERSON = {"sub": "1234", "name": "Dr. Ada [Ward](https://example.org/) <b>", "email": "ada@example.org"}


@dataclass
class Provider:
    """address: without a path. visits: paths that were asked for. back: where a log-in may return to."""

    address: str
    back: str = ""
    visits: list[str] = field(default_factory=list)
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def secrets_file(self, back: str) -> str:
        """What the app is configured with. back: its own address, as its readers see it."""
        self.back = f"{back}/oauth2callback"
        lines = {
            "redirect_uri": self.back,
            "cookie_secret": secrets.token_hex(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.address}/.well-known/openid-configuration",
        }
        return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "end_session_endpoint": f"{self.address}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def code(self, asked: dict[str, str]) -> str:
        """A code for somebody who has proved who they are."""
        assert asked["client_id"] == CLIENT and asked["redirect_uri"] == self.back
        assert asked["response_type"] == "code" and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return code

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """The tokens for a code, once, for the app alone."""
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        assert given == urlencode({"": CLIENT})[1:] + ":" + SECRET or given.endswith(SECRET.replace(" ", "+"))
        asked = self.codes.pop(form["code"])
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        assert proof.rstrip(b"=").decode() == asked["code_challenge"]
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims | PERSON, self.key),
        }


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that ends with the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.provider = Provider(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.provider  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        of: Provider = self.server.provider  # type: ignore[attr-defined]
        parts = urlparse(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        of.visits.append(parts.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self._json(of.metadata())
            case "/jwks":
                self._json({"keys": [of.key.as_dict(private=False)]})
            case "/authorize":
                query = urlencode({"code": of.code(asked), "state": asked["state"]})
                link = f"{asked['redirect_uri']}?{query}".replace("&", "&amp;")
                self._send(200, "text/html", f"<h1>The hospital</h1><a href='{link}'>I am Ada</a>".encode())
            case "/logout":
                assert asked["post_logout_redirect_uri"] == of.back
                self._send(302, "text/plain", b"", Location=of.back)
            case _:
                self._send(404, "text/plain", b"")

    def do_POST(self) -> None:
        of: Provider = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        of.visits.append(self.path)
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._json(of.token(form, self.headers["Authorization"]))

    def _json(self, value: Any) -> None:
        self._send(200, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, text in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Nothing: a test's output is the test's."""

"""The other end of a launch, as small as it can be: keys, an address that publishes them, and signed tokens."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_tool import db
from lti_tool.lti import launch, login, registry
from lti_tool.lti.messages import Launch, Storage
from lti_tool.models import Platform

TOOL = "https://circles.example.org"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
TEACHER, STUDENT = f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}#Learner"
GONE: Any = object()  # as a claim's value: leave the claim out


_keys: dict[tuple[str, int], rsa.RSAPrivateKey] = {}


def private_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of the test run, made once."""
    if (name, bits) not in _keys:
        _keys[name, bits] = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return _keys[name, bits]


def public_jwk(name: str, *, bits: int = 2048, **changes: Any) -> dict[str, Any]:
    """The public half as a platform publishes it."""
    numbers = RSAAlgorithm.to_jwk(private_key(name, bits).public_key(), as_dict=True)
    jwk = {"kty": "RSA", "n": numbers["n"], "e": numbers["e"], "kid": name, "alg": "RS256", "use": "sig"} | changes
    return {key: value for key, value in jwk.items() if value is not GONE}


class Lms:
    """An LMS with one registration of ours."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.issuer = "https://lms.example.org"
        self.client_id = "circles-1"
        self.published: Any = {"keys": [public_jwk("first")]}
        self.asked = 0
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None

    def register(self, **changes: Any) -> Platform:
        facts = {
            "name": "Example LMS",
            "issuer": self.issuer,
            "client_id": self.client_id,
            "auth_url": "https://lms.example.org/Auth",
            "token_url": "https://lms.example.org/token",
            "jwks_url": f"{self.address}/jwks",
            "deployment": "1",
        }
        with db.work() as session:
            platform = registry.add(**(facts | changes))
            session.commit()
        return platform

    def login(
        self, *, browser: str = "this browser", storage: Storage = Storage.COOKIE, **changes: str
    ) -> dict[str, str]:
        """Begin a login and give the parameters of our authentication request."""
        asked = {
            "iss": self.issuer,
            "login_hint": "7",
            "target_link_uri": f"{TOOL}/lti/launch",
            "client_id": self.client_id,
        }
        with db.work() as session:
            address = login.begin(asked | changes, browser=browser, storage=storage).address
            session.commit()
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """A teacher's launch; keyword names of LTI claims are without their prefix, GONE leaves one out."""
        moment = int(time.time())
        body = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "7",
            "nonce": nonce,
            "iat": moment,
            "exp": moment + 60,
            LTI + "deployment_id": "1",
            LTI + "version": "1.3.0",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "target_link_uri": f"{TOOL}/lti/launch",
            LTI + "roles": [TEACHER],
            LTI + "resource_link": {"id": "link-1", "title": "Our circle"},
            LTI + "context": {"id": "course-1", "title": "Learning circles"},
        }
        for name, value in changes.items():
            body[name if name in body or name in PLAIN or name.startswith("https:") else LTI + name] = value
        return {name: value for name, value in body.items() if value is not GONE}

    def sign(self, body: Any, *, key: str = "first", **headers: Any) -> str:
        header = {"kid": key} | headers
        kept = {name: value for name, value in header.items() if value is not GONE}
        return jwt.encode(body, private_key(key), algorithm="RS256", headers=kept)

    def form(
        self, *, browser: str = "this browser", key: str = "first", begun: dict[str, str] | None = None, **changes: Any
    ) -> dict[str, str]:
        """Begin a login, unless it is begun, and give the form that this LMS then posts."""
        asked = begun or self.login(browser=browser)
        token = self.sign(self.claims(asked["nonce"], **changes), key=key)
        return {"state": asked["state"], "id_token": token}

    def launch(self, **changes: Any) -> Launch:
        """A whole launch, kept."""
        return finish(self.form(**changes))


PLAIN = {"azp", "nbf", "jti", "email", "name", "given_name", "family_name", "locale"}


def finish(form: dict[str, str], *, browser: str | None = "this browser", kept: str | None = None) -> Launch:
    """Finish a launch in a unit of work of its own and keep it."""
    with db.work() as session:
        accepted = launch.finish(form, browser=browser, kept=kept)
        session.commit()
    return accepted


@contextmanager
def running() -> Iterator[Lms]:
    """An LMS whose keys are published on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lms.asked += 1
            if lms.answer is not None:
                lms.answer(self)
                return
            body = lms.published if isinstance(lms.published, bytes) else json.dumps(lms.published).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    lms = Lms(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield lms
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

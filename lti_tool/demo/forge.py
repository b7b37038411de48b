"""Signing what no honest platform would sign, for tests of a tool's refusals."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt

from lti_tool.demo.keys import Key


def sign(claims: dict[str, Any], key: Key, *, algorithm: str = "RS256", headers: dict[str, Any] | None = None) -> str:
    """A JWT with these claims. A header set to None is left out.

    "none" leaves the signature empty; "HS256" signs with the public key's text, which is published (CVE-2022-29217).
    """
    header = {"typ": "JWT", "alg": algorithm, "kid": key.kid, **(headers or {})}
    header = {name: value for name, value in header.items() if value is not None}
    signing_input = b".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
    if algorithm == "none":
        signature = b""
    elif algorithm == "HS256":
        signature = hmac.new(key.public_pem.encode(), signing_input, hashlib.sha256).digest()
    else:
        signature = jwt.get_algorithm_by_name(algorithm).sign(signing_input, key.private)
    return b".".join((signing_input, _b64(signature))).decode()


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")

"""The key with which the tool signs, and its public half."""

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


@cache
def signing_key() -> tuple[str, rsa.RSAPrivateKey]:
    """The key id and the parsed private key that sign now."""
    return "stand-in", rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key_set() -> dict[str, Any]:
    """Our public keys as a JWK set."""
    kid, key = signing_key()
    return {"keys": [json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "alg": "RS256", "use": "sig"}]}

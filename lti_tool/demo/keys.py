"""The signing keys of the practice LMS."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.registration import Registration

from lti_tool.demo.state import Store


@dataclass(frozen=True)
class Key:
    """One RSA key, parsed once."""

    pem: str

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """The key that signs."""
        key = serialization.load_pem_private_key(self.pem.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 (we made it)
        return key

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        """The key that checks."""
        return self.private.public_key()

    @cached_property
    def public_pem(self) -> str:
        """The public key as PEM, as the library wants it."""
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    @cached_property
    def jwk(self) -> dict[str, Any]:
        """The public key as the library publishes it, `kid` its RFC 7638 thumbprint."""
        return dict(Registration.get_jwk(self.public_pem))

    @property
    def kid(self) -> str:
        """The name of the key in JWT headers."""
        return str(self.jwk["kid"])


def new_pem() -> str:
    """A fresh RSA key of 2048 bits."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class KeyRing:
    """The keys that are published; the last one signs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parsed: dict[str, Key] = {}

    @property
    def current(self) -> Key:
        """The key that signs now; made when it is first needed."""
        with self._store.lock:
            if not self._store.state.keys:
                self.rotate()
            return self._key(self._store.state.keys[-1])

    def published(self) -> list[dict[str, Any]]:
        """The JWKS entries, newest last."""
        assert self.current  # noqa: S101 (makes the first key)
        return [dict(self._key(pem).jwk) for pem in self._store.state.keys]

    def rotate(self, *, keep: int = 0) -> Key:
        """Sign with a new key from now on. Of the old ones only `keep` stay published: none, as Brightspace does."""
        with self._store.change() as state:
            state.keys = [*(state.keys[-keep:] if keep else []), new_pem()]
            return self._key(state.keys[-1])

    def _key(self, pem: str) -> Key:
        return self._parsed.setdefault(pem, Key(pem))

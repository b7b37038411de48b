"""Keeps private keys and tokens unreadable in the database: Fernet under keys derived from the secret keys."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti_tool import settings


class SealError(Exception):
    """What was sealed cannot be read: the secret key changed and the earlier one is not among the fallbacks."""


def seal(text: str) -> str:
    """The text, encrypted under the secret key that is in use now."""
    return _fernet(*settings.current().secret_keys).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again, whichever secret key it was sealed under; SealError when that key is not known any more."""
    try:
        return _fernet(*settings.current().secret_keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError("sealed under a secret key that is not known any more") from None


@lru_cache(maxsize=4)
def _fernet(*secret_keys: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secret_keys])


def _derived(secret: str) -> bytes:
    """A key of its own for this purpose, so that it is never the one that signs sessions."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lti-tool/sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)

"""Secrets at rest: sealed with the secret key, opened with it or with one of its predecessors."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lti_tool import settings


class SealError(Exception):
    """What was sealed cannot be read with the secret keys of now."""


def _box() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in settings.current().secret_keys])


def _fernet(key: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"sealing").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(text: str) -> str:
    """The text, readable only with the secret key."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that `seal` was given."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError from None

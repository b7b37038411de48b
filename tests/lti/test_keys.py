"""Our own keys: one is made when first needed, none is readable in the database, old ones stay published."""

import threading
import time

import jwt
import pytest
import sqlalchemy as sa
from jwcrypto.jwk import JWK
from jwt.algorithms import RSAAlgorithm

from lti_tool import db, settings
from lti_tool.lti import keys
from lti_tool.lti.sealing import SealError, seal, unseal
from lti_tool.models import ToolKey
from tests.lti.issuer import TOOL


def kept() -> list[ToolKey]:
    with db.work(read_only=True) as session:
        return list(session.scalars(sa.select(ToolKey)))


def use_secret(secret: str, *earlier: str) -> None:
    settings.use(settings.Settings(public_url=TOOL, secret_key=secret * 32, secret_key_fallbacks=" ".join(earlier)))


def test_the_first_need_makes_one_key_even_when_many_need_it_at_once() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keys.signing_key()[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [kept()[0].kid] * 8
    assert len(kept()) == 1


def test_a_key_set_that_platforms_can_use() -> None:
    kid, private = keys.signing_key()
    [published] = keys.public_key_set()["keys"]
    assert {name: published[name] for name in ("kid", "kty", "alg", "use")} == {
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
    }
    assert set(published) == {"kid", "kty", "alg", "use", "n", "e"}  # public numbers only
    assert kid == JWK(**published).thumbprint()  # RFC 7638, by another implementation
    token = jwt.encode({"a": 1}, private, algorithm="RS256")
    assert jwt.decode(token, RSAAlgorithm.from_jwk(published), algorithms=["RS256"]) == {"a": 1}
    assert private.key_size == 2048


def test_the_key_set_can_be_read_within_a_page_that_only_reads() -> None:
    with db.work(read_only=True) as session:
        session.scalars(sa.select(ToolKey)).all()
        assert len(keys.public_key_set()["keys"]) == 1


def test_a_key_made_within_a_change_lives_and_dies_with_it() -> None:
    with db.work() as session:
        undone, _ = keys.signing_key()
        assert keys.public_key_set()["keys"][0]["kid"] == undone
        session.rollback()
    assert kept() == []
    with db.work() as session:
        made, _ = keys.signing_key()
        session.commit()
    assert keys.signing_key()[0] == made != undone


def test_a_new_key_is_published_first_and_signs_when_the_old_one_retires() -> None:
    first, _ = keys.signing_key()
    second = keys.add()
    assert keys.signing_key()[0] == first
    assert [key["kid"] for key in keys.public_key_set()["keys"]] == [first, second]
    keys.retire(first)
    assert keys.signing_key()[0] == second
    assert [key["kid"] for key in keys.public_key_set()["keys"]] == [first, second]


def test_the_key_is_parsed_once() -> None:
    keys.signing_key()
    start = time.process_time()
    for _ in range(20):
        keys.signing_key()
    assert time.process_time() - start < 0.5  # parsing alone would take 20 times 50 ms
    assert keys.signing_key()[1] is keys.signing_key()[1]


@pytest.mark.proves("security", 22)
def test_no_private_key_is_readable_in_the_database_or_in_its_text_form() -> None:
    kid, private = keys.signing_key()
    [row] = kept()
    with db.work(read_only=True) as session:
        dump = str(session.execute(sa.text("SELECT * FROM tool_key")).all())
    assert kid in dump
    for text in (dump, repr(row), str(row), repr(private), repr(vars(row))):
        assert "PRIVATE KEY" not in text
        assert str(private.private_numbers().d) not in text


def test_sealed_text_opens_under_an_earlier_secret_and_under_no_other() -> None:
    use_secret("a")
    sealed = seal("token é")
    assert "token" not in sealed
    assert seal("token é") != sealed
    use_secret("b", "a" * 32)
    assert unseal(sealed) == "token é"
    use_secret("c", "b" * 32)
    with pytest.raises(SealError):
        unseal(sealed)
    with pytest.raises(SealError):
        unseal("no seal")


def test_the_sealing_key_is_not_the_secret_key_itself() -> None:
    import base64

    from cryptography.fernet import Fernet, InvalidToken

    use_secret("a")
    with pytest.raises(InvalidToken):
        Fernet(base64.urlsafe_b64encode(b"a" * 32)).decrypt(seal("x"))

"""Our signing keys change by the calendar and by command; nothing signed is refused because of it."""

from datetime import timedelta

import jwt
import pytest
import sqlalchemy as sa

from lti_tool import db, settings
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti import keys as ours
from lti_tool.lti import sealing
from lti_tool.models import AuditLine, Platform, ToolKey
from lti_tool.services import keys
from lti_tool.services.keys import Use

pytestmark = pytest.mark.usefixtures("work")


def days_pass(days: float) -> None:
    """Move everything that is kept into the past."""
    for row in db.session.scalars(sa.select(ToolKey)):
        row.created_at -= timedelta(days=days)
        if row.retired_at:
            row.retired_at -= timedelta(days=days)
    db.session.flush()
    keys.keep_up()


def uses() -> list[str]:
    return [key.use for key in keys.all()]


def noted() -> list[str]:
    return list(db.session.scalars(sa.select(AuditLine.verb).order_by(AuditLine.id)))


def test_by_the_calendar_a_key_is_published_then_signs_then_goes() -> None:
    first, _ = ours.signing_key()
    days_pass(89)
    assert uses() == [Use.SIGNS]
    days_pass(1)
    assert uses() == [Use.SIGNS, Use.NEXT]
    assert ours.signing_key()[0] == first
    days_pass(6)
    assert ours.signing_key()[0] == first
    days_pass(1)
    assert uses() == [Use.RETIRED, Use.SIGNS]
    assert ours.signing_key()[0] != first
    assert first in [key["kid"] for key in ours.public_key_set()["keys"]]  # for what it signed
    days_pass(30)
    assert uses() == [Use.SIGNS]
    assert noted() == ["key.published", "key.retired", "key.deleted"]


def test_the_calendar_may_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_current", settings.current().model_copy(update={"key_days": 0}))
    ours.signing_key()
    days_pass(5000)
    assert uses() == [Use.SIGNS]


def test_the_calendar_makes_no_first_key() -> None:
    keys.keep_up()
    assert keys.all() == []


def test_a_stolen_key_ends_at_once() -> None:
    stolen, _ = ours.signing_key()
    fresh = keys.rotate(by=None, at_once=True)
    assert ours.signing_key()[0] == fresh
    keys.retire(stolen, by=None, publish=False)
    assert [key["kid"] for key in ours.public_key_set()["keys"]] == [fresh]


def test_since_when_a_key_signs_is_told_in_every_way_that_it_can_begin() -> None:
    ours.signing_key()
    assert [bool(key.signs_since) for key in keys.all()] == [True]
    keys.rotate(by=None)
    assert [bool(key.signs_since) for key in keys.all()] == [True, False]
    days_pass(7)
    first, second = keys.all()
    assert first.signs_since is not None
    assert second.signs_since is not None
    assert second.signs_since - second.published_at >= timedelta(days=7)
    fresh = keys.rotate(by=None, at_once=True)
    assert {key.kid: bool(key.signs_since) for key in keys.all()}[fresh]


def test_one_new_key_at_a_time() -> None:
    keys.rotate(by=None)
    with pytest.raises(RefusedError, match="key_waits"):
        keys.rotate(by=None)
    assert uses() == [Use.SIGNS, Use.NEXT]


def test_when_the_calendar_makes_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys.next_at() is None
    ours.signing_key()
    (only,) = keys.all()
    assert keys.next_at() == only.published_at + timedelta(days=90)
    monkeypatch.setattr(settings, "_current", settings.current().model_copy(update={"key_days": 0}))
    assert keys.next_at() is None


def test_the_public_half_checks_what_the_key_signed() -> None:
    kid, private = ours.signing_key()
    token = jwt.encode({"a": 1}, private, algorithm="RS256")
    (only,) = keys.all()
    assert only.kid == kid
    assert jwt.decode(token, only.public_pem, algorithms=["RS256"]) == {"a": 1}
    assert "PRIVATE" not in only.public_pem


def test_the_last_key_that_could_sign_stays() -> None:
    only, _ = ours.signing_key()
    with pytest.raises(RefusedError, match="key_needed"):
        keys.retire(only, by=None)
    with pytest.raises(NotFoundError):
        keys.retire("no such key", by=None)


def test_after_resealing_the_earlier_secret_may_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_secrets(*secrets: str) -> None:
        changed = {"secret_key": settings.SecretStr(secrets[0]), "secret_key_fallbacks": " ".join(secrets[1:])}
        fresh = settings.current().model_copy(update=changed)
        fresh.__dict__.pop("secret_keys", None)
        monkeypatch.setattr(settings, "_current", fresh)

    old, new = "o" * 40, "n" * 40
    with_secrets(old)
    kid, _ = ours.signing_key()
    addresses = dict.fromkeys(
        ("auth_url", "token_url", "jwks_url", "issuer", "client_id", "name"), "https://lms.example.org"
    )
    platform = Platform(**addresses, registration_token=sealing.seal("token"))
    db.session.add(platform)
    db.session.flush()
    with_secrets(new, old)
    assert keys.reseal(by=None) == 2
    with_secrets(new)
    db.session.expire_all()
    assert ours.signing_key()[0] == kid
    assert sealing.unseal(platform.registration_token or "") == "token"

"""Invitations: shown once, kept as a fingerprint, good for one registration."""

from datetime import timedelta

import pytest

from lti_tool import db
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Invite, Platform
from lti_tool.services import invites
from tests.lti.ends import installation  # noqa: F401 (a fixture)


def invited() -> str:
    with db.work() as unit:
        _, url = invites.make("Ministry of Education")
        unit.commit()
    return url.rpartition("/")[2]


def platform(client_id: str = "c") -> Platform:
    addresses = {"issuer": "https://lms.example.org", "auth_url": "", "token_url": "", "jwks_url": ""}
    return Platform(name="LMS", client_id=client_id, **addresses)


def test_an_invitation_is_an_address_that_is_kept_nowhere() -> None:
    with db.work() as unit:
        invite, url = invites.make("Ministry of Education")
        unit.commit()
    start, _, token = url.rpartition("/")
    assert start == "https://circles.example.org:8443/lti/register"
    assert len(token) >= 43  # 256 bits
    assert token not in str(vars(invite))
    assert timedelta(days=6, hours=23) < invite.expires_at - db.now() <= timedelta(days=7)


def test_an_invitation_is_found_by_its_address_only() -> None:
    token = invited()
    with db.work(read_only=True):
        assert invites.find(token).name == "Ministry of Education"
        with pytest.raises(NotFoundError):
            invites.find(token[:-1])
        with pytest.raises(NotFoundError):
            invites.find(invites.find(token).token_hash)


def test_an_invitation_ends() -> None:
    token = invited()
    with db.work() as unit:
        invites.find(token).expires_at = db.now()
        unit.flush()
        with pytest.raises(RefusedError, match="invite_expired"):
            invites.find(token)
        unit.rollback()


def test_an_invitation_is_used_once() -> None:
    token = invited()
    with db.work() as unit:
        lms = platform()
        unit.add(lms)
        unit.flush()
        invites.use(invites.find(token), platform=lms)
        unit.commit()
    with db.work() as unit:
        with pytest.raises(RefusedError, match="invite_used"):
            invites.find(token)
        assert unit.get_one(Invite, 1).platform_id == lms.id


def test_of_two_who_hold_the_same_invitation_one_is_refused() -> None:
    token = invited()
    with db.work(read_only=True):
        mine, theirs = invites.find(token), invites.find(token)
    with db.work() as unit:
        lms = platform()
        unit.add(lms)
        unit.flush()
        invites.use(mine, platform=lms)
        unit.commit()
    with db.work() as unit:
        with pytest.raises(RefusedError, match="invite_used"):
            invites.use(theirs, platform=lms)
        unit.rollback()

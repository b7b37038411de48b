"""A registration that the LMS lets us write later is told again what this version asks for, at its own address only."""

from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.wrappers import Request, Response

from lti_tool import db
from lti_tool.errors import PlatformError, RefusedError
from lti_tool.lti import renewal, sealing, tokens
from lti_tool.models import Platform
from tests import build
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)


class Lms(ends.Web):
    """An LMS with an address for our registration; it gives a new token at every writing (RFC 7592)."""

    def __init__(self) -> None:
        super().__init__()
        self.client_id = "abc"
        self.token = "first"
        self.told: list[Any] = []
        self.on("/registrations/abc", self.registration)

    def registration(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Response(status=401)
        answer: dict[str, Any] = {"client_id": self.client_id, "scope": tokens.ROSTER}
        if request.method == "PUT":
            self.told.append(request.get_json())
            self.token = "second"
            answer["registration_access_token"] = self.token
        return ends.as_json(answer)


def registered(url: str, **also: Any) -> int:
    facts = {"registration_url": f"{url}/registrations/abc", "registration_token": sealing.seal("first")}
    return build.platform(client_id="abc", product="sakai", **(facts | also)).id


def test_the_lms_is_told_and_what_it_grants_is_kept() -> None:
    far = Lms()
    with ends.serving(far) as url:
        number = registered(url)
        assert renewal.renew(number) == [tokens.ROSTER]
        assert renewal.renew(number) == [tokens.ROSTER]  # with the token of the first time
    assert [told["client_id"] for told in far.told] == ["abc", "abc"]
    with db.work(read_only=True) as unit:
        kept = unit.scalars(sa.select(Platform)).one()
    assert kept.scopes == [tokens.ROSTER]
    assert "second" not in (kept.registration_token or "")


def test_an_answer_about_somebody_else_changes_nothing() -> None:
    far = Lms()
    far.client_id = "of another tool"
    with ends.serving(far) as url, pytest.raises(PlatformError, match="registration_refused"):
        renewal.renew(registered(url))
    assert far.told == []


def test_a_lost_token_is_said_so() -> None:
    far = Lms()
    far.token = "changed since"
    with ends.serving(far) as url, pytest.raises(PlatformError, match="renewal_token_refused"):
        renewal.renew(registered(url))


def test_where_it_is_not_offered_nothing_is_asked() -> None:
    with pytest.raises(RefusedError, match="renewal_not_offered"):
        renewal.renew(build.platform().id)
    with pytest.raises(RefusedError, match="platform_blocked"):
        renewal.renew(registered("https://lms.example.org", blocked_at=db.now()))

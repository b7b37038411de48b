"""Access tokens: one per registration and scope, kept sealed, never begged for while holding the database."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from werkzeug.wrappers import Response

from lti_tool import db, settings
from lti_tool.errors import PlatformError
from lti_tool.lti import quirks, tokens
from lti_tool.models import AccessToken, Platform
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)

TOKEN = "/mod/lti/token.php"
ROSTER = "/mod/lti/services.php/CourseSection/2/bindings/2/memberships"


def connector(url: str, **facts: str) -> tokens.Connector:
    activity = ends.activity_in(url, **facts)
    return tokens.Connector(tokens.Account.of(activity.course.deployment_id))


def kept() -> list[AccessToken]:
    with db.work(read_only=True) as unit:
        return list(unit.scalars(sa.select(AccessToken)))


def fault(mine: tokens.Connector) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        mine.get_access_token([tokens.ROSTER])
    return caught.value


def test_a_token_is_asked_once_and_kept_for_later() -> None:
    with ends.moodle() as far:
        account = connector(far.url).account
        first = tokens.Connector(account).get_access_token([tokens.ROSTER])
        assert tokens.Connector(account).get_access_token([tokens.ROSTER]) == first
        assert far.count(TOKEN) == 1
        tokens.Connector(account).get_access_token([tokens.SCORES])
        assert far.count(TOKEN) == 2
        assert far.valid[first] == tokens.ROSTER  # the scope of the call and no other


def test_a_kept_token_cannot_be_read_in_the_database() -> None:
    with ends.moodle() as far:
        token = connector(far.url).get_access_token([tokens.ROSTER])
    [row] = kept()
    assert token not in row.token
    assert 3500 < (row.expires_at - db.now()).total_seconds() <= 3540


def test_a_token_near_its_end_is_not_begun_with() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        far.on(TOKEN, ends.as_json({"access_token": "brief", "expires_in": 60}))
        mine.get_access_token([tokens.ROSTER])
        mine.get_access_token([tokens.ROSTER])
        assert far.count(TOKEN) == 2
    assert kept() == []


def test_a_token_sealed_under_a_lost_key_is_asked_for_again() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        mine.get_access_token([tokens.ROSTER])
        settings.use(ends.installed(allow_private_platforms=True, secret_key="t" * 32))
        mine.get_access_token([tokens.ROSTER])
        assert far.count(TOKEN) == 2


@pytest.mark.parametrize("lasts", [None, "soon", "nan", -5, "1e400", 10**400, -1e300])
def test_a_token_that_does_not_say_how_long_it_lasts_is_used_at_once_only(lasts: object) -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        far.on(TOKEN, ends.as_json({"access_token": "brief", "expires_in": lasts}))
        assert mine.get_access_token([tokens.ROSTER]) == "brief"
        mine.get_access_token([tokens.ROSTER])
        assert far.count(TOKEN) == 2


@pytest.mark.proves("security", 6)
def test_two_registrations_at_one_issuer_never_share_a_token() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        token = mine.get_access_token([tokens.ROSTER])
        with db.work() as unit:
            facts = {"issuer": far.url, "auth_url": "", "jwks_url": "", "token_url": f"{far.url}/theirs"}
            other = Platform(name="Other", client_id="client-2", **facts)
            unit.add(other)
            unit.commit()
        account = tokens.Account(other.id, "client-2", f"{far.url}/theirs", f"{far.url}/theirs", "2", "")
        far.on("/theirs", ends.as_json({"access_token": "theirs", "expires_in": 3600}))
        assert tokens.Connector(account).get_access_token([tokens.ROSTER]) == "theirs" != token


@pytest.mark.proves("security", 6)
def test_two_deployments_of_one_registration_never_share_a_token() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        theirs = tokens.Connector(replace(mine.account, deployment="3"))
        first, second = (one.get_access_token([tokens.ROSTER]) for one in (mine, theirs))
        assert first != second
        assert (mine.get_access_token([tokens.ROSTER]), far.count(TOKEN)) == (first, 2)


def test_the_assertion_names_the_platforms_own_audience() -> None:
    with ends.moodle() as far:
        activity = ends.activity_in(far.url)
        with db.work() as unit:
            platform = unit.scalars(sa.select(Platform)).one()
            platform.audience = "https://api.example.org/auth/token"
            unit.commit()
        far.on(TOKEN, ends.as_json({"access_token": "x", "expires_in": 3600}))
        mine = tokens.Connector(tokens.Account.of(activity.course.deployment_id))
        mine.get_access_token([tokens.ROSTER])
        claims = ends.claims_of(far.asked[-1].form["client_assertion"])
    assert claims["aud"] == "https://api.example.org/auth/token"
    assert claims["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] == "2"


def test_a_scope_that_is_not_granted_is_named() -> None:
    with ends.moodle() as far:
        far.grants = {tokens.SCORES}
        found = fault(connector(far.url))
    assert (found.code, found.final) == ("scope_refused", True)


def test_a_token_for_less_than_was_asked_is_refused() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        far.on(TOKEN, ends.as_json({"access_token": "x", "expires_in": 3600, "scope": tokens.SCORES}))
        assert fault(mine).code == "scope_refused"
    assert kept() == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ends.as_json({"error": "invalid_client"}, 400), "client_refused"),
        (Response("fix_jwks_alg(): Argument #1 must be of type array, null given", 404), "our_keys_unreachable"),
        (Response("<h1>Moodle</h1>"), "answer_not_json"),
        (ends.as_json([]), "token_refused"),
        (ends.as_json({"expires_in": 3600}), "token_refused"),
        (ends.as_json({"access_token": "a\r\nHost: evil.example", "expires_in": 3600}), "token_refused"),
        (ends.as_json({"access_token": "ключ", "expires_in": 3600}), "token_refused"),
    ],
)
def test_a_refusal_at_the_token_address_is_named(answer: Response, code: str) -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        far.on(TOKEN, answer)
        assert fault(mine).code == code


def test_a_busy_token_address_says_when_to_come_back() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        far.on(TOKEN, Response(status=429, headers={"Retry-After": "7"}))
        found = fault(mine)
    assert (found.code, found.retry_after, found.final) == ("platform_busy", 7.0, False)


def test_a_token_that_the_platform_forgot_is_replaced_once() -> None:
    with ends.moodle(people=3) as far:
        mine = connector(far.url)
        mine.get_access_token([tokens.ROSTER])
        far.valid.clear()
        address = far.url + ROSTER
        assert mine.call("GET", address, scope=tokens.ROSTER).status_code == 200
        assert (far.count(TOKEN), far.count(ROSTER)) == (2, 2)
        far.on(ROSTER, Response(status=401))
        with pytest.raises(PlatformError) as caught:
            mine.call("GET", address, scope=tokens.ROSTER)
        assert (caught.value.code, far.count(ROSTER)) == ("token_not_accepted", 4)


def test_a_brief_token_in_the_place_of_a_forgotten_one_leaves_none_of_them() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        mine.get_access_token([tokens.ROSTER])
        far.on(TOKEN, ends.as_json({"access_token": "brief", "expires_in": 30}))
        assert mine.get_access_token([tokens.ROSTER], fresh=True) == "brief"
        assert mine.get_access_token([tokens.ROSTER]) == "brief"
        assert far.count(TOKEN) == 3


def test_nobody_waits_for_a_platform_while_holding_the_database() -> None:
    with ends.moodle() as far:
        mine = connector(far.url)
        with db.work() as unit:
            unit.scalars(sa.select(Platform)).all()  # on SQLite even this holds the writer's place
            with pytest.raises(RuntimeError, match="commit first"):
                mine.get_access_token([tokens.ROSTER])
            unit.commit()
            assert mine.get_access_token([tokens.ROSTER])
        with db.work(read_only=True) as unit:
            unit.scalars(sa.select(Platform)).all()
            assert mine.get_access_token([tokens.SCORES])
        assert far.count(TOKEN) == 2


@pytest.mark.parametrize("product", ["desire2learn", "Brightspace"])
def test_brightspace_is_told_its_one_audience_also_where_nobody_typed_it(product: str) -> None:
    with ends.moodle() as far:
        account = connector(far.url, product=product).account
        assert account.audience == "https://api.brightspace.com/auth/token"
        assert account.token_url == f"{far.url}/mod/lti/token.php"


@pytest.mark.parametrize(
    ("told", "audience"),
    [
        ({}, "https://api.brightspace.com/auth/token"),
        ({"authorization_server": "https://other.brightspace.com/token"}, "https://other.brightspace.com/token"),
    ],
)
def test_a_registration_in_brightspace_keeps_its_audience(told: dict[str, str], audience: str) -> None:
    assert quirks.of("desire2learn").audience(told) == audience

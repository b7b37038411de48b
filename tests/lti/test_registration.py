"""Dynamic registration against what a real Moodle 4.5.6 answered, and against platforms that mean no good."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from werkzeug.wrappers import Response

from lti_tool import db, settings
from lti_tool.errors import PlatformError, RefusedError
from lti_tool.lti import quirks, registration, tokens
from lti_tool.models import Deployment, Invite, Platform
from lti_tool.services import invites, registrations
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)

CONFIGURATION = "/mod/lti/openid-configuration.php"
REGISTRATION = "/mod/lti/openid-registration.php"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Lms(ends.Web):
    """An LMS that registers tools as Moodle does; what it says may be changed before it is asked."""

    def at(self, url: str) -> "Lms":
        """The captured answers, moved to this address."""
        self.url = url
        self.configuration: dict[str, Any] = moved(ends.seen("moodle-configuration")["body"], url)
        self.registered: dict[str, Any] = moved(ends.seen("moodle-registration")["body"], url)
        self.on(CONFIGURATION, lambda _request: ends.as_json(self.configuration))
        self.on(REGISTRATION, lambda _request: ends.as_json(self.registered))
        return self


def moved(body: dict[str, Any], url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(body).replace("http://localhost:8080", url))
    return found


@contextmanager
def lms() -> Iterator[Lms]:
    far = Lms()
    with ends.serving(far) as url:
        yield far.at(url)


def token(scope: str = "reg") -> str:
    return jwt.encode({"sub": "uGsbWoXollkjkCp", "scope": scope}, "k" * 32, algorithm="HS256")


def invitation() -> Invite:
    with db.work() as unit:
        invite, _ = invites.make("Ministry of Education")
        unit.commit()
    return invite


def register(far: Lms, *, with_token: str | None = None, invite: Invite | None = None) -> Platform:
    with db.work() as unit:
        used = invite or invitation()
        platform = registration.complete(
            used, openid_configuration=far.url + CONFIGURATION, registration_token=with_token or token()
        )
        invites.use(used, platform=platform)
        unit.commit()
    return platform


def platforms() -> list[Platform]:
    with db.work(read_only=True) as unit:
        return list(unit.scalars(sa.select(Platform)))


def refusal(far: Lms, kind: type[Exception] = RefusedError) -> str:
    with db.work(), pytest.raises(kind) as caught:
        registration.complete(invitation(), openid_configuration=far.url + CONFIGURATION, registration_token=token())
    assert platforms() == []
    return str(caught.value)


def test_moodle_registers_itself_with_one_click() -> None:
    with lms() as far:
        register(far)
        [platform] = platforms()
        facts = (platform.name, platform.product, platform.issuer, platform.client_id)
        assert facts == ("Ministry of Education", "moodle", far.url, "uGsbWoXollkjkCp")
        assert platform.auth_url == f"{far.url}/mod/lti/auth.php"
        assert platform.token_url == f"{far.url}/mod/lti/token.php"
        assert platform.jwks_url == f"{far.url}/mod/lti/certs.php"
    assert platform.approved_at
    assert platform.audience is None
    assert set(platform.scopes) == {tokens.ROSTER, *ends.GRADES}
    with db.work(read_only=True) as unit:
        [deployment] = unit.scalars(sa.select(Deployment))
    assert (deployment.deployment_id, deployment.platform_id) == ("2", platform.id)
    assert deployment.approved_at


def test_we_tell_what_moodle_asks_for_and_ask_for_no_more_than_we_use() -> None:
    with lms() as far:
        register(far)
        [_, asked] = far.asked
    assert asked.headers["Content-Type"] == "application/json"
    said = json.loads(asked.data)
    assert said["client_name"] == "Learning Circles"
    assert said["redirect_uris"] == ["https://circles.example.org:8443/lti/launch"]
    assert said["initiate_login_uri"] == "https://circles.example.org:8443/lti/login"
    assert said["jwks_uri"] == "https://circles.example.org:8443/lti/jwks"
    assert said["token_endpoint_auth_method"] == "private_key_jwt"
    assert said["response_types"] == ["id_token"]
    assert set(said["scope"].split()) == {tokens.ROSTER, *ends.GRADES}
    tool = said[TOOL]
    assert tool["domain"] == "circles.example.org:8443"
    assert tool["target_link_uri"] == "https://circles.example.org:8443/"
    assert tool["claims"] == ["iss", "sub", "name", "given_name", "family_name", "locale"]
    kinds = ["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest"]
    assert [message["type"] for message in tool["messages"]] == kinds
    assert tool["messages"][1]["placements"] == ["ContentArea"]
    assert tool["custom_parameters"]["moodle_groups"] == "$Moodle.Person.userGroupIds"
    assert not any("=" in value for value in tool["custom_parameters"].values())


@pytest.mark.parametrize("offered", [[tokens.GROUPS, tokens.NOTICES], [tokens.NOTICES], [], None, "text", [5]])
def test_groups_and_notices_are_asked_only_of_platforms_that_name_them(offered: Any) -> None:
    """Canvas refuses a registration that asks for a scope it does not know."""
    with lms() as far:
        far.configuration["scopes_supported"] = offered
        register(far)
        said = json.loads(far.asked[-1].data)["scope"].split()
    named = offered if isinstance(offered, list) else []
    assert set(said) == {tokens.ROSTER, *ends.GRADES} | ({tokens.GROUPS, tokens.NOTICES} & set(named))


def test_the_token_goes_with_both_requests() -> None:
    mine = token()
    with lms() as far:
        register(far, with_token=mine)
        assert [asked.headers["Authorization"] for asked in far.asked] == [f"Bearer {mine}"] * 2


def test_a_platform_without_tokens_is_asked_without_one() -> None:
    with lms() as far, db.work() as unit:
        registration.complete(invitation(), openid_configuration=far.url + CONFIGURATION, registration_token=None)
        unit.commit()
        assert all("Authorization" not in asked.headers for asked in far.asked)


def test_canvas_names_no_deployment_yet() -> None:
    with lms() as far:
        far.configuration["https://purl.imsglobal.org/spec/lti-platform-configuration"]["product_family_code"] = (
            "canvas"
        )
        far.configuration["authorization_server"] = "canvas.instructure.com"
        del far.registered[TOOL]["deployment_id"]
        far.on(REGISTRATION, ends.as_json(far.registered, 201))
        platform = register(far)
        tool = json.loads(far.asked[-1].data)[TOOL]
    assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
    assert platform.audience is None  # a bare host there is no audience that Canvas takes
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(Deployment)).all() == []


def test_a_platform_may_name_the_audience_of_token_requests() -> None:
    with lms() as far:
        far.configuration["authorization_server"] = "https://api.brightspace.com/auth/token"
        assert register(far).audience == "https://api.brightspace.com/auth/token"


@pytest.mark.parametrize("told", ["https://\ud800", "https://x\x00y", "api.example.org", 7])
def test_an_audience_that_nobody_could_keep_is_passed_over(told: object) -> None:
    with lms() as far:
        far.configuration["authorization_server"] = told
        assert register(far).audience is None


def test_nobody_registers_in_the_name_of_another_issuer() -> None:
    with lms() as far:
        far.configuration["issuer"] = "https://canvas.instructure.com"
        assert refusal(far) == "issuer_mismatch"
        assert far.count(REGISTRATION) == 0


@pytest.mark.parametrize(
    ("product", "issuer", "at", "own"),
    [
        ("moodle", "https://lms.example.org", "https://LMS.example.org/openid", True),
        ("moodle", "https://lms.example.org", "https://lms.example.org.evil.example/openid", False),
        ("canvas", "https://canvas.instructure.com", "https://sso.canvaslms.com/openid", True),
        ("canvas", "https://canvas.instructure.com", "https://school.instructure.com/openid", True),
        ("canvas", "https://canvas.instructure.com", "https://evilinstructure.com/openid", False),
        ("canvas", "https://canvas.beta.instructure.com", "https://sso.canvaslms.com/openid", False),
        ("canvas", "https://canvas.school.example", "https://canvas.school.example/openid", True),
        ("moodle", "https://canvas.instructure.com", "https://sso.canvaslms.com/openid", False),
    ],
)
def test_an_issuer_speaks_from_its_own_host(product: str, issuer: str, at: str, own: bool) -> None:
    assert quirks.of(product).hosts_its_configuration(issuer=issuer, at=at) is own


@pytest.mark.parametrize("name", ["issuer", *registration.ADDRESSES])
@pytest.mark.parametrize(
    "value", [None, 7, "", "javascript:alert(1)", "ftp://lms.example.org/", "https://lms.example.org/" + "x" * 1000]
)
def test_a_configuration_with_an_address_that_is_none_is_refused(name: str, value: object) -> None:
    with lms() as far:
        far.configuration[name] = value
        assert refusal(far) == "configuration_refused"
        assert far.count(REGISTRATION) == 0


def test_outside_a_laboratory_every_address_is_https() -> None:
    addresses = {name: f"https://lms.example.org/{name}" for name in registration.ADDRESSES}
    whole = {"issuer": "https://lms.example.org", **addresses}
    settings.use(ends.installed(allow_private_platforms=False))
    registration._check(whole, at="https://lms.example.org/openid")
    for name, address in whole.items():
        plain = {**whole, name: address.replace("https", "http")}
        with pytest.raises(RefusedError, match="configuration_refused"):
            registration._check(plain, at="https://lms.example.org/openid")


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        (CONFIGURATION, Response(status=401), "registration_token_refused"),
        (CONFIGURATION, Response(status=404), "platform_refused"),
        (CONFIGURATION, Response("<h1>Moodle</h1>"), "answer_not_json"),
        (REGISTRATION, Response("token_already_used", 401), "registration_token_refused"),
        (REGISTRATION, Response("domain_targetlinkuri_mismatch", 400), "registration_refused"),
        (REGISTRATION, Response(status=503), "platform_busy"),
        (REGISTRATION, ends.as_json({"client_id": ""}), "registration_refused"),
        (REGISTRATION, ends.as_json({"client_id": "x" * 300}), "registration_refused"),
        (REGISTRATION, ends.as_json([]), "registration_refused"),
        (REGISTRATION, Response("welcome"), "answer_not_json"),
    ],
)
def test_a_refusal_of_the_platform_is_named(path: str, answer: Response, code: str) -> None:
    with lms() as far:
        far.on(path, answer)
        assert refusal(far, PlatformError) == code
        assert far.count(REGISTRATION) <= 1  # never sent twice


@pytest.mark.parametrize("told", ["x" * 300, "é", "a\x00b"])
def test_a_deployment_that_no_launch_could_name_is_not_kept(told: str) -> None:
    with lms() as far:
        far.registered[TOOL]["deployment_id"] = told
        register(far)
    with db.work(read_only=True) as unit:
        assert [one.deployment_id for one in unit.scalars(sa.select(Deployment)) if one.deployment_id == told] == []


@pytest.mark.parametrize("handed", ["ключ", "a\r\nHost: evil.example", "\x00"])
def test_a_token_that_no_header_takes_is_refused_before_anybody_is_asked(handed: str) -> None:
    with lms() as far, db.work(), pytest.raises(PlatformError, match="registration_token_refused"):
        registration.complete(invitation(), openid_configuration=far.url + CONFIGURATION, registration_token=handed)
    assert far.asked == []


def test_a_refused_registration_leaves_the_invitation_good() -> None:
    with lms() as far:
        invite = invitation()
        far.on(REGISTRATION, Response(status=400), lambda _request: ends.as_json(far.registered))
        with db.work(), pytest.raises(PlatformError):
            registration.complete(invite, openid_configuration=far.url + CONFIGURATION, registration_token=token())
        register(far, invite=invite)
    assert len(platforms()) == 1


@pytest.mark.proves("security", 23)
def test_a_registration_is_never_taken_over() -> None:
    with lms() as far:
        register(far)
        far.configuration["jwks_uri"] = f"{far.url}/mod/lti/other.php"
        for scope, code in (("reg", "already_registered"), ("reg-update", "addresses_changed")):
            with db.work(), pytest.raises(RefusedError, match=code):
                registration.complete(
                    invitation(), openid_configuration=far.url + CONFIGURATION, registration_token=token(scope)
                )
        [platform] = platforms()
        assert platform.jwks_url == f"{far.url}/mod/lti/certs.php"


def test_the_same_registration_twice_is_refused() -> None:
    with lms() as far:
        register(far)
        with db.work(), pytest.raises(RefusedError, match="already_registered"):
            registration.complete(
                invitation(), openid_configuration=far.url + CONFIGURATION, registration_token="no token at all"
            )


def test_an_update_renews_the_scopes_and_nothing_else() -> None:
    with lms() as far:
        first = register(far)
        far.registered["scope"] = tokens.ROSTER
        far.registered[TOOL]["deployment_id"] = "3"
        again = register(far, with_token=token("reg-update"))
        [platform] = platforms()
    assert again.id == first.id == platform.id
    assert platform.scopes == [tokens.ROSTER]
    assert (platform.issuer, platform.client_id, platform.auth_url) == (first.issuer, first.client_id, first.auth_url)
    with db.work(read_only=True) as unit:
        assert [deployment.deployment_id for deployment in unit.scalars(sa.select(Deployment))] == ["2"]


def test_nobody_waits_for_a_platform_while_holding_the_database() -> None:
    with lms() as far, db.work() as unit:
        invite, _ = invites.make("Ministry of Education")
        with pytest.raises(RuntimeError, match="commit first"):
            registration.complete(invite, openid_configuration=far.url + CONFIGURATION, registration_token=token())
        unit.rollback()
        assert far.asked == []


PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
REVIEW, LINK = "LtiSubmissionReviewRequest", "LtiResourceLinkRequest"


def asked(product: str, **configuration: Any) -> dict[str, Any]:
    """What a platform of this product is asked for; `listed` is what it says of its messages."""
    listed = configuration.pop("listed", [])
    told = {PLATFORM: {"product_family_code": product, "messages_supported": listed}, **configuration}
    return registration.fitted(registration.our_registration(product), told)


def kinds(asked_for: dict[str, Any]) -> set[str]:
    return {message["type"] for message in asked_for[TOOL]["messages"]}


class TestShapes:
    """Each product lists what it can in its own way; what it does not know is not asked for."""

    @pytest.mark.parametrize("listed", [[{"type": LINK}], [LINK]], ids=["objects", "texts, as some Moodles do"])
    def test_a_message_that_is_not_offered_is_left_out(self, listed: list[Any]) -> None:
        assert kinds(asked("sakai", listed=listed)) == {LINK}
        assert REVIEW in kinds(asked("sakai", listed=[]))  # nothing listed says nothing

    def test_moodle_reviews_without_saying_so(self) -> None:
        assert REVIEW in kinds(asked("moodle", listed=[{"type": LINK}]))

    @pytest.mark.parametrize(
        ("product", "own"),
        [
            ("moodle", {"moodle_groups"}),
            ("canvas", {"canvas_groups", "canvas_group", "canvas_course_groups", "canvas_acting"}),
            ("sakai", set()),
        ],
    )
    def test_variables_of_other_products_are_not_asked_for(self, product: str, own: set[str]) -> None:
        names = set(asked(product)[TOOL]["custom_parameters"])
        assert {name for name in names if name.startswith(("moodle_", "canvas_"))} == own
        assert {"context_history", "link_history"} <= names

    def test_only_scopes_that_are_offered_are_asked_for(self) -> None:
        assert asked("sakai", scopes_supported=[tokens.ROSTER, "openid"])["scope"] == tokens.ROSTER
        assert tokens.SCORES in asked("sakai")["scope"]

    def test_canvas_learns_where_to_show_the_tool_and_that_names_are_needed(self) -> None:
        tool = asked("canvas")[TOOL]
        assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
        assert all(message["placements"] for message in tool["messages"])

    def test_no_platform_is_asked_for_an_email_address(self) -> None:
        for product in ("moodle", "canvas", "brightspace", "sakai", "open-edx"):
            assert "email" not in asked(product)[TOOL]["claims"]


def test_what_registers_with_a_waiting_invitation_waits() -> None:
    with lms() as far:
        with db.work() as unit:
            invite, _ = invites.make("Ministry of Education", approves=False)
            unit.commit()
        assert register(far, invite=invite).approved_at is None


def test_an_address_for_later_is_kept_only_on_the_platforms_own_host() -> None:
    with lms() as far:
        far.registered |= {"registration_client_uri": "https://evil.example/r", "registration_access_token": "secret"}
        assert register(far).registration_url is None


@pytest.mark.parametrize("again", range(3))
def test_of_two_that_register_with_one_invitation_at_once_exactly_one_is_kept(again: int) -> None:
    invite = invitation()
    both, results = threading.Barrier(2), []

    def begin(far: Lms) -> None:
        def last(_request: Any) -> Response:
            both.wait(5)  # both platforms answer at the same moment
            return ends.as_json(far.registered)

        far.on(REGISTRATION, last)
        try:
            with db.work() as unit:
                registrations.complete(invite, openid_configuration=far.url + CONFIGURATION, registration_token=token())
                unit.commit()
        except RefusedError as refused:
            results.append(refused.code)
        else:
            results.append("registered")

    with lms() as first, lms() as second:
        second.registered["client_id"] = "another"
        threads = [threading.Thread(target=begin, args=(far,)) for far in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results) == ["invite_used", "registered"]
    assert len(platforms()) == 1


@pytest.mark.proves("security", 7)
@pytest.mark.parametrize(
    "private",
    ["http://127.0.0.1", "https://169.254.169.254", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://0x7f.1"],
)
def test_no_invitation_makes_us_call_a_private_address(private: str) -> None:
    settings.use(ends.installed(allow_private_platforms=False))
    with db.work(), pytest.raises(PlatformError, match="address_refused"):
        registration.complete(invitation(), openid_configuration=f"{private}/openid", registration_token=token())
    assert platforms() == []

"""Registered platforms: added, approved, found; their addresses are looked at before anything is fetched from them."""

from typing import Any

import pytest
from pylti1p3.service_connector import ServiceConnector

from lti_tool import db, settings
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.lti import keys, registry
from tests.lti.issuer import TOOL

FACTS: dict[str, Any] = {
    "name": "Example LMS",
    "issuer": "https://lms.example.org",
    "client_id": "circles-1",
    "auth_url": "https://lms.example.org/auth",
    "token_url": "https://lms.example.org/token",
    "jwks_url": "https://lms.example.org/jwks",
}


@pytest.fixture
def _in_production(_house: None) -> None:
    settings.use(settings.Settings(public_url=TOOL, secret_key="for tests only, " * 3, allow_private_platforms=False))


def test_a_platform_is_added_found_and_listed() -> None:
    with db.work() as session:
        platform = registry.add(**FACTS, audience="https://api.example.org/token", deployment="1")
        session.commit()
    with db.work(read_only=True):
        assert registry.find("https://lms.example.org", "circles-1").id == platform.id
        assert [row.name for row in registry.all()] == ["Example LMS"]
        assert registry.deployment_of(platform, "1").approved_at is not None
        with pytest.raises(NotFoundError):
            registry.find("https://lms.example.org", "another")


def test_the_same_identity_is_never_registered_twice() -> None:
    with db.work() as session:
        registry.add(**FACTS)
        with pytest.raises(RefusedError, match="platform_exists"):
            registry.add(**FACTS | {"jwks_url": "https://evil.example/jwks"})
        session.commit()


@pytest.mark.parametrize("field", ["name", "issuer", "client_id"])
def test_nothing_may_be_blank(field: str) -> None:
    with db.work(), pytest.raises(RefusedError, match="platform_incomplete"):
        registry.add(**FACTS | {field: " "})


def test_approving_approves_the_platform_too_and_keeps_the_first_date() -> None:
    with db.work() as session:
        platform = registry.add(**FACTS, approved=False)
        assert platform.approved_at is None
        first = registry.approve("https://lms.example.org", "circles-1", "1").approved_at
        assert platform.approved_at is not None
        assert registry.approve("https://lms.example.org", "circles-1", "1").approved_at == first
        with pytest.raises(NotFoundError):
            registry.approve("https://evil.example", "circles-1", "1")
        session.commit()


PRIVATE = [
    "http://lms.example.org/jwks",
    "https://127.0.0.1/jwks",
    "https://10.1.2.3/jwks",
    "https://169.254.169.254/latest",
    "https://[::1]/jwks",
    "https://[fd00::1]/jwks",
    "https://[::ffff:127.0.0.1]/jwks",
    "https://0x7f.1/jwks",
    "https://2130706433/jwks",
    "https://0177.0.0.1/jwks",
    "https://localhost/jwks",
    "https://lms.localhost/jwks",
    "https://intranet/jwks",
    "https://lms.internal./jwks",
    "https://printer.local/jwks",
    "https://lms.example.org:6379/",
]
NO_ADDRESS = [
    "",
    "lms.example.org",
    "ftp://lms.example.org/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://user:pass@lms.example.org/",
    "https://lms.example.org/#part",
    "https://lms.example.org:port/",
    "https://lms.example.org/ x",
    "https://[::1/",
    "https://",
]


@pytest.mark.usefixtures("_in_production")
@pytest.mark.parametrize("address", PRIVATE + NO_ADDRESS)
@pytest.mark.parametrize("field", ["auth_url", "token_url", "jwks_url"])
def test_unfit_addresses_are_refused(field: str, address: str) -> None:
    with db.work(), pytest.raises(RefusedError, match="address_refused") as refused:
        registry.add(**FACTS | {field: address})
    assert refused.value.facts == {"field": field}


@pytest.mark.usefixtures("_in_production")
@pytest.mark.parametrize(
    "address", ["https://lms.example.org/a?b=c", "https://8.8.8.8/jwks", "https://lms.example.org:443/"]
)
def test_public_addresses_are_fine(address: str) -> None:
    registry.check_address(address, field="jwks_url")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_laboratory_may_use_private_addresses(address: str) -> None:
    registry.check_address(address, field="jwks_url")


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_address_is_refused_in_a_laboratory_too(address: str) -> None:
    with pytest.raises(RefusedError, match="address_refused"):
        registry.check_address(address, field="jwks_url")


def test_pylti1p3_gets_a_fresh_registration_with_our_parsed_key() -> None:
    with db.work() as session:
        platform = registry.add(**FACTS, audience="https://api.example.org/token")
        session.commit()
    first, second = registry.PlatformRegistration(platform), registry.PlatformRegistration(platform)
    assert first is not second
    kid, private = keys.signing_key()
    assert first.get_kid() == kid
    assert first.get_tool_private_key() is private
    assert first.get_auth_audience() == "https://api.example.org/token"
    signed = ServiceConnector(first).encode_jwt({"iss": "circles-1"}, first.get_tool_private_key(), {"kid": kid})
    assert signed.count(".") == 2


def test_the_tool_configuration_never_guesses_and_shares_nothing() -> None:
    with db.work() as session:
        registry.add(**FACTS, deployment="1")
        conf = registry.ToolConf()
        conf.set_iss_has_one_client("https://lms.example.org")  # shared by all configurations of the process
        assert not registry.ToolConf().check_iss_has_one_client("https://lms.example.org")
        assert conf.check_iss_has_many_clients("https://lms.example.org")
        assert conf.find_registration_by_issuer("https://lms.example.org").get_client_id() == "circles-1"
        assert conf.find_deployment("https://lms.example.org", "1") is not None
        assert conf.find_deployment("https://lms.example.org", "2") is None
        conf.issuers_relation_types.clear()
        session.commit()

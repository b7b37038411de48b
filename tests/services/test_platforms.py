"""Platforms and deployments: let in, blocked and moved by an administrator alone, and every change is noted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, PlatformError, RefusedError
from lti_tool.lti.registry import ToolConf, deployment_of
from lti_tool.lti.tokens import Account
from lti_tool.models import AccessToken, AuditLine, Deployment, LoginState, Platform, PlatformKeys, Standing, Visit
from lti_tool.services import platforms, visits
from tests import build
from tests.reader import Reader

pytestmark = pytest.mark.usefixtures("app")


def noted() -> list[str]:
    return list(session.scalars(sa.select(AuditLine.verb).order_by(AuditLine.id)))


def kept(platform_id: int) -> Platform:
    return session.get_one(Platform, platform_id)


def under_way(platform: Platform) -> LoginState:
    return LoginState(
        state=f"state {platform.id}", nonce="n", platform_id=platform.id, browser_hash="b",
        expires_at=now() + timedelta(minutes=5),
    )  # fmt: skip


def test_an_lms_registered_without_its_kind_says_it_itself_and_no_other_is_overruled() -> None:
    """Without its rules each score would open a new attempt in Canvas."""
    unsaid, said = build.platform(product=""), build.platform(product="sakai")
    launches = [build.launch(build.course(one), product="canvas") for one in (unsaid, said)]
    with db.work() as unit:
        for launch in launches:
            visits.arrive(launch)
        unit.commit()
    with db.work(read_only=True):
        assert (kept(unsaid.id).product, kept(said.id).product) == ("canvas", "sakai")


class TestBlocking:
    """Nobody comes in, who is in is signed out, nothing that was written is touched, and others notice nothing."""

    def test_a_blocked_platform_ends_visits_logins_and_tokens(self) -> None:
        ours, theirs = build.circle(), build.circle()
        here, there = build.member(ours), build.member(theirs)
        stays = build.visit(there)
        build.visit(here)
        with db.work() as unit:
            platform, other = kept(here.platform_id), kept(there.platform_id)
            unit.add_all([under_way(platform), under_way(other)])
            for one in (platform, other):
                unit.add(AccessToken(platform_id=one.id, deployment="1", scopes="s", token="t", expires_at=now()))
            unit.flush()
            platforms.block(platform, by=None)
            platforms.block(platform, by=None)  # pressed twice
            unit.commit()
        with db.work(read_only=True) as unit:
            assert [visit.id for visit in unit.scalars(sa.select(Visit))] == [stays.id]
            for table in (LoginState, AccessToken):
                assert [row.platform_id for row in unit.scalars(sa.select(table))] == [other.id]
            assert kept(platform.id).standing is Standing.BLOCKED
            assert platforms.addresses_for(here.id) == []
            assert noted() == ["platform.blocked"]
            with pytest.raises(RefusedError, match="platform_blocked"):
                ToolConf().find_platform(platform.issuer, platform.client_id)

    def test_the_next_click_of_who_was_in_asks_to_come_from_the_course(self, reader: Reader) -> None:
        circle = build.circle()
        person = build.member(circle)
        visitor = reader.as_(person)
        visitor.open(f"/circles/{circle.id}")
        with db.work() as unit:
            platforms.block(kept(person.platform_id), by=None)
            unit.commit()
        visitor.open(f"/circles/{circle.id}", expect=401)

    def test_a_blocked_deployment_ends_the_visits_that_began_there_and_no_other(self) -> None:
        at = build.platform()
        first, second = build.course(at), build.course(at)
        build.visit(build.person(first))
        stays = build.visit(build.person(second))
        with db.work() as unit:
            blocked = unit.get_one(Deployment, first.deployment_id)
            platforms.block_deployment(blocked, by=None)
            unit.commit()
        with db.work(read_only=True) as unit:
            assert [visit.id for visit in unit.scalars(sa.select(Visit))] == [stays.id]
            assert unit.get_one(Deployment, first.deployment_id).standing is Standing.BLOCKED
            assert unit.get_one(Deployment, second.deployment_id).standing is Standing.APPROVED
            assert kept(at.id).standing is Standing.APPROVED

    @pytest.mark.parametrize("what", ["platform", "deployment"])
    def test_nothing_is_sent_to_what_is_blocked(self, what: str) -> None:
        course = build.course()
        with db.work() as unit:
            deployment = unit.get_one(Deployment, course.deployment_id)
            if what == "platform":
                platforms.block(deployment.platform, by=None)
            else:
                platforms.block_deployment(deployment, by=None)
            unit.commit()
        with pytest.raises(PlatformError, match="platform_blocked") as caught:
            Account.of(course.deployment_id)
        assert not caught.value.final  # it waits, and goes out when the block ends

    def test_a_block_ends_by_a_word_of_its_own_only(self) -> None:
        with db.work() as unit:
            platform = kept(build.platform().id)
            platforms.block(platform, by=None)
            with pytest.raises(RefusedError, match="platform_blocked"):
                platforms.approve_deployment(platform, "1", by=None)
            platforms.approve(platform, by=None)
            assert platform.standing is Standing.APPROVED
            deployment = platforms.approve_deployment(platform, "1", by=None)
            platforms.block_deployment(deployment, by=None)
            platforms.accept_all(platform, by=None)
            assert deployment.standing is Standing.BLOCKED
            platforms.approve_deployment(platform, "1", by=None)
            assert deployment.standing is Standing.APPROVED
            unit.flush()
            assert noted() == [
                "platform.blocked", "platform.unblocked", "deployment.approved", "deployment.blocked",
                "platform.accepts_all_deployments", "deployment.unblocked",
            ]  # fmt: skip
            unit.rollback()


class TestDeployments:
    """An unknown one waits, unless the platform is one organisation's own."""

    def test_accepting_all_lets_in_who_waits_and_who_comes(self) -> None:
        with db.work() as unit:
            platform = kept(build.platform().id)
            waiting = deployment_of(platform, "1")
            assert waiting.standing is Standing.WAITING
            platforms.accept_all(platform, by=None)
            assert waiting.standing is deployment_of(platform, "2").standing is Standing.APPROVED
            platforms.accept_all(platform, by=None, accept=False)
            assert deployment_of(platform, "3").standing is Standing.WAITING
            assert waiting.standing is Standing.APPROVED
            unit.rollback()

    def test_the_deployment_of_another_platform_is_not_found(self) -> None:
        one, another = build.platform(), build.platform()
        with db.work() as unit:
            platform, other = kept(one.id), kept(another.id)
            deployment_of(platform, "1")
            assert platforms.deployment(platform, "1").platform_id == platform.id
            with pytest.raises(NotFoundError):
                platforms.deployment(other, "1")
            unit.rollback()


class TestAddresses:
    """No registration moves a platform; an administrator may."""

    def test_what_came_from_the_earlier_addresses_is_forgotten(self) -> None:
        with db.work() as unit:
            platform = kept(build.platform().id)
            unit.add(PlatformKeys(platform_id=platform.id, key_set={}, fetched_at=now(), asked_since=now()))
            unit.add(AccessToken(platform_id=platform.id, scopes="s", token="t", expires_at=now()))
            unit.flush()
            platforms.change_addresses(platform, by=None, jwks_url="https://new.example.org/jwks")
            assert platform.jwks_url == "https://new.example.org/jwks"
            assert unit.scalars(sa.select(PlatformKeys)).all() == unit.scalars(sa.select(AccessToken)).all() == []
            assert noted() == ["platform.moved"]
            unit.rollback()

    @pytest.mark.parametrize(
        ("name", "address"), [("jwks_url", "javascript:alert(1)"), ("issuer", "https://evil.example"), ("id", "7")]
    )
    def test_nothing_else_can_be_changed_so(self, name: str, address: str) -> None:
        with db.work() as unit:
            platform = kept(build.platform().id)
            with pytest.raises(RefusedError, match="address_refused"):
                platforms.change_addresses(platform, by=None, **{name: address})
            unit.rollback()

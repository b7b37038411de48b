"""What administrators see of platforms and change in them, one press each; never a word or a name of a person."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo import browser
from lti_tool.demo.people import INQUIRY
from lti_tool.models import AuditLine, Deployment, Invite, Platform
from tests import administering, build, school
from tests.conftest import PUBLIC
from tests.reader import Reader
from tests.school import COURSE, School
from tests.test_costs import statements


@pytest.fixture
def chief(app: Flask) -> Reader:
    """Who looks after the whole installation."""
    return administering.whole(app)


def verbs() -> list[tuple[str, dict[str, str]]]:
    with db.work(read_only=True) as unit:
        return [(one.verb, one.facts) for one in unit.scalars(sa.select(AuditLine).order_by(AuditLine.id))][1:]


def add(platform: Platform, name: str, **also: object) -> Deployment:
    with db.work() as unit:
        made = Deployment(platform_id=platform.id, deployment_id=name, **also)
        unit.add(made)
        unit.commit()
    return made


class TestTheList:
    def test_says_what_to_do_where_nothing_is(self, chief: Reader) -> None:
        assert "No LMS is registered yet" in chief.open("/platforms").text

    def test_warns_of_a_laboratory_on_every_page(self, chief: Reader) -> None:
        platform = build.platform()
        for path in ("/platforms", f"/platforms/{platform.id}", "/invites", "/audit"):
            assert "This is a laboratory" in chief.open(path).text

    def test_has_one_sentence_for_each(self, chief: Reader) -> None:
        waiting = build.platform(approved_at=None)
        pending = build.platform()
        add(pending, "3")
        fresh = build.platform()
        text = chief.open("/platforms").text
        assert f"{waiting.name} Nobody can launch yet: the platform waits for your approval." in text
        assert f"{pending.name} Nobody could launch yet: deployment 3 waits for your approval." in text
        assert f"{fresh.name} It is registered, and nobody opened the tool from there yet." in text

    @pytest.mark.parametrize("count", [2, 12])
    def test_asks_as_much_for_many_as_for_few(self, chief: Reader, count: int) -> None:
        for _ in range(count):
            build.course()
        with statements() as seen:
            chief.open("/platforms")
        assert len(seen) <= 11, seen


class TestApproval:
    def test_of_a_platform_is_one_press(self, chief: Reader) -> None:
        platform = build.platform(approved_at=None)
        chief.open("/platforms")
        chief.press("Approve this platform")
        assert verbs() == [("platform.approved", {})]
        with db.work(read_only=True) as unit:
            assert unit.get_one(Platform, platform.id).approved_at is not None

    def test_of_a_deployment_is_one_press(self, chief: Reader) -> None:
        platform = build.platform()
        made = add(platform, "3")
        chief.open("/platforms")
        page = chief.press("Approve deployment 3")
        assert "nobody has opened the tool yet" in page.text
        assert verbs() == [("deployment.approved", {"deployment": str(made.id)})]

    def test_who_looks_after_one_lms_approves_there_and_ends_no_block(self, app: Flask) -> None:
        course = build.course()
        platform_id = administering.platform_of(course)
        reader = administering.of_platform(app, course)
        with db.work() as unit:
            blocked = Deployment(platform_id=platform_id, deployment_id="blocked", blocked_at=db.now())
            unit.add_all([blocked, Deployment(platform_id=platform_id, deployment_id="waits")])
            unit.commit()
            number = blocked.id
        reader.open("/platforms")
        reader.press("Approve deployment waits")
        reader.send(f"/platforms/{platform_id}/deployments/{number}/approve", expect=404)
        assert "Let nobody in from there" not in reader.open(f"/platforms/{platform_id}").text

    def test_of_another_platforms_deployment_finds_nothing(self, chief: Reader) -> None:
        one, other = build.platform(), build.platform()
        made = add(other, "3")
        chief.open(f"/platforms/{one.id}")
        chief.send(f"/platforms/{one.id}/deployments/{made.id}/approve", expect=404)


class TestChanges:
    def test_every_switch_goes_both_ways_and_is_noted(self, chief: Reader) -> None:
        course = build.course()
        platform_id = administering.platform_of(course)
        chief.open(f"/platforms/{platform_id}")
        for button in ("Accept every deployment", "Ask me for each new one", "Block", "Let in"):
            chief.press(button)
        chief.press("Block this platform")
        assert chief.page is not None
        assert "Nobody gets in: this platform is blocked." in chief.page.text
        chief.press("End the block")
        assert [verb for verb, _ in verbs()] == [
            "platform.accepts_all_deployments", "platform.accepts_named_deployments",
            "deployment.blocked", "deployment.unblocked", "platform.blocked", "platform.unblocked",
        ]  # fmt: skip
        page = chief.open("/audit")
        assert "Block of the platform ended" in page.text
        assert "with administrator’s link" in page.text

    def test_name_frames_and_audiences(self, chief: Reader) -> None:
        platform = build.platform()
        path = f"/platforms/{platform.id}"
        chief.open(path, name="Ghana LMS", frame_origins="https://a.example.org\n\nhttps://b.example.org:8443/\n")
        with db.work(read_only=True) as unit:
            kept = unit.get_one(Platform, platform.id)
        assert kept.name == "Ghana LMS"
        assert kept.frame_origins == ["https://a.example.org", "https://b.example.org:8443"]
        assert verbs() == [("platform.changed", {"changed": "name frame_origins"})]
        assert "Ghana" not in str(verbs())

    @pytest.mark.parametrize(
        "bad",
        ["*", "https://*", "https://*.example.org", "javascript:x", "https://a/b", "https://a b", "a.example.org"],
    )
    def test_frames_are_whole_origins(self, chief: Reader, bad: str) -> None:
        platform = build.platform()
        page = chief.open(f"/platforms/{platform.id}", name=platform.name, frame_origins=bad)
        assert "Please write one address a line" in page.text
        assert '<details class="more" open>' in page
        with db.work(read_only=True) as unit:
            assert unit.get_one(Platform, platform.id).frame_origins == []


class TestInvitations:
    def test_are_made_shown_once_listed_and_withdrawn(self, chief: Reader) -> None:
        page = chief.open("/invites", name="Union LMS")
        (address,) = set(re.findall(rf"{PUBLIC}/lti/register/[\w-]+", page))
        assert address not in chief.open("/invites")
        chief.press("Withdraw")
        assert chief.page is not None
        assert "No invitation waits" in chief.page.text
        assert [verb for verb, _ in verbs()] == ["invite.made", "invite.withdrawn"]
        answer = chief.client.get(address.removeprefix(PUBLIC))
        assert answer.status_code == 400
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(Invite)).one().used_at is None

    def test_cannot_be_withdrawn_when_used(self, chief: Reader) -> None:
        chief.open("/invites", name="Union LMS")
        with db.work() as unit:
            unit.execute(sa.update(Invite).values(used_at=db.now()))
            unit.commit()
        chief.open("/invites")
        chief.send("/invites/1/withdraw", expect=404)


class TestTheLog:
    def test_has_pages_newest_first(self, chief: Reader) -> None:
        with db.work() as unit:
            unit.add_all([AuditLine(verb=f"platform.{number}") for number in range(120)])
            unit.commit()
        first = chief.open("/audit")
        assert first.text.index("platform.119") < first.text.index("platform.118")
        assert "platform.60" not in first.text
        assert "platform.60" in chief.open("/audit?page=2").text
        for odd in ("x", "-3", "0", "99999999999", "٣"):
            chief.open(f"/audit?page={odd}")

    def test_holds_nothing_of_circles(self, chief: Reader) -> None:
        circle = build.circle()
        person = build.member(circle)
        with db.work() as unit:
            unit.add(AuditLine(verb="membership.placed", person_id=person.id, circle_id=circle.id))
            unit.add(AuditLine(verb="feedback.held", person_id=person.id))
            unit.commit()
        text = chief.open("/audit").text
        assert "membership" not in text
        assert "feedback" not in text

    def test_of_one_lms_is_that_lms_alone(self, app: Flask) -> None:
        own, other = build.course(), build.course()
        with db.work() as unit:
            unit.add(AuditLine(verb="platform.blocked", platform_id=administering.platform_of(other)))
            unit.add(AuditLine(verb="platform.changed", platform_id=administering.platform_of(own)))
            unit.add(AuditLine(verb="settings.changed"))
            unit.commit()
        text = administering.of_platform(app, own).open("/audit").text
        assert "audiences of the platform changed" in text
        assert "Platform blocked" not in text
        assert "Settings changed" not in text


class TestOfARunningLms:
    @pytest.fixture
    def lms(self, app: Flask) -> Iterator[School]:
        with school.joined(app, public_url=PUBLIC) as made:
            yield made

    def test_approving_the_deployment_lets_people_in(self, lms: School, chief: Reader) -> None:
        with db.work() as unit:
            unit.execute(sa.delete(Deployment))
            unit.commit()
        launch = {"person": "teacher01", "course": COURSE, "client_id": lms.client_id}
        assert browser.launch(lms.lms, lms.app.test_client(), **launch).status_code == 403
        page = chief.open("/platforms")
        assert "Nobody could launch yet" in page.text
        chief.press(re.findall(r"Approve deployment [^<]+", page)[0])
        assert browser.launch(lms.lms, lms.app.test_client(), **launch).status_code == 303
        assert "People launch from here" in chief.open("/platforms").text

    def test_a_score_that_arrived_is_the_best_news(self, lms: School, chief: Reader) -> None:
        lms.set_up()
        lms.share("teacher01")
        lms.work()
        page = chief.open("/platforms")
        assert "People launch from here; scores arrive." in page.text
        text = chief.open("/platforms/1").text
        assert "not yet" not in text

    def test_no_page_names_anybody(self, lms: School, chief: Reader) -> None:
        lms.set_up()
        lms.share("teacher01")
        lms.work()
        chief.open("/platforms/1")
        chief.press("Check the connection now")
        lms.work()
        told = {one.name for one in INQUIRY.people} | {one.email for one in INQUIRY.people} | {school.CONCERN}
        for path in ("/platforms", "/platforms/1", "/audit", "/invites"):
            page = chief.open(path)
            assert not [one for one in told if one in page]
            assert INQUIRY.title not in page

    def test_the_check_shows_what_is_wrong_and_who_must_act(self, lms: School, chief: Reader) -> None:
        lms.open(school.FACILITATOR)
        lms.lms.faults.set(roster_forbidden=True)
        chief.open("/platforms/1")
        page = chief.press("Check the connection now")
        assert "The check is under way" in page.text
        lms.work()
        page = chief.open("/platforms/1")
        assert "The LMS refused to show the roster." in page.text
        assert "In the LMS: Switch on names and roles" in page.text
        assert "keys_read" not in page

    def test_refusals_are_told_with_their_remedy(self, lms: School, chief: Reader) -> None:
        lms.lms.faults.set(clock_ahead=300)
        launch = {"person": "teacher01", "course": COURSE, "client_id": lms.client_id}
        assert browser.launch(lms.lms, lms.app.test_client(), **launch).status_code == 403
        page = chief.open("/platforms/1")
        assert "The id_token comes from the future" in page.text
        assert "time server" in page.text

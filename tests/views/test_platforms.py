"""What administrators see of platforms and change in them, one press each; never a word or a name of a person."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug import Request, Response

from lti_tool import db, jobs
from lti_tool.demo import browser
from lti_tool.demo.people import INQUIRY
from lti_tool.lti import sealing, tokens
from lti_tool.models import (
    Activity,
    Administrator,
    AuditLine,
    Course,
    Delivery,
    Deployment,
    Invite,
    Platform,
    SelfCheck,
    Sighting,
)
from lti_tool.services import connections
from lti_tool.views import findings
from tests import administering, build, school
from tests.conftest import PUBLIC
from tests.lti import ends
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


class TestASentence:
    """What stands first is what somebody who looks after a platform can put right."""

    @pytest.fixture
    def course(self) -> Course:
        circle = build.circle(build.course(roster_read_at=db.now(), launched_at=db.now()))
        self.activity = build.activity_of(circle)
        course = build.course_of(circle)
        self.platform_id = administering.platform_of(course)
        with db.work() as unit:
            unit.add(Sighting(platform_id=self.platform_id, kind="launch", at=db.now()))
            unit.commit()
        self.owe("arrived", done_at=db.now())
        return course

    def owe(self, key: str, **facts: object) -> None:
        with db.work() as unit:
            unit.add(Delivery(kind="score", key=key, payload={"activity_id": self.activity.id}, **facts))
            unit.commit()

    def change(self, course: Course, **facts: object) -> None:
        with db.work() as unit:
            unit.execute(sa.update(Course).where(Course.id == course.id).values(**facts))
            unit.commit()

    @pytest.mark.parametrize("code", sorted(connections.PASSING))
    def test_is_not_about_one_person_or_one_course(self, chief: Reader, course: Course, code: str) -> None:
        self.owe("refused", fault=code, given_up_at=db.now())
        self.change(course, roster_fault=code)
        assert "People launch from here; scores arrive." in chief.open("/platforms").text
        assert str(findings.remedy(code).sentence) not in chief.open(f"/platforms/{self.platform_id}").text

    def test_is_a_fault_that_somebody_can_put_right_whatever_else_there_is(self, chief: Reader, course: Course) -> None:
        self.owe("gone", fault="person_gone", given_up_at=db.now())
        self.owe("refused", fault="column_refused", given_up_at=db.now())
        assert "The LMS refused to make a gradebook column." in chief.open("/platforms").text
        self.change(course, roster_fault="roster_refused")
        assert "The LMS refused to show the roster." in chief.open("/platforms").text

    def test_is_no_old_news(self, chief: Reader, course: Course) -> None:
        long_ago = db.now() - timedelta(days=40)
        self.owe("refused", fault="column_refused", given_up_at=long_ago, owed_at=long_ago)
        self.change(course, roster_fault="roster_refused", launched_at=long_ago)
        assert "People launch from here; scores arrive." in chief.open("/platforms").text


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
        page = chief.open(f"/platforms/{platform.id}", expect=422, name=platform.name, frame_origins=bad)
        assert "Please write one address a line" in page.text
        assert '<details class="more" open>' in page
        with db.work(read_only=True) as unit:
            assert unit.get_one(Platform, platform.id).frame_origins == []


class TestABlockedPlatform:
    def test_has_the_button_that_ends_it_beside_the_words(self, chief: Reader) -> None:
        platform = build.platform()
        chief.open(f"/platforms/{platform.id}")
        assert "Let nobody in from there" not in chief.press("Block this platform").text
        blocked = chief.open("/platforms")
        assert "to let people in again" in blocked.text
        chief.press("End the block")
        with db.work(read_only=True) as unit:
            assert unit.get_one(Platform, platform.id).blocked_at is None


class TestInvitations:
    def test_are_made_shown_once_listed_and_withdrawn(self, chief: Reader) -> None:
        page = chief.open("/invites", name="Union LMS")
        (address,) = set(re.findall(rf"{PUBLIC}/lti/register/[\w-]+", page))
        assert f'id="address" value="{address}"' in page, "to be copied with one press, and marked without scripts"
        assert 'data-copy="address"' in page
        assert address not in page.text
        assert address not in chief.open("/invites")
        chief.press("Withdraw")
        assert chief.page is not None
        assert "No invitation waits" in chief.page.text
        assert [verb for verb, _ in verbs()] == ["invite.made", "invite.withdrawn"]
        answer = chief.client.get(address.removeprefix(PUBLIC))
        assert answer.status_code == 400
        with db.work(read_only=True) as unit:
            assert unit.scalars(sa.select(Invite)).one().used_at is None

    def test_that_nobody_made_is_told_to_who_looks_after_an_lms(self, app: Flask) -> None:
        page = Reader(app, forbidden=()).open("/lti/register/half-of-it", expect=404).text
        assert "We do not know this registration address" in page
        assert "circle" not in page.replace("Learning Circles", "")

    @pytest.mark.parametrize(
        ("status", "sentence", "action"),
        [
            (503, "busy or being maintained", "In the LMS: Try again in some minutes."),
            (301, "leads on to another one", "In the LMS: Check the site address in the settings of your LMS"),
            (404, "refused a request", "In the LMS: Check the site address in the settings of your LMS"),
        ],
    )
    def test_that_end_in_a_fault_promise_no_other_try(
        self, app: Flask, chief: Reader, monkeypatch: pytest.MonkeyPatch, status: int, sentence: str, action: str
    ) -> None:
        """A score is tried again; a registration waits for whoever looks after the LMS."""
        monkeypatch.setattr("lti_tool.lti.http.PAUSES", ())
        made = chief.open("/invites", name="Union LMS")
        (address,) = set(re.findall(rf"{PUBLIC}(/lti/register/[\w-]+)", made))
        with ends.serving(ends.Web().on("/openid", Response(status=status))) as url:
            page = Reader(app, forbidden=()).open(f"{address}?openid_configuration={url}/openid", expect=400).text
        assert sentence in page
        assert action in page
        assert "it is tried again" not in page
        assert "the same address works again. If this attempt left an unfinished tool in your LMS, remove that" in page

    def test_cannot_be_withdrawn_when_used(self, chief: Reader) -> None:
        chief.open("/invites", name="Union LMS")
        with db.work() as unit:
            unit.execute(sa.update(Invite).values(used_at=db.now()))
            unit.commit()
        chief.open("/invites")
        chief.send("/invites/1/withdraw", expect=404)


class TestTheLog:
    @pytest.mark.parametrize(
        ("verb", "who"),
        [
            ("platform.registered", "by the LMS itself"),
            ("platform.blocked", "by command"),
            ("key.published", "by the calendar, or by command"),
            ("settings.changed", "at start"),
        ],
    )
    def test_says_who_where_no_administrator_was_signed_in(self, chief: Reader, verb: str, who: str) -> None:
        with db.work() as unit:
            unit.add(AuditLine(verb=verb))
            unit.commit()
        assert f"(UTC), {who} " in f"{chief.open('/audit').text} "

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
        with db.work() as unit:
            unit.execute(sa.update(SelfCheck).values(asked_at=db.now() - timedelta(minutes=4)))
            unit.commit()
        assert "If no worker runs" in chief.open("/platforms/1").text
        with db.work() as unit:
            unit.execute(sa.update(SelfCheck).values(asked_at=db.now()))
            unit.commit()
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


class Far(ends.Web):
    """An LMS with an address for our registration (RFC 7592)."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        self.status = 200
        self.on("/registrations/abc", self.answer)

    def answer(self, request: Request) -> Response:
        self.told += request.method == "PUT"
        told = ends.as_json({"client_id": "abc", "scope": tokens.ROSTER})
        return told if self.status == 200 else Response(status=self.status)


class TestRenewal:
    @pytest.fixture
    def far(self, chief: Reader) -> Iterator[Far]:
        far = Far()
        with ends.serving(far) as url:
            facts = {"registration_url": f"{url}/registrations/abc", "registration_token": sealing.seal("t")}
            self.path = f"/platforms/{build.platform(client_id='abc', **facts).id}"
            chief.open(self.path)
            yield far

    def test_is_asked_in_the_background_and_told(self, far: Far, chief: Reader) -> None:
        page = chief.press("Ask the LMS now")
        assert far.told == 0, "the page itself must not call the LMS"
        assert "Asked on" in page.text
        assert "Ask the LMS now" not in page
        jobs.sweep()
        assert far.told == 1
        text = chief.open(self.path).text
        assert "Renewed on" in text
        assert tokens.ROSTER in text
        assert verbs() == [("platform.renewed", {})]
        assert "with administrator’s link" in chief.open("/audit").text

    def test_refused_says_why_and_what_to_do(self, far: Far, chief: Reader) -> None:
        far.status = 401
        chief.press("Ask the LMS now")
        jobs.sweep()
        text = chief.open(self.path).text
        assert "Refused on" in text
        assert "did not accept the key that it gave us for renewing the registration. In the LMS: Begin the" in text
        assert verbs() == []
        far.status = 200
        chief.press("Ask the LMS now")
        jobs.sweep()
        assert "Renewed on" in chief.open(self.path).text

    def test_an_lms_that_is_down_is_asked_again(self, far: Far, chief: Reader) -> None:
        far.status = 503
        chief.press("Ask the LMS now")
        jobs.sweep()
        assert "It is tried again by itself." in chief.open(self.path).text

    def test_what_was_blocked_meanwhile_is_asked_no_more(self, far: Far, chief: Reader) -> None:
        chief.press("Ask the LMS now")
        chief.press("Block this platform")
        jobs.sweep()
        assert far.told == 0
        text = chief.open(self.path).text
        assert "Refused on" in text
        assert "Ask the LMS now" not in text
        chief.send(f"{self.path}/renew", expect=409)

    def test_is_offered_only_where_the_lms_takes_it(self, chief: Reader) -> None:
        path = f"/platforms/{build.platform().id}"
        assert "Renew the registration" not in chief.open(path)
        assert "takes no news" in chief.send(f"{path}/renew", expect=409).text

    def test_is_the_installations_affair(self, app: Flask) -> None:
        reader = administering.of_platform(
            app, build.course(build.platform(registration_url="https://a/b", registration_token="x"))
        )
        page = reader.open("/platforms")
        path = re.findall(r"/platforms/\d+", page)[0]
        assert "Ask the LMS now" not in reader.open(path)
        reader.send(f"{path}/renew", expect=403)


SHARED = [{"product": "BlackboardLearn"}, {"product": "desire2learn"}, {"issuer": "https://blackboard.com"}]


@pytest.mark.usefixtures("app")
class TestASharedRegistration:
    """Blackboard and D2L: one client id, and a deployment for each institution, which are nothing to each other."""

    @pytest.fixture(params=SHARED, ids=["blackboard", "d2l", "by issuer"])
    def platform(self, request: pytest.FixtureRequest) -> Platform:
        platform = build.platform(**request.param)
        self.own = build.course(platform)
        add(platform, "of-others-waiting")
        self.others = add(platform, "of-others-approved", approved_at=db.now())
        with db.work() as unit:
            theirs = Administrator(
                platform_id=platform.id, deployment_id=self.others.id, token_hash="x", link_ends_at=db.now()
            )
            unit.add(theirs)
            unit.flush()
            for number in (self.own.deployment_id, self.others.id):
                facts = {"deployment": str(number)}
                unit.add(AuditLine(verb="deployment.approved", platform_id=platform.id, facts=facts))
            line = AuditLine(verb="administrator.entered", platform_id=platform.id, administrator_id=theirs.id)
            unit.add_all([line, Sighting(platform_id=platform.id, kind="refusal", code="deployment_pending")])
            unit.commit()
            self.door = theirs.id
        return platform

    def test_shows_an_institution_its_own_deployment_alone(self, app: Flask, platform: Platform) -> None:
        reader = administering.of_platform(app, self.own)
        with db.work(read_only=True) as unit:
            own = unit.get_one(Deployment, self.own.deployment_id)
        pages = {path: reader.open(path) for path in ("/platforms", f"/platforms/{platform.id}", "/audit")}
        assert [path for path, page in pages.items() if "of-others" in page] == []
        assert f"<bdi>{own.deployment_id}</bdi>" in pages[f"/platforms/{platform.id}"]
        assert "Other institutions use this registration, too." in pages[f"/platforms/{platform.id}"]
        assert "People try to come in" not in pages[f"/platforms/{platform.id}"].text
        assert pages["/audit"].text.count("Deployment approved") == 1
        assert f"deployment {own.id}" in pages["/audit"].text
        assert f"(door {self.door})" not in pages["/audit"].text

    def test_lets_nobody_approve_for_another_institution(self, app: Flask, platform: Platform) -> None:
        reader = administering.of_platform(app, self.own)
        with db.work(read_only=True) as unit:
            waiting = unit.scalars(sa.select(Deployment).filter_by(deployment_id="of-others-waiting")).one().id
        reader.open("/platforms")
        reader.send(f"/platforms/{platform.id}/deployments/{waiting}/approve", expect=404)
        with db.work(read_only=True) as unit:
            assert unit.get_one(Deployment, waiting).approved_at is None

    def test_tells_no_news_of_another_institutions_courses(self, app: Flask, platform: Platform, chief: Reader) -> None:
        with db.work() as unit:
            course = Course(deployment_id=self.others.id, context_id="c", roster_read_at=db.now())
            unit.add(course)
            unit.flush()
            column = f"{PUBLIC}/column"
            unit.add(Activity(course_id=course.id, resource_link_id="l", line_item_url=column))
            unit.commit()
        path = f"/platforms/{platform.id}"
        told = [administering.of_platform(app, self.own).open(path).text, chief.open(path).text]
        found = [re.findall(r"(?:roster was read|column was found) (not yet)?", text) for text in told]
        assert found == [["not yet", "not yet"], ["", ""]]

    def test_is_checked_from_ones_own_deployment(self, app: Flask, platform: Platform) -> None:
        reader = administering.of_platform(app, self.own)
        reader.open(f"/platforms/{platform.id}")
        reader.press("Check the connection now")
        with db.work(read_only=True) as unit:
            owed = unit.scalars(sa.select(Delivery).filter_by(kind="self_check")).one()
        assert owed.payload["deployment_id"] == self.own.deployment_id

    @pytest.mark.usefixtures("platform")
    def test_closes_the_door_with_the_deployment(self, app: Flask) -> None:
        reader = administering.of_platform(app, self.own)
        with db.work() as unit:
            unit.get_one(Deployment, self.own.deployment_id).approved_at = None
            unit.commit()
        reader.open("/platforms", expect=403)

    def test_is_whole_for_the_installation(self, chief: Reader, platform: Platform) -> None:
        page = chief.open(f"/platforms/{platform.id}")
        assert "of-others-waiting" in page
        assert "of-others-approved" in page
        assert chief.open("/audit").text.count("Deployment approved") == 2

    @pytest.mark.parametrize("product", ["moodle", "open-edx", ""])
    def test_is_no_affair_of_an_lms_of_one_organisation(self, app: Flask, product: str) -> None:
        platform = build.platform(product=product)
        course = build.course(platform)
        add(platform, "second")
        reader = administering.of_platform(app, course)
        page = reader.open(f"/platforms/{platform.id}")
        assert "Other institutions" not in page
        reader.press("Approve deployment second")

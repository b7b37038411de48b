"""An author chooses in the LMS's frame what an activity opens: what comes back, and what never does."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db
from lti_tool.demo import browser, claims, deep_links
from lti_tool.errors import RefusedError
from lti_tool.lti import sealing
from lti_tool.lti.messages import LinkItem
from lti_tool.models import Activity, Circle, Course, Enrolment, Meeting, Membership, Picking
from lti_tool.services import leftovers, pickings
from tests import school
from tests.conftest import PUBLIC
from tests.reader import Page, Reader
from tests.school import COURSE, FACILITATOR, School

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
GROUPED = ("home", "circle", "stage", "meeting")


@pytest.fixture
def here(app: Flask) -> Iterator[School]:
    """An LMS by the book, in whose course nothing is set up."""
    with school.joined(app, public_url=PUBLIC) as made:
        yield made


@pytest.fixture
def moodle(app: Flask) -> Iterator[School]:
    """An LMS with the habits of Moodle."""
    with school.joined(app, "moodle-4.5", public_url=PUBLIC) as made:
        yield made


def author(at: School, person: str = FACILITATOR, **settings: Any) -> Reader:
    """Somebody who just asked her course for an activity of ours; `settings` change what the LMS takes back."""
    reader = Reader(at.app)
    answer = ask(at, reader, person, **settings)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = reader.open(answer.location)
    if page.tree.get("lang") != "en":
        reader.press("English")
    return reader


def ask(
    at: School, reader: Reader, person: str = FACILITATOR, *, roles: list[str] | None = None, **settings: Any
) -> Any:
    """Carry a request for links to the tool; a setting that is None is left out."""
    url, fields = at.lms.login(
        at.lms.opening(person=person, course=COURSE, kind="deep_linking", client_id=at.client_id)
    )
    asked = reader.client.open(urlsplit(url).path, method="POST", base_url=PUBLIC, data=fields)
    nonce, state = (parse_qs(urlsplit(asked.location).query)[name][0] for name in ("nonce", "state"))
    facts = {"person": person, "course": COURSE, "kind": "deep_linking", "client_id": at.client_id, "nonce": nonce}
    honest = jwt.decode(at.lms.id_token(**facts), options={"verify_signature": False})[claims.DEEP_LINKING]
    said = {name: value for name, value in (honest | settings).items() if value is not None}
    changed = {"deep_linking_settings": said} | ({} if roles is None else {"roles": roles})
    token = at.lms.id_token(**facts, overrides=changed)
    return reader.client.post("/lti/launch", base_url=PUBLIC, data={"state": state, "id_token": token})


@pytest.mark.parametrize(
    "roles",
    [
        [claims.MEMBERSHIP + "Learner"],
        [],
        [claims.INSTITUTION + "Instructor"],
        [claims.MEMBERSHIP + "Instructor", claims.TEST_USER],
    ],
    ids=["a learner", "nobody", "a teacher elsewhere", "the LMS's test person"],
)
def test_only_who_teaches_here_chooses(here: School, roles: list[str]) -> None:
    answer = ask(here, Reader(here.app), roles=roles)
    assert answer.status_code == 409
    with db.work(read_only=True) as unit:
        assert unit.scalars(sa.select(Picking)).all() == []


def resources(page: Page) -> list[str]:
    """The keys of what there is to choose."""
    return [field.get("value") or "" for field in page.tree.iter("input") if field.get("name") == "open"]


def choose(reader: Reader, *keys: str, **said: Any) -> Page:
    """Both pages with these things chosen; the page that carries the answer."""
    reader.fill(open=list(keys) if len(keys) > 1 else keys[0])
    return reader.press("Add it to the course" if len(keys) == 1 else "Add them to the course", **said)


def answer(page: Page) -> dict[str, Any]:
    """What the page carries, unchecked."""
    (token,) = re.findall(r'name="JWT" value="([^"]+)"', page)
    return dict(jwt.decode(token, options={"verify_signature": False}))


def items(page: Page) -> list[dict[str, Any]]:
    return list(answer(page)[DL + "content_items"])


def bring(at: School, page: Page) -> list[Any]:
    """The browser carries the answer to the LMS; the activities that it made of it."""
    (form,) = page.tree.iter("form")
    (token,) = (field.get("value") for field in form.iter("input"))
    address = form.get("action") or ""
    assert address.startswith(f"{at.lms.base_url}/deep-link/return/")
    made, _words = deep_links.take(at.lms, COURSE, token or "")
    return made


# The choice -----------------------------------------------------------------------------------------------------------


def test_before_the_set_up_only_everybodys_own_circle_is_there(here: School) -> None:
    page = author(here).page
    assert page is not None
    assert resources(page) == ["home"]
    assert "Once the circles of this course are set up" in page.text


def test_afterwards_circle_stages_and_meetings_are_there_too(here: School) -> None:
    circle = here.set_up()
    page = author(here).page
    assert page is not None
    found = resources(page)
    assert found[:2] == ["home", f"circle:{circle.public_id}"]
    assert "stage:ei_t3lfa:concern" in found
    assert "meeting:ei_t3lfa:w1" in found
    assert len(found) == len(set(found)) == 2 + len(circle.template["stages"]) + 12
    assert not any(str(circle.id) in key.split(":") for key in found), "no key is the number of a row"


def made_in() -> str:
    """The key by which a copy of the course is recognised."""
    with db.work(read_only=True) as unit:
        return unit.scalars(sa.select(Course.public_id)).one()


def test_going_on_alone_adds_the_circle(here: School) -> None:
    reader = author(here)
    reader.press("Continue")
    page = reader.press("Add it to the course")
    (item,) = items(page)
    assert item["custom"].pop("made_in") == made_in()
    assert item["custom"] == {"resource": "home"}
    assert item["title"] == "Our learning circle"
    assert item["url"] == f"{PUBLIC}/lti/launch"
    (made,) = bring(here, page)
    assert made.title == "Our learning circle"


def test_one_thing_where_the_lms_takes_one(here: School) -> None:
    here.set_up()
    reader = author(here, accept_multiple=False)
    assert reader.page is not None
    assert {field.get("type") for field in reader.page.tree.iter("input") if field.get("name") == "open"} == {"radio"}
    page = reader.open(f"{picking_path(reader)}/words?open=home&open=stage:ei_t3lfa:concern")
    assert "title-1" not in page
    with db.work() as unit, pytest.raises(RefusedError, match="one_only"):
        pickings.answer(unit.scalars(sa.select(Picking)).one(), [LinkItem("home", "One"), LinkItem("home", "Two")])


def picking_path(reader: Reader) -> str:
    with db.work(read_only=True) as unit:
        newest = unit.scalar(sa.select(sa.func.max(Picking.id)))
    return f"/pickings/{newest}"


def test_several_at_once_with_words_of_their_own(here: School) -> None:
    here.set_up()
    reader = author(here)
    page = choose(
        reader, "stage:ei_t3lfa:concern", "meeting:ei_t3lfa:w1", **{"title-0": "Our <b> concern", "text-1": "In room 4"}
    )
    first, second = items(page)
    assert (first["title"], first["custom"]["resource"]) == ("Our <b> concern", "stage:ei_t3lfa:concern")
    assert first["custom"]["made_in"] == second["custom"]["made_in"] == made_in()
    assert first["text"].startswith("A change that starts from what you care about")
    assert (second["text"], second["custom"]["resource"]) == ("In room 4", "meeting:ei_t3lfa:w1")
    assert next(one.title for one in bring(here, page)) == "Our <b> concern"


def test_nothing_chosen_is_said_beside_the_list(here: School) -> None:
    here.set_up()
    reader = author(here)
    page = reader.press("Continue", expect=422)
    assert "Please choose one of these." in page.text


def test_what_was_not_offered_cannot_be_added(here: School) -> None:
    reader = author(here)
    page = reader.open(f"{picking_path(reader)}/words?open=stage:ei_t3lfa:concern&open=circle:1")
    assert "What should the activity open?" in page.text


# What may come back ---------------------------------------------------------------------------------------------------


def column(page: Page) -> dict[str, Any] | None:
    return dict(items(page)[0]).get("lineItem")


def test_a_column_comes_with_a_circle_that_gives_credit(moodle: School) -> None:
    moodle.set_up()
    page = choose(author(moodle), "home")
    made = column(page)
    assert made is not None
    assert (made["resourceId"], made["tag"], made["scoreMaximum"]) == ("circle-credit", "circle-credit", 6)
    assert made["submissionReview"]["url"] == f"{PUBLIC}/lti/launch"
    bring(moodle, page)
    (kept,) = moodle.columns
    assert kept.coupled
    assert kept.review is not None


def test_a_review_is_promised_only_where_the_lms_has_it(here: School) -> None:
    here.set_up()
    assert "submissionReview" not in (column(choose(author(here), "home")) or {"submissionReview": 1})


def test_no_column_where_it_is_not_wanted(here: School) -> None:
    circle = here.set_up()
    assert column(choose(author(here, accept_lineitem=False), "home")) is None
    assert column(choose(author(here), "stage:ei_t3lfa:concern")) is None
    untick = author(here)
    untick.fill(open="home")
    assert column(untick.press("Add it to the course", **{"credit-0": None})) is None
    with db.work() as unit:
        unit.get_one(Circle, circle.id).credit_mode = "none"
        unit.commit()
    assert column(choose(author(here), "home")) is None


def test_days_are_told_in_the_time_of_a_place(here: School) -> None:
    said = {"opens-0": "2027-03-01", "closes-0": "2027-03-31", "done-0": "2027-03-15", "time_zone": "Asia/Kolkata"}
    (item,) = items(choose(author(here), "home", **said))
    assert item["available"] == {
        "startDateTime": "2027-03-01T00:00:00+05:30",
        "endDateTime": "2027-03-31T23:59:59+05:30",
    }
    assert item["submission"] == {"endDateTime": "2027-03-15T23:59:59+05:30"}


def test_days_in_the_wrong_order_are_asked_again(here: School) -> None:
    reader = author(here)
    reader.fill(open="home")
    page = reader.press("Add it to the course", expect=422, **{"opens-0": "2027-03-02", "closes-0": "2027-03-01"})
    assert "before the first one" in page.text


@pytest.mark.parametrize(
    ("targets", "offered"),
    [(["iframe", "window"], {"", "iframe", "window"}), (["embed"], set()), (["window"], {"", "window"})],
)
def test_how_it_opens_is_asked_where_the_lms_asks(here: School, targets: list[str], offered: set[str]) -> None:
    reader = author(here, accept_presentation_document_targets=targets)
    page = reader.fill(open="home")
    assert {field.get("value") for field in page.tree.iter("input") if field.get("name") == "window"} == offered
    if "window" in offered:
        (item,) = items(reader.press("Add it to the course", window="window"))
        assert item["window"] == {"targetName": "_blank"}
        assert "iframe" not in item
    else:
        (item,) = items(reader.press("Add it to the course"))
        assert not {"window", "iframe"} & set(item)


def test_words_of_the_lms_are_proposed_for_the_whole_circle(here: School) -> None:
    here.set_up()
    (item,) = items(choose(author(here, title="Circle on feedback", text="Twice a month"), "home"))
    assert (item["title"], item["text"]) == ("Circle on feedback", "Twice a month")
    (item,) = items(choose(author(here, title="Circle on feedback"), "stage:ei_t3lfa:concern"))
    assert item["title"] == "Values and concern"


def test_who_cancels_adds_nothing(here: School) -> None:
    for clicks in ((), ("Continue",)):
        reader = author(here)
        for words in clicks:
            reader.press(words)
        page = reader.press("Cancel")
        said = answer(page)
        assert said[DL + "content_items"] == []
        assert said[DL + "msg"] == "Nothing was chosen."
        assert bring(here, page) == []


def test_an_lms_that_takes_no_activities_hears_why(here: School) -> None:
    for types in (["file", "html"], [], None, "ltiResourceLink", [["ltiResourceLink"]]):
        reader = author(here, accept_types=types)
        assert reader.page is not None
        assert "There is nothing to choose here" in reader.page.text
        said = answer(reader.press("Back to your course"))
        assert said[DL + "content_items"] == []
        assert "activities only" in said[DL + "errormsg"]
        assert said[DL + "errorlog"] == "accept_types has no ltiResourceLink"


def test_data_comes_back_exactly_where_it_was_sent(here: School) -> None:
    for sent in ("csrf:1é", {"deep": [1, None]}, False, ""):
        assert answer(choose(author(here, data=sent), "home"))[DL + "data"] == sent
    assert DL + "data" not in answer(choose(author(here, data=None), "home"))


# Where it goes --------------------------------------------------------------------------------------------------------


def test_the_answer_page_alone_may_send_a_form_elsewhere(here: School) -> None:
    reader = author(here)
    assert reader.page is not None
    assert "form-action 'self';" in reader.page.answer.headers["Content-Security-Policy"]
    page = choose(reader, "home")
    assert f"form-action {here.lms.base_url};" in page.answer.headers["Content-Security-Policy"]
    assert page.answer.headers["Cache-Control"] == "no-store"
    (form,) = page.tree.iter("form")
    assert len(list(form.iter("button"))) == 1
    assert [field.get("name") for field in form.iter("input")] == ["JWT"]


@pytest.mark.proves("security", 10)
def test_hidden_fields_do_not_change_where_it_goes(here: School) -> None:
    """D10: the address is that of the signed request, whatever else is posted."""
    reader = author(here)
    reader.press("Continue")
    path = picking_path(reader)
    evil = dict.fromkeys(("deep_link_return_url", "return_url", "action", "JWT"), "https://evil.example.org/")
    page = reader.send(f"{path}/words", open="home", time_zone="UTC", window="", **{"title-0": "Mine", **evil})
    assert "evil" not in page
    assert bring(here, page)


@pytest.mark.proves("security", 10)
def test_it_is_answered_once(here: School) -> None:
    reader = author(here)
    page = choose(reader, "home")
    path = picking_path(reader)
    assert answer(reader.open(f"{path}/answer")) == answer(page), "the very same answer, however often it is shown"
    assert "You have chosen already" in reader.open(path, expect=400).text
    assert "You have chosen already" in reader.open(f"{path}/words?open=home", expect=400).text
    again = author(here)
    again.press("Continue")
    first = again.page
    assert first is not None
    again.press("Add it to the course")
    again.page = first
    again.press("Cancel", expect=200)  # the same sending of the same form leads where it led
    again.page = first
    hidden = {
        field.get("name"): field.get("value") for field in first.tree.iter("input") if field.get("name") == "visit"
    }
    refused = again.send(picking_path(again), expect=409, do="cancel", once="0" * 32, **hidden)
    assert "You have chosen already" in refused.text
    assert len(bring(here, again.open(f"{picking_path(again)}/answer"))) == 1


@pytest.mark.proves("security", 10)
def test_nobody_else_finds_it(here: School) -> None:
    here.set_up()
    mine = author(here)
    path = picking_path(mine)
    other = here.open("teacher01")
    for below in ("", "/words?open=home", "/answer"):
        other.open(path + below, expect=404)
    Reader(here.app).open(path, expect=401)


def test_another_tab_of_the_same_person_does_not_end_it(here: School) -> None:
    reader = author(here)
    browser.launch(here.lms, reader.client, person=FACILITATOR, course=COURSE, client_id=here.client_id)
    assert bring(here, choose(reader, "home"))


def test_it_ends_after_an_hour_and_is_forgotten(here: School) -> None:
    reader = author(here)
    path = picking_path(reader)
    here.clock.shift(3700)
    assert "open for a long time" in reader.open(path, expect=400).text
    here.work()
    with db.work() as unit:
        leftovers.remove(db.now())
        assert unit.scalar(sa.select(sa.func.count()).select_from(Picking)) == 0
        unit.commit()


def test_the_key_of_a_session_is_sealed(moodle: School) -> None:
    page = choose(author(moodle, data="secret of theirs"), "home")
    assert "sesskey=" in page, "the browser needs it"
    with db.work(read_only=True) as unit:
        row = unit.scalars(sa.select(Picking)).one()
    kept = f"{row.terms} {row.sealed} {row.answer}"
    assert "sesskey" not in kept
    assert "secret of theirs" not in kept
    assert "sesskey" in sealing.unseal(row.sealed)


# Who may choose -------------------------------------------------------------------------------------------------------


def test_only_authors_of_the_course_choose(here: School) -> None:
    for person in ("teacher01", "student_view", "admin"):
        if here.lms.anybody(person) is None:
            continue
        reader = Reader(here.app)
        refused = ask(here, reader, person)
        assert refused.status_code == 409
        assert "those who look after the course" in refused.get_data(as_text=True)
        reader.open("/circles", expect=401)
    with db.work(read_only=True) as unit:
        assert unit.scalar(sa.select(sa.func.count()).select_from(Picking)) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deep_link_return_url": None}, "return_missing"),
        ({"deep_link_return_url": "javascript:alert(1)"}, "return_missing"),
        ({"deep_link_return_url": "https://evil.example.org/"}, "return_foreign"),
        ({"deep_link_return_url": "http://127.0.0.1:1/"}, "return_foreign"),
        ({"deep_link_return_url": "//evil.example.org/"}, "return_missing"),
    ],
)
def test_an_answer_goes_to_the_lms_or_nowhere(here: School, changes: dict[str, Any], code: str) -> None:
    refused = ask(here, Reader(here.app), **changes)
    assert refused.status_code == 403
    assert code in refused.get_data(as_text=True)


def test_choosing_leaves_credit_and_membership_alone(here: School) -> None:
    here.set_up()
    author(here)
    with db.work(read_only=True) as unit:
        courses_own = unit.scalars(sa.select(Activity).where(Activity.resource_link_id == "")).one()
        assert not unit.scalars(sa.select(Enrolment).where(Enrolment.activity_id == courses_own.id)).all()
        assert not unit.scalars(sa.select(Membership).where(Membership.activity_id == courses_own.id)).all()


def test_meetings_that_a_circle_added_are_named_by_themselves(here: School) -> None:
    circle = here.set_up()
    with db.work() as unit:
        added = Meeting(circle_id=circle.id, kind="meeting", title="A walk", position=99)
        unit.add(added)
        unit.commit()
    page = author(here).page
    assert page is not None
    assert f"meeting:{added.public_id}" in resources(page)

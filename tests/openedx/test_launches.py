"""What a launch from Open edX opens, and to whom. The database makes no difference here, so one is enough."""

import pytest
import requests

from tests.audit import text_of
from tests.openedx.conftest import Browsers, MakeCourse
from tests.openedx.ends import FEW_VOICES, Course, Tool, set_up, share, to_people

pytestmark = [
    pytest.mark.openedx,
    pytest.mark.slow,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session"),
]


def test_cookies_live_in_a_frame_and_nowhere_else(course: Course, browser: Browsers, tool: Tool) -> None:
    teacher = browser()
    to_login = requests.get(course.click("bintou"), allow_redirects=False, timeout=20).headers["Location"]
    first = requests.get(to_login, allow_redirects=False, timeout=20).headers["Set-Cookie"]
    second = teacher.session.post(
        f"{tool.url}/lti/launch", data=teacher.begin(course.click("bintou")), allow_redirects=False, timeout=20
    ).headers["Set-Cookie"]
    for cookie in (first, second):
        assert cookie.startswith("__Host-circles")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"} <= set(cookie.split("; "))


def test_the_page_may_be_framed_by_its_platform_alone(course: Course, browser: Browsers) -> None:
    headers = browser().launch(course, "bintou").answer.headers
    assert headers["Content-Security-Policy"].endswith(f"frame-ancestors {course.openedx}")


def test_one_browser_launches_again_and_again(course: Course, browser: Browsers) -> None:
    teacher = browser()
    for _ in range(3):
        assert "Your circle is being formed" in teacher.launch(course, "bintou").text
    assert "Which programme" in teacher.launch(course, "amara").text


def test_a_launch_counts_once_and_in_its_browser(course: Course, browser: Browsers) -> None:
    teacher = browser()
    form = teacher.begin(course.click("bintou"))
    other = browser()
    other.begin(course.click("chidi"))
    assert "We could not open this" in other.arrive(form, expect=403).text
    assert "Your circle is being formed" in teacher.arrive(form).text
    assert "We could not open this" in teacher.arrive(form, expect=403).text


def test_a_link_is_chosen_saved_and_opened(make_course: MakeCourse, browser: Browsers) -> None:
    course, author, teacher = make_course("Linked"), browser(), browser()
    circle = set_up(author, course)
    author.arrive(author.begin(course.click("amara", links=True)))
    author.fill(open=["home", "stage:ei_t3lfa:plan"])
    author.press("Add them to the course", **{"title-1": "Plan it", "opens-1": "2027-03-01"})
    saved = author.carry()
    assert saved.status_code == 200, saved.text
    home, stage = course.linked()
    assert (stage["title"], stage["custom"]["resource"]) == ("Plan it", "stage:ei_t3lfa:plan")
    assert stage["custom"].keys() == {"resource", "made_in"}
    assert stage["available"]["startDateTime"].startswith("2027-03-01T00:00:00")
    assert home["lineItem"]["tag"] == "circle-credit"
    teacher.arrive(teacher.begin(course.click("bintou", item=home["id"])))
    assert teacher.path == circle
    page = teacher.arrive(teacher.begin(course.click("bintou", item=stage["id"])))
    assert teacher.path.startswith(f"{circle}/inquiry?stage=plan")
    assert 'id="stage-plan" aria-current="step"' in page


def test_whoever_cancels_leaves_nothing(make_course: MakeCourse, browser: Browsers) -> None:
    course, author = make_course("Cancelled"), browser()
    page = author.arrive(author.begin(course.click("amara", links=True)))
    assert "Once the circles of this course are set up" in page.text
    author.press("Cancel")
    assert author.carry().status_code == 200
    assert course.linked() == []
    assert "Which programme" in author.launch(course, "amara").text


def test_registrations_of_one_issuer_stay_apart(make_course: MakeCourse, browser: Browsers) -> None:
    course, other = make_course("Here"), make_course("There")
    facilitator = browser()
    circle = set_up(facilitator, course)
    assert "Which programme" in facilitator.launch(other, "amara").text
    facilitator.open(circle, expect=404)
    facilitator.launch(course, "amara")
    assert facilitator.path == circle


def test_an_answer_of_another_registration_is_refused(
    make_course: MakeCourse, course: Course, browser: Browsers
) -> None:
    other = make_course("Answered")
    teacher = browser()
    asked, answered = teacher.begin(course.click("bintou")), teacher.begin(other.click("bintou"))
    page = teacher.arrive({"state": asked["state"], "id_token": answered["id_token"]}, expect=403)
    assert "We could not open this" in page.text


def test_people_without_names_are_shown_kindly(make_course: MakeCourse, browser: Browsers) -> None:
    course, facilitator = make_course("No names", names_shared=False), browser()
    to_people(facilitator, course)
    assert facilitator.page is not None
    labels = [text_of(one) for one in facilitator.page.tree.iter("label") if one.get("for", "").startswith("role-")]
    assert len(labels) == 3
    assert all(label.startswith("A colleague") for label in labels)
    facilitator.press("Continue")
    facilitator.press("Open the circles")
    page = facilitator.open(f"{facilitator.path}/people")
    assert page.text.count("A colleague") == 4
    assert "Ämne" not in page.text


def test_a_representative_reads_no_entry_though_her_platform_calls_her_instructor(
    make_course: MakeCourse, browser: Browsers
) -> None:
    people = {"amara": "instructor", "bintou": "student", "chidi": "student", "ulla": "instructor"}
    course = make_course("Union", people=people)
    facilitator, teacher, representative = browser(), browser(), browser()
    circle = set_up(facilitator, course, ulla="union_representative")
    teacher.launch(course, "bintou")
    entry = share(teacher, circle, stage="concern", prompt="concern", text=FEW_VOICES)
    assert FEW_VOICES in facilitator.open(entry).text
    page = representative.launch(course, "ulla")
    assert representative.path == circle
    assert "1 piece of work shared" in page.text
    assert FEW_VOICES not in page.text
    for closed, status in (
        (entry, 404),
        (f"{entry}/versions/1", 404),
        (f"{circle}/inquiry", 403),
        (f"{circle}/people", 403),
    ):
        representative.open(closed, expect=status)

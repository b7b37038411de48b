"""Administrators for the tests: a reader who came with the command's link, or from a launch that the LMS calls hers."""

from flask import Flask

from lti_tool import db
from lti_tool.models import Course, Deployment, Person, Visit
from lti_tool.services import administrators
from tests import build
from tests.reader import Reader


def link() -> str:
    """The path of a new one-time link."""
    with db.work() as unit:
        made = administrators.link()
        unit.commit()
    return "/" + made.split("/", 3)[3]


def whole(app: Flask) -> Reader:
    """Who looks after the whole installation, at the list of platforms."""
    reader = Reader(app, forbidden=())
    reader.open(link())
    reader.press("Open the administrator’s pages")
    return reader


def visit_of(person: Person) -> Visit:
    """A visit of somebody whom the LMS calls its administrator."""
    made = build.visit(person)
    with db.work() as unit:
        unit.get_one(Visit, made.id).administers = True
        unit.commit()
    return made


def lms_administrator(app: Flask, course: Course | None = None) -> tuple[Reader, Person]:
    """Who administers the LMS, in the frame of a course in it."""
    person = build.person(course or build.course(), may_teach=True)
    reader = Reader(app, forbidden=())
    made = visit_of(person)
    with reader.client.session_transaction(base_url="https://circles.example.org") as cookie:
        cookie["visit"], cookie["person"] = made.id, person.id
    return reader, person


def of_platform(app: Flask, course: Course | None = None) -> Reader:
    """Who looks after one platform, at the list."""
    reader, _person = lms_administrator(app, course)
    reader.headers = {"Sec-Fetch-Dest": "document"}  # a window of its own
    reader.open("/administrators/door")
    reader.press("Open the administrator’s pages")
    return reader


def platform_of(course: Course) -> int:
    """The number of the platform that a course is in."""
    with db.work(read_only=True) as unit:
        return unit.get_one(Deployment, course.deployment_id).platform_id

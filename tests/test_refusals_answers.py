"""A thousand answers that no honest LMS would give: each is a fault of the platform with a name, none of them ours."""

import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.wrappers import Request, Response

from lti_tool import db
from lti_tool.demo import registrations
from lti_tool.demo.app import app_for, serving
from lti_tool.errors import PlatformError
from lti_tool.lti import http
from lti_tool.models import AccessToken, Activity, Circle, Course, Delivery, Person, Platform, PlatformKeys
from lti_tool.services import columns, groups, invites, rosters
from tests import school
from tests.conftest import PUBLIC
from tests.fuzz import bent, torn
from tests.school import School

STATUSES = (
    200,
    200,
    200,
    200,
    201,
    204,
    206,
    301,
    302,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    412,
    415,
    418,
    422,
    429,
    500,
)
HEADERS = {
    "Link": (
        '<http://[>; rel="next"', "<>; rel=next", "<https://evil.example.org/roster/3>; rel=next",
        ";;;,,,<<>>", "x" * 5000,
        '<?page=1>; rel="next"', "</roster/3?page=2>; rel=next, </roster/3?page=3>; rel=next",
        "<javascript:1>; rel=next",
    ),
    "Retry-After": ("soon", "-5", "9" * 300, "Wed, 99 Foo 2026", "0", "٣", "1e9"),
    "Content-Type": ("", "text/html", "application/json; charset=klingon", "x" * 500),
    "Location": ("http://169.254.169.254/", "//evil.example.org", "http://["),
}  # fmt: skip
ALWAYS, FULL = 8, 112


class Liar:
    """The practice LMS, whose answers at one address are bent for a while."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.path = ""
        self.method = ""
        self.chance = random.Random(0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if not self.path or self.path not in request.path or self.method not in ("", request.method):
            return self.app(environ, start_response)  # type: ignore[no-any-return]
        honest = Response.from_app(self.app, environ)
        return self.bent(honest)(environ, start_response)

    def bent(self, honest: Response) -> Response:
        """Another body, status or header than the honest ones."""
        chance, body = self.chance, honest.get_data()
        what = chance.randrange(10)
        if what < 6 and body[:1] in (b"{", b"["):
            body = json.dumps(bent(chance, json.loads(body))).encode()
        elif what == 6:
            body = torn(chance, body)
        elif what == 7:
            body = chance.choice((b"", b"null", b'"', b"\xff", b"[" * 20_000, b"9" * 5000, b'{"members": 1e999}'))
        made = Response(body, honest.status, list(honest.headers))
        if chance.random() < 0.4:
            made.status_code = chance.choice(STATUSES)
        if chance.random() < 0.3:
            name = chance.choice(list(HEADERS))
            made.headers[name] = chance.choice(HEADERS[name]).encode().decode("latin-1")
        if chance.random() < 0.05:
            made.headers["Content-Encoding"] = "gzip"
            made.set_data(chance.choice((b"\x1f\x8b nonsense", gzip.compress(body)[:-9], b"")))
        return made


@pytest.fixture
def lms(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[School, Liar]]:
    """A circle, one shared piece of work, and an LMS that can be made to lie."""
    monkeypatch.setattr(http, "PAUSES", ())
    with school.joined(app, public_url=PUBLIC) as made:
        made.set_up()
        made.share("teacher01")
        made.work()
        far = app_for(made.lms)
        liar = Liar(far.wsgi_app)
        far.wsgi_app = liar  # type: ignore[method-assign]
        with serving(far) as url:
            _move(made, url)
            yield made, liar


def _move(of: School, url: str) -> None:
    """The same LMS answers at another address now."""
    old, of.lms.base_url = of.lms.base_url, url
    with db.work() as unit:
        platform = unit.scalars(sa.select(Platform)).one()
        platform.token_url = platform.audience = platform.token_url.replace(old, url)
        platform.jwks_url = platform.jwks_url.replace(old, url)
        platform.audience = None
        for course in unit.scalars(sa.select(Course)):
            course.roster_url = (course.roster_url or "").replace(old, url)
            course.groups_url = (course.groups_url or "").replace(old, url)
            course.line_items_url = (course.line_items_url or "").replace(old, url)
        for activity in unit.scalars(sa.select(Activity)):
            activity.line_item_url = (activity.line_item_url or "").replace(old, url)
        unit.commit()


def read_roster(_of: School) -> None:
    """Read the people of the course."""
    with db.work(read_only=True) as unit:
        course = unit.scalars(sa.select(Course.id)).one()
    rosters.read({"course_id": course})


def read_groups(_of: School) -> None:
    """Read the groups of the course, and who can see its activity."""
    with db.work() as unit:
        unit.execute(sa.update(Activity).values(people_read_at=None))
        unit.commit()
        course = unit.scalars(sa.select(Course.id)).one()
    groups.read({"course_id": course})


def deliver(_of: School) -> None:
    """Send the score once more, with a later moment."""
    with db.work() as unit:
        payload = dict(unit.scalars(sa.select(Delivery.payload).where(Delivery.kind == "score")).one())
    later = db.now().replace(microsecond=0) + timedelta(seconds=deliver.calls)  # type: ignore[attr-defined]
    deliver.calls += 1  # type: ignore[attr-defined]
    columns.deliver({**payload, "stated_at": later.isoformat()})


deliver.calls = 1  # type: ignore[attr-defined]


def deliver_again(_of: School) -> None:
    """Send the very same score, which the LMS refuses: the results are asked then."""
    with db.work() as unit:
        payload = dict(unit.scalars(sa.select(Delivery.payload).where(Delivery.kind == "score")).one())
    columns.deliver(payload)


def without_token(of: School) -> None:
    """The same where a new token is needed."""
    with db.work() as unit:
        unit.execute(sa.delete(AccessToken))
        unit.commit()
    deliver(of)


def without_column(of: School) -> None:
    """The same where the column must be found."""
    with db.work() as unit:
        unit.execute(sa.update(Activity).values(line_item_url=None))
        unit.commit()
    deliver(of)


def without_any_column(of: School) -> None:
    """The same where the column must be made."""
    for column in of.columns:
        of.lms.gradebook.delete(column.id)
    without_column(of)


def renamed(of: School) -> None:
    """The same where the column is to follow a new title: it is read, and put back."""
    with db.work() as unit:
        unit.execute(sa.update(Activity).values(title="Study circle", column_label="Learning circle"))
        unit.commit()
    for column in of.columns:
        of.lms.gradebook.column(column.id).label = "Learning circle"  # type: ignore[union-attr]
    deliver(of)


def lost(of: School) -> None:
    """The same where the LMS says that the column is gone, and somebody has it looked for again."""
    with db.work() as unit:
        scores = sa.update(Delivery).where(Delivery.kind == "score")
        unit.execute(scores.values(fault="column_gone", given_up_at=db.now(), done_at=None))
        circle, person = unit.scalars(sa.select(Circle)).one(), unit.scalars(sa.select(Person)).first()
        assert person
        columns.make_again(circle, by=person)
        unit.commit()
    deliver(of)


def launch(of: School) -> None:
    """Open the activity while the keys of the LMS must be asked for."""
    from lti_tool.demo import browser

    with db.work() as unit:
        unit.execute(sa.delete(PlatformKeys))
        unit.commit()
    client = of.app.test_client()
    answer = browser.launch(of.lms, client, person="teacher01", course=school.COURSE, client_id=of.client_id)
    assert answer.status_code in (303, 403), answer.status_code


def register(of: School) -> None:
    """Open an invitation in the LMS."""
    with db.work() as unit:
        _invite, address = invites.make("LMS")
        unit.commit()
    address = registrations.invite_address(of.lms, address)
    answer = of.app.test_client().get(address.removeprefix(PUBLIC))
    assert answer.status_code < 500, answer.status_code
    assert answer.mimetype == "text/html"


CASES: list[tuple[str, str, Callable[[School], None]]] = [
    ("/roster", "GET", read_roster),
    ("/groups", "GET", read_groups),
    ("/roster/3", "GET", read_groups),
    ("/token", "POST", without_token),
    ("/lineitems", "GET", without_column),
    ("/lineitems", "POST", without_any_column),
    ("/lineitems", "GET", renamed),
    ("/lineitems", "PUT", renamed),
    ("/lineitems", "GET", lost),
    ("/scores", "POST", deliver),
    ("/results", "GET", deliver_again),
    ("/jwks", "GET", launch),
    ("/openid-configuration", "GET", register),
    ("/registration", "POST", register),
]


@pytest.mark.parametrize(
    ("amount", "seed"), [pytest.param(ALWAYS, 1, id="few"), pytest.param(FULL, 2, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("path", "method", "act"), CASES, ids=[f"{m} {p} {act.__name__}" for p, m, act in CASES])
def test_no_answer_breaks_anything(
    lms: tuple[School, Liar], path: str, method: str, act: Callable[[School], None], amount: int, seed: int
) -> None:
    of, liar = lms
    liar.path, liar.method = path, method
    for number in range(amount):
        liar.chance = random.Random(f"{path} {seed} {number}")
        try:
            act(of)
        except PlatformError as fault:
            if not fault.code:
                pytest.fail(f"a fault without a code at {path}")
        except Exception as error:  # noqa: BLE001 (any other is what this looks for)
            pytest.fail(f"answer {number} of seed {seed} at {path}: {error!r}")
    liar.path = ""
    with db.work(read_only=True) as unit:
        for person in unit.scalars(sa.select(Person)):
            assert "\x00" not in person.sub + person.name
            assert len(person.name) < 1000
            assert len(person.sub) <= 255

"""Small honest other ends on 127.0.0.1: a plain web server, and a Moodle that answers as Moodle 4.5.6 was seen to."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from lti_tool import db, settings
from lti_tool.lti import keys, tokens
from lti_tool.models import Activity, Course, Deployment, Platform

Answer = Callable[[Request], Response]
SEEN = Path(__file__).parent / "fixtures"
NRPS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
GRADES = (tokens.COLUMNS, tokens.COLUMNS_READ, tokens.RESULTS, tokens.SCORES)


def seen(name: str) -> Any:
    """What a real Moodle 4.5.6 answered."""
    return json.loads((SEEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def installation(tmp_path: Path) -> Iterator[settings.Settings]:
    """An installation with an empty database, in a laboratory that permits this machine's addresses."""
    before = settings._current
    current = settings.use(installed(allow_private_platforms=True))
    db.Base.metadata.create_all(db.connect(f"sqlite:///{tmp_path / 'circles.db'}"))
    yield current
    db.engine().dispose()
    settings._current = before


def installed(**changes: Any) -> settings.Settings:
    """The settings of a test installation."""
    return settings.Settings(**{"public_url": "https://circles.example.org:8443", "secret_key": "s" * 32} | changes)


class _Quiet(WSGIRequestHandler):
    def log(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[str]:
    """The address under which a WSGI app answers while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Web:
    """A web server that answers each path as told, in turn, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answers: dict[str, list[Answer]] = {}

    def on(self, path: str, *answers: Answer | Response) -> "Web":
        """Answer this path with these, one after another; the last one stays."""
        self.answers[path] = [answer if callable_answer(answer) else fixed(answer) for answer in answers]
        return self

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()
        self.asked.append(request)
        waiting = self.answers.get(request.path)
        if waiting:
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return answer(request)(environ, start_response)
        return self.otherwise(request)(environ, start_response)

    def otherwise(self, _request: Request) -> Response:
        """What an address that nothing was told for answers."""
        return Response("<h1>Not found</h1>", 404, content_type="text/html")

    def count(self, path: str) -> int:
        """How often this path was asked."""
        return sum(request.path == path for request in self.asked)


def callable_answer(answer: Answer | Response) -> bool:
    """Whether this is a function of the request; a Response is callable too, as a WSGI app."""
    return not isinstance(answer, Response)


def fixed(answer: Any) -> Answer:
    """The same answer for every request."""
    body, status, headers = answer.get_data(), answer.status, list(answer.headers)
    return lambda _request: Response(body, status, headers)


def as_json(body: Any, status: int = 200, content_type: str = "application/json", **headers: str) -> Response:
    """A JSON answer."""
    response = Response(json.dumps(body), status, content_type=content_type)
    response.headers.extend({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Moodle(Web):
    """Tokens, roster and gradebook as Moodle 4.5.6 answers, with one course, tool 2."""

    def __init__(self, *, people: int = 0) -> None:
        super().__init__()
        self.url = ""
        self.grants: set[str] = {*GRADES, tokens.ROSTER}
        self.used: set[str] = set()
        self.valid: dict[str, str] = {}  # token -> scope
        self.people = people
        self.columns: dict[str, dict[str, Any]] = {}
        self.results: dict[tuple[str, str], dict[str, Any]] = {}
        self.gradable: set[str] = {"19", "26"}

    def otherwise(self, request: Request) -> Response:
        path = request.path.removeprefix("/mod/lti/")
        if path == "token.php":
            return self.token(request)
        scope = self.valid.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if scope is None:
            return as_json({"status": 401}, 401)
        if path.endswith("/memberships"):
            return self.roster(request) if scope == tokens.ROSTER else Response(status=403)
        return self.gradebook(request, path, scope)

    def token(self, request: Request) -> Response:
        """token.php: checks the assertion as a platform must, and labels its JSON as a page."""
        assertion = request.form["client_assertion"]
        header = jwt.get_unverified_header(assertion)
        key = next(key for key in keys.public_key_set()["keys"] if key["kid"] == header["kid"])
        audience = f"{self.url}/mod/lti/token.php"
        claims = jwt.decode(assertion, jwt.PyJWK(key), algorithms=["RS256"], audience=audience)
        assert request.form["grant_type"] == "client_credentials"
        assert claims["iss"] == claims["sub"] == "client-1"
        assert claims["exp"] - claims["iat"] <= 300
        assert claims["jti"] not in self.used
        self.used.add(claims["jti"])
        granted = " ".join(sorted(set(request.form["scope"].split()) & self.grants))
        if not granted:
            return as_json({"error": "invalid_scope"}, 400)
        token = f"token-{len(self.used)}"
        self.valid[token] = granted
        body = {**seen("moodle-token")[0]["response"]["body"], "access_token": token, "scope": granted}
        return as_json(body, content_type="text/html; charset=utf-8")

    def roster(self, request: Request) -> Response:
        """memberships: one media type only; a next link when asked for a limit."""
        if request.headers["Accept"] not in ("*/*", NRPS):
            return as_json({"status": 400, "reason": "No handler found"}, 400)
        start, limit = int(request.args.get("from", 0)), int(request.args.get("limit", 0))
        ends = min(start + limit, self.people) if limit else self.people
        body = {"id": request.base_url, "members": [person(number) for number in range(start, ends)]}
        response = as_json(body, content_type=f"{NRPS}; charset=utf-8")
        if ends < self.people:
            link = f"{request.base_url}?limit={limit}&from={ends}"
            if "rlid" in request.args:
                link += f"&rlid={request.args['rlid']}"
            response.headers["Link"] = f'<{link}>; rel="next"'
        return response

    def gradebook(self, request: Request, path: str, scope: str) -> Response:
        """lineitems, scores, results; every address needs its type_id."""
        if request.args.get("type_id") != "2":
            return Response(status=404)
        if path == "services.php/2/lineitems":
            return self.lineitems(request, scope)
        column, _, service = path.removeprefix("services.php/2/lineitems/").partition("/lineitem")
        if column not in self.columns:
            return Response(status=404)
        if service == "/scores":
            return self.score(request, column) if scope == tokens.SCORES else Response(status=403)
        if service == "/results":
            return self.result(request, column) if scope == tokens.RESULTS else Response(status=403)
        if request.method == "PUT":
            self.columns[column] = {"resourceId": "", "tag": "", **json.loads(request.data)}
        return as_json(self.columns[column])

    def lineitems(self, request: Request, scope: str) -> Response:
        if request.method == "GET":
            if request.headers["Accept"] != "application/vnd.ims.lis.v2.lineitemcontainer+json":
                return as_json({"status": 400, "reason": "No handler found"}, 400)
            return as_json(list(self.columns.values()))
        if scope != tokens.COLUMNS:
            return Response(status=403)
        if not request.content_type.startswith("application/vnd.ims.lis.v2.lineitem+json"):
            return as_json({"status": 400, "reason": "No handler found"}, 400)
        return as_json(self.add_column(**json.loads(request.data)), 201)

    def add_column(self, **column: Any) -> dict[str, Any]:
        """A column, as a teacher or a tool makes one."""
        number = str(len(self.columns) + 6)
        address = f"{self.url}/mod/lti/services.php/2/lineitems/{number}/lineitem?type_id=2"
        self.columns[number] = {"resourceId": "", "tag": "", **column, "id": address}
        return self.columns[number]

    def score(self, request: Request, column: str) -> Response:
        """scores: only later seconds; only people who take scores; anything but FullyGraded stores nothing."""
        if request.content_type != "application/vnd.ims.lis.v1.score+json":
            return as_json({"status": 400, "reason": "No handler found"}, 400)
        score = json.loads(request.data)
        held = self.results.get((column, score["userId"]))
        if score["userId"] not in self.gradable:
            return as_json([], 400)
        if held and datetime.fromisoformat(score["timestamp"]) <= datetime.fromisoformat(held["timestamp"]):
            return as_json([], 409)
        share = min(score["scoreGiven"] / score["scoreMaximum"], 1)
        self.results[column, score["userId"]] = {
            "userId": score["userId"],
            "resultScore": round(share * 100, 5) if score["gradingProgress"] == "FullyGraded" else None,
            "resultMaximum": 100,
            "comment": score.get("comment", ""),
            "timestamp": score["timestamp"],
        }
        return Response(b"", 200, content_type="application/vnd.ims.lis.v1.score+json")

    def result(self, request: Request, column: str) -> Response:
        """results: breaks when asked for a limit."""
        if "limit" in request.args:
            return Response("<!DOCTYPE html>", 404, content_type="text/html")
        wanted = request.args.get("user_id")
        return as_json([held for (at, sub), held in self.results.items() if at == column and wanted in (None, sub)])


def person(number: int) -> dict[str, Any]:
    """A member as Moodle writes one."""
    return {
        "status": "Active",
        "roles": ["Learner"],
        "user_id": str(number + 10),
        "lis_person_sourcedid": "",
        "name": f"Person {number}",
        "given_name": "Person",
        "family_name": str(number),
        "email": f"p{number}@example.invalid",
        "ext_user_username": f"p{number}",
    }


@contextmanager
def moodle(*, people: int = 0) -> Iterator[Moodle]:
    """A Moodle that answers while the block runs."""
    far = Moodle(people=people)
    with serving(far) as url:
        far.url = url
        yield far


def activity_in(url: str, *, product: str = "moodle", scopes: Iterable[str] = GRADES, **facts: Any) -> Activity:
    """An activity whose course, deployment and platform are at this address, committed and let go."""
    services = f"{url}/mod/lti/services.php"
    platform = Platform(
        name="Practice",
        product=product,
        issuer=url,
        client_id="client-1",
        auth_url=f"{url}/mod/lti/auth.php",
        token_url=f"{url}/mod/lti/token.php",
        jwks_url=f"{url}/mod/lti/certs.php",
    )
    course = Course(
        deployment=Deployment(platform=platform, deployment_id="2"),
        context_id="2",
        roster_url=f"{services}/CourseSection/2/bindings/2/memberships",
        line_items_url=f"{services}/2/lineitems?type_id=2",
        grade_scopes=list(scopes),
    )
    activity = Activity(course=course, resource_link_id="2", **facts)
    with db.work() as unit:
        unit.add(activity)
        unit.commit()
    return activity


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims

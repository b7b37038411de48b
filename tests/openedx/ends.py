"""The two ends as a test holds them: a course in Open edX, the tool as it runs, and a browser in between."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import html5lib
import requests
from werkzeug.wrappers import Response

from lti_tool.settings import PREFIX, Settings
from tests.audit import text_of
from tests.reader import Page, Reader

ROOT = Path(__file__).parent.parent.parent
T = TypeVar("T")
FEW_VOICES = "Few voices are heard in my class"
ON_ITS_WAY = "The list of people is on its way"


def eventually(ask: Callable[[], T], *, seconds: float = 60) -> T:
    """What `ask` gives once it gives something; the worker looks into its queue every second."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.2)
    return found


@dataclass(frozen=True)
class Tool:
    """A running `lti-tool serve` with its worker."""

    settings: Settings
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.settings.public_url

    def command(self, *words: str) -> str:
        """Run `lti-tool WORDS` beside it; what it printed."""
        return lti_tool(self.environment, *words)


def lti_tool(environment: dict[str, str], *words: str) -> str:
    """Run an `lti-tool` command of this checkout; what it printed."""
    command = [sys.executable, "-m", "lti_tool.cli", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment_of(settings: Settings, around: dict[str, str]) -> dict[str, str]:
    """The environment in which a process finds these settings and no others."""
    kept = {name: value for name, value in around.items() if not name.startswith(PREFIX)}
    told = settings.model_dump(exclude_unset=True) | {"secret_key": settings.secret_key.get_secret_value()}
    return kept | {f"{PREFIX}{name.upper()}": str(value) for name, value in told.items()}


@dataclass(frozen=True)
class Course:
    """A course in Open edX with a block that opens the tool, registered with it."""

    openedx: str
    number: int
    client_id: str

    def click(self, name: str, *, links: bool = False, item: int | None = None) -> str:
        """The address at which this person's click begins; `links` for an author who asks for deep links.

        `item` opens what such a link became.
        """
        asked = "?links" if links else f"?item={item}" if item else ""
        return f"{self.openedx}/courses/{self.number}/launch/{name}/{asked}"

    def linked(self) -> list[dict[str, Any]]:
        """What deep links left in the course."""
        answer = requests.get(f"{self.openedx}/courses/{self.number}/linked/", timeout=20)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def enrol(self, **people: str) -> None:
        """Change the course's people: name=role, "" takes a person out."""
        requests.post(f"{self.openedx}/courses/{self.number}/people/", json=people, timeout=20).raise_for_status()

    def gradebook(self) -> dict[str, Any]:
        """Its grades (points and how often written), columns, and the scores that the tool stated."""
        answer = requests.get(f"{self.openedx}/courses/{self.number}/gradebook/", timeout=20)
        answer.raise_for_status()
        facts: dict[str, Any] = answer.json()
        return facts

    def points(self, name: str) -> float | None:
        """What the gradebook shows for this person, of 10."""
        grade = self.gradebook()["grades"].get(name)
        return None if grade is None else grade[0]


class Browser(Reader):
    """A reader who comes through a course: it keeps cookies and follows what a browser follows."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.path = ""  # where it is
        self.session = requests.Session()
        super().__init__(SimpleNamespace(test_client=lambda: SimpleNamespace(open=self._over_the_network)))

    def launch(self, course: Course, name: str, *, expect: int = 200) -> Page:
        """Click in the course; the page of ours where that ends."""
        return self.arrive(self.begin(course.click(name)), expect=expect)

    def begin(self, click: str) -> dict[str, str]:
        """From the click to the form with which Open edX sends the browser to us."""
        to_login = self._led_on(click)
        assert to_login.startswith(f"{self.tool.url}/lti/login?")
        answer = self._exchange("GET", self._led_on(to_login))
        assert answer.status_code == 200, answer.text
        form = html5lib.parse(answer.text, namespaceHTMLElements=False).find(".//form")
        assert form is not None, answer.text
        assert form.get("action") == f"{self.tool.url}/lti/launch"
        return {field.get("name", ""): field.get("value", "") for field in form.iter("input") if field.get("name")}

    def arrive(self, form: dict[str, str], *, expect: int = 200) -> Page:
        """Send that form, and follow to our page."""
        return self._take(self._ask("POST", "/lti/launch", data=form), "/lti/launch", expect)

    def carry(self) -> requests.Response:
        """Press the one button of the answer's page, which leads to Open edX."""
        assert self.page is not None
        (form,) = self.page.tree.iter("form")
        fields = {field.get("name", ""): field.get("value", "") for field in form.iter("input")}
        return self._exchange("POST", form.get("action", ""), data=fields)

    def _led_on(self, url: str) -> str:
        answer = self._exchange("GET", url)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def labelled(self, words: str) -> str:
        """The name of the field on this page whose label begins with these words."""
        assert self.page is not None
        for label in self.page.tree.iter("label"):
            if text_of(label).startswith(words):
                return label.get("for", "")
        raise AssertionError(f"there is no field “{words}” on this page")

    def _over_the_network(self, path: str, *, method: str, query_string: Any = None, **facts: Any) -> Response:
        self.path = path
        answer = self._exchange(method, self.tool.url + path, params=query_string, **facts)
        return Response(answer.content, answer.status_code, [*answer.headers.items()])

    def _exchange(self, method: str, url: str, **facts: Any) -> requests.Response:
        answer = self.session.request(method, url, allow_redirects=False, timeout=30, **facts)
        for cookie in self.session.cookies:
            cookie.secure = False  # a browser sends a Secure cookie to http://localhost, requests does not
        return answer


def to_people(facilitator: Browser, course: Course) -> None:
    """Launch as the first who may teach, and go to the second step once the worker has read the roster."""
    facilitator.launch(course, "amara")
    facilitator.press("Continue")
    eventually(lambda: ON_ITS_WAY not in facilitator.open(facilitator.path).text)


def set_up(facilitator: Browser, course: Course, **roles: str) -> str:
    """Open the proposed circles with these roles (name=role) beside the proposed ones; the address of the first."""
    to_people(facilitator, course)
    facilitator.press("Continue", **{facilitator.labelled(name): role for name, role in roles.items()})
    facilitator.press("Open the circles")
    return facilitator.path


def share(teacher: Browser, circle: str, *, stage: str, prompt: str, text: str) -> str:
    """Begin a stage, write, and share it; the address of the entry."""
    teacher.open(f"{circle}/inquiry")
    teacher.press("Begin", stage=stage)
    teacher.press("Share with my circle", **{f"answer_{prompt}": text})
    assert "Shared with your circle" in teacher.page.text
    return teacher.path

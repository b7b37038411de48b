"""The practice LMS itself: its people, tools and activities, and the Python API that tests use."""

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lti_tool.demo import claims, notices, people
from lti_tool.demo.faults import Faults
from lti_tool.demo.forge import sign
from lti_tool.demo.gradebook import Gradebook
from lti_tool.demo.keys import Key, KeyRing
from lti_tool.demo.library import Config, Login, Message
from lti_tool.demo.opening import Kind, Opening
from lti_tool.demo.people import Course, Person
from lti_tool.demo.quirks import PROFILES
from lti_tool.demo.quirks.plain import Plain
from lti_tool.demo.state import Activity, Store, Tool

HINT_LIFE = 600  # seconds between the click on the course page and the launch
DEFAULT_COURSE = people.CIRCLES.id


class LmsError(Exception):
    """The LMS cannot do that; the sentence is for the page."""


class PracticeLms:
    """One LMS. Without a state file it forgets everything when it ends."""

    def __init__(
        self, *, base_url: str = "http://127.0.0.1:8001", state_file: Path | None = None, quirks: str = "plain"
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.store = Store(state_file)
        self.quirks: Plain = PROFILES[quirks]
        self.faults = Faults()
        self.keys = KeyRing(self.store)
        self.gradebook = Gradebook(self)
        self.page_size: int | None = None  # rows on a page of a service, where a test wants small ones
        self.tokens: set[str] = set()  # access tokens we still know
        self.key_sets: dict[str, Any] = {}  # key sets of tools, by client id
        self.seen_assertions: set[tuple[str, str]] = set()
        self.hints: dict[str, tuple[float, Opening]] = {}
        self.signing_since = time.time()

    # What there is.
    @property
    def issuer(self) -> str:
        """The `iss` of every message."""
        return self.quirks.issuer(self.base_url)

    @property
    def guid(self) -> str:
        """The number of this installation."""
        return hashlib.sha256(self.base_url.encode()).hexdigest()[:32]

    @property
    def courses(self) -> list[Course]:
        """All courses, copies too."""
        found = list(people.COURSES)
        for copy_id, original in self.store.state.copies.items():
            source = next(course for course in found if course.id == original)
            title, history = f"{source.title} (copy)", (source.id, *source.history)
            found.append(replace(source, id=copy_id, title=title, label=f"{source.label}-C", history=history))
        return [self._without_removed_groups(course) for course in found]

    def _without_removed_groups(self, course: Course) -> Course:
        removed = self.store.state.removed_groups
        return replace(course, groups=tuple(one for one in course.groups if (course.id, one[0]) not in removed))

    def course(self, course_id: str) -> Course:
        """One course, or LmsError."""
        for course in self.courses:
            if course.id == course_id:
                return course
        raise LmsError("There is no such course.")

    def anybody(self, key_or_id: str) -> Person | None:
        """A person of any course, by key or id."""
        return people.CIRCLES.person(key_or_id)

    def person_of(self, key_or_id: str) -> Person:
        """The same, or LmsError."""
        if (person := self.anybody(key_or_id)) is None:
            raise LmsError("There is no such person.")
        return person

    def members(self, course_id: str) -> list[Person]:
        """Who is on the roster of a course now."""
        gone, enrolled = self.store.state.gone, self.course(course_id).people
        if course_id in self.store.state.anew:
            enrolled = (*[one for one in enrolled if not one.takes_part], *people.NEWCOMERS)
        removed = {group for course, group in self.store.state.removed_groups if course == course_id}
        return [
            replace(person, groups=tuple(one for one in person.groups if one not in removed))
            for person in enrolled
            if (course_id, person.id) not in gone
        ]

    def tool(self, client_id: str) -> Tool:
        """One registered tool, or LmsError."""
        if (tool := self.store.state.tools.get(client_id)) is None:
            raise LmsError("There is no such tool.")
        return tool

    def activities(self, course_id: str, client_id: str | None = None) -> list[Activity]:
        """The activities of a course, of one tool or of all."""
        return [
            activity
            for activity in self.store.state.activities.values()
            if activity.course == course_id and client_id in (None, activity.client_id)
        ]

    def shares_names(self, tool: Tool) -> bool:
        """Whether names and e-mail go to this tool."""
        default = self.quirks.names_by_default if tool.shares_names is None else tool.shares_names
        return default and "name" in tool.claims and not self.faults.hidden_names

    # What an administrator does.
    def register(self, tool_url: str, *, client_id: str | None = None, **facts: Any) -> tuple[str, str]:
        """Register a tool by hand: its client id and deployment id. `facts` are fields of Tool, such as `key_set`."""
        with self.store.change() as state:
            number = len(state.tools) + 1
            known = {
                "client_id": client_id or secrets.token_urlsafe(9),
                "deployment_id": self.quirks.deployment_id(number),
                "name": "Learning Circles",
                "login_url": f"{tool_url}/lti/login",
                "redirect_urls": [f"{tool_url}/lti/launch"],
                "target_url": f"{tool_url}/lti/launch",
                "deep_linking_url": f"{tool_url}/lti/launch",
                "key_set_url": f"{tool_url}/lti/jwks",
            }
            tool = self.add_tool(Tool(**{**known, **facts}))
            return tool.client_id, tool.deployment_id

    def add_tool(self, tool: Tool) -> Tool:
        """Take a tool in, or replace it, and give it an activity in every course where it has none."""
        with self.store.change() as state:
            state.tools[tool.client_id] = tool
            for course in self.courses:
                if not self.activities(course.id, tool.client_id):
                    self.add_activity(course.id, tool.client_id, title="Learning circle")
            return tool

    def add_activity(self, course_id: str, client_id: str, **facts: Any) -> Activity:
        """Put an activity on the course page."""
        with self.store.change() as state:
            activity = Activity(id=state.new_id(), course=course_id, client_id=client_id, **facts)
            state.activities[activity.id] = activity
            return activity

    def remove_tool(self, client_id: str) -> None:
        """Forget a tool with its activities and columns."""
        with self.store.change() as state:
            state.tools.pop(client_id, None)
            state.activities = {key: one for key, one in state.activities.items() if one.client_id != client_id}
            for column in [one for one in state.columns.values() if one.client_id == client_id]:
                self.gradebook.delete(column.id)

    def platform_facts(self, client_id: str) -> dict[str, str]:
        """What the tool's administrator copies into the tool when it is registered by hand."""
        tool = self.tool(client_id)
        return {
            "issuer": self.issuer,
            "client_id": client_id,
            "deployment_id": tool.deployment_id,
            "auth_url": f"{self.base_url}/auth",
            "token_url": self.quirks.token_url(self.base_url, client_id),
            "jwks_url": self.quirks.key_set_url(self.base_url, client_id),
            "audience": self.quirks.token_audience(self.base_url, client_id),
            "product": self.quirks.family,
        }

    def remove_person(self, person: str, course: str = DEFAULT_COURSE) -> None:
        """Somebody leaves the roster of a course."""
        with self.store.change() as state:
            state.gone.append((course, self.person_of(person).id))

    def restore_people(self) -> None:
        """Everybody is back."""
        with self.store.change() as state:
            state.gone.clear()

    def remove_group(self, group: str, course: str = DEFAULT_COURSE) -> None:
        """Somebody deletes a group; its people stay in the course."""
        with self.store.change() as state:
            state.removed_groups.append((course, group))

    def copy_course(self, course: str = DEFAULT_COURSE) -> Course:
        """Copy a course: new ids for it, its activities and columns; what a deep link put into `custom` stays.

        Tools that asked for it get a notice, where this LMS has notices.
        """
        with self.store.change() as state:
            copy_id = state.new_id()
            state.copies[copy_id] = self.course(course).id
            for old in self.activities(course):
                facts = old.model_dump(exclude={"id", "course", "client_id", "copied_from"})
                new = self.add_activity(copy_id, old.client_id, **facts, copied_from=[old.id, *old.copied_from])
                for column in [one for one in self.gradebook.columns if one.link_id == old.id]:
                    twin = column.model_copy(update={"id": state.new_id(), "course": copy_id, "link_id": new.id})
                    state.columns[twin.id] = twin
        made = self.course(copy_id)
        notices.announce(self, made)
        return made

    def reset_course(self, course: str = DEFAULT_COURSE) -> None:
        """Empty a course for a new round: the same course and activities, other people, no results."""
        self.course(course)
        with self.store.change() as state:
            state.anew.append(course)
            for column in [one for one in self.gradebook.columns if one.course == course]:
                state.cells.pop(column.id, None)

    def rotate_keys(self, *, keep: int = 0) -> Key:
        """Sign with a new key; without `keep` the old one is gone at once, and our tokens with it."""
        return self.keys.rotate(keep=keep)

    def _change_keys_in_time(self) -> None:
        """Sign with a new key where this LMS does so by the hour."""
        life = self.quirks.key_life
        if life is not None and time.time() - self.signing_since > life:
            self.signing_since = time.time()
            self.rotate_keys()

    def forget_tokens(self) -> None:
        """No access token is good any more."""
        self.tokens.clear()

    # What people open.
    def opening(
        self,
        *,
        person: str,
        course: str = DEFAULT_COURSE,
        kind: str = Kind.ACTIVITY,
        client_id: str | None = None,
        activity: str | None = None,
        of: str | None = None,
    ) -> Opening:
        """The facts of a launch: the last tool and its first activity where nothing is said; LmsError if impossible."""
        self._change_keys_in_time()
        place, who = self.course(course), self.person_of(person)
        link = self.store.state.activities.get(activity or "")
        if activity and (link is None or link.course != place.id):
            raise LmsError("There is no such activity in this course.")
        if client_id is None and not self.store.state.tools:
            raise LmsError("No tool is registered yet.")
        tool = self.tool(client_id or (link.client_id if link else list(self.store.state.tools)[-1]))
        if not tool.active:
            raise LmsError("The tool is registered but not active yet.")
        if who.enrolled:
            here = [one for one in self.members(place.id) if one.id == who.id]
            if not here:
                raise LmsError("This person is not enrolled in the course.")
            [who] = here
        if link and link.group and who.takes_part and link.group not in who.groups:
            raise LmsError("This activity is not available to this person: it is for another group.")
        if kind == Kind.DEEP_LINKING:
            return Opening(self.base_url, tool, place, who, Kind.DEEP_LINKING)
        link = link or self.activities(place.id, tool.client_id)[0]
        columns = tuple(one for one in self.gradebook.of(place.id, tool.client_id) if one.link_id == link.id)
        return Opening(self.base_url, tool, place, who, Kind(kind), link, columns, self.person_of(of) if of else None)

    def login(self, opening: Opening) -> tuple[str, dict[str, str]]:
        """The tool's login address and the parameters of the login initiation; the hint is remembered."""
        launch = secrets.token_urlsafe(12)
        login = Login(None, Config(self, opening.tool))
        login.set_launch_url(opening.target_url)
        hint = self.quirks.hint(opening, launch)
        login.set_lti_message_hint(hint=hint)
        parts = urlsplit(login.initiate_login(self.quirks.subject(opening.person)))
        with self.store.lock:
            now = time.monotonic()
            self.hints = {key: value for key, value in self.hints.items() if now - value[0] < HINT_LIFE}
            self.hints[hint] = (now, opening)
        return opening.tool.login_url, {**dict(parse_qsl(parts.query)), **self.announcement}

    @property
    def announcement(self) -> dict[str, str]:
        """What login and launch say of platform storage."""
        frame = self.quirks.storage_frame
        return {"lti_storage_target": frame} if frame and self.quirks.announces_storage else {}

    def id_token(
        self,
        *,
        person: str = "teacher01",
        course: str = DEFAULT_COURSE,
        kind: str = Kind.ACTIVITY,
        nonce: str,
        client_id: str | None = None,
        activity: str | None = None,
        of: str | None = None,
        overrides: dict[str, Any] | None = None,
        drop: tuple[str, ...] | list[str] = (),
        headers: dict[str, Any] | None = None,
        key: Key | None = None,
        algorithm: str = "RS256",
    ) -> str:
        """A signed launch, honest unless told otherwise.

        `overrides` and `drop` take claims by their short names ("roles", "deployment_id") or whole ones; a header set
        to None is left out; `key` and `algorithm` sign wrongly.
        """
        opening = self.opening(person=person, course=course, kind=kind, client_id=client_id, activity=activity, of=of)
        message = Message(self, opening, {})
        message.prepare_launch({})
        now = int(time.time()) + self.faults.clock_ahead
        said = {**message.get_launch_message(), "nonce": nonce, "iat": now, "exp": now + self.quirks.token_life}
        said.update({claims.full(name): value for name, value in (overrides or {}).items()})
        for name in drop:
            said.pop(claims.full(name), None)
        return sign(said, key or self.keys.current, algorithm=algorithm, headers=headers)

    @contextmanager
    def start(self, port: int = 0) -> Iterator["PracticeLms"]:
        """Serve on 127.0.0.1 from a background thread until the block ends; `base_url` becomes the real address."""
        from lti_tool.demo.app import served

        with served(self, port):
            yield self

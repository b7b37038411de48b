"""The tool and the practice LMS as they meet: launches in the tool's test client, services over HTTP on this machine.

Nothing is replaced. Only the clock can be moved on, for both ends at once, so that nobody waits for a pause to end.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import undefer

from lti_tool import db, jobs
from lti_tool.demo import browser, registrations
from lti_tool.demo.keys import new_pem
from lti_tool.demo.people import INQUIRY
from lti_tool.demo.platform import PracticeLms
from lti_tool.demo.state import Cell, Column
from lti_tool.lti import keys, registry
from lti_tool.models import Circle, Delivery, Platform
from lti_tool.services import invites
from tests.reader import Reader

COURSE = INQUIRY.id  # three teachers and a facilitator: one circle
TEACHERS = ("teacher01", "teacher02", "teacher11")
FACILITATOR = "facilitator1"
CONCERN = "Half of my class never asks anything."
WORD = "I noticed that you wait for an answer longer than I do."


@dataclass
class School:
    """One LMS in which the tool is registered."""

    app: Flask
    lms: PracticeLms
    client_id: str
    clock: time_machine.Traveller
    path: str = ""  # of its circle

    def open(self, person: str, **what: Any) -> Reader:
        """A browser in which this person has just opened the activity in her course."""
        reader = Reader(self.app)
        opened = {"course": COURSE, "client_id": self.client_id, **what}
        answer = browser.launch(self.lms, reader.client, person=person, **opened)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        page = reader.open(answer.location)
        if page.tree.get("lang") != "en":
            reader.press("English")
        return reader

    def work(self) -> tuple[int, int]:
        """Do what is due: how many were kept and how many will be tried again."""
        return jobs.sweep()

    def wait(self, seconds: float) -> tuple[int, int]:
        """Let time pass, then do what is due."""
        self.clock.shift(seconds)
        return self.work()

    def set_up(self) -> Circle:
        """The facilitator comes first and presses the one button of each page; then the teachers come."""
        self.open(FACILITATOR)
        self.work()
        facilitator = self.open(FACILITATOR)
        for _ in range(2):
            facilitator.press("Continue")
        facilitator.press("Open the circles")
        with db.work(read_only=True) as unit:
            circle = unit.scalars(
                sa.select(Circle).options(undefer(Circle.template)).order_by(Circle.id.desc())
            ).first()
        assert circle
        self.path = f"/circles/{circle.id}"
        return circle

    def share(
        self, person: str, *, text: str = CONCERN, stage: str = "Values and concern", prompt: str = "concern"
    ) -> Reader:
        """A teacher opens her inquiry, begins a stage, writes, and shares."""
        reader = self.open(person)
        reader.open(f"{self.path}/inquiry")
        reader.press(stage)
        reader.press("Share with my circle", **{f"answer_{prompt}": text})
        return reader

    @staticmethod
    def entry_of(reader: Reader) -> str:
        """The address of the entry that this reader has before her."""
        assert reader.page is not None
        return str(re.findall(r"/circles/\d+/entries/\d+", reader.page)[0])

    def answer(self, person: str, entry: str, *, text: str = WORD, level: bool = False) -> Reader:
        """A colleague sends a word on an entry, with a sentence of the rubric for each criterion if told."""
        reader = self.open(person)
        reader.open(entry)
        page = reader.press("Give a word")
        page = reader.press("Next", **{re.findall(r'name="(words-[^"]+)"', page)[0]: text})
        while level and "Send it" not in page.text:
            page = reader.press("Next")
        criteria = dict(reversed(re.findall(r'name="(level-[^"]+)"[^>]* value="([^"]+)"', page)))
        reader.press("Send it" if level else "Send now", **criteria)
        return reader

    def credit_page(self) -> str:
        """What the facilitator reads on the credit page."""
        return self.open(FACILITATOR).open(f"{self.path}/credit").text

    @property
    def columns(self) -> list[Column]:
        """The tool's columns in the gradebook of the course."""
        return self.lms.gradebook.of(COURSE, self.client_id)

    def cell(self, person: str) -> Cell | None:
        """What the one column holds for a person."""
        (column,) = self.columns
        return self.lms.gradebook.cell(column.id, person)

    def owed(self) -> list[Delivery]:
        """What is still to be delivered."""
        with db.work(read_only=True) as unit:
            return list(unit.scalars(sa.select(Delivery).where(Delivery.done_at.is_(None))))


@contextmanager
def running(app: Flask, profile: str = "plain") -> Iterator[School]:
    """A running LMS with the habits of this profile, which does not know the tool yet."""
    lms = PracticeLms(quirks=profile)
    lms.store.state.keys = [_pem()]
    with lms.start(), time_machine.travel(db.now(), tick=True) as clock:
        yield School(app, lms, "", clock)


@contextmanager
def joined(app: Flask, profile: str = "plain", *, public_url: str, **facts: Any) -> Iterator[School]:
    """The same with the tool registered in it by hand."""
    with running(app, profile) as made:
        register_by_hand(made, public_url=public_url, **facts)
        yield made


def register_by_hand(made: School, *, public_url: str, **facts: Any) -> None:
    """Each side is told the addresses of the other."""
    told = {"key_set": our_keys(), "shares_names": True, **facts}
    made.client_id, deployment = made.lms.register(public_url, **told)
    enrol(made.lms, made.client_id)
    assert deployment


def register_by_invitation(made: School, *, public_url: str) -> None:
    """The LMS's administrator follows an invitation, activates the tool, and lets names travel."""
    with db.work() as unit:
        _invite, address = invites.make("Practice LMS")
        unit.commit()
    address = registrations.invite_address(made.lms, address)
    page = made.app.test_client().get(address.removeprefix(public_url))
    assert page.status_code == 200, page.text
    with made.lms.store.change() as state:
        (tool,) = state.tools.values()
        tool.active = tool.shares_names = True
    made.client_id = tool.client_id
    made.lms.key_sets[tool.client_id] = our_keys()  # the tool is not served here


def our_keys() -> dict[str, Any]:
    """The key set that the tool publishes."""
    with db.work() as unit:
        key_set = keys.public_key_set()
        unit.commit()
    return key_set


def enrol(lms: PracticeLms, client_id: str) -> Platform:
    """Tell the tool what an administrator copies from the LMS."""
    told = lms.platform_facts(client_id)
    with db.work() as unit:
        platform = registry.add(
            name="Practice LMS",
            issuer=told["issuer"],
            client_id=client_id,
            auth_url=told["auth_url"],
            token_url=told["token_url"],
            jwks_url=told["jwks_url"],
            deployment=told["deployment_id"],
        )
        platform.product = told["product"]
        unit.commit()
        return platform


@cache
def _pem() -> str:
    """The LMS's first key, made once."""
    return new_pem()

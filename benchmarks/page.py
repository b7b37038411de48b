"""Pages of a circle: CPU beside a bare page of as many rows, and statements that do not grow with the people."""

from collections.abc import Callable

from flask import Flask

from benchmarks.bare_page import bare_app
from benchmarks.floor_page import floor_app
from benchmarks.measure import Act, Line, answer, compare, counted, installation
from benchmarks.scenes import WORDS, Scene, circle_at_work, page
from lti_tool.models import Person

SIZES = (13, 60, 300)
MOST = 12  # statements
TIMES = 3.0


def run() -> list[Line]:
    """The circle page as promised, and the other pages of teacher and facilitator beside it."""
    with installation() as app:
        scenes = [circle_at_work(people, entries_each=2) for people in SIZES]
        bare = bare_app("sqlite://", names=[f"Person {number}" for number in range(SIZES[0])])
        lines = []
        for what, (path, person) in pages(scenes[0]).items():
            at_most = TIMES if what.startswith("circle") else None
            lines.append(
                compare(f"{what}, 13 people", _opener(app, path, person), _opener(bare, "/people"), at_most=at_most)
            )
        lines.insert(1, _least(app, scenes[0], _opener(bare, "/people")))
        for what in pages(scenes[0]):
            counts = [_statements(app, *pages(scene)[what]) for scene in scenes]
            kept = max(counts) <= MOST and len(set(counts)) == 1
            bound = what.startswith(("circle", "entry, to write"))
            lines.append(
                Line(
                    f"{what}: statements at 13, 60, 300",
                    ", ".join(map(str, counts)),
                    "1",
                    "",
                    f"at most {MOST}, the same" if bound else "",
                    kept if bound else None,
                )
            )
        return lines


def pages(scene: Scene) -> dict[str, tuple[str, Person]]:
    circle, teacher = f"/circles/{scene.circle.id}", scene.teachers[0]
    own, foreign = (scene.inquiries[place].entries[0].id for place in (0, 1))
    return {
        "circle page": (circle, teacher),
        "my inquiry": (f"{circle}/inquiry", teacher),
        "entry, to write": (f"{circle}/entries/{own}", teacher),
        "entry, to read": (f"{circle}/entries/{foreign}", teacher),
        "what waits": (f"{circle}/reviews", scene.facilitator),
        "people": (f"{circle}/people", scene.facilitator),
    }


def _least(app: Flask, scene: Scene, bare: Callable[[], Act]) -> Line:
    """The least that the circle page could cost, with as many bytes as it has today."""
    path, teacher = pages(scene)["circle page"]
    size = len(_plain(app, path, teacher))
    floor = floor_app(app, rest="")
    floor = floor_app(app, rest=WORDS * ((size - len(_plain(floor, "/circle", teacher))) // len(WORDS)))
    return compare("the least that it can cost", _opener(floor, "/circle", teacher), bare, at_most=None)


def _plain(app: Flask, path: str, person: Person) -> bytes:
    asked = page(app, path, person)
    asked.pop("HTTP_ACCEPT_ENCODING")
    return answer(app, asked, expect=200)[0]


def _opener(app: Flask, path: str, person: Person | None = None) -> Callable[[], Act]:
    asked = page(app, path, person)
    return lambda: lambda: answer(app, dict(asked), expect=200)


def _statements(app: Flask, path: str, person: Person) -> int:
    asked = page(app, path, person)
    answer(app, dict(asked), expect=200)
    with counted() as seen:
        answer(app, dict(asked), expect=200)
    return len(seen)

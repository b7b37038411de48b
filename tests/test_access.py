"""Who may do what: the table of grants as a whole, and every route of the application held against it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from lti_tool import access, db, presets
from lti_tool.access import GRANTS, WITHOUT_CIRCLE, Permission, Rights
from lti_tool.models import Circle, EntryVersion, Membership, Person
from tests import build, feedback_build
from tests.reader import Reader

KEPT = Path(__file__).parent / "routes.txt"
# What each rights set may do, written a second time: a change of the table in access.py must be meant.
MEANT = {
    "teacher": "BELONG SEE_MEETINGS READ_SHARED WRITE_INQUIRY GIVE_FEEDBACK EARN_CREDIT",
    "facilitator": "BELONG SEE_MEETINGS READ_SHARED GIVE_FEEDBACK SEE_COUNTS RUN_CIRCLE PLACE_PEOPLE REVIEW_SHARED "
    "SEE_CREDIT",
    "supporter": "BELONG SEE_MEETINGS SEE_COUNTS",
    "representative": "BELONG SEE_MEETINGS SEE_COUNTS",
    "observer_of_counts": "BELONG SEE_COUNTS",
    "researcher": "BELONG",
    "manager": "BELONG SEE_MEETINGS SEE_COUNTS PLACE_PEOPLE",
    "guest": "BELONG",
}
# A word that a browser or an LMS sends us as it is, so that no number can stand for it.
TEXT_PARAMETERS = {
    "/lti/register/<token>",
    "/administrators/links/<token>",
    "/lti/arrived/<token>",
    "/outside/<token>",
    "/registrations/<product>",
    "/registrations/<product>/new",
}
UNCOUNTED = {"people", "evidence", "on"}  # two words without an s, and feedback "on" a version


class TestGrants:
    @pytest.mark.parametrize("rights", Rights)
    @pytest.mark.parametrize("permission", sorted(set(Permission) - WITHOUT_CIRCLE))
    def test_are_as_meant(self, rights: Rights, permission: Permission) -> None:
        assert (permission in GRANTS[rights]) is (permission.name in MEANT[rights].split())

    def test_a_programme_names_these_rights_and_no_others(self) -> None:
        assert set(presets.RIGHTS) == {rights.value for rights in Rights} == set(MEANT)
        assert set(GRANTS) == set(Rights)

    def test_what_needs_no_circle_is_granted_to_no_role(self) -> None:
        assert not WITHOUT_CIRCLE & frozenset().union(*GRANTS.values())

    def test_who_never_reads_a_text_writes_answers_and_reviews_none(self) -> None:
        about_texts = {Permission.WRITE_INQUIRY, Permission.GIVE_FEEDBACK, Permission.REVIEW_SHARED}
        for rights, granted in GRANTS.items():
            assert Permission.READ_SHARED in granted or not about_texts & granted, rights

    def test_only_a_teacher_earns_credit(self) -> None:
        assert access.rights_with(Permission.EARN_CREDIT) == ["teacher"]
        assert access.rights_with(Permission.WRITE_INQUIRY) == ["teacher"]


@access.prepared
def _may_read(within: access.Reach) -> access.Question:
    return sa.select(EntryVersion.id).join(EntryVersion.entry).where(within.versions()).order_by(EntryVersion.id)


@pytest.mark.usefixtures("app")
class TestPreparedQuestions:
    def test_are_answered_anew_for_everybody_with_the_same_rights(self) -> None:
        circles = [build.circle(), build.circle()]
        authors, readers = ([build.member(circle) for circle in circles] for _ in range(2))
        with db.work() as unit:
            versions = [feedback_build.shared(*one).id for one in zip(circles, authors, strict=True)]
            reaches = [access.reach_of(reader.id) for reader in readers]
            assert reaches[0].shape == reaches[1].shape
            assert [[row.id for row in _may_read(reach)] for reach in reaches] == [[version] for version in versions]
            unit.rollback()

    def test_see_a_right_that_was_taken_a_moment_ago(self) -> None:
        circle = build.circle()
        author, reader = build.member(circle), build.member(circle)
        with db.work() as unit:
            version = feedback_build.shared(circle, author)
            assert [row.id for row in _may_read(access.reach_of(reader.id))] == [version.id]
            unit.execute(sa.update(Membership).filter_by(person_id=reader.id).values(rights="guest"))
            assert list(_may_read(access.reach_of(reader.id))) == []
            unit.rollback()

    def test_are_an_error_without_a_person_and_never_another_persons_answer(self) -> None:
        reader = build.member(build.circle())
        with db.work(read_only=True):
            reach = access.reach_of(reader.id)
            assert list(_may_read(reach)) == []
            vars(reach)["values"] = {}
            with pytest.raises(sa.exc.StatementError):
                _may_read(reach)


def rules(app: Flask) -> Iterator[Rule]:
    yield from (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def permission_of(app: Flask, rule: Rule) -> Permission:
    return app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]


def inventory(app: Flask) -> list[str]:
    return sorted(f"{rule.rule} {','.join(methods(rule))} {permission_of(app, rule).value}" for rule in rules(app))


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


class TestRoutes:
    def test_every_one_declares_a_permission(self, installed: Flask) -> None:
        assert [
            rule.rule for rule in rules(installed) if not isinstance(permission_of(installed, rule), Permission)
        ] == []

    def test_none_went_or_came_unnoticed(self, installed: Flask) -> None:
        """A route that goes leaves bookmarks behind, one that comes opens a door: both change tests/routes.txt."""
        kept = KEPT.read_text(encoding="utf-8").splitlines()
        found = inventory(installed)
        assert sorted(set(kept) - set(found)) == [], "gone; is there a redirect?"
        assert sorted(set(found) - set(kept)) == [], "new; add them to tests/routes.txt"
        assert kept == found

    def test_every_parameter_is_typed(self, installed: Flask) -> None:
        loose = {
            rule.rule
            for rule in rules(installed)
            for name, converter in rule._converters.items()
            if type(converter).__name__ != "IntegerConverter" or not name.endswith(("_id", "number"))
        }
        assert loose == TEXT_PARAMETERS

    def test_addresses_are_kebab_case_and_what_is_counted_is_plural(self, installed: Flask) -> None:
        for rule in rules(installed):
            parts = rule.rule.strip("/").split("/")
            for part, following in zip(parts, [*parts[1:], ""], strict=True):
                if part.startswith("<"):
                    continue
                assert re.fullmatch(r"[a-z]+(-[a-z]+)*|", part), rule.rule
                if following.startswith("<int:"):
                    assert part.endswith("s") or part in UNCOUNTED, rule.rule

    def test_what_asks_for_a_circle_names_it(self, installed: Flask) -> None:
        for rule in rules(installed):
            if permission_of(installed, rule) not in WITHOUT_CIRCLE:
                assert rule.rule.startswith("/circles/<int:circle_id>"), rule.rule

    def test_without_a_sign_in_only_the_lms_and_one_time_links_send_forms(self, installed: Flask) -> None:
        open_doors = {
            rule.endpoint
            for rule in rules(installed)
            if permission_of(installed, rule) is Permission.ANYONE and "POST" in (rule.methods or ())
        }
        assert open_doors == {"lti.begin", "lti.finish", "administrators.enter", "outsides.enter", "lti.notices_sent"}

    def test_a_get_writes_only_where_the_standard_wants_it(self, installed: Flask) -> None:
        writing = {name for name, view in installed.view_functions.items() if getattr(view, "get_writes", False)}
        assert writing == {"lti.begin", "lti.jwks", "lti.register"}

    def test_nothing_of_the_practice_lms_is_served_with_the_tool(self, installed: Flask) -> None:
        assert not [rule.rule for rule in rules(installed) if "demo" in rule.endpoint]


class Everybody:
    """A circle whose programme has one role for each rights set, and one person in each."""

    def __init__(self) -> None:
        template = dict(build.presets.get("ei_t3lfa").template())
        template["roles"] = [{"key": one.value, "title": one.value, "rights": one.value} for one in Rights]
        self.circle: Circle = build.circle(template=template)
        self.people: dict[str, Person] = {one.value: build.member(self.circle, one.value) for one in Rights}
        self.people["stranger"] = build.member(build.circle(), "facilitator")
        self.people["waiting"] = build.person(build.course_of(self.circle), may_teach=True)
        self.people["left"] = build.member(self.circle, "facilitator", left_at=build.now())


@pytest.mark.parametrize("who", [*(one.value for one in Rights), "stranger", "waiting", "left"])
def test_every_route_of_a_circle_opens_to_its_roles_alone(app: Flask, reader: Reader, who: str) -> None:
    """Role × route: a stranger finds nothing, a role without the permission is told so, the others get in."""
    everybody = Everybody()
    reader.as_(everybody.people[who])
    visit = token(reader)
    for rule in rules(app):
        permission = permission_of(app, rule)
        if permission in WITHOUT_CIRCLE:
            continue
        _, path = rule.build(  # type: ignore[misc]
            {name: everybody.circle.id if name == "circle_id" else 987_654 for name in rule.arguments}
        )
        for method in methods(rule):
            data = {"visit": visit} if method == "POST" else None
            status = reader.client.open(path, method=method, data=data).status_code
            if who not in MEANT:
                assert status == 404, (method, path)
            elif permission in GRANTS[Rights(who)]:
                assert status not in {401, 403}, (method, path)
                assert status < 500, (method, path)
            else:
                assert status == 403, (method, path)


def token(reader: Reader) -> str:
    """The signed word of a page that this person opened."""
    page = reader.client.get("/circles/forming").get_data(as_text=True)
    found = re.search(r'name="visit" value="([^"]+)"', page)
    assert found
    return found[1]

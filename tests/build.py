"""Builders: the shortest way to a platform, a course, a circle with people in it. Each commits what it made."""

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from lti_tool import db, presets
from lti_tool.db import now
from lti_tool.lti.messages import Launch, LaunchKind
from lti_tool.models import (
    Activity,
    Circle,
    CircleSource,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    Membership,
    Person,
    Platform,
    Programme,
    Visit,
)

_count = itertools.count(1)
NAMES = ["Ama Owusu", "Éloïse Kouassi", "김하늘", "प्रिया शर्मा", "سلمى حداد", "João Araújo", "Nur Aisyah", "Jürg Müller"]


def _add(row: Any) -> Any:
    with db.work() as unit:
        unit.add(row)
        unit.commit()
    return row


def platform(**also: Any) -> Platform:
    """An approved registration in an LMS of its own."""
    number = next(_count)
    values = {
        "name": f"Union LMS {number}",
        "issuer": f"https://lms{number}.example.org",
        "client_id": f"client-{number}",
        "auth_url": f"https://lms{number}.example.org/auth",
        "token_url": f"https://lms{number}.example.org/token",
        "jwks_url": f"https://lms{number}.example.org/jwks",
        "approved_at": now(),
    }
    return _add(Platform(**(values | also)))


def course(at: Platform | None = None, **also: Any) -> Course:
    """A course with one activity, in an approved deployment."""
    at = at or platform()
    number = next(_count)
    deployment = _add(Deployment(platform_id=at.id, deployment_id=str(number), approved_at=now()))
    values = {"context_id": f"course-{number}", "title": "Formative assessment"}
    made = _add(Course(deployment_id=deployment.id, **(values | also)))
    activity(made)
    return made


def activity(of: Course, **also: Any) -> Activity:
    """One more activity of a course."""
    return _add(Activity(course_id=of.id, resource_link_id=f"link-{next(_count)}", title="Our circle", **also))


def person(in_course: Course, name: str | None = None, *, may_teach: bool = False, **also: Any) -> Person:
    """Somebody enrolled in a course."""
    number = next(_count)
    with db.work() as unit:
        deployment = unit.get_one(Deployment, in_course.deployment_id)
        made = Person(
            platform_id=deployment.platform_id,
            sub=f"sub-{number}",
            name=NAMES[number % len(NAMES)] if name is None else name,
            **also,
        )
        unit.add(made)
        unit.flush()
        unit.add(Enrolment(course_id=in_course.id, person_id=made.id, may_teach=may_teach))
        unit.commit()
    return made


LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"


def enrolment(in_course: Course, who: Person, **also: Any) -> None:
    """Say more about somebody's enrolment, or enrol her in a further course."""
    with db.work() as unit:
        made = db.find_or_add(Enrolment, course_id=in_course.id, person_id=who.id)
        for name, value in also.items():
            setattr(made, name, value)
        unit.commit()


def learners(in_course: Course, count: int) -> list[Person]:
    """People whom the roster calls learners and who never came yet; their names sort in this order."""
    made = []
    with db.work() as unit:
        deployment = unit.get_one(Deployment, in_course.deployment_id)
        for position in range(count):
            number = next(_count)
            person = Person(platform_id=deployment.platform_id, sub=f"sub-{number}", name=f"Colleague {position:03}")
            unit.add(person)
            unit.flush()
            unit.add(Enrolment(course_id=in_course.id, person_id=person.id, roster_roles=[LEARNER]))
            made.append(person)
        unit.commit()
    return made


def launch(into: Course, sub: str = "sub-of-ama", **also: Any) -> Launch:
    """What the fence hands on when somebody opens the course's first activity."""
    with db.work(read_only=True) as unit:
        deployment = unit.get_one(Deployment, into.deployment_id)
        activity = unit.scalars(select(Activity).where(Activity.course_id == into.id).order_by(Activity.id)).first()
        values = {
            "kind": LaunchKind.ACTIVITY,
            "platform_id": deployment.platform_id,
            "deployment_id": deployment.id,
            "sub": sub,
            "name": "Ama Owusu",
            "locale": "",
            "roles": (LEARNER,),
            "may_teach": False,
            "administers": False,
            "test_user": False,
            "context_id": into.context_id,
            "context_title": into.title,
            "resource_link_id": activity.resource_link_id,
            "resource_title": activity.title,
        }
    return Launch(**(values | also))


def programme(key: str = "ei_t3lfa") -> Programme:
    """A programme as its file stands, stored once."""
    preset = presets.get(key)
    with db.work() as unit:
        made = db.find_or_add(
            Programme, key=preset.key, version=preset.version, also={"preset": preset.model_dump(mode="json")}
        )
        unit.commit()
    return made


def circle(fed_by: Course | None = None, *, key: str = "ei_t3lfa", **also: Any) -> Circle:
    """A circle of a programme, fed by a course."""
    fed_by = fed_by or course()
    template = presets.get(key).template()
    values = {"name": f"Circle {next(_count)}", "template": template, "credit_mode": template["credit"]["mode"]}
    cohort = _add(Cohort(programme_id=programme(key).id, name="2026"))
    made = _add(Circle(cohort_id=cohort.id, **(values | also)))
    _add(CircleSource(circle_id=made.id, course_id=fed_by.id))
    return made


def feed(of: Circle, also_from: Course) -> None:
    """Let one more course feed a circle."""
    _add(CircleSource(circle_id=of.id, course_id=also_from.id))


def course_of(of: Circle) -> Course:
    """The first course that feeds a circle."""
    with db.work(read_only=True) as unit:
        query = select(Course).join(CircleSource, CircleSource.course_id == Course.id)
        return unit.scalars(query.where(CircleSource.circle_id == of.id).order_by(CircleSource.id)).first()  # type: ignore[return-value]


def activity_of(of: Circle) -> Activity:
    """The first activity of the course that feeds a circle."""
    with db.work(read_only=True) as unit:
        return unit.scalars(select(Activity).where(Activity.course_id == course_of(of).id)).first()  # type: ignore[return-value]


def member(of: Circle, role: str = "teacher", name: str | None = None, **also: Any) -> Person:
    """A person placed in a circle with a role of its programme."""
    made = person(course_of(of), name)
    join(of, made, role, **also)
    return made


def join(of: Circle, who: Person, role: str = "teacher", **also: Any) -> Membership:
    """Place a person in a circle; she joined an hour ago unless told."""
    rights = next(one["rights"] for one in of.template["roles"] if one["key"] == role)
    values = {"joined_at": now() - timedelta(hours=1), "activity_id": activity_of(of).id}
    return _add(Membership(circle_id=of.id, person_id=who.id, role=role, rights=rights, **(values | also)))


def visit(who: Person, at: Activity | None = None) -> Visit:
    """Sign a person in, as a launch does."""
    with db.work() as unit:
        if at is None:
            query = select(Activity).join(Course).join(Enrolment, Enrolment.course_id == Course.id)
            at = unit.scalars(query.where(Enrolment.person_id == who.id)).first()
        made = Visit(
            id=f"visit-{next(_count)}", person_id=who.id, activity_id=at.id, expires_at=now() + timedelta(hours=1)
        )
        unit.add(made)
        unit.commit()
    return made


def sign_out(who: Person) -> None:
    """End every visit of a person, as time does."""
    with db.work() as unit:
        unit.execute(delete(Visit).where(Visit.person_id == who.id))
        unit.commit()

"""A small LMS around Open edX's LTI package: the stand-ins for edx-platform, and views that do a person's clicks.

The LTI side (login, token, key set, roster, columns, scores) is `lti-consumer-xblock` as published. It talks to
edx-platform through one module of its own, `lti_consumer.plugin.compat`; the functions put there below are all that is
not Open edX's.
"""

import json
import uuid
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from lti_consumer import api
from lti_consumer.data import Lti1p3LaunchData
from lti_consumer.exceptions import LtiError
from lti_consumer.models import (
    CourseAllowPIISharingInLTIFlag,
    Lti1p3Passport,
    LtiAgsLineItem,
    LtiConfiguration,
    LtiDlContentItem,
)
from lti_consumer.plugin import compat
from opaque_keys.edx.keys import CourseKey, UsageKey

from tests.openedx.models import WEIGHT, Course, Enrolment, ExternalId, Grade, UserProfile

User = get_user_model()
ASKED: list[str] = []  # "GET /api/…", every request in the order of arrival


# Stand-ins for edx-platform ------------------------------------------------------------------------------------------


class Block:
    """The LTI block in the course (xmodule's modulestore)."""

    has_score = True
    accept_grades_past_due = True
    display_name = "Our circle"
    start = due = lti_1p3_passport_id = None

    def __init__(self, location: UsageKey) -> None:
        self.location = location
        self.scope_ids = SimpleNamespace(usage_id=location, user_id=None)
        self.context_id = str(location.course_key)
        self.weight = WEIGHT

    def is_past_due(self) -> bool:
        """Never."""
        return False

    def max_score(self) -> int:
        """The points that the block can give."""
        return self.weight

    def set_user_module_score(self, user: Any, score: float, max_score: int, _comment: str) -> None:
        """Write into the gradebook (lms.djangoapps.grades); `score` is a share."""
        course = Course.objects.get(usage_key=str(self.location))
        points = round(score * max_score, 4)
        if not Grade.objects.filter(course=course, user=user).update(points=points, written=F("written") + 1):
            Grade.objects.create(course=course, user=user, points=points)


def get_course_members(course_key: CourseKey) -> dict[int, dict[str, Any]]:
    """Everybody of a course (lms.djangoapps.course_api)."""
    rows = Enrolment.objects.filter(course__key=str(course_key)).select_related("user__profile")
    return {
        row.user_id: {
            "id": row.user_id,
            "username": row.user.username,
            "email": row.user.email,
            "name": row.user.profile.name,
            "roles": [row.role],
        }
        for row in rows
    }


def batch_get_or_create_externalids(users: Any) -> dict[int, ExternalId]:
    """What tools know these people by (openedx.core.djangoapps.external_user_ids)."""
    return {one.user_id: one for one in ExternalId.objects.filter(user__in=users)}


def get_user_from_external_user_id(external_user_id: str) -> Any:
    """The person a tool means (openedx.core.djangoapps.external_user_ids)."""
    try:
        return ExternalId.objects.get(external_user_id=external_user_id).user
    except (ExternalId.DoesNotExist, ValueError) as error:
        raise LtiError("Invalid User") from error


def user_has_studio_write_access(user: Any, course_key: CourseKey) -> bool:
    """Whether this person may change the course (common.djangoapps.student.auth)."""
    return Enrolment.objects.filter(course__key=str(course_key), user=user, role__in=("instructor", "staff")).exists()


for standing_in in (
    get_course_members,
    batch_get_or_create_externalids,
    get_user_from_external_user_id,
    user_has_studio_write_access,
):
    setattr(compat, standing_in.__name__, standing_in)
compat.load_enough_xblock = compat.load_block_as_user = Block


# What the tests do here ----------------------------------------------------------------------------------------------


@csrf_exempt
@transaction.atomic
def make_course(request: HttpRequest) -> HttpResponse:
    """A course with people and an LTI block for the tool, as Studio makes it; the values to register it with."""
    wish = json.loads(request.body)
    run = f"EI+C{uuid.uuid4().hex[:8]}+2026"
    course = Course.objects.create(
        key=f"course-v1:{run}",
        usage_key=f"block-v1:{run}+type@lti_consumer+block@{uuid.uuid4().hex}",
        title=wish["title"],
        names_shared=wish["names_shared"],
    )
    tool = wish["tool"]
    passport = Lti1p3Passport.objects.create(
        name=course.title, context_key=course.key, lti_1p3_tool_keyset_url=f"{tool}/lti/jwks"
    )
    config = LtiConfiguration.objects.create(
        version=LtiConfiguration.LTI_1P3,
        config_store=LtiConfiguration.CONFIG_ON_DB,
        location=UsageKey.from_string(course.usage_key),
        lti_1p3_passport=passport,
        lti_1p3_oidc_url=f"{tool}/lti/login",
        lti_1p3_launch_url=f"{tool}/lti/launch",
        lti_1p3_redirect_uris=[f"{tool}/lti/launch"],
        lti_advantage_enable_nrps=True,
        lti_advantage_ags_mode=wish["columns"],
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=f"{tool}/lti/launch",
    )
    CourseAllowPIISharingInLTIFlag.objects.create(
        course_id=CourseKey.from_string(course.key), enabled=course.names_shared
    )
    course.config_id = config.config_id
    course.save()
    _enrol(course, wish["people"])
    # launch data is cached under the user and the link: this one belongs to nobody
    nobody = Lti1p3LaunchData(
        user_id="nobody", user_role="staff", config_id=config.config_id, resource_link_id=course.usage_key
    )
    shown = api.get_lti_1p3_launch_info(nobody)
    registration = {
        "issuer": settings.LMS_ROOT_URL,
        "client_id": shown["client_id"],
        "deployment": shown["deployment_id"],
        "auth_url": shown["oidc_callback"],
        "token_url": shown["token_url"],
        "jwks_url": shown["keyset_url"],
    }
    return JsonResponse({"number": course.id, "registration": registration})


def _enrol(course: Course, people: dict[str, str]) -> None:
    """Give people these roles; "" takes a person out of the course."""
    known = set(User.objects.filter(username__in=people).values_list("username", flat=True))
    new = [User(username=name, email=f"{name}@example.org") for name in people if name not in known]
    User.objects.bulk_create(new)
    made = list(User.objects.filter(username__in=[user.username for user in new]))
    UserProfile.objects.bulk_create(UserProfile(user=user, name=f"{user.username} Ämne-Łoś") for user in made)
    ExternalId.objects.bulk_create(ExternalId(user=user, external_user_id=uuid.uuid4()) for user in made)
    Enrolment.objects.filter(course=course, user__username__in=people).delete()
    Enrolment.objects.bulk_create(
        Enrolment(course=course, user=user, role=people[user.username])
        for user in User.objects.filter(username__in=people)
        if people[user.username]
    )


@csrf_exempt
def change_people(request: HttpRequest, number: int) -> HttpResponse:
    """Enrol people, change their roles, or take them out."""
    _enrol(Course.objects.get(id=number), json.loads(request.body))
    return HttpResponse(status=204)


def launch(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """The click on the block: on to the tool's login. `?links` is the author's click that asks for deep links.

    `?item=7` opens an activity that was made of one.
    """
    row = Enrolment.objects.select_related("user__profile", "user__externalid", "course").get(
        course_id=number, user__username=name
    )
    course, user = row.course, row.user
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    shown = {"name": user.profile.name, "email": user.email} if course.names_shared else {}
    data = Lti1p3LaunchData(
        user_id=user.id,
        user_role=row.role,
        config_id=course.config_id,
        resource_link_id=course.usage_key,
        external_user_id=str(user.externalid.external_user_id),
        launch_presentation_document_target="iframe",
        launch_presentation_return_url=f"{settings.LMS_ROOT_URL}/courses/{course.key}",
        context_id=course.key,
        context_type=["course_offering"],
        context_title=course.title,
        context_label=course.title,
        **shown,
    )
    asks, item = "links" in request.GET, request.GET.get("item")
    return HttpResponseRedirect(api.get_lti_1p3_launch_start_url(data, deep_link_launch=asks, dl_content_id=item))


def linked(_request: HttpRequest, number: int) -> HttpResponse:
    """What deep linking left in the course."""
    items = LtiDlContentItem.objects.filter(lti_configuration__config_id=Course.objects.get(id=number).config_id)
    return JsonResponse({"items": [{"id": one.id, **one.attributes} for one in items.order_by("id")]})


def gradebook(_request: HttpRequest, number: int) -> HttpResponse:
    """What the gradebook holds, and what the tool said that led to it."""
    course = Course.objects.get(id=number)
    columns = LtiAgsLineItem.objects.filter(lti_configuration__config_id=course.config_id)
    names = {str(one.external_user_id): one.user.username for one in ExternalId.objects.select_related("user")}
    return JsonResponse(
        {
            "grades": {one.user.username: [one.points, one.written] for one in Grade.objects.filter(course=course)},
            "columns": [{"label": one.label, "maximum": one.score_maximum, "tag": one.tag} for one in columns],
            "scores": [
                {
                    "person": names[score.user_id],
                    "given": score.score_given,
                    "maximum": score.score_maximum,
                    "progress": score.activity_progress,
                    "at": score.timestamp.isoformat(),
                }
                for one in columns
                for score in one.scores.all()
            ],
        }
    )


def asked(_request: HttpRequest) -> HttpResponse:
    """Every request so far."""
    return JsonResponse({"asked": ASKED})


urlpatterns = [
    path("courses/", make_course),
    path("courses/<int:number>/people/", change_people),
    path("courses/<int:number>/launch/<str:name>/", launch),
    path("courses/<int:number>/gradebook/", gradebook),
    path("courses/<int:number>/linked/", linked),
    path("asked/", asked),
    path("api/", include("lti_consumer.plugin.urls")),
]

"""What a platform tells us when nobody launches: that a course was copied (Platform Notification Service 1.0)."""

from lti_tool import settings
from lti_tool.db import find_or_add, now, session, work
from lti_tool.lti import notices as lti_notices
from lti_tool.lti.messages import Launch
from lti_tool.models import Course, Deployment
from lti_tool.services import copies, deliveries

PATH = "/lti/notices"


def ask_for(course: Course, launch: Launch) -> None:
    """Owe the platform our address for notices, once for each address of its service."""
    if not launch.notices_url:
        return
    deployment = course.deployment
    if launch.notices_url != deployment.notices_url:
        deployment.notices_url, deployment.notices_wanted_at = launch.notices_url, None
        payload = {"deployment_id": deployment.id}
        deliveries.owe("notices", key=f"notices:{deployment.id}", payload=payload)


def want(payload: dict[str, int]) -> None:
    """Tell the platform where to send notices of copied courses; the job behind `ask_for`. Raises PlatformError."""
    with work(read_only=True) as unit:
        deployment = unit.get_one(Deployment, payload["deployment_id"])
    if not deployment.notices_url:
        return
    lti_notices.want(deployment.id, deployment.notices_url, handler=settings.current().url(PATH))
    with work() as unit:
        unit.get_one(Deployment, deployment.id).notices_wanted_at = now()
        unit.commit()


def receive(token: str) -> None:
    """Take one signed notice: a copy is noted down at the new course. LaunchRefusedError as for a launch.

    Call it first in its unit of work, like a launch. `notice_seen` for one that was taken before: it changes nothing.
    """
    notice = lti_notices.taken(token)
    course = find_or_add(Course, deployment_id=notice.deployment_id, context_id=notice.context_id)
    course.title = course.title or notice.context_title
    copies.note(course, notice.origins)
    session.flush()

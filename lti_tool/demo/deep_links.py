"""What a tool brings back from deep linking (Deep Linking 2.0 §4.5)."""

from typing import TYPE_CHECKING, Any

import jwt
from lti1p3platform.exceptions import LtiDeepLinkingResponseException, LtiException

from lti_tool.demo import claims
from lti_tool.demo.library import Config
from lti_tool.demo.platform import LmsError
from lti_tool.demo.state import Activity

if TYPE_CHECKING:
    from lti_tool.demo.platform import PracticeLms


def take(lms: "PracticeLms", course_id: str, token: str) -> tuple[list[Activity], str]:
    """The new activities and the tool's message, or LmsError when the answer is not an honest one."""
    lms.course(course_id)
    try:
        unchecked = jwt.decode(token, options={"verify_signature": False})
        tool = lms.tool(str(unchecked.get("iss")))
        config = Config(lms, tool)
        config.set_accepted_deeplinking_types(["ltiResourceLink", "link"])
        items = config.validate_deeplinking_resp({"JWT": token})
        response = config.tool_validate_and_decode(token)
    except (jwt.PyJWTError, LtiException, LtiDeepLinkingResponseException, KeyError) as error:
        raise LmsError(f"The tool's answer is not valid: {error}") from error
    _check(lms, lms.quirks.deployment(tool, lms.course(course_id)), response)
    with lms.store.change() as state:
        nonce = f"deep-link {response['nonce']}"
        if nonce in state.spent:
            raise LmsError("The tool's answer was used before.")
        state.spent = [*state.spent[-200:], nonce]
        made = [_activity(lms, course_id, tool.client_id, item) for item in items if item["type"] == "ltiResourceLink"]
    words = response.get("https://purl.imsglobal.org/spec/lti-dl/claim/msg") or ""
    fault = response.get("https://purl.imsglobal.org/spec/lti-dl/claim/errormsg") or ""
    return made, str(fault or words)


def _check(lms: "PracticeLms", deployment_id: str, response: dict[str, Any]) -> None:
    audience = response.get("aud")
    if lms.issuer not in ([audience] if isinstance(audience, str) else audience or []):
        raise LmsError("The tool's answer is for another platform.")
    if response.get(claims.LTI + "deployment_id") != deployment_id:
        raise LmsError("The tool's answer names another deployment.")
    if response.get(claims.LTI + "version") != "1.3.0" or "exp" not in response or not response.get("nonce"):
        raise LmsError("The tool's answer lacks version, exp or nonce.")


def _activity(lms: "PracticeLms", course_id: str, client_id: str, item: dict[str, Any]) -> Activity:
    """One item: an activity, and its column where the item brings one."""
    activity = lms.add_activity(
        course_id,
        client_id,
        title=item.get("title") or "Untitled",
        text=item.get("text") or "",
        url=item.get("url"),
        custom={key: str(value) for key, value in (item.get("custom") or {}).items()},
        opens=(item.get("available") or {}).get("startDateTime", ""),
        closes=(item.get("available") or {}).get("endDateTime", ""),
        done_by=(item.get("submission") or {}).get("endDateTime", ""),
        own_window="window" in item,
    )
    if column := item.get("lineItem"):
        label = activity.title if lms.quirks.family == "moodle" else column.get("label") or activity.title
        said = {**column, "label": label, "resourceLinkId": activity.id}
        lms.gradebook.add(course_id, client_id, said, coupled=True)
    return activity

"""Moodle 4.5. The captures in `tests/demo/fixtures/moodle-4.5` are its real answers; its source is moodle/moodle."""

import hashlib
import html
import json
from typing import Any

from lti_tool.demo import claims
from lti_tool.demo.opening import Kind, Opening
from lti_tool.demo.people import Part, Person
from lti_tool.demo.quirks.paging import Ask, Page, Refusal
from lti_tool.demo.quirks.plain import Plain
from lti_tool.demo.state import Column, Tool

OFFERED = [  # openid-configuration of 4.5.6 (dynreg-2)
    "Context.id",
    "Context.title",
    "Context.label",
    "Context.id.history",
    "Context.sourcedId",
    "Context.longDescription",
    "Context.timeFrame.begin",
    "CourseSection.title",
    "CourseSection.label",
    "CourseSection.sourcedId",
    "CourseSection.longDescription",
    "CourseSection.timeFrame.begin",
    "CourseSection.timeFrame.end",
    "ResourceLink.id",
    "ResourceLink.title",
    "ResourceLink.description",
    "User.id",
    "User.username",
    "Person.name.full",
    "Person.name.given",
    "Person.name.family",
    "Person.email.primary",
    "Person.sourcedId",
    "Person.address.country",
    "Person.address.timezone",
    "Membership.role",
    "Moodle.Person.userGroupIds",
]


def sesskey(opening: Opening) -> str:
    """Stands for the secret of the person's Moodle session, which Moodle puts into return addresses."""
    return hashlib.sha256(f"{opening.lms_url} {opening.person.id}".encode()).hexdigest()[:10]


class Moodle(Plain):
    """Moodle 4.5.6."""

    name = "moodle-4.5"
    title = "Moodle 4.5"
    source = "launches and service answers recorded from Moodle 4.5.6; moodle/moodle mod/lti"
    family = "moodle"
    version = "2024100706"  # its build number: launch captures
    login_method = "POST"  # oidc-login-request.json
    token_life = 60  # exp - iat in every captured launch
    hints_once = True  # mod/lti/auth.php unsets the launchid at its first use
    groups_service = False  # mod/lti/service of 4.5.6 has none
    notices = False  # the same
    registration_status = 200  # dynreg-3
    registered_active = False  # stays Pending until an administrator presses Activate
    token_content_type = "text/html; charset=utf-8"  # noqa: S105 (http-token.json)
    checks_audience = False  # mod/lti/token.php never looks at `aud`

    older_score = Refusal(409, "Refusing score with an earlier timestamp")  # http-ags.json, "ags-score"
    unknown_person = staff_person = bad_score = Refusal(400, "Incorrect score received")  # the same
    whole_seconds = True  # the same: 409 within one second
    caps = True  # 12 of 10 reads back as the maximum
    ungraded_clears = True  # gradebookservices scores.php stores null unless FullyGraded

    def line_items_url(self, url: str, course: str, tool: Tool) -> str:
        """With a query, which has to survive when /scores is added (launch captures)."""
        return f"{super().line_items_url(url, course, tool)}?type_id={tool.deployment_id}"

    def line_item_url(self, url: str, column: Column, tool: Tool) -> str:
        """…/lineitems/7/lineitem?type_id=2 (launch captures)."""
        return f"{super().line_item_url(url, column, tool)}/lineitem?type_id={tool.deployment_id}"

    def launch_roles(self, person: Person) -> list[str]:
        """One role, by mod/lti:manage, which non-editing teachers have too (locallib.php lti_get_ims_role)."""
        if person.part is Part.ADMIN:
            return [
                claims.INSTITUTION + "Administrator",
                claims.MEMBERSHIP + "Instructor",
                claims.SYSTEM + "Administrator",
            ]
        return [claims.MEMBERSHIP + ("Instructor" if self._may_manage(person) else "Learner")]

    def roster_roles(self, person: Person) -> list[str]:
        """Short, and by moodle/course:manageactivities, which a non-editing teacher lacks (http-nrps.json)."""
        return ["Instructor" if person.part is Part.FACILITATOR else "Learner"]

    def roster_member(self, person: Person, *, names: bool) -> dict[str, Any]:
        """`name` is "given family" even where the launch follows the site's order of names (http-nrps.json)."""
        shared = {
            "name": f"{person.given} {person.family}",
            "given_name": person.given,
            "family_name": person.family,
            "email": person.email,
        }
        return {
            "status": "Active",
            "roles": self.roster_roles(person),
            "user_id": person.id,
            "lis_person_sourcedid": f"EI-{person.key}",
            **(shared if names else {}),
            "ext_user_username": person.key,
        }

    def locale(self, tag: str) -> str:
        """pt_br (launch-…-teacher11)."""
        return tag.lower().replace("-", "_")

    def variables(self, opening: Opening) -> dict[str, str | None]:
        """Resolved ones as in the launch captures; the title of a link that is not yet there is null."""
        person, course, deep = opening.person, opening.course, opening.kind is Kind.DEEP_LINKING
        column = opening.columns[0] if len(opening.columns) == 1 else None
        known = {name: value for name, value in super().variables(opening).items() if name in OFFERED}
        return {
            **known,
            "CourseSection.label": course.label,
            "CourseSection.sourcedId": "EI-LC-2026",
            "CourseSection.longDescription": "Teacher-led learning circles.",
            "Context.sourcedId": "EI-LC-2026",
            "Context.timeFrame.begin": "1788220800",
            "ResourceLink.title": None if deep else known["ResourceLink.title"],
            "ResourceLink.description": None if deep else known["ResourceLink.description"],
            "User.username": person.key,
            "Person.name.given": person.given,
            "Person.name.family": person.family,
            "Person.email.primary": person.email,
            "Person.address.timezone": "99",
            "Person.address.country": person.country,
            "Person.sourcedId": f"EI-{person.key}",
            "Membership.role": "Instructor" if self._may_manage(person) else "Learner",
            "Moodle.Person.userGroupIds": ",".join(person.groups),
            "LineItem.url": self.line_item_url(opening.lms_url, column, opening.tool) if column else "",
            "Scores.url": "",
            "Results.url": "",
            "ToolProxyBinding.memberships.url": f"{opening.lms_url}/roster/{course.id}",
            "LtiLink.memberships.url": f"{opening.lms_url}/links/{{link_id}}/memberships",
        }

    def custom(self, opening: Opening) -> dict[str, str | None]:
        """It adds the roster's address by itself (launch captures)."""
        return {**super().custom(opening), "context_memberships_url": f"{opening.lms_url}/roster/{opening.course.id}"}

    def hint(self, opening: Opening, launch: str) -> str:
        """JSON with the module's number and the launch (oidc-login-request.json)."""
        cmid = int(opening.activity.id) + 3 if opening.activity else 0
        return json.dumps({"cmid": cmid, "launchid": f"ltilaunch{cmid}_{launch}"}, separators=(",", ":"))

    def deep_linking_settings(self, settings: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """launch-LtiDeepLinkingRequest: links only, and no `data`."""
        return {
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": False,
            "accept_multiple": True,
            "accept_unsigned": False,
            "auto_create": False,
            "can_confirm": False,
            "deep_link_return_url": f"{settings['deep_link_return_url']}?id={opening.tool.deployment_id}"
            f"&sesskey={sesskey(opening)}",
            "title": opening.tool.name,
            "text": "",
        }

    def dress(self, message: dict[str, Any], opening: Opening) -> dict[str, Any]:
        """No `azp` and no top-level locale; `lis`, `ext`, basic outcomes and a sesskey (launch captures)."""
        message.pop("azp", None)
        message[claims.LTI + "lis"] = {
            "person_sourcedid": "" if opening.person.part is Part.ADMIN else f"EI-{opening.person.key}",
            "course_section_sourcedid": "EI-LC-2026",
        }
        message[claims.LTI + "ext"] = {"user_username": opening.person.key, "lms": "moodle-2"}
        message[claims.LTI + "tool_platform"] = {
            **message[claims.LTI + "tool_platform"],
            "description": "A practice platform with the habits of Moodle",
        }
        presentation = {"locale": self.locale(opening.person.locale)}
        if link := opening.activity:
            presentation |= {
                "document_target": "iframe",
                "return_url": f"{opening.lms_url}/return?course={opening.course.id}&launch_container=3"
                f"&instanceid={link.id}&sesskey={sesskey(opening)}",
            }
            data = {"instanceid": link.id, "userid": opening.person.id, "typeid": opening.tool.deployment_id}
            message[claims.BASIC_OUTCOME] = {
                "lis_result_sourcedid": json.dumps({"data": data, "hash": sesskey(opening)}),
                "lis_outcome_service_url": f"{opening.lms_url}/service.php",
            }
        message[claims.LTI + "launch_presentation"] = presentation
        if roster := message.get(claims.NRPS):
            roster["service_versions"] = ["1.0", "2.0"]
        return message

    def refusal(self, ask: Ask) -> Refusal | None:
        """One exact media type or none (http-nrps.json "nrps-json", http-ags.json "ags-lineitems-2acc")."""
        wrong = ask.accept not in ("", "*/*", ask.media_type) if ask.method == "GET" else False
        sent = ask.content_type.split(";")[0].strip()
        if ask.method in ("POST", "PUT") and sent != ask.media_type:
            wrong = True
        if wrong:
            path = ask.path.split("?")[0]
            said = {"method": ask.method, "url": ask.path, "accept": ask.accept, "contentType": sent}
            reason = f"No handler found for {path} {ask.accept if ask.method == 'GET' else ' ' + sent}"
            return Refusal(400, reason, {"status": 400, "reason": reason + " ", "request": said})
        if ask.service == "results" and "limit" in ask.query:  # results.php uses an unset $lastpage
            return Refusal(404, "Not Found", "<!DOCTYPE html><title>Error</title>", "text/html; charset=utf-8")
        return None

    def start(self, query: dict[str, str], limit: int | None) -> int:  # noqa: ARG002
        """`from` is a row, not a page."""
        return int(query.get("from", "0")) if query.get("from", "0").isdigit() else 0

    def link(self, page: Page, library_link: str | None, service: str) -> str | None:  # noqa: ARG002
        """The roster's drops `role`; the columns' has curly quotation marks and &amp; (http-ags.json)."""
        if not page.limit:
            return None
        if service == "roster":
            if page.next_start is None:
                return None
            return f'<{page.address({"limit": page.limit, "from": page.next_start}, leave_out=("role",))}>; rel="next"'
        last = (page.total - 1) // page.limit * page.limit
        places = [("first", 0), ("canonical", page.start), ("next", page.next_start), ("last", last)]
        return ", ".join(
            f"<{html.escape(page.address({'limit': page.limit, 'from': place}))}>; rel=“{rel}”"
            for rel, place in places
            if place is not None
        )

    def refused(self, refusal: Refusal, ask: Ask) -> Refusal:
        """The words are in the reason phrase, the body is [] (http-ags.json "ags-score")."""
        if refusal.body is not None:
            return refusal
        return Refusal(refusal.status, refusal.reason, [], f"{ask.media_type}; charset=utf-8")

    def created_column(self, column: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """What was said comes back, with an id (http-ags.json "ags-create")."""
        return {**said, "id": column["id"]}

    def column_facts(self, column: Column) -> dict[str, Any]:
        """Empty strings where nothing was said, and the link twice (http-ags.json "ags-lineitems")."""
        link = {"resourceLinkId": column.link_id, "ltiLinkId": column.link_id} if column.link_id else {}
        return {"resourceId": column.resource_id, "tag": column.tag, **link}

    def result(self, result: dict[str, Any], timestamp: str) -> dict[str, Any]:
        """With its time, and an address of its own form (http-ags.json "ags-results")."""
        item, _, query = result["scoreOf"].partition("?")
        return {**result, "id": f"{item}/results?{query}&user_id={result['userId']}", "timestamp": timestamp}

    def _may_manage(self, person: Person) -> bool:
        return person.part in (Part.FACILITATOR, Part.UNION, Part.ADMIN)

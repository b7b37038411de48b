"""The answer to a request for links: a signed message that the browser carries back (Deep Linking 2.0 §4.5)."""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem
from pylti1p3.registration import Registration

from lti_tool import settings
from lti_tool.lti import keys, quirks
from lti_tool.lti.columns import RESOURCE_ID
from lti_tool.lti.messages import LinkItem
from lti_tool.models import Deployment

SECONDS = 600  # a person may press the button of the last page by hand
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
FRAME = {"width": 800, "height": 700}  # pixels; a page of ours needs no more than 320 of width
SAYS = frozenset(("msg", "log", "errormsg", "errorlog"))  # §4.5.4 to §4.5.7


def sign(
    items: Sequence[LinkItem],
    *,
    to: Deployment,
    given: Mapping[str, Any],
    says: Mapping[str, str] | None = None,
    keys_of_course: Mapping[str, str] | None = None,
) -> str:
    """The message with these activities (none: nothing was chosen), signed with the key that signs now.

    `keys_of_course` are custom parameters that every activity carries, also through a copy of the course. `given` is
    what the LMS wants back as it is ({"data": …} or nothing); `says` holds msg, log, errormsg or errorlog.
    """
    also = {DL + name: text for name, text in (says or {}).items() if name in SAYS and text}
    also |= {DL + name: value for name, value in given.items()}
    review = quirks.of(to.platform.product).reviews
    answer: str = _Answer(to, also).get_response_jwt(
        [_Activity(item, review=review, also=keys_of_course or {}) for item in items]
    )
    return answer


class _Answer(DeepLink):
    """pylti1p3's message with its `data` only where it was sent, a strong nonce, and our rotating key."""

    def __init__(self, to: Deployment, also: dict[str, Any]) -> None:
        own = Registration().set_issuer(to.platform.issuer).set_client_id(to.platform.client_id)
        super().__init__(own, to.deployment_id, {})
        self._also = also

    def _generate_nonce(self) -> str:
        return secrets.token_urlsafe(32)

    def get_message_jwt(self, resources: Sequence[DeepLinkResource]) -> dict[str, object]:
        """What is signed."""
        message: dict[str, object] = super().get_message_jwt(resources)
        message.pop(DL + "data")
        begins = int(time.time())
        return message | {"iat": begins, "exp": begins + SECONDS} | self._also

    def encode_jwt(self, message: dict[str, object]) -> str:
        """Signed with the parsed key: reading a PEM costs many times the signature."""
        kid, key = keys.signing_key()
        return jwt.encode(message, key, algorithm="RS256", headers={"kid": kid})


class _Activity(DeepLinkResource):
    """pylti1p3's item with the members that it lacks, and without empty ones."""

    def __init__(self, item: LinkItem, *, review: bool, also: Mapping[str, str]) -> None:
        self._item = item
        self.set_url(settings.current().url("/lti/launch")).set_title(item.title)
        self.set_custom_params({"resource": item.resource, **also})
        if item.maximum is not None:
            column = LineItem().set_label(item.title).set_score_maximum(item.maximum)
            column.set_resource_id(RESOURCE_ID).set_tag(RESOURCE_ID)  # by which it is found again, in a copy too
            if review:
                states = ["InProgress", "Submitted", "Completed"]
                column.set_submission_review(states, url=settings.current().url("/lti/launch"))
            self.set_lineitem(column)

    def to_dict(self) -> dict[str, object]:
        """The item as §3.3 has it."""
        item, told = self._item, super().to_dict()
        if item.text:
            told["text"] = item.text
        if available := _times(startDateTime=item.opens_at, endDateTime=item.closes_at):
            told["available"] = available
        if submission := _times(endDateTime=item.done_by):
            told["submission"] = submission
        if item.window == "window":
            told["window"] = {"targetName": "_blank"}
        elif item.window == "iframe":
            told["iframe"] = FRAME
        return dict(told)


def _times(**moments: datetime | None) -> dict[str, str]:
    return {name: moment.isoformat(timespec="seconds") for name, moment in moments.items() if moment is not None}

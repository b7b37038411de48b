"""What an LMS shows to be copied into a tool."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import DataRequired, Optional

from lti_tool.errors import RefusedError
from lti_tool.forms.base import Form, ShortText

REFUSED = {
    "platform_exists": _l("This issuer and client ID are registered already. What is there is never replaced."),
    "platform_incomplete": _l("Please look at this once more."),
    "issuer_refused": _l("Please write it as the LMS shows it: an address that begins with https://."),
    "address_refused": _l("Please write an https address that the whole internet can reach."),
}


class RegistrationForm(Form):
    """The values of one registration by hand."""

    name = ShortText(_l("What you call this LMS"), [DataRequired()])
    issuer = ShortText(_l("Platform ID (issuer)"), [DataRequired()])
    client_id = ShortText(_l("Client ID"), [DataRequired()])
    auth_url = ShortText(_l("Authentication request URL"), [DataRequired()])
    token_url = ShortText(_l("Access token URL"), [DataRequired()])
    jwks_url = ShortText(_l("Public keyset URL of the LMS"), [DataRequired()])
    deployment = ShortText(_l("Deployment ID"), [Optional()])
    audience = ShortText(_l("Audience of token requests, only where the LMS names one"), [Optional()])
    all_deployments = BooleanField(_l("Let people in from every deployment of this LMS, those to come included"))

    def say(self, refused: RefusedError) -> None:
        """Put the refusal of the registry beside the box that it is about."""
        field = self._fields[str(refused.facts.get("field", "client_id"))]
        field.errors = [*field.errors, str(REFUSED[refused.code])]

    def facts(self) -> dict[str, Any]:
        """The values as the registry takes them."""
        return {name: value.strip() if isinstance(value, str) else value for name, value in self.values().items()}

"""A tool's end for the practice LMS: its keys, its tokens, and requests as a tool makes them."""

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from lti1p3platform.registration import Registration
from werkzeug.test import TestResponse

from lti_tool.demo import claims
from lti_tool.demo.app import app_for
from lti_tool.demo.keys import Key, new_pem
from lti_tool.demo.platform import PracticeLms
from lti_tool.demo.tokens import ASSERTION_TYPE

FIXTURES = Path(__file__).parent / "fixtures"
TOOL_URL = "http://localhost:8000"


def capture(name: str) -> Any:
    """One recorded answer of Moodle 4.5.6."""
    return json.loads((FIXTURES / "moodle-4.5" / f"{name}.json").read_text("utf-8"))


@dataclass
class End:
    """A registered tool and how it talks to the LMS."""

    lms: PracticeLms
    client: FlaskClient
    key: Key
    client_id: str
    deployment_id: str

    def assertion(self, *, drop: tuple[str, ...] = (), key: Key | None = None, **said: Any) -> str:
        """A client assertion, honest unless told otherwise."""
        now = int(time.time())
        address = self.lms.platform_facts(self.client_id)["audience"]
        payload = {"iss": self.client_id, "sub": self.client_id, "aud": address, "iat": now, "exp": now + 60}
        payload |= {"jti": uuid.uuid4().hex, **said}
        for name in drop:
            del payload[name]
        return jwt.encode(payload, (key or self.key).private, "RS256", {"kid": self.key.kid})

    def ask_token(self, *scopes: str, **form: Any) -> TestResponse:
        """The raw answer of the token address."""
        said = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": form.pop("assertion", None) or self.assertion(),
            "scope": " ".join(scopes),
            **form,
        }
        path = self.lms.platform_facts(self.client_id)["token_url"].removeprefix(self.lms.base_url)
        return self.client.post(path, data={key: value for key, value in said.items() if value is not None})

    def call(self, method: str, url: str, *scopes: str, token: str | None = None, **more: Any) -> TestResponse:
        """A request to a service with a fresh token for these scopes."""
        token = token or json.loads(self.ask_token(*scopes).data)["access_token"]
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.open(url.removeprefix(self.lms.base_url), method=method, headers=headers, **more)

    def roster(self, query: str = "", **more: Any) -> TestResponse:
        """The roster of the first course."""
        return self.call("GET", f"/roster/2{query}", claims.ROSTER_READ, **more)

    def columns_url(self) -> str:
        """The address of the tool's columns."""
        return self.lms.quirks.line_items_url(self.lms.base_url, "2", self.lms.tool(self.client_id))

    def make_column(self, **said: Any) -> TestResponse:
        """POST of a new column."""
        body = {"label": "Circle", "scoreMaximum": 10, **said}
        return self.call("POST", self.columns_url(), claims.LINE_ITEM, json=body, content_type=claims.LINE_ITEM_TYPE)

    def score(self, column: str, *, at: str = "2026-11-21T10:00:00+00:00", **said: Any) -> TestResponse:
        """POST of a score for the first teacher."""
        body = {
            "userId": self.lms.quirks.subject(self.lms.person_of("teacher01")),
            "scoreGiven": 1,
            "scoreMaximum": 1,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": at,
            **said,
        }
        base, mark, query = column.partition("?")
        url = f"{base}/scores{mark}{query}"
        return self.call("POST", url, claims.SCORE, json=body, content_type=claims.SCORE_TYPE)

    def results(self, column: str, query: str = "") -> TestResponse:
        """The results of a column."""
        base, _, own = column.partition("?")
        asked = "&".join(part for part in (own, query) if part)
        return self.call("GET", f"{base}/results{'?' if asked else ''}{asked}", claims.RESULT_READ)


@pytest.fixture(scope="session")
def tool_key() -> Key:
    """The tool's key; made once."""
    return Key(new_pem())


@pytest.fixture(scope="session")
def lms_pem() -> str:
    """The LMS's first key; made once."""
    return new_pem()


@pytest.fixture
def make_end(tool_key, lms_pem):
    """A tool registered in an LMS with the habits that are named."""

    def make(quirks: str = "plain", **facts: Any) -> End:
        lms = PracticeLms(quirks=quirks)
        lms.store.state.keys = [lms_pem]
        key_set = {"keys": [Registration.get_jwk(tool_key.public_pem)]}
        client_id, deployment_id = lms.register(TOOL_URL, key_set=key_set, **facts)
        return End(lms, app_for(lms).test_client(), tool_key, client_id, deployment_id)

    return make


@pytest.fixture
def end(make_end) -> End:
    """A tool in an LMS by the book."""
    return make_end()


@pytest.fixture
def moodle(make_end) -> End:
    """A tool in Moodle."""
    return make_end("moodle-4.5")

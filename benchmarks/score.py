"""One score delivered, beside a bare post of the same statement. Both ends post to the same platform on this machine.

Bare: PyJWT signs an assertion with a parsed key, `requests` posts it for a token and then posts the score. Ours claims
the delivery with a lease, looks for a kept token, goes out through the guard, and notes how it ended.
"""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.far_end import far_end
from benchmarks.measure import Act, Line, compare, installation
from lti_tool import db, jobs
from lti_tool.models import Activity, Person
from lti_tool.services import deliveries
from tests.lti import ends

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def run() -> list[Line]:
    """Without kept tokens on either side, which is what is promised; and with them on both."""
    with installation(), far_end() as url:
        activity = ends.activity_in(url, line_item_url=f"{url}/mod/lti/7/lineitem?type_id=2")
        prepare = _ours(activity, _person_of(activity))
        _take_tokens_from(f"{url}/token-for-once", activity)
        without = compare("a score delivered, token asked for", prepare, _bare(url, keeps=False), at_most=3.0, batch=20)
        _take_tokens_from(f"{url}/token", activity)
        with_token = compare("a score delivered, token kept", prepare, _bare(url, keeps=True), at_most=None, batch=20)
        return [without, with_token]


def _ours(activity: Activity, person_id: int) -> Callable[[], Act]:
    def prepare() -> Act:
        payload = {
            "activity_id": activity.id,
            "person_id": person_id,
            "given": 8,
            "maximum": 10,
            "stated_at": NOON.isoformat(),
        }
        with db.work() as unit:
            deliveries.owe("score", key=f"score:{uuid.uuid4()}", payload=payload)
            unit.info.pop("owed")  # nobody else is to be woken for it
            unit.commit()
        return _deliver

    return prepare


def _deliver() -> None:
    if deliveries.run_next(jobs.HANDLERS) is not deliveries.Outcome.KEPT:
        raise RuntimeError("a score was not delivered")


def _bare(url: str, *, keeps: bool) -> Callable[[], Act]:
    kept = _token(url) if keeps else ""

    def act() -> None:
        headers = {
            "Authorization": f"Bearer {kept or _token(url)}",
            "Content-Type": "application/vnd.ims.lis.v1.score+json",
        }
        body = {
            "userId": "19",
            "scoreGiven": 8,
            "scoreMaximum": 10,
            "activityProgress": "InProgress",
            "gradingProgress": "FullyGraded",
            "timestamp": NOON.isoformat(),
        }
        requests.post(
            f"{url}/mod/lti/7/lineitem/scores?type_id=2", json.dumps(body), headers=headers, timeout=10
        ).raise_for_status()

    return lambda: act


def _token(url: str) -> str:
    moment = int(time.time())
    claims = {"iss": "client-1", "sub": "client-1", "aud": f"{url}/token", "iat": moment, "exp": moment + 60}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims | {"jti": uuid.uuid4().hex}, KEY, "RS256", {"kid": "bare"}),
        "scope": SCOPE,
    }
    answer = requests.post(f"{url}/token", form, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _take_tokens_from(address: str, activity: Activity) -> None:
    with db.work() as unit:
        unit.get_one(Activity, activity.id).course.deployment.platform.token_url = address
        unit.commit()


def _person_of(activity: Activity) -> int:
    with db.work() as unit:
        platform_id = unit.get_one(Activity, activity.id).course.deployment.platform_id
        person = Person(platform_id=platform_id, sub="19")
        unit.add(person)
        unit.commit()
    return person.id

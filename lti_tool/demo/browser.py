"""What a browser does between the LMS and a tool, for tests that have the tool in the same process."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from lti_tool.demo import authentication

if TYPE_CHECKING:
    from werkzeug.test import Client, TestResponse

    from lti_tool.demo.platform import PracticeLms


def launch(lms: "PracticeLms", client: "Client", **what: Any) -> "TestResponse":
    """Carry one launch through the tool's test client: the tool's answer to the launch, or to the login if it refuses.

    `what` is as for `PracticeLms.opening`: person, course, kind, client_id, activity, of.
    """
    url, fields = lms.login(lms.opening(**what))
    posts = lms.quirks.login_method == "POST"
    sent = {"data": fields} if posts else {"query_string": {**dict(parse_qsl(urlsplit(url).query)), **fields}}
    answer = _send(client, url, **sent)
    if answer.status_code == 307:  # the tool looks whether this browser keeps its cookie
        answer = _send(client, urljoin(url, answer.location), **({"data": fields} if posts else {}))
    if answer.status_code not in (302, 303):
        return answer
    form = authentication.answer(lms, dict(parse_qsl(urlsplit(answer.location).query)))
    return _send(client, form.url, data=form.fields)


def _send(client: "Client", url: str, **more: Any) -> "TestResponse":
    parts = urlsplit(url)
    method = "POST" if "data" in more else "GET"
    more.setdefault("query_string", parts.query)
    return client.open(parts.path, method=method, base_url=f"{parts.scheme}://{parts.netloc}", **more)

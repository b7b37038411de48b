"""A launch carried through a tool in the same process."""

from urllib.parse import urlencode

import jwt
import pytest
from flask import Flask, redirect, request

from lti_tool.demo import browser


@pytest.fixture
def tool():
    """The smallest tool there can be: it echoes whom it was launched as."""
    app = Flask("tool")

    @app.route("/lti/login", methods=["GET", "POST"])
    def login():
        asked = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        kept = {name: request.values[name] for name in ("client_id", "login_hint", "lti_message_hint")}
        there = {"redirect_uri": request.values["target_link_uri"], "state": "s", "nonce": "n"}
        return redirect(f"{request.values['iss']}/auth?{urlencode({**asked, **kept, **there})}")

    @app.post("/lti/launch")
    def launch():
        said = jwt.decode(request.form["id_token"], options={"verify_signature": False})
        return {"sub": said["sub"], "state": request.form["state"]}

    return app.test_client()


@pytest.mark.parametrize("quirks", ["plain", "moodle-4.5"])
def test_a_launch_arrives(make_end, tool, quirks):
    end = make_end(quirks)
    assert browser.launch(end.lms, tool, person="teacher03").json == {"sub": "10", "state": "s"}

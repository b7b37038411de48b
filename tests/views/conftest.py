"""Pages are opened by somebody who is signed in."""

from typing import Any

import pytest
from flask import Flask

from tests import build
from tests.reader import Reader


@pytest.fixture
def reader(app: Flask) -> Reader:
    """Somebody who signs in, opens pages and refuses bad ones."""
    return Reader(app, sign_in=sign_in)


def sign_in(client: Any, person: Any) -> None:
    """Become this person in this browser."""
    with client.session_transaction() as session:
        session["visit"] = build.visit(person).id

"""The platform's keys: one question for many launches, rotation at once, outages survived, floods bounded."""

import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti import platform_keys
from lti_tool.models import Platform, PlatformKeys
from tests.conformance import named
from tests.lti.issuer import GONE, Lms, finish, public_jwk
from tests.lti.test_launch_refusals import refusal


def grown_older(**by: float) -> None:
    """Let the kept key set be fetched and asked for that much earlier."""
    with db.work() as session:
        kept = session.scalars(sa.select(PlatformKeys)).one()
        kept.fetched_at -= timedelta(**by)
        kept.asked_since -= timedelta(**by)
        session.commit()


def test_many_launches_ask_once(lms: Lms) -> None:
    for _ in range(5):
        lms.launch()
    assert lms.asked == 1


@pytest.mark.proves("negative", "key unknown, then rotated in: passes")
def test_the_very_next_launch_after_a_rotation_passes(lms: Lms) -> None:
    lms.launch()
    lms.published = {"keys": [public_jwk("second")]}
    assert lms.launch(key="second").sub == "7"
    assert lms.asked == 2
    assert refusal(lms.form()) == "key_unknown"  # the platform withdrew it


@pytest.mark.proves("security", 25)
def test_a_flood_of_unknown_keys_asks_twelve_times_at_most(lms: Lms) -> None:
    lms.launch()
    codes = []
    for number in range(20):
        asked = lms.login()
        token = lms.sign(lms.claims(asked["nonce"]), kid=f"unknown {number}")
        codes.append(refusal({"state": asked["state"], "id_token": token}))
    assert lms.asked == 8
    assert set(codes[:7]) == {"key_unknown"}
    assert set(codes[7:]) == {"keys_asked_often"}
    assert lms.launch().sub == "7"  # known keys go on
    lms.published = {"keys": [public_jwk("second")]}
    assert refusal(lms.form(key="second")) == "keys_asked_often"
    grown_older(seconds=15)  # a rotation in the middle of a flood waits no longer than this
    assert lms.launch(key="second").sub == "7"
    for _ in range(3):  # and the minute has its dozen
        assert refusal(lms.form(key="third")) == "keys_asked_often"
        grown_older(seconds=15)
        assert refusal(lms.form(key="third")) == "key_unknown"
    assert lms.asked == 12


@pytest.mark.proves("security", 25)
def test_a_thousand_unknown_keys_in_several_processes_make_few_calls(installed: Lms) -> None:
    """Each process has its own line of waiting launches; the share of questions is counted in the database."""
    installed.launch()
    with db.work(read_only=True) as session:
        platform = session.scalars(sa.select(Platform)).one()
    codes: list[str] = []

    def flood(process: int) -> None:
        for number in range(250):
            platform_keys._lines.clear()  # what a process of its own would know
            try:
                platform_keys.find(platform, f"unknown {process} {number}")
            except LaunchRefusedError as refused:
                codes.append(refused.code)

    threads = [threading.Thread(target=flood, args=(process,)) for process in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 1000
    assert installed.asked <= 12
    assert installed.launch().sub == "7"


def down(request: BaseHTTPRequestHandler) -> None:
    request.send_error(500)


def test_an_outage_is_survived_with_the_kept_keys(lms: Lms) -> None:
    lms.launch()
    lms.answer = down
    grown_older(days=1)
    assert lms.launch().sub == "7"
    assert lms.asked == 2
    assert lms.launch().sub == "7"
    assert lms.asked == 2  # the next ones do not wait for an answer that has just not come
    lms.published = {"keys": [public_jwk("second")]}
    lms.answer = None
    assert lms.launch(key="second").sub == "7"  # a key that is not known is asked for all the same


def test_old_keys_are_asked_for_again_so_that_a_withdrawn_one_ends(lms: Lms) -> None:
    lms.launch()
    lms.published = {"keys": [public_jwk("second")]}
    grown_older(hours=7)
    assert refusal(lms.form()) == "key_unknown"


@pytest.mark.proves("negative", "key set: unreachable")
def test_a_first_launch_during_an_outage_says_so(lms: Lms) -> None:
    lms.answer = down
    assert refusal(lms.form()) == "keys_unreachable"
    lms.answer = None
    assert lms.launch().sub == "7"


OCT = {"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"}
BROKEN: dict[str, tuple[Any, str]] = {
    "key set: an oct key": ({"keys": [OCT]}, "keys_unusable"),
    "key set: no keys member": ({"jwks": []}, "keys_unusable"),
    "key set: no key at all": ({"keys": []}, "keys_unusable"),
    "key set: a list": ([public_jwk("first")], "keys_unusable"),
    "key set: null": (None, "keys_unusable"),
    "key set: keys a text": ({"keys": "first"}, "keys_unusable"),
    "key set: keys of texts": ({"keys": ["first", 5, None]}, "keys_unusable"),
    "key set: use enc": ({"keys": [public_jwk("first", use="enc")]}, "keys_unusable"),
    "key set: for another algorithm": ({"keys": [public_jwk("first", alg="RSA-OAEP")]}, "keys_unusable"),
    "key set: too small": ({"keys": [public_jwk("small", bits=1024, kid="first")]}, "keys_unusable"),
    "key set: n a number": ({"keys": [public_jwk("first", n=5)]}, "keys_unusable"),
    "key set: n no base64": ({"keys": [public_jwk("first", n="é!")]}, "keys_unusable"),
    "key set: e of zero": ({"keys": [public_jwk("first", e="AA")]}, "keys_unusable"),
    "key set: without id": ({"keys": [public_jwk("first", kid=GONE)]}, "keys_unusable"),
    "key set: of another kind": ({"keys": [public_jwk("first", kty="EC")]}, "keys_unusable"),
    "key set: of another id": ({"keys": [public_jwk("second")]}, "key_unknown"),
    "key set: no JSON": (b"<html>", "keys_unreachable"),
    "key set: nested deeply": (b"[" * 100_000, "keys_unreachable"),
    "key set: huge": (b'{"keys": [' + b" " * 400_000 + b"]}", "keys_unreachable"),
}


MISJUDGED = ("key set: an oct key", "key set: no keys member", "key set: use enc")  # by pylti1p3 2.0.0
NOT_RSA = ("key set: an oct key", "key set: too small", "key set: for another algorithm")


@pytest.mark.proves("negative")
@pytest.mark.parametrize(("published", "code"), named(BROKEN, MISJUDGED, {4: NOT_RSA}))
def test_a_broken_key_set_is_refused(lms: Lms, published: Any, code: str) -> None:
    lms.published = published
    assert refusal(lms.form()) == code


def test_usable_keys_are_found_among_others(lms: Lms) -> None:
    lms.published = {"keys": [OCT, {}, public_jwk("second", use=GONE, alg=GONE), public_jwk("first", use="enc")]}
    assert lms.launch(key="second").sub == "7"


def test_only_public_numbers_are_kept(lms: Lms) -> None:
    lms.published = {"keys": [public_jwk("first", d="secret", x5c=["certificate"])]}
    lms.launch()
    with db.work(read_only=True) as session:
        kept = session.scalars(sa.select(PlatformKeys)).one().key_set
    assert set(kept) == {"first"}
    assert set(kept["first"]) == {"n", "e"}


def test_nobody_waits_for_a_database_while_the_platform_is_slow(lms: Lms) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        go_on.wait(4)
        down(request)

    lms.answer = slow
    form = lms.form()
    waiting = threading.Thread(target=refusal, args=(form,))
    waiting.start()
    assert asked.wait(4)
    lms.login(browser="another")  # a write, while the other launch waits for the key set
    assert waiting.is_alive()
    go_on.set()
    waiting.join()


@pytest.mark.proves("negative", "key set: slow")
@pytest.mark.slow
def test_a_key_set_that_never_comes_is_given_up(lms: Lms) -> None:
    end = threading.Event()
    lms.answer = lambda _request: [end.wait(30), None][1]
    form, began = lms.form(), time.monotonic()
    try:
        assert refusal(form) == "keys_unreachable"
        assert time.monotonic() - began < 15, "a person waits for this"
    finally:
        end.set()


def test_two_platforms_never_share_keys(lms: Lms) -> None:
    lms.launch()
    other = Lms(lms.address)
    other.issuer = "https://other.example.org"
    other.register(issuer=other.issuer)
    other.launch()
    assert lms.asked == 2


def at_once(forms: list[dict[str, str]]) -> list[str]:
    results: list[str] = []

    def post(form: dict[str, str]) -> None:
        try:
            results.append(finish(form).sub)
        except LaunchRefusedError as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=post, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_thirty_people_who_start_at_once_ask_one_question(installed: Lms) -> None:
    assert at_once([installed.form() for _ in range(30)]) == ["7"] * 30
    assert installed.asked == 1
    installed.published = {"keys": [public_jwk("second")]}
    assert at_once([installed.form(key="second") for _ in range(30)]) == ["7"] * 30
    assert installed.asked == 2


def test_thirty_people_who_start_during_an_outage_do_not_wait_for_each_other(lms: Lms) -> None:
    def slowly_down(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        down(request)

    lms.answer = slowly_down
    assert at_once([lms.form() for _ in range(30)]) == ["keys_unreachable"] * 30
    assert lms.asked < 12


def test_thirty_unknown_keys_at_once_share_an_answer(lms: Lms) -> None:
    lms.launch()

    def slowly(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(json.dumps(lms.published).encode())

    lms.answer = slowly
    assert at_once([lms.form(key="unknown") for _ in range(30)]) == ["key_unknown"] * 30
    assert lms.asked <= 5

"""What goes wrong on demand goes wrong exactly so, and then works again."""

import threading
import time

import pytest
import requests

from lti_tool.demo import claims
from lti_tool.demo.platform import PracticeLms

LATER = "2026-11-21T10:00:01+00:00"


def token_for(end, *scopes):
    """A token taken while all is well."""
    return end.ask_token(*scopes).json["access_token"]


def test_down_means_every_service_but_no_page(end):
    token = token_for(end, claims.ROSTER_READ)
    end.lms.faults.set(down=True)
    assert end.roster(token=token).status_code == 503
    assert end.ask_token(claims.SCORE).status_code == 503
    assert end.client.get("/jwks").status_code == 503
    assert end.client.get("/").status_code == end.client.get("/faults").status_code == 200
    end.lms.faults.clear()
    assert end.roster(token=token).status_code == 200


def test_rate_limits_count_down_and_name_the_wait(end):
    token = token_for(end, claims.ROSTER_READ)
    end.lms.faults.set(rate_limited=2, retry_after=7)
    answers = [end.roster(token=token) for _ in range(3)]
    assert [one.status_code for one in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"


def test_slow_is_slow(end):
    token = token_for(end, claims.ROSTER_READ)
    end.lms.faults.set(slow=0.2)
    begun = time.monotonic()
    assert end.roster(token=token).status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_a_lost_answer_has_kept_the_score_so_the_same_words_meet_a_conflict(end):
    column = end.make_column().json["id"]
    end.lms.faults.set(lost_answers=1)
    assert end.score(column).status_code == 502
    assert end.score(column).status_code == 409
    assert end.results(column).json[0]["resultScore"] == 10


@pytest.mark.parametrize("quirks", ["plain", "moodle-4.5", "canvas", "open-edx"])
def test_stale_scores_are_refused_in_each_manner(make_end, quirks):
    end = make_end(quirks)
    status = 409 if quirks in ("plain", "moodle-4.5") else 400
    column = end.make_column().json["id"]
    end.lms.faults.set(stale_scores=True)
    assert end.score(column).status_code == status
    end.lms.faults.clear()
    assert end.score(column).status_code == 201


def test_forgotten_tokens_are_refused_and_new_ones_good(end):
    token = token_for(end, claims.ROSTER_READ)
    end.lms.forget_tokens()
    assert end.roster(token=token).status_code == 401
    time.sleep(1.1)  # a token of the same second would be the same text
    assert end.roster().status_code == 200


def test_rotated_keys_take_the_tokens_with_them(end):
    token = token_for(end, claims.ROSTER_READ)
    end.lms.rotate_keys()
    assert end.roster(token=token).status_code == 401
    assert end.roster().status_code == 200


def test_nobody_no_names_and_no_json(end):
    end.lms.faults.set(empty_roster=True)
    assert end.roster().json["members"] == []
    end.lms.faults.set(empty_roster=False, hidden_names=True)
    assert "name" not in end.roster().json["members"][0]
    token = token_for(end, claims.ROSTER_READ)
    end.lms.faults.set(garbled=True)
    assert not end.roster(token=token).is_json
    assert end.roster(token=token).text.startswith("<html>")


def test_a_deleted_column_takes_no_score(end):
    column = end.make_column().json["id"]
    end.client.post("/faults", data={"action": "delete_column", "what": column.rpartition("/")[2]})
    assert end.score(column).status_code == 404


def test_faults_are_switched_by_json_and_by_form(end):
    assert end.client.post("/faults.json", json={"slow": 0.5, "down": True}).json["slow"] == 0.5
    assert end.client.get("/faults.json").json["down"] is True
    end.client.post("/faults", data={"rate_limited": "3"})
    now = end.client.get("/faults.json").json
    assert (now["down"], now["slow"], now["rate_limited"]) == (False, 0, 3)
    assert end.client.post("/faults.json", json={"unknown": 1}).status_code == 400
    end.client.post("/faults.json", json={"action": "remove_person", "what": "teacher01"})
    assert len(end.lms.members("2")) == 25
    end.client.post("/faults.json", json={"action": "clear"})
    assert not end.lms.faults.rate_limited


def test_another_site_may_not_press_the_buttons(end):
    wrong = end.client.post("/faults", data={"down": "on"}, headers={"Origin": "http://evil.example"})
    assert wrong.status_code == 403
    assert not end.lms.faults.down


def test_a_change_of_habits_shows_at_once(end):
    end.client.post("/faults", data={"action": "profile", "what": "moodle-4.5"})
    configuration = end.client.get("/openid-configuration").json
    assert configuration[claims.PLATFORM_CONFIGURATION]["product_family_code"] == "moodle"


def test_it_is_served_on_a_port_of_its_own():
    before = set(threading.enumerate())
    with PracticeLms().start() as lms:
        lms.register("http://localhost:8000")
        answer = requests.get(f"{lms.base_url}/jwks", timeout=5)
        assert answer.json()["keys"][0]["kid"] == lms.keys.current.kid
        assert lms.issuer == lms.base_url
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{lms.base_url}/jwks", timeout=5)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_the_tools_keys_are_fetched_kept_and_fetched_again_after_a_rotation(end, tool_key):
    """The tool's key set comes from its own address: here another practice LMS publishes it."""
    with PracticeLms().start() as publisher:
        end.lms.tool(end.client_id).key_set = None
        end.lms.tool(end.client_id).key_set_url = f"{publisher.base_url}/jwks"
        end.key = publisher.keys.current
        assert end.ask_token(claims.SCORE).status_code == 200
        publisher.faults.set(down=True)
        assert end.ask_token(claims.SCORE).status_code == 200  # kept
        publisher.faults.clear()
        end.key = publisher.rotate_keys()
        assert end.ask_token(claims.SCORE).status_code == 200

"""The credit column and the statements in it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.wrappers import Response

from lti_tool.errors import PlatformError
from lti_tool.lti import quirks, scores, tokens
from lti_tool.lti.messages import Score
from lti_tool.models import Activity
from tests.lti import ends
from tests.lti.ends import installation  # noqa: F401 (a fixture)

COLUMNS = "/mod/lti/services.php/2/lineitems"
COLUMN = f"{COLUMNS}/6/lineitem"
SCORES = f"{COLUMN}/scores"
RESULTS = f"{COLUMN}/results"
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def statement(*, sub: str = "19", given: int = 8, later: int = 0, **changes: Any) -> Score:
    facts: dict[str, Any] = {"maximum": 10, "complete": False, "comment": "8 of 10", **changes}
    return Score(sub=sub, given=given, stated_at=NOON + timedelta(seconds=later), **facts)


def with_column(far: ends.Moodle, **facts: Any) -> Activity:
    return ends.activity_in(far.url, line_item_url=far.add_column(resourceLinkId="2")["id"], **facts)


def posted(far: ends.Web) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(next(asked for asked in reversed(far.asked) if asked.method == "POST").data)
    return body


def fault(activity: Activity, score: Score | None = None) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        scores.post(activity, score or statement())
    return caught.value


def test_a_score_reaches_the_gradebook_and_is_read_back() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement())
        assert scores.result_of(here, "19") == scores.Result(80.0, 100.0, "8 of 10")
        assert scores.result_of(here, "26") is None


def test_a_score_is_stated_in_the_words_that_every_platform_takes() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement())
        [sent] = [asked for asked in far.asked if asked.path == SCORES]
        assert sent.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
        assert sent.args["type_id"] == "2"
        assert posted(far) == {
            "userId": "19",
            "scoreGiven": 8,
            "scoreMaximum": 10,
            "comment": "8 of 10",
            "timestamp": "2026-11-21T12:00:00+00:00",
            "activityProgress": "InProgress",
            "gradingProgress": "FullyGraded",
        }
        scores.post(here, statement(later=1, given=0, complete=True, comment=""))
        assert (posted(far)["activityProgress"], posted(far)["scoreGiven"]) == ("Completed", 0)
        assert "comment" not in posted(far)


def test_a_moment_is_stated_in_whole_seconds() -> None:
    with ends.moodle() as far:
        moment = NOON.replace(microsecond=999_999).astimezone(datetime.now().astimezone().tzinfo)
        scores.post(with_column(far), Score("19", 1, 1, complete=True, comment="", stated_at=moment))
        assert posted(far)["timestamp"] == "2026-11-21T12:00:00+00:00"


def test_the_same_statement_twice_is_delivered_once() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement())
        scores.post(here, statement())
        assert far.count(SCORES) == 2


def test_another_value_for_the_same_moment_is_not_taken_for_delivered() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(given=9))
        found = fault(here, statement(given=8))
    assert (found.code, found.status, found.final) == ("newer_on_platform", 409, True)


def test_who_takes_no_score_is_named() -> None:
    with ends.moodle() as far:
        found = fault(with_column(far), statement(sub="4"))
    assert (found.code, found.status, found.final) == ("person_gone", 400, True)


def test_who_takes_no_score_any_more_is_not_taken_for_a_newer_score() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(given=5))
        far.gradable.clear()
        assert fault(here, statement(later=1)).code == "person_gone"


def test_a_column_that_was_deleted_is_named() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.columns.clear()
        found = fault(here)
    assert (found.code, found.status, found.final) == ("column_gone", 404, True)


def test_a_person_who_is_gone_is_no_lost_column() -> None:
    """Brightspace answers 404 for the person (hypothesis/lms, d2l plugin)."""
    with ends.moodle() as far:
        here = with_column(far)
        far.on(SCORES, Response(status=404))
        assert fault(here).code == "person_gone"
        far.on(SCORES, Response(status=403))
        assert fault(here).code == "person_gone"
        far.on(COLUMN, Response(status=403))
        assert fault(here).code == "score_refused"


def test_a_column_that_may_not_be_looked_at_counts_as_gone() -> None:
    with ends.moodle() as far:
        here = with_column(far, scopes=[tokens.SCORES])
        far.on(SCORES, Response(status=404))
        assert fault(here).code == "column_gone"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again_when_the_platform_says(status: int) -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(SCORES, Response(status=status, headers={"Retry-After": "30"}))
        found = fault(here)
        assert (found.code, found.retry_after, found.final) == ("platform_busy", 30.0, False)
        assert far.count(SCORES) == 1


@pytest.mark.parametrize("path", [SCORES, "/mod/lti/token.php"], ids=["scores", "token"])
def test_canvas_says_403_when_it_is_asked_too_much(path: str) -> None:
    """request_throttle.rb: a class that hands in on one evening must not lose its credit."""
    with ends.moodle() as far:
        here = with_column(far, product="canvas")
        far.on(path, Response("403 Forbidden (Rate Limit Exceeded)\n", 403))
        assert (fault(here).code, fault(here).final) == ("platform_busy", False)
        far.on(path, Response("Forbidden", 403))
        assert fault(here).code in ("person_gone", "client_refused")


def test_a_platform_that_leads_elsewhere_while_it_is_maintained_is_asked_again() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(SCORES, Response(status=302, headers={"Location": "/maintenance"}))
        found = fault(here)
        assert (found.code, found.status, found.final) == ("redirected", 302, False)
        assert far.count("/maintenance") == 0


@pytest.mark.parametrize("page", ["<!DOCTYPE html>\n<title>Back soon</title>", "\n <html><p>Please log in"])
def test_a_page_in_place_of_an_answer_is_no_receipt(page: str) -> None:
    """As of a proxy that asks everybody to sign in, or shows a page about maintenance and calls that a success."""
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement())
        far.on(SCORES, Response(page, content_type="text/html"))
        found = fault(here, statement(later=1, given=9))
        assert (found.code, found.status, found.final) == ("answer_not_json", 200, False)
        del far.answers[SCORES]
        scores.post(here, statement(later=1, given=9))
        assert scores.result_of(here, "19") == scores.Result(90.0, 100.0, "8 of 10")


@pytest.mark.parametrize("answer", ["", "null", "<br />\n<b>Warning</b>: something"])
def test_whatever_else_is_answered_to_a_score_that_was_taken_is_none_of_our_affair(answer: str) -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(SCORES, Response(answer, content_type="text/html"))
        scores.post(here, statement())


def test_a_column_that_is_another_tools_now_is_named() -> None:
    """canvas-lms, gradebook_services.rb: 412 says that the link or the key is not the one of this column."""
    with ends.moodle() as far:
        here = with_column(far, product="canvas")
        far.on(SCORES, Response(status=412))
        assert (fault(here).code, fault(here).final) == ("column_refused", True)


def test_a_statement_that_the_platform_cannot_read_is_refused_for_good() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(SCORES, Response(status=415))
        assert (fault(here).code, fault(here).final) == ("score_refused", True)


@pytest.mark.parametrize(("product", "status"), [("open-edx", 400), ("canvas", 400), ("", 400), ("", 409)])
def test_an_older_moment_is_told_from_a_stranger(product: str, status: int) -> None:
    held = {"userId": "19", "resultScore": 0.8, "resultMaximum": 1}
    with ends.moodle() as far:
        here = with_column(far, product=product)
        far.on(SCORES, Response(status=status))
        far.on(RESULTS, ends.as_json([{"userId": "7", "resultScore": 0.1}, held]))
        scores.post(here, statement())  # it holds 8 of 10: delivered
        assert fault(here, statement(given=7)).code == "newer_on_platform"
        far.on(RESULTS, ends.as_json([]))
        assert fault(here).code == ("person_gone" if status == 400 else "newer_on_platform")


@pytest.mark.parametrize(
    ("product", "status", "code"),
    [("open-edx", 400, "score_refused"), ("moodle", 409, "not_later_unread"), ("", 409, "not_later_unread")],
)
def test_what_cannot_be_read_back_is_neither_delivered_nor_called_changed(product: str, status: int, code: str) -> None:
    with ends.moodle() as far:
        here = with_column(far, product=product, scopes=[tokens.SCORES])
        far.on(SCORES, Response(status=status))
        assert (fault(here).code, fault(here).final) == (code, True)


@pytest.mark.parametrize("told", [float("nan"), float("inf"), 10**400, "8", True])
def test_a_result_that_is_no_number_counts_for_nothing(told: object) -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(RESULTS, ends.as_json([{"userId": "19", "resultScore": told, "resultMaximum": 10}]))
        held = scores.result_of(here, "19")
        assert held is not None
        assert held.share is None
        far.on(RESULTS, ends.as_json([{"userId": "19", "resultScore": 1, "resultMaximum": told}]))
        held = scores.result_of(here, "19")
        assert held is not None
        assert held.maximum == 1


def test_canvas_is_told_that_this_is_no_new_attempt() -> None:
    with ends.moodle() as far:
        scores.post(with_column(far, product="canvas"), statement())
        assert posted(far)["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}


def test_without_a_column_or_a_right_nothing_is_sent() -> None:
    with ends.moodle() as far:
        assert fault(ends.activity_in(far.url)).code == "no_column"
        asked = len(far.asked)
    assert asked == 0


def test_without_the_right_to_score_nothing_is_sent() -> None:
    with ends.moodle() as far:
        assert fault(with_column(far, scopes=[tokens.COLUMNS])).code == "scope_refused"
        assert far.asked == []


def test_when_it_was_begun_and_done_and_who_gave_it_travel_along() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        times = {"started_at": NOON - timedelta(days=30, microseconds=-7), "submitted_at": NOON}
        scores.post(here, statement(complete=True, scored_by="3", **times))
        said = posted(far)
        assert said["submission"] == {
            "startedAt": "2026-10-22T12:00:00+00:00",
            "submittedAt": "2026-11-21T12:00:00+00:00",
        }
        assert said["scoringUserId"] == "3"
        scores.post(here, statement(later=1))
        assert not {"submission", "scoringUserId"} & set(posted(far))


@pytest.mark.parametrize("product", ["", "moodle", "canvas", "open-edx", "brightspace", "BlackboardLearn", "sakai"])
def test_nothing_but_fully_graded_is_ever_said(product: str) -> None:
    """Moodle 4.5 wipes a grade for anything else, and Sakai opens a submission again for a step back."""
    for complete in (False, True):
        said = scores.statement(statement(complete=complete, given=0), quirks.of(product), comment="")
        assert said["gradingProgress"] == "FullyGraded"
        assert said["activityProgress"] in ("Completed", "Submitted" if product == "sakai" else "InProgress")
        assert said["scoreGiven"] == 0


def test_blackboard_takes_a_comment_for_html() -> None:
    with ends.moodle() as far:
        here = with_column(far, product="BlackboardLearn")
        scores.post(here, statement(comment="3 < 4\nof the steps"))
        assert posted(far)["comment"] == "3 &lt; 4<br/>of the steps"


OURS = "You took part: A concern shared with the circle."
MORE = "You took part: A concern shared with the circle; An action plan shared with the circle."


def by_hand(far: ends.Moodle, comment: str, *, sub: str = "19") -> None:
    """Somebody writes beside a score in the gradebook; Moodle counts the moment, too."""
    held = far.results[next(iter(far.columns)), sub]
    held["comment"] = comment


def test_a_comment_of_ours_gives_way_to_the_next_one() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(comment=OURS))
        scores.post(here, statement(later=1, comment=MORE, said_before=(OURS,)))
        assert scores.result_of(here, "19") == scores.Result(80.0, 100.0, MORE)


@pytest.mark.parametrize("hers", ["Well done, Ama & Ben!", "3 < 4: come and see me", "  Two lines\nof hers"])
def test_what_a_person_wrote_beside_a_score_is_sent_back_as_it_was(hers: str) -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(comment=OURS))
        by_hand(far, hers)
        scores.post(here, statement(later=1, given=9, comment=MORE, said_before=(OURS,)))
        assert scores.result_of(here, "19") == scores.Result(90.0, 100.0, hers)


def test_what_was_written_in_moodles_editor_comes_back_without_tags() -> None:
    """gradebookservices.php keeps what tools send as plain text: the tags would be read as words."""
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(comment=OURS))
        by_hand(far, "<p>Well done &amp; thank you.</p><p>See you <b>soon</b></p>")
        scores.post(here, statement(later=1, comment=MORE, said_before=(OURS,)))
        assert posted(far)["comment"] == "Well done & thank you.\nSee you soon"


def test_a_comment_of_ours_is_known_again_however_the_platform_keeps_it() -> None:
    with ends.moodle() as far:
        here = with_column(far, product="blackboard")
        first = "Reading &  writing shared <3"
        scores.post(here, statement(comment=first))
        by_hand(far, "<p>Reading &amp; writing\nshared &lt;3</p>")
        scores.post(here, statement(later=1, comment=MORE, said_before=(first,)))
        assert posted(far)["comment"] == MORE


def test_the_first_score_for_a_person_reads_nothing() -> None:
    with ends.moodle() as far:
        scores.post(with_column(far), statement(comment=OURS))
        assert far.count(RESULTS) == 0


def test_where_results_may_not_be_read_ours_is_sent() -> None:
    """A comment left out would clear hers just as well (AGS 2.0 §3.4.11)."""
    with ends.moodle() as far:
        here = with_column(far, scopes=[tokens.SCORES])
        scores.post(here, statement(comment=MORE, said_before=(OURS,)))
        assert (posted(far)["comment"], far.count(RESULTS)) == (MORE, 0)


def test_where_results_are_refused_ours_is_sent() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.grants.discard(tokens.RESULTS)
        scores.post(here, statement(comment=MORE, said_before=(OURS,)))
        assert posted(far)["comment"] == MORE


def test_while_the_platform_does_not_answer_nothing_is_replaced() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        far.on(RESULTS, Response(status=503))
        found = fault(here, statement(comment=MORE, said_before=(OURS,)))
        assert (found.final, far.count(SCORES)) == (False, 0)


def test_a_score_posted_again_carries_the_very_same_words() -> None:
    with ends.moodle() as far:
        here = with_column(far)
        scores.post(here, statement(comment=OURS))
        by_hand(far, "Well done")
        again = statement(later=1, comment=MORE, said_before=(OURS,))
        scores.post(here, again)
        first = posted(far)
        scores.post(here, again)
        assert posted(far) == first


def test_canvas_writes_a_comment_below_the_others_so_each_is_said_once() -> None:
    """scores_controller.rb, add_comment: what a person wrote stays, and ours would stand there twice."""
    with ends.moodle() as far:
        here = with_column(far, product="canvas")
        scores.post(here, statement(comment=OURS))
        by_hand(far, "Well done")
        scores.post(here, statement(later=1, comment=MORE, said_before=(OURS,)))
        assert (posted(far)["comment"], far.count(RESULTS)) == (MORE, 0)
        scores.post(here, statement(later=2, comment=MORE, said_before=(OURS, MORE)))
        assert "comment" not in posted(far)


def test_open_edx_shows_comments_of_tools_only_so_none_is_read() -> None:
    with ends.moodle() as far:
        here = with_column(far, product="open-edx")
        scores.post(here, statement(comment=MORE, said_before=(OURS,)))
        assert (posted(far)["comment"], far.count(RESULTS)) == (MORE, 0)


def test_blackboards_comments_are_read_among_everybodys_results() -> None:
    """hypothesis/lms, blackboard plugin: `results?user_id` leaves the comment out. Hers is HTML already."""
    with ends.moodle() as far:
        here = with_column(far, product="blackboard")
        scores.post(here, statement(comment=OURS))
        by_hand(far, "Well done &amp; <b>thank you</b>")
        scores.post(here, statement(later=1, comment=MORE, said_before=(OURS,)))
        assert posted(far)["comment"] == "Well done &amp; <b>thank you</b>"
        [asked] = [one for one in far.asked if one.path == RESULTS]
        assert "user_id" not in asked.args


@pytest.mark.proves("security", 6)
def test_twin_platforms_never_see_each_others_tokens() -> None:
    """The same client id, deployment, course, column and person on both: each token goes where it came from."""
    with ends.moodle() as one, ends.moodle() as other:
        here, there = with_column(one), with_column(other)
        for _ in range(2):
            scores.post(here, statement(given=3))
            scores.post(there, statement(given=4))
        assert [held["resultScore"] for held in one.results.values()] == [30]
        assert [held["resultScore"] for held in other.results.values()] == [40]
        for far in (one, other):
            bearers = {asked.headers["Authorization"] for asked in far.asked if "Authorization" in asked.headers}
            assert bearers <= {f"Bearer {token}" for token in far.valid}

"""A launch belongs to one login of one browser and happens once (Security 7.3.1; the faults have CVE numbers)."""

import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from lti_tool import db
from lti_tool.errors import LaunchRefusedError
from lti_tool.lti import launch, login
from lti_tool.lti.messages import Storage
from lti_tool.models import LoginState
from tests.lti.issuer import AGS, DL, GONE, NRPS, TEACHER, Lms, finish
from tests.lti.test_launch_refusals import raw, refusal


def rows() -> dict[str, int]:
    tables = LoginState.metadata.sorted_tables
    with db.work(read_only=True) as session:
        return {table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


@pytest.mark.proves("security", 1)
@pytest.mark.proves("negative", "state of another browser")
def test_a_login_begun_in_one_browser_cannot_be_finished_in_another(lms: Lms) -> None:
    form = lms.form(browser="browser of A")
    assert refusal(form, browser="browser of B") == "browser_changed"
    assert finish(form, browser="browser of A").sub == "7"


@pytest.mark.parametrize("browser", [None, ""])
def test_a_browser_that_lost_our_cookie_is_told_so(lms: Lms, browser: str | None) -> None:
    assert refusal(lms.form(), browser=browser) == "cookie_missing"


STATES = ["state made up", "state endless", "state with a null byte", "state not ASCII"]


@pytest.mark.proves("negative")
@pytest.mark.parametrize("state", ["made up", "x" * 5000, "nul\0", "é"], ids=STATES)
def test_a_made_up_state_is_refused(lms: Lms, state: str) -> None:
    assert refusal(lms.form() | {"state": state}) == "state_unknown"


@pytest.mark.proves("security", 2)
@pytest.mark.proves("negative", "the same token twice")
@pytest.mark.proves("library", "the same token and state twice")
def test_the_same_answer_is_good_for_one_launch(lms: Lms) -> None:
    form = lms.form()
    finish(form)
    assert refusal(form) == "state_unknown"


@pytest.mark.proves("security", 2)
@pytest.mark.proves("negative", "a used nonce in a new token")
@pytest.mark.proves("library", "a new token with a used nonce")
def test_a_used_nonce_is_no_good_in_a_new_token(lms: Lms) -> None:
    asked = lms.login()
    form = {"state": asked["state"], "id_token": lms.sign(lms.claims(asked["nonce"]))}
    finish(form)
    again = lms.sign(lms.claims(asked["nonce"], sub="8"))
    assert refusal(form | {"id_token": again}) == "state_unknown"
    assert refusal({"state": lms.login()["state"], "id_token": again}) == "nonce_foreign"


@pytest.mark.proves("security", 2)
@pytest.mark.proves("negative", "state of another login")
@pytest.mark.proves("library", "state of one login, nonce of another")
def test_state_of_one_login_and_nonce_of_another_do_not_go_together(lms: Lms) -> None:
    first, second = lms.form(), lms.form()
    assert refusal({"state": first["state"], "id_token": second["id_token"]}) == "nonce_foreign"
    assert refusal({"state": second["state"], "id_token": first["id_token"]}) == "nonce_foreign"


@pytest.mark.proves("negative", "two launches at once in one browser both pass")
def test_two_launches_in_one_browser_both_pass(lms: Lms) -> None:
    first, second = lms.form(resource_link={"id": "one"}), lms.form(resource_link={"id": "two"})
    assert [finish(form).resource_link_id for form in (second, first)] == ["two", "one"]


def test_a_login_ends_after_ten_minutes(lms: Lms) -> None:
    form = lms.form()
    with db.work() as session:
        session.execute(sa.update(LoginState).values(expires_at=db.now()))
        session.commit()
    assert refusal(form) == "state_expired"


@pytest.mark.proves("security", 2)
def test_twenty_posts_of_one_answer_at_once_are_one_launch(installed: Lms) -> None:
    form = installed.form()
    barrier = threading.Barrier(20)
    results: list[str] = []

    def post() -> None:
        barrier.wait()
        try:
            results.append(finish(form).sub)
        except LaunchRefusedError as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(results) == {"7": 1, "state_unknown": 19}


@pytest.mark.proves("security", 3)
@pytest.mark.parametrize("amount", [60, pytest.param(10_000, marks=pytest.mark.slow)])
def test_forged_launches_leave_no_row_and_ask_the_platform_nothing(lms: Lms, amount: int) -> None:
    before = rows()
    body = lms.claims("made up")
    tokens = [lms.sign(body, key="of a stranger"), raw({"alg": "none"}, body), raw({"alg": "RS256", "kid": "k"}, body)]
    for number in range(amount):
        assert refusal({"state": f"forged-{number}", "id_token": tokens[number % 3]}) == "state_unknown"
    assert (rows(), lms.asked) == (before, 0)


@pytest.mark.proves("security", 3)
def test_a_token_of_a_stranger_in_a_true_login_leaves_only_the_count_of_questions(lms: Lms) -> None:
    asked = lms.login()
    before = rows()
    forged = lms.sign(lms.claims(asked["nonce"], deployment_id="9"), key="of a stranger")
    assert refusal({"state": asked["state"], "id_token": forged}) == "key_unknown"
    assert rows() == before | {"platform_keys": 1}


@pytest.mark.proves("security", 16)
def test_institution_roles_and_lookalikes_give_nothing(lms: Lms) -> None:
    accepted = lms.launch(roles=["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor", TEACHER + "s"])
    assert (accepted.may_teach, accepted.administers) == (False, False)


def test_a_launch_comes_first_in_its_unit_of_work(lms: Lms) -> None:
    form = lms.form()
    with db.work() as session:
        session.scalars(sa.select(LoginState)).all()
        with pytest.raises(RuntimeError, match="first"):
            launch.finish(form, browser="this browser")


def test_a_launch_that_is_not_committed_did_not_happen(lms: Lms) -> None:
    form = lms.form()
    with db.work() as session:
        launch.finish(form, browser="this browser")
        session.rollback()
    assert finish(form).sub == "7"


def kept_by_platform(lms: Lms) -> dict[str, str]:
    """The form of a launch whose value the LMS's page keeps."""
    return lms.form(begun=lms.login(storage=Storage.PLATFORM, browser="the value"))


@pytest.mark.proves("security", 1)
def test_a_value_that_the_platform_kept_binds_a_launch_as_a_cookie_does(lms: Lms) -> None:
    form = kept_by_platform(lms)
    assert refusal(form, browser=None) == "cookie_missing"
    assert refusal(form, browser=None, kept="another value") == "browser_changed"
    assert finish(form, browser=None, kept="the value").storage is Storage.PLATFORM
    assert refusal(form, browser=None, kept="the value") == "state_unknown"


@pytest.mark.proves("security", 1)
def test_a_login_that_a_cookie_was_set_for_is_bound_by_nothing_else(lms: Lms) -> None:
    form = lms.form(browser="the value")
    assert refusal(form, browser=None, kept="the value") == "cookie_missing"
    assert refusal(form, browser="of another browser", kept="the value") == "browser_changed"


@pytest.mark.parametrize("storage", [Storage.COOKIE, Storage.WINDOW])
def test_a_launch_says_what_told_browsers_apart(lms: Lms, storage: Storage) -> None:
    assert finish(lms.form(begun=lms.login(storage=storage))).storage is storage


def test_the_services_tell_whose_pages_are_around_us_where_many_share_an_issuer(lms: Lms) -> None:
    school = "https://accra.instructure.com/api/lti/courses/1"
    told = lms.launch(
        **{
            NRPS: {"context_memberships_url": f"{school}/names_and_roles"},
            AGS: {"lineitems": f"{school}/line_items", "lineitem": "javascript:alert(1)"},
        }
    )
    assert told.platform_addresses == (
        lms.issuer, "https://lms.example.org/Auth", f"{school}/names_and_roles", f"{school}/line_items"
    )  # fmt: skip


def test_courses_that_the_lms_does_not_name_are_not_taken_for_one(lms: Lms) -> None:
    for nothing in (GONE, None, {}, {"id": ""}, {"id": None, "title": "Kept secret"}):
        first = lms.launch(context=nothing)
        other = lms.launch(context=nothing, resource_link={"id": "link-2"})
        assert (first.context_id, other.context_id) == ("link:link-1", "link:link-2")


def test_authors_of_courses_that_the_lms_does_not_name_are_not_in_one_course(lms: Lms) -> None:
    """Each would read the names of the others, and their rosters would be mixed."""
    asks = {"deep_link_return_url": "https://lms.example.org/return", "accept_types": ["ltiResourceLink"]}
    told = {"message_type": "LtiDeepLinkingRequest", "resource_link": GONE, "context": GONE, DL: asks}
    assert {lms.launch(**told, sub=sub).context_id for sub in ("7", "8")} == {"author:7", "author:8"}


def test_a_cookie_that_came_after_all_is_as_good(lms: Lms) -> None:
    assert finish(kept_by_platform(lms), browser="the value").storage is Storage.COOKIE


def test_a_refused_launch_can_be_begun_again(lms: Lms) -> None:
    form = lms.form(begun=lms.login(lti_message_hint='{"cmid":5}', lti_storage_target="_parent", stranger="x"))
    with pytest.raises(LaunchRefusedError) as refused:
        finish(form, browser=None)
    begun = refused.value.facts["login"]
    assert isinstance(begun, LoginState)
    assert begun.asked == {
        "iss": lms.issuer,
        "login_hint": "7",
        "target_link_uri": "https://circles.example.org/lti/launch",
        "lti_message_hint": '{"cmid":5}',
        "client_id": "circles-1",
        "lti_storage_target": "_parent",
    }


@pytest.mark.parametrize("hint", ["x" * 9000, "nul\0"], ids=["long", "not printable"])
def test_what_is_too_much_to_keep_is_not_kept(lms: Lms, hint: str) -> None:
    assert finish(lms.form(begun=lms.login(lti_message_hint=hint))).sub == "7"
    assert login.asked_again({"iss": lms.issuer, "lti_message_hint": hint}) == {}


def test_a_login_is_found_while_it_is_under_way(lms: Lms) -> None:
    state = lms.login()["state"]
    found = login.find(state)
    assert found is not None
    assert found.platform.issuer == lms.issuer
    with db.work() as session:
        session.execute(sa.update(LoginState).values(expires_at=db.now()))
        session.commit()
    assert [login.find(one) for one in (state, "made up", "nul\0", "")] == [None] * 4

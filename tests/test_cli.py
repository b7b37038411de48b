"""The command as administrators and their scripts know it: names, last lines, sentences, exit codes."""

import os
import re
import socket
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from lti_tool import db, jobs
from lti_tool.cli import demonstration, main, start
from lti_tool.db import session
from lti_tool.errors import PlatformError
from lti_tool.models import Delivery, Deployment, Invite, Platform
from lti_tool.services import deliveries
from tests import build

COMMANDS = {"admin-link", "check", "demo", "invite", "keys", "platforms", "run-jobs", "serve", "upgrade-db", "worker"}
PLATFORM = {
    "--name": "Union LMS", "--issuer": "https://lms.example.org", "--client-id": "abc",
    "--auth-url": "https://lms.example.org/auth", "--token-url": "https://lms.example.org/token",
    "--jwks-url": "https://lms.example.org/jwks",
}  # fmt: skip


@pytest.fixture(autouse=True)
def environment(as_found: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of an installation that nothing was done to yet."""
    for name in [name for name in os.environ if name.startswith("LTI_TOOL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'test.db'}")
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", "https://circles.example.org")
    monkeypatch.setenv("LTI_TOOL_SECRET_KEY", "a secret for tests, thirty-two characters long")
    monkeypatch.setenv("LTI_TOOL_DATA_DIR", str(tmp_path / "data"))


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def good(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def bad(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def options(**more: str) -> list[str]:
    return [word for option in {**PLATFORM, **more}.items() for word in option]


@pytest.fixture
def ready() -> None:
    """The tables are made."""
    good("upgrade-db")


def test_the_commands_are_those_that_are_documented() -> None:
    found = {name for name, command in main.commands.items() if not command.hidden}
    assert found == COMMANDS
    manual = (Path(__file__).parent.parent / "docs/configuration.md").read_text(encoding="utf-8")
    assert all(f"| `lti-tool {name}" in manual for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_explains_itself(name: str) -> None:
    command = main.commands[name]
    assert command.help
    for option in command.params:
        assert option.hidden or option.help, option.name  # type: ignore[attr-defined]
    assert good(name, "--help")


def test_upgrade_db_makes_folder_and_tables_and_may_be_repeated(tmp_path: Path) -> None:
    assert not (tmp_path / "var").exists()
    assert good("upgrade-db") == good("upgrade-db") == "The database is at this version.\n"


@pytest.mark.parametrize(
    "words", [["serve"], ["worker"], ["run-jobs"], ["invite", "--name", "A"], ["platforms", "list"]]
)
def test_nothing_runs_on_a_database_of_another_version(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert bad(*words) == "The database has not the shape of this version. Run: lti-tool upgrade-db\n"


@pytest.mark.parametrize("words", [["upgrade-db"], ["check"], ["run-jobs"], ["serve"]])
def test_faults_of_settings_are_sentences(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTI_TOOL_SECRET_KEY")
    monkeypatch.setenv("LTI_TOOL_THREADS", "many")
    lines = bad(*words).splitlines()
    assert [line.split()[0].rstrip(":") for line in lines] == ["LTI_TOOL_SECRET_KEY", "LTI_TOOL_THREADS"]


def test_a_database_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", "postgresql+psycopg://nobody:hidden@127.0.0.1:1/none")
    assert re.fullmatch(r"The database does not answer: .*\n", bad("run-jobs"))
    assert "hidden" not in bad("run-jobs")
    assert "The database does not answer" in run("check").stdout


@pytest.mark.usefixtures("ready")
def test_the_last_line_of_invite_is_the_address() -> None:
    address = good("invite", "--name", "Union LMS").splitlines()[-1]
    assert re.fullmatch(r"https://circles\.example\.org/lti/register/[\w-]{30,}", address)
    with db.work(read_only=True):
        made = session.scalars(sa.select(Invite)).one()
    assert made.name == "Union LMS"
    assert made.used_at is None
    assert 6.9 < (made.expires_at - db.now()).total_seconds() / 86_400 < 7.1


@pytest.mark.usefixtures("ready")
def test_platforms_are_added_listed_and_approved() -> None:
    assert "lti-tool invite" in good("platforms", "list")
    added = good("platforms", "add", *options(**{"--audience": "https://aud.example.org"}))
    for address in ("/lti/login", "/lti/launch", "/lti/jwks"):
        assert f"https://circles.example.org{address}" in added
    with db.work():
        platform = session.scalars(sa.select(Platform)).one()
        assert platform.audience == "https://aud.example.org"
        session.add(Deployment(platform_id=platform.id, deployment_id="7"))
        session.commit()
    assert "deployment 7 (waiting for approval)" in good("platforms", "list")
    named = ["--issuer", "https://lms.example.org", "--client-id", "abc"]
    good("platforms", "approve", *named, "--deployment", "7")
    listed = good("platforms", "list")
    assert "deployment 7 (approved)" in listed
    assert "Union LMS (approved)" in listed


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("copied", ["1", " 1", "1\n"])
def test_a_platform_can_be_added_with_its_deployment(copied: str) -> None:
    good("platforms", "add", *options(**{"--deployment": copied}))
    assert "deployment 1 (approved)" in good("platforms", "list")


@pytest.mark.usefixtures("ready")
def test_a_platform_that_nobody_names_is_called_by_its_host() -> None:
    """Scripts give what an LMS shows, and no LMS shows a name for itself."""
    words = options()
    del words[words.index("--name") : words.index("--name") + 2]
    assert good("platforms", "add", *words).startswith("lms.example.org is registered.")
    assert "lms.example.org (approved)" in good("platforms", "list")


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    "words", [["invite", "--name"], ["keys", "retire"], ["platforms", "add", *options(), "--jwks-url"]]
)
def test_what_an_old_terminal_sends_is_told_in_a_sentence(words: list[str]) -> None:
    latin_1 = os.fsdecode("Ministère".encode("latin-1"))
    assert "is not in UTF-8" in bad(*words, latin_1)


@pytest.mark.usefixtures("ready")
def test_what_is_refused_is_a_sentence() -> None:
    words = ["--issuer", "https://nobody.example.org", "--client-id", "x", "--deployment", "1"]
    assert bad("platforms", "approve", *words).startswith("There is no such platform")
    good("platforms", "add", *options())
    known = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"], "--deployment", "77"]
    assert "no such platform or deployment" in bad("platforms", "block", *known)


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "registered already"),
        ({"--client-id": " "}, "must not be empty"),
        ({"--client-id": "b", "--issuer": "lms.example.org"}, "--issuer is the address"),
        ({"--client-id": "b", "--jwks-url": "ftp://lms.example.org/jwks"}, "--jwks-url must be an https address"),
    ],
)
def test_what_cannot_be_registered_is_said_in_words(more: dict[str, str], sentence: str) -> None:
    good("platforms", "add", *options())
    assert sentence in bad("platforms", "add", *options(**more))
    assert good("platforms", "list").count("issuer") == 1


@pytest.mark.usefixtures("ready")
def test_a_deployment_of_a_blocked_lms_says_how_to_end_the_block() -> None:
    good("platforms", "add", *options())
    which = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"]]
    good("platforms", "block", *which)
    assert "lti-tool platforms unblock" in bad("platforms", "approve", *which, "--deployment", "1")


def test_every_refusal_of_a_platform_has_its_words_in_the_command() -> None:
    top = Path(__file__).parent.parent / "lti_tool"
    sources = [top / "services/platforms.py", top / "services/registrations.py", top / "lti/registry.py"]
    codes = {code for source in sources for code in re.findall(r'RefusedError\("(\w+)"', source.read_text("utf-8"))}
    assert codes == set(start.REFUSED)


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("word", ["approve", "block", "unblock"])
def test_an_empty_deployment_never_means_the_whole_lms(word: str) -> None:
    """As in a script whose variable was not set."""
    good("platforms", "add", *options())
    which = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"]]
    before = good("platforms", "list")
    result = run("platforms", word, *which, "--deployment", "")
    assert (result.exit_code, result.stdout) == (2, "")
    assert good("platforms", "list") == before


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    "words",
    [
        ["invite", "--name", " "],
        ["platforms", "add", *options(**{"--product": "moddle"})],
        ["platforms", "add", *options(**{"--deployment": ""})],
    ],
)
def test_a_value_that_is_none_is_refused(words: list[str]) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("words", [["serve"], ["worker"], ["run-jobs"]])
def test_nothing_runs_without_its_data_folder(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, no folder")
    assert bad(*words).startswith(f"LTI_TOOL_DATA_DIR: The data folder {tmp_path / 'data'} cannot be made")


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/test.db").write_text("something else, and long enough to be looked at" * 100)
    assert bad("upgrade-db") == "The database refuses: file is not a database\n"


@pytest.mark.usefixtures("ready")
def test_run_jobs_does_what_is_due_and_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(payload: dict[str, Any]) -> None:
        if payload["number"] == 0:
            raise PlatformError("http_503")

    monkeypatch.setitem(jobs.HANDLERS, "score", handler)
    assert good("run-jobs") == "0 done, 0 to be tried again\n"
    with db.work():
        for number in range(5):
            deliveries.owe("score", key=f"score:{number}", payload={"number": number})
        session.commit()
    assert good("run-jobs", "--limit", "3") == "2 done, 1 to be tried again\n"
    assert good("run-jobs") == "2 done, 0 to be tried again\n"


@pytest.mark.usefixtures("ready")
def test_run_jobs_asks_for_rosters_where_no_worker_does() -> None:
    course = build.course(roster_url="https://lms.example.org/roster", launched_at=db.now())
    good("run-jobs")
    good("run-jobs")
    with db.work(read_only=True) as unit:
        assert [one.payload for one in unit.query(Delivery)] == [{"course_id": course.id}]


@pytest.mark.usefixtures("ready")
def test_check_finds_everything_in_place(tmp_path: Path) -> None:
    said = good("check")
    assert "fault" not in said
    assert str(tmp_path / "data") in said
    assert "https://circles.example.org" in said
    assert "No LMS is registered yet" in said
    assert re.search(r"\d+ programmes can be read", said)


def check_fault() -> str:
    result = run("check")
    assert result.exit_code == 1
    return "\n".join(line for line in result.stdout.splitlines() if line.startswith("fault"))


def test_check_says_that_the_database_needs_an_upgrade() -> None:
    assert "lti-tool upgrade-db" in check_fault()


@pytest.mark.usefixtures("ready")
def test_check_says_that_a_folder_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, no folder")
    assert "The data folder" in check_fault()


@pytest.mark.usefixtures("ready")
def test_check_says_what_is_wrong_in_a_programme_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PROGRAMMES_DIR", str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/broken.yaml").write_text("key: broken\nnonsense: 1\n")
    assert "broken.yaml" in check_fault()


@pytest.mark.usefixtures("ready")
def test_check_says_that_no_worker_runs() -> None:
    with db.work():
        deliveries.owe("score", key="score:1", payload={}, due_at=db.now() - timedelta(hours=1))
        session.commit()
    assert "no worker runs" in check_fault()


@pytest.mark.usefixtures("ready")
def test_check_says_whether_a_worker_is_at_work_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert re.search(r"^note +No worker was at work on this machine", good("check"), re.MULTILINE)
    assert list((tmp_path / "data").iterdir()) == [], "root looks, and the service could not write what root made"
    for ago, weight in ((30, "ok"), (600, "note")):
        monkeypatch.setattr(jobs, "last_sweep", lambda ago=ago: db.now().timestamp() - ago)
        assert re.search(rf"^{weight} +.* worker .*this machine", good("check"), re.MULTILINE)


@pytest.mark.usefixtures("ready")
def test_check_warns_of_a_laboratory_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_ALLOW_PRIVATE_PLATFORMS", "1")
    monkeypatch.setenv("LTI_TOOL_PUBLIC_URL", "http://localhost:8000")
    said = good("check")
    assert re.search(r"^note +LTI_TOOL_ALLOW_PRIVATE_PLATFORMS is on", said, re.MULTILINE)
    assert "for this machine only" in said


@pytest.mark.usefixtures("ready")
def test_check_names_what_looks_like_a_setting_and_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_PROXY_HOP", "1")
    assert re.search(r"^note +LTI_TOOL_PROXY_HOP is no setting", good("check"), re.MULTILINE)


@pytest.mark.usefixtures("ready")
def test_check_says_of_each_platform_how_far_it_has_come() -> None:
    good("platforms", "add", *options())
    said = good("check")
    assert re.search(r"^note +Union LMS: It is registered, and nobody opened the tool", said, re.MULTILINE)


@pytest.mark.usefixtures("ready")
def test_admin_link_prints_a_link_that_opens_the_pages() -> None:
    link = good("admin-link").splitlines()[-1]
    assert re.fullmatch(r"https://circles\.example\.org/administrators/links/[\w-]{43}", link)


def test_help_answers_without_loading_the_tool() -> None:
    code = "import sys, lti_tool.cli; print({'flask', 'sqlalchemy', 'pydantic', 'alembic', 'huey'} & set(sys.modules))"
    words = [sys.executable, "-c", code]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "set()\n"


# The demonstration's settings.


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which the demonstration was started once."""
    top = tmp_path / "checkout"
    (top / "lti_tool").mkdir(parents=True)
    (top / "var").mkdir()
    (top / "pyproject.toml").touch()
    (top / "var/demo.env").write_text(
        "# a comment\nLTI_TOOL_PUBLIC_URL=http://localhost:8000\nLTI_TOOL_SECRET_KEY=a=b\n"
    )
    return top


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is set, and none stays."""
    for name in [name for name in os.environ if name.startswith("LTI_TOOL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.mark.usefixtures("unset")
def test_a_checkout_reads_the_settings_of_its_demonstration(checkout: Path) -> None:
    assert start.read_demo_env(start.checkout(checkout / "lti_tool"))
    assert os.environ["LTI_TOOL_SECRET_KEY"] == "a=b"
    assert not start.read_demo_env(checkout), "they are set now, which is not said twice"


@pytest.mark.usefixtures("unset")
def test_an_installed_tool_never_reads_them(checkout: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    assert not start.read_demo_env(start.checkout(checkout / "lti_tool"))
    assert "LTI_TOOL_SECRET_KEY" not in os.environ


def test_one_variable_that_is_set_is_enough_to_leave_them(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LTI_TOOL_DATABASE_URL", "LTI_TOOL_SECRET_KEY", "LTI_TOOL_DATA_DIR"):
        monkeypatch.delenv(name)
    assert not start.read_demo_env(checkout)
    assert "LTI_TOOL_SECRET_KEY" not in os.environ


@pytest.mark.usefixtures("unset")
def test_the_demonstration_keeps_its_secret_to_itself_and_for_good(tmp_path: Path) -> None:
    os.environ["LTI_TOOL_DATABASE_URL"] = "postgresql://production"
    demonstration.write_env(tmp_path / "var", 8000)
    file = tmp_path / "var/demo.env"
    first = start.read_env(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first["LTI_TOOL_SECRET_KEY"]) >= 32
    assert os.environ["LTI_TOOL_DATABASE_URL"] == f"sqlite:///{tmp_path / 'var/demo.db'}", "never somebody's real data"
    demonstration.write_env(tmp_path / "var", 8123)
    assert start.read_env(file) == {**first, "LTI_TOOL_PUBLIC_URL": "http://localhost:8123"}


@pytest.mark.usefixtures("unset")
def test_reset_forgets_the_demonstration_and_nothing_else(tmp_path: Path) -> None:
    var = tmp_path / "var"
    demonstration.write_env(var, 8000)
    for name in ("demo.db", "demo.db-wal", "practice-lms.json", "circles.db"):
        (var / name).touch()
    (var / "demo").mkdir()
    (var / "demo/wake-up.db").touch()
    demonstration.forget(var)
    assert [file.name for file in var.iterdir()] == ["circles.db"]


@pytest.mark.parametrize(("name", "other"), [("PORT", "LMS_PORT"), ("LMS_PORT", "PORT")])
def test_the_demonstration_says_which_port_is_taken(name: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        number = taken.getsockname()[1]
        monkeypatch.setenv(name, str(number))
        monkeypatch.setenv(other, str(free.getsockname()[1]))
        free.close()
        said = bad("demo")
    assert f"Port {number} is taken" in said
    assert f"{name}=" in said
    assert said.count("taken") == 1


@pytest.mark.parametrize(("port", "sentence"), [("x", "PORT=x is no port"), ("8001", "must be two different numbers")])
def test_the_demonstration_refuses_ports_that_make_no_sense(
    port: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", port)
    assert sentence in bad("demo")


@pytest.mark.usefixtures("ready")
class TestKeys:
    def test_are_none_before_an_lms_asks(self) -> None:
        assert "No key yet" in good("keys", "list")

    def test_rotate_publishes_and_lists(self) -> None:
        kid = good("keys", "rotate").splitlines()[-1]
        lines = good("keys", "list").splitlines()
        assert len(lines) == 3
        assert lines[1].startswith(f"{kid}  Published on ")
        assert "in use from" in lines[1]
        assert lines[2].startswith("The calendar makes the next one on ")
        assert "published already" in bad("keys", "rotate")

    def test_at_once_and_out_of_the_key_set(self) -> None:
        kid = good("keys", "rotate", "--now").splitlines()[-1]
        first = good("keys", "list").split()[0]
        assert bad("keys", "retire", kid) == "No other key could sign. Make one first: lti-tool keys rotate\n"
        good("keys", "retire", first, "--unpublish")
        only, calendar = good("keys", "list").splitlines()
        assert only.startswith(f"{kid}  Published on ")
        assert "in use since" in only
        assert "calendar" in calendar
        assert "no such key" in bad("keys", "retire", "made up")

    def test_under_a_lost_secret_key_are_found_and_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        good("keys", "rotate", "--now")
        monkeypatch.setenv("LTI_TOOL_SECRET_KEY", "quite another secret, thirty-two characters long")
        assert "encrypted under another secret key" in check_fault()
        assert "LTI_TOOL_SECRET_KEY_FALLBACKS" in bad("keys", "rotate")
        kid = good("keys", "rotate", "--now").splitlines()[-1]
        assert re.search(rf"^{kid} .* in use since", good("keys", "list"), re.MULTILINE)
        assert "fault" not in good("check")

    def test_reseal_counts(self) -> None:
        good("keys", "rotate")
        assert good("keys", "reseal").startswith("2 secrets")


@pytest.mark.usefixtures("ready")
class TestStanding:
    def test_of_a_platform_is_changed_by_command(self) -> None:
        good("platforms", "add", *options(**{"--deployment": "1"}))
        which = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"]]
        assert "is blocked" in good("platforms", "block", *which)
        assert "(blocked)" in good("platforms", "list")
        assert "is approved" in good("platforms", "unblock", *which)
        assert "deployment 1 (approved)" in good("platforms", "list")
        good("platforms", "block", *which, "--deployment", "1")
        assert "deployment 1 (blocked)" in good("platforms", "list")
        good("platforms", "approve", *which, "--all-deployments")
        assert "accepts every deployment" in good("platforms", "list")
        assert "deployment 1 (blocked)" in good("platforms", "list")  # a block ends by a word of its own

    def test_new_addresses_are_held_to_the_same_rule(self) -> None:
        good("platforms", "add", *options())
        which = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"]]
        assert "new addresses" in good("platforms", "move", *which, "--jwks-url", "https://lms.example.org/keys")
        assert bad("platforms", "move", *which, "--jwks-url", "http://127.0.0.1/keys")

    def test_an_invitation_may_leave_the_last_word_to_us(self) -> None:
        assert good("invite", "--name", "A", "--wait").splitlines()[-1].startswith("https://circles.example.org/")
        with db.work(read_only=True):
            assert session.scalars(sa.select(Invite.approves)).all() == [False]

    def test_an_lms_that_takes_no_news_is_said_so(self) -> None:
        good("platforms", "add", *options())
        which = ["--issuer", PLATFORM["--issuer"], "--client-id", PLATFORM["--client-id"]]
        assert bad("platforms", "renew", *which)
        assert "gave no address to renew" in bad("platforms", "renew", *which)

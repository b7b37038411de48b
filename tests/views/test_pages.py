"""The few pages that belong to no noun: the front door, the language, health."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from lti_tool import db, migrate
from lti_tool.models import Person
from lti_tool.views.pages import own_path
from tests import build
from tests.reader import Reader


@pytest.fixture
def ama(app: Flask) -> Person:
    return build.member(build.circle(name="Accra North"), name="Ama Owusu")


def test_who_comes_without_a_course_is_told_where_to_go(reader: Reader) -> None:
    page = reader.open("/")
    assert "Your circle opens from your course." in page.text
    assert "<form" not in page


class TestLanguage:
    def test_is_chosen_at_the_foot_and_kept(self, reader: Reader, ama: Person) -> None:
        page = reader.as_(ama).open("/circles")
        assert '<html lang="en" dir="ltr">' in page
        page = reader.press("العربية")
        assert '<html lang="ar" dir="rtl">' in page
        assert "Accra North" in page.text  # she stays where she was
        with db.work(read_only=True) as unit:
            person = unit.get_one(Person, ama.id)
            assert (person.locale, person.locale_chosen) == ("ar", True)
        assert '<html lang="ar" dir="rtl">' in reader.as_(ama).open("/circles")

    def test_leads_back_to_the_same_step_of_a_page(self, reader: Reader, ama: Person) -> None:
        circle = re.findall(r"/circles/\d+", str(reader.as_(ama).open("/circles")))[0]
        page = reader.open(f"{circle}/inquiry?stage=concern")
        assert f'name="back" value="{circle}/inquiry?stage=concern"' in page
        page = reader.press("العربية")
        assert page.answer.request.full_path == f"{circle}/inquiry?stage=concern"

    def test_leads_from_what_a_button_opened_to_the_page_it_stands_on(self, reader: Reader, ama: Person) -> None:
        circle = re.findall(r"/circles/\d+", str(reader.as_(ama).open("/circles")))[0]
        for back, shown, status in (
            (f"{circle}/inquiry/begin", f"{circle}/inquiry", 200),
            (f"{circle}/feedbacks/on/7?page=2", f"{circle}/feedbacks", 200),
            (f"{circle}/nothing", f"{circle}/nothing", 404),
        ):
            reader.open(f"{circle}/inquiry")
            page = reader.send("/language", language="fr", back=back, expect=status)
            assert page.answer.request.path == shown

    def test_that_nobody_speaks_here_becomes_english(self, reader: Reader, ama: Person) -> None:
        reader.as_(ama).open("/circles")
        reader.send("/language", language="tlh")
        with db.work(read_only=True) as unit:
            assert unit.get_one(Person, ama.id).locale == "en"

    def test_of_the_browser_counts_until_one_is_known(self, app: Flask) -> None:
        client = app.test_client()
        assert '<html lang="fr"' in client.get("/", headers={"Accept-Language": "fr-CH, en;q=0.5"}).get_data(
            as_text=True
        )

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "circles",
            "",
        ],
    )
    def test_leads_to_no_other_site(self, reader: Reader, ama: Person, address: str) -> None:
        assert own_path(address) == "/"
        reader.as_(ama).open("/circles")
        assert "Accra North" in reader.send("/language", language="fr", back=address).text

    def test_leads_back_to_a_path_of_ours(self) -> None:
        assert own_path("/circles/7/meetings") == "/circles/7/meetings"


class TestHealth:
    def test_is_well_when_the_tables_are_those_of_this_release(self, app: Flask) -> None:
        answer = app.test_client().get("/healthz")
        assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})

    def test_is_not_well_before_an_upgrade(self, app: Flask) -> None:
        with db.engine().begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        try:
            answer = app.test_client().get("/healthz")
            assert (answer.status_code, answer.get_json()) == (503, {"status": "upgrade-db is needed"})
        finally:
            [head] = migrate._heads()
            with db.engine().begin() as connection:
                connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head}'")

    @pytest.mark.usefixtures("as_found")
    def test_is_not_well_when_the_file_of_the_database_was_taken_away(self, app: Flask, tmp_path: Path) -> None:
        """SQLite would go on answering from the file that no name leads to any more."""
        db.connect(f"sqlite:///{tmp_path / 'circles.db'}")
        migrate.upgrade(db.engine())
        assert app.test_client().get("/healthz").status_code == 200
        (tmp_path / "circles.db").unlink()
        answer = app.test_client().get("/healthz")
        assert (answer.status_code, answer.get_json()) == (503, {"status": "the database is gone"})

    def test_is_not_well_when_the_database_does_not_answer(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        nowhere = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
        monkeypatch.setattr(db, "engine", lambda: nowhere)
        answer = app.test_client().get("/healthz")
        assert (answer.status_code, answer.get_json()) == (503, {"status": "the database does not answer"})

    @pytest.mark.usefixtures("ama")
    def test_says_nothing_about_anybody(self, app: Flask) -> None:
        assert set(app.test_client().get("/healthz").get_json()) == {"status"}

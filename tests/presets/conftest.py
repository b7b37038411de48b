"""The shipped programmes, and a folder with one more."""

from pathlib import Path

import pytest

from lti_tool import presets, settings
from tests.presets import written

SHIPPED = settings.shipped("config") / "programmes"


@pytest.fixture(scope="session")
def shipped() -> dict[str, presets.Preset]:
    return presets.load(SHIPPED)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "river.yaml").write_text(written.PROGRAMME, encoding="utf-8")
    (tmp_path / "_shared.yaml").write_text(written.SHARED, encoding="utf-8")
    (tmp_path / "countries.yaml").write_text(written.COUNTRIES, encoding="utf-8")
    return tmp_path

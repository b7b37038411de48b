"""The page about programmes names everything that a file may say."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from lti_tool.presets import RIGHTS, Preset
from lti_tool.presets.blocks import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "programmes.md").read_text(encoding="utf-8")


def models_in(shape: Any) -> set[type[BaseModel]]:
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        below = [models_in(field.annotation) for field in shape.model_fields.values()]
        return {shape}.union(*below)
    return set().union(*(models_in(part) for part in get_args(shape)))


NAMES = {name for model in [Preset, *KINDS.values()] for one in models_in(model) for name in one.model_fields}


@pytest.mark.parametrize("name", sorted((NAMES | set(RIGHTS) | set(KINDS)) - {"root"}))
def test_the_page_explains_every_key(name):
    assert f"`{name}`" in PAGE or f"`{name}: true`" in PAGE

"""Programmes as data: read from `config/programmes`, checked strictly, the same for the whole process."""

from lti_tool.errors import NotFoundError
from lti_tool.presets.blocks import Level, Rubric, Step
from lti_tool.presets.extraction import CONTEXT, extract_programme
from lti_tool.presets.faults import PresetError
from lti_tool.presets.loading import load
from lti_tool.presets.programme import CREDIT_MODES, RIGHTS, Milestone, Preset, Role, Stage, Template
from lti_tool.presets.text import Text

__all__ = [
    "CONTEXT",
    "CREDIT_MODES",
    "RIGHTS",
    "Level",
    "Milestone",
    "Preset",
    "PresetError",
    "Role",
    "Rubric",
    "Stage",
    "Step",
    "Template",
    "Text",
    "all",
    "extract_programme",
    "get",
    "load",
    "use",
]

_presets: dict[str, Preset] | None = None


def use(presets: dict[str, Preset]) -> dict[str, Preset]:
    """Make these the programmes of this process."""
    global _presets  # noqa: PLW0603 (one installation per process)
    _presets = dict(presets)
    return presets


def all() -> dict[str, Preset]:  # noqa: A001 (reads as presets.all())
    """The programmes of this process by key; RuntimeError before `use`."""
    if _presets is None:
        raise RuntimeError("presets.use() was not called")
    return dict(_presets)


def get(key: str) -> Preset:
    """The programme with this key; NotFoundError when there is none."""
    try:
        return all()[key]
    except KeyError:
        raise NotFoundError from None

"""LTI roles as whole URIs."""

from collections.abc import Iterable

_CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
_SHORT = {"Administrator", "ContentDeveloper", "Instructor", "Learner", "Mentor"}


def normalise(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles as whole URIs; a short name is a role of the context (LTI 1.3 core, appendix A)."""
    return tuple(_CONTEXT + role if role in _SHORT else role for role in roles)


def may_teach(roles: Iterable[str]) -> bool:
    """Whether one of the roles is a teacher's or administrator's of the context."""
    return any(role in {_CONTEXT + "Instructor", _CONTEXT + "Administrator"} for role in roles)

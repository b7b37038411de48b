"""Programmes (to be replaced)."""


def all() -> dict[str, object]:  # noqa: A001 (reads as presets.all())
    """Every programme by its key."""
    return {}

"""The practice LMS (to be replaced)."""

from pathlib import Path


def registration(*, port: int) -> dict[str, str]:
    """What the tool must know of the practice LMS at this port; the keyword arguments of registry.add."""
    base = f"http://127.0.0.1:{port}"
    return {
        "name": "Practice LMS", "issuer": base, "client_id": "practice", "deployment": "1",
        "auth_url": f"{base}/auth", "token_url": f"{base}/token", "jwks_url": f"{base}/jwks",
    }  # fmt: skip


def serve(*, port: int, tool_url: str, state_file: Path) -> None:  # noqa: ARG001 (the real one uses them)
    """Answer at the port until the process ends."""
    from flask import Flask
    from waitress import serve as answer  # type: ignore[import-untyped]

    answer(Flask(__name__), listen=f"127.0.0.1:{port}")

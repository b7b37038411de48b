"""The practice LMS (to be replaced)."""

from pathlib import Path

from lti_tool.demo.platform import PracticeLms


def preregister(lms: PracticeLms, tool_url: str) -> dict[str, str]:  # noqa: ARG001 (the real one uses it)
    """What the tool must know of the practice LMS."""
    return {
        "issuer": lms.base_url, "client_id": "practice-circles", "deployment_id": "1", "product": "practice",
        "auth_url": f"{lms.base_url}/auth", "token_url": f"{lms.base_url}/token", "jwks_url": f"{lms.base_url}/jwks",
    }  # fmt: skip


def serve(port: int, tool_url: str, state_file: Path) -> None:  # noqa: ARG001 (the real one uses them)
    """Answer at the port until the process ends."""
    from flask import Flask
    from waitress import serve as answer  # type: ignore[import-untyped]

    answer(Flask(__name__), listen=f"127.0.0.1:{port}")

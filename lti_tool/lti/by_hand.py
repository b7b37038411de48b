"""What an administrator copies into an LMS that does not register tools by itself, and Canvas's file of the same."""

import json
from typing import Any

from lti_tool import settings
from lti_tool.lti import registration
from lti_tool.lti.registration import DESCRIPTION, NAME, TOOL

MESSAGES = {"LtiDeepLinkingRequest": "deep_linking", "LtiSubmissionReviewRequest": "review"}


def values(product: str) -> dict[str, str]:
    """Every value of ours by a short name, as text to copy; lists have one entry a line."""
    ours = registration.for_product(product)
    tool = ours[TOOL]
    told = {
        "name": NAME,
        "description": DESCRIPTION,
        "domain": tool["domain"],
        "origin": settings.current().public_url,
        "target": tool["target_link_uri"],
        "login": ours["initiate_login_uri"],
        "launch": ours["redirect_uris"][0],
        "launch_list": json.dumps(ours["redirect_uris"]),  # as Studio's box of Open edX wants it
        "key_set": ours["jwks_uri"],
        "icon": ours["logo_uri"],
        "canvas_file": settings.current().url("/lti/canvas-configuration"),
        "scopes": "\n".join(ours["scope"].split()),
        "custom": "\n".join(f"{key}={value}" for key, value in tool["custom_parameters"].items()),
    }
    offered = {MESSAGES[one["type"]]: one["target_link_uri"] for one in tool["messages"] if one["type"] in MESSAGES}
    return told | offered


def canvas_configuration() -> dict[str, Any]:
    """What Canvas reads behind a configuration address (canvas-lms doc/api/lti_dev_key_config.md).

    It has no place for redirect addresses: where its own box for them is left empty, Canvas takes the target for the
    one that it compares logins with (app/models/lti/tool_configuration.rb). So the target is where launches arrive.
    """
    ours = registration.for_product("canvas")
    tool, launch = ours[TOOL], ours["redirect_uris"][0]
    return {
        "title": NAME,
        "description": DESCRIPTION,
        "target_link_uri": launch,
        "oidc_initiation_url": ours["initiate_login_uri"],
        "public_jwk_url": ours["jwks_uri"],
        "scopes": ours["scope"].split(),
        "custom_fields": tool["custom_parameters"],
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": tool["domain"],
                "tool_id": "learning-circles",
                "privacy_level": tool["https://canvas.instructure.com/lti/privacy_level"],
                "settings": {
                    "text": NAME,
                    "icon_url": ours["logo_uri"],
                    "placements": [
                        _placement(place, message["type"], launch)
                        for message in tool["messages"]
                        for place in message["placements"]
                    ],
                },
            }
        ],
    }


def _placement(place: str, kind: str, target: str) -> dict[str, Any]:
    """In a course's menu only where a teacher puts it (canvas-lms doc/api/navigation_tools.md)."""
    hidden = {"default": "disabled", "visibility": "members"} if place == "course_navigation" else {}
    return {
        "placement": place,
        "text": NAME,
        "message_type": kind,
        "target_link_uri": target,
        "enabled": True,
        **hidden,
    }

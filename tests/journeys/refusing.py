"""Browsers that refuse our cookies inside the LMS's page, and LMSs whose pages keep values for tools, or do not."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from lti_tool.demo.platform import PracticeLms
from tests.chromium import CHROMIUM, QUIET
from tests.journeys.ends import Ends

REFUSED = {"http://localhost:*,http://127.0.0.1:*": {"setting": 2}}  # the tool's cookies, while the LMS is around it


@contextmanager
def lms_of(ends: Ends, quirks: str, **habits: Any) -> Iterator[PracticeLms]:
    """One more LMS with these habits, in which the tool is registered by hand."""
    lms = PracticeLms(quirks=quirks)
    lms.quirks = copy.copy(lms.quirks)
    vars(lms.quirks).update(habits)
    with lms.start():
        client_id, _deployment = lms.register(ends.tool.url, shares_names=True)
        told = lms.platform_facts(client_id)
        names = {"issuer": "issuer", "auth-url": "auth_url", "token-url": "token_url", "jwks-url": "jwks_url"}
        words = [word for option, name in names.items() for word in (f"--{option}", told[name])]
        deployment = told["deployment_id"]
        ends.tool.run(
            "platforms", "add", "--name", quirks, "--client-id", client_id, "--deployment", deployment, *words
        )
        yield lms


@contextmanager
def refusing(chromium: Browser, folder: Path, **profile: Any) -> Iterator[BrowserContext]:
    """A browser whose owner blocks the tool's cookies in other sites' pages, partitioned ones too."""
    settings = folder / "profile" / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"profile": {"content_settings": {"exceptions": {"cookies": REFUSED}}}}))
    profile = {"locale": "en", "viewport": {"width": 1280, "height": 900}} | profile
    context = chromium.browser_type.launch_persistent_context(
        folder / "profile", executable_path=CHROMIUM, args=[*QUIET, "--no-sandbox"], **profile
    )
    yield context
    context.close()


def launched(context: BrowserContext, lms: PracticeLms, person: str = "teacher01", course: str = "3") -> Page:
    """The page of the LMS in which this person opens the activity."""
    page = context.new_page()
    page.goto(f"{lms.base_url}/launch/{course}/{person}")
    return page


def tool_in(page: Page) -> Frame:
    """The tool's frame."""
    handle = page.query_selector("iframe")
    frame = handle.content_frame() if handle else None
    assert frame is not None
    return frame

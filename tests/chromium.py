"""The machine's own Chromium, never a download: one for the whole run, for every test that needs a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
expect.set_options(timeout=30_000)  # a machine that has much to do
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def opened() -> Iterator[Browser]:
    """A browser that asks nothing of anybody by itself."""
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this run; Playwright can be started once only."""
    with opened() as browser:
        yield browser


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What needs a browser is skipped where there is none; in the full run that is a failure (conftest.py)."""
    if CHROMIUM is None and item.get_closest_marker("browser"):
        pytest.skip("this machine has no Chromium")

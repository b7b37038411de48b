"""axe-core on the page in a frame. It is evaluated by the debugger, so that the page's strict CSP stays on."""

from functools import cache
from importlib.resources import files

from playwright.sync_api import Frame

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async tags => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" ").slice(0, 400)}`);
}"""


@cache
def _source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(frame: Frame) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice, with everything on the page unfolded."""
    frame.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    if not frame.evaluate("'axe' in window"):
        frame.evaluate(_source())
    return list(frame.evaluate(RUN, TAGS))

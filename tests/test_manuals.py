"""What the manuals name exists: commands with their options, addresses of the tool, other pages."""

import re
import subprocess
from pathlib import Path

import click
import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound

from lti_tool.cli import main
from lti_tool.settings import Settings

TOP = Path(__file__).parent.parent
MANUALS = sorted([TOP / "README.md", TOP / "CONTRIBUTING.md", *TOP.glob("docs/*.md"), *TOP.glob("docs/install/*.md")])
NAMES = [str(manual.relative_to(TOP)) for manual in MANUALS]
COMMAND = re.compile(r"(?:lti-tool|^circles) ((?:[a-z][a-z-]+ ?)+)((?:[^`\n]|\\\n)*)", re.MULTILINE)


@pytest.mark.parametrize("manual", MANUALS, ids=NAMES)
def test_commands_exist_with_their_options(manual: Path) -> None:
    for words, rest in COMMAND.findall(manual.read_text(encoding="utf-8")):
        command: click.Command = main
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{manual.name}: there is no command {words}"
            command = found
        options = {name for parameter in command.params for name in parameter.opts}
        named = set(re.findall(r"(?<!\S)--[a-z-]+", rest))
        assert named <= options, f"{manual.name}: {words}has no {named - options}"


@pytest.mark.parametrize("manual", MANUALS, ids=NAMES)
def test_addresses_of_the_tool_exist(manual: Path, app: Flask) -> None:
    router = app.url_map.bind("circles.example.org")
    for path in re.findall(r"https://circles\.example\.org(/[\w./-]*)", manual.read_text(encoding="utf-8")):
        try:
            router.match(path)
        except MethodNotAllowed:
            continue
        except NotFound:
            pytest.fail(f"{manual.name}: nothing answers at {path}")


@pytest.mark.parametrize("manual", MANUALS, ids=NAMES)
def test_links_lead_somewhere(manual: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", manual.read_text(encoding="utf-8")):
        assert (manual.parent / target).exists(), f"{manual.name}: {target} does not exist"


def test_pictures_are_small_shown_and_described() -> None:
    shown = {
        (manual.parent / target).resolve(): words
        for manual in MANUALS
        for words, target in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", manual.read_text(encoding="utf-8"))
    }
    pictures = set((TOP / "docs" / "install" / "pictures").iterdir())
    assert set(shown) == pictures
    assert len(pictures) <= 10
    assert [one.name for one in pictures if one.stat().st_size > 40_000] == []
    assert [one.name for one, words in shown.items() if len(words) < 20] == []


@pytest.mark.parametrize("layer", ["services", "lti"])
def test_the_tree_names_every_module(layer: str) -> None:
    page = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    branch = re.search(rf"^  {layer}/ .*\n(?:    .*\n)+", page, re.MULTILINE)
    assert branch is not None
    told = set(re.findall(r"[a-z_]+", branch[0]))
    modules = {module.stem for module in (TOP / "lti_tool" / layer).glob("*.py")} - {"__init__"}
    assert modules <= told


def test_decisions_are_numbered_and_listed() -> None:
    decisions = sorted((TOP / "docs" / "decisions").glob("*.md"))
    titles = [decision.read_text(encoding="utf-8").splitlines()[0] for decision in decisions]
    assert [one.name[:4] for one in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert [title.partition(".")[0] for title in titles] == [f"# {number}" for number in range(1, len(decisions) + 1)]
    listed = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    for decision, title in zip(decisions, titles, strict=True):
        assert f"[{title.partition('. ')[2]}](decisions/{decision.name})" in listed


def test_the_server_in_front_takes_as_much_as_the_tool_reads() -> None:
    """Less, and a text sent with a large file is lost; more, and the tool hangs up on what is still being sent."""
    manual = (TOP / "docs/install/server.md").read_text(encoding="utf-8")
    settings = Settings(public_url="https://circles.example.org", secret_key="s" * 32)
    assert re.findall(r"client_max_body_size (\w+);", manual) == [str(settings.longest_request)]
    assert int(*re.findall(r"Content-Length (\d+);", manual)) > settings.longest_request
    assert "error_page 413 @too_large;" in manual
    (usual,), (too_large,) = (
        re.findall(rf"location {place} {{(.*?)\n    }}", manual, re.DOTALL) for place in ("/", "@too_large")
    )
    headers = re.compile(r"proxy_set_header (?!Content-Length).*;|proxy_pass http.*;")
    assert headers.findall(usual) == headers.findall(too_large)


def test_the_settings_of_a_machine_can_be_read_by_a_shell_as_by_its_service(tmp_path: Path) -> None:
    """Or the backup, which stops at the first fault, would never be made."""
    page = (TOP / "docs/install/server.md").read_text(encoding="utf-8")
    found = re.search(r"learning-circles\.env <<END\n(.*?)^END$", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    (tmp_path / "settings").write_text(re.sub(r"\$\(.*\)", "s" * 48, found[1]), encoding="utf-8")
    told = subprocess.run(
        ["sh", "-euac", f". {tmp_path / 'settings'}; env"], env={}, check=True, capture_output=True, text=True
    )
    assert f'LTI_TOOL_HOSTED_AT="{re.search("HOSTED_AT=(.*)", told.stdout)[1]}"\n' in found[1]  # type: ignore[index]


def test_an_upgrade_as_the_manual_says_it_compresses_what_changed() -> None:
    """`git pull && make install`, or browsers would get the old style; make is told that this file is new."""
    changed = "--what-if=lti_tool/static/circles.css"
    told = subprocess.run(
        ["make", "--dry-run", changed, "install"], cwd=TOP, check=True, capture_output=True, text=True
    )
    assert "whitenoise.compress" in told.stdout

"""What the suite proves of LTI, as a table: `make conformance` runs those tests and writes docs/conformance.md.

A test says what it proves with `@pytest.mark.proves("security", 2)`: a chapter below, and the case's number or name;
where none is given the test's parameters name the case. A case without a proof makes `tests/test_conformance.py` fail.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

PAGE = Path(__file__).parent.parent / "docs" / "conformance.md"
INTRODUCTION = """# Conformance

Which rules of LTI 1.3 and LTI Advantage are proved by a test, and by which. `make conformance` runs them and writes
this page; the full run fails when it is not true any more. The official cases carry the official names (1EdTech, LTI
Advantage conformance certification 1.3). The certification itself, which 1EdTech does with its own suite against a
running installation, is not part of this.
"""


@dataclass(frozen=True)
class Chapter:
    """One list of cases: its title, where it comes from, and how many there must be."""

    title: str
    source: str
    count: int
    cases: dict[int, str] = field(default_factory=dict)  # of numbered chapters


CHAPTERS = {
    "launches refused": Chapter("Launches that must be refused", "certification 6.1.1", 12),
    "launches taken": Chapter("Launches that must be taken", "certification 6.1.2 and 6.1.3", 18),
    "deep linking": Chapter("Deep linking", "certification 6.2", 7),
    "roster": Chapter("Names and roles", "certification 6.3", 5),
    "grades": Chapter("Assignments and grades", "certification 6.4", 6),
    "library": Chapter("Launches that pylti1p3 2.0.0 judges wrongly", "our probe of the library, 62 launches", 23),
    "negative": Chapter("Further launches that must be refused", "Security Framework 1.0, Core 1.3", 25),
    "security": Chapter(
        "Known faults of LTI software",
        "advisories and pull requests of other tools",
        26,
        {
            1: "A login begun in one browser is not finished in another",
            2: "A token, a nonce and a state are good once, also for twenty posts at once",
            3: "Forged launches leave no row behind",
            4: "Only RS256 with an RSA key of the platform; no algorithm or key of the token's own choice",
            5: "The deployment is one of this registration, and approved",
            6: "Two platforms with equal ids stay apart; no token goes to another platform",
            7: "No call to private addresses, by redirect, by name or by number; no endless answer",
            8: "A next page on another host is not asked, and gets no token",
            9: "No redirect to a foreign address",
            10: "A deep linking answer goes to the signed address, once",
            11: "A session set beforehand is not adopted",
            12: "Two launches in one browser do not mix courses",
            13: "A form from elsewhere changes nothing",
            14: "A page is framed by its own platform only, administration by nobody",
            15: "Names, titles and parameters are text, never markup",
            16: "Rights come from whole context roles, never from a part of a word",
            17: "Who was removed from the course is signed out",
            18: "A test user earns nothing",
            19: "No secret in an address, nothing personal in a cache",
            20: "The log holds no token, name, e-mail address or session key",
            21: "A forged or repeated notice is refused",
            22: "Our private keys are unreadable in the database",
            23: "A second registration never replaces the first",
            24: "A message from another window or origin is not believed",
            25: "Unknown key ids make few calls",
            26: "No request chooses whose score or which column",
        },
    ),
}


@dataclass(frozen=True)
class Proof:
    """One case, and the test that proves it."""

    chapter: str
    case: str
    test: str


def named(table: dict[str, tuple[Any, ...]], chapter: str, names: Collection[str]) -> list[ParameterSet]:
    """A table of cases as parameters of a test, some of them cases of a further chapter."""
    assert set(names) <= table.keys()
    return [
        pytest.param(*values, id=name, marks=[pytest.mark.proves(chapter, name)] if name in names else [])
        for name, values in table.items()
    ]


def proofs(items: list[pytest.Item]) -> Iterator[Proof]:
    """Every proof among these tests."""
    for item in items:
        for mark in item.iter_markers("proves"):
            name = mark.args[0]
            said = mark.args[1] if len(mark.args) > 1 else getattr(item, "callspec").id  # noqa: B009 (pytest's own)
            numbered = CHAPTERS[name].cases
            yield Proof(name, f"{said}. {numbered[said]}" if numbered else str(said), item.nodeid)


def page(known: list[Proof]) -> str:
    """The whole page."""
    told = [INTRODUCTION]
    for name, chapter in CHAPTERS.items():
        cases: dict[str, list[str]] = defaultdict(list)
        for proof in known:
            if proof.chapter == name:
                cases[proof.case].append(proof.test.split("[")[0])
        told.append(f"## {chapter.title}\n\n{chapter.source}; {len(cases)} cases\n\n| case | proved by |\n|---|---|")
        ordered = sorted(cases, key=lambda case: (int(case.partition(".")[0]) if chapter.cases else 0, case))
        rows = [
            f"| {case.replace('|', chr(92) + '|')} | {'<br>'.join(f'`{test}`' for test in sorted(set(cases[case])))} |"
            for case in ordered
        ]
        told.append("\n".join(rows) + "\n")
    return "\n".join(told)


def faults(known: list[Proof]) -> list[str]:
    """Chapters with cases that nothing proves, and a page that does not say what the tests do."""
    told = []
    for name, chapter in CHAPTERS.items():
        cases = {proof.case for proof in known if proof.chapter == name}
        if len(cases) < chapter.count:
            told.append(f"{name}: {len(cases)} of {chapter.count} cases are proved")
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(known):
        told.append("docs/conformance.md is not what the tests prove: run `make conformance`")
    return told


class Table:
    """Writes the page after a run in which every proof passed."""

    def __init__(self) -> None:
        self.known: list[Proof] = []
        self.passed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what the chosen tests are going to prove."""
        self.known = list(proofs(session.items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what passed."""
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the page, or say why not."""
        unproved = {proof.test for proof in self.known} - self.passed
        if unproved:
            terminalreporter.write_line(f"docs/conformance.md not written: {len(unproved)} proofs did not pass")
            return
        PAGE.write_text(page(self.known), encoding="utf-8")
        terminalreporter.write_line(f"docs/conformance.md: {len(self.known)} proofs")


class Check:
    """Ends the run after the collection, badly where the page or a proof is missing."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Compare."""
        told = faults(list(proofs(session.items)))
        pytest.exit("\n".join(told) or "docs/conformance.md is true", returncode=1 if told else 0)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--conformance write` after a run, or `check` without one."""
    parser.addoption("--conformance", choices=["write", "check"], help="write docs/conformance.md, or check it")


def pytest_configure(config: pytest.Config) -> None:
    """Write or check where that was asked for."""
    asked = config.getoption("conformance")
    if asked:
        config.pluginmanager.register(Table() if asked == "write" else Check(), "conformance")

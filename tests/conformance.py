"""What the suite proves of LTI, as a table: `make conformance` runs those tests and writes docs/conformance.md.

A test says what it proves with `@pytest.mark.proves("security", 2)`: a chapter below, and the case's number or name;
where none is given the test's parameters name the case. A case without a proof makes `tests/test_conformance.py` fail.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

PAGE = Path(__file__).parent.parent / "docs" / "conformance.md"
INTRODUCTION = """# Conformance

Which rules of LTI 1.3 and LTI Advantage are proved by a test, and by which. `make conformance` runs them and writes
this page; the full run fails when it is not true any more. The official cases carry the official names (1EdTech, LTI
Advantage Conformance Certification Guide 1.3, chapter 6, tools). The certification itself, which 1EdTech does with its
own suite against a running installation, is not part of this.
"""


@dataclass(frozen=True)
class Chapter:
    """One list of cases: its title, where it comes from, the cases there must be, and whether there may be more."""

    title: str
    source: str
    needed: tuple[str, ...]
    numbered: bool = False
    more: bool = False


REFUSED = (
    "No KID Sent in JWT header",
    "Incorrect KID in JWT header",
    "Wrong LTI Version",
    "No LTI Version",
    "Invalid LTI message",
    "Missing LTI Claims",
    "Timestamps Incorrect",
    "message_type Claim Missing",
    "role Claim Missing",
    "deployment_id Claim Missing",
    "resource_link_id Claim Missing",
    "user Claim Missing",
)
TAKEN = (
    "Launch",
    "Launch with Roles",
    "Launch Short Role",
    "Launch Unknown Role",
    "Launch No Role",
    "Launch Email Only",
    "Launch Names Only",
    "No PII",
    "Email Without Context",
)
DEEP_LINKING = (
    "Send the Request Payload",
    "Receive the Response Payload",
    "Response Format Valid",
    "Response Timestamps Valid",
    "Signature Valid",
    "Required Claims Verified",
    "Affirm Response",
)
ROSTER = (
    "Valid Instructor Launch",
    "Received Request",
    "Verify JSON Header",
    "Verify Bearer Token",
    "Verify Bearer Scope",
)
GRADES = (
    "Valid Instructor Launch",
    "OAuth2 token acquired",
    "Bearer token in every call",
    "Scope of each call",
    "Line items retrieved first",
    "Line item created",
    "Score posted",
    "Result retrieved",
)
LIBRARY = (  # accepted, then broken by, then refused
    "exp missing",
    "iat missing",
    "iat a year old",
    "roles a text",
    "target_link_uri missing",
    "resource_link.id 300 characters",
    "aud with an unknown party",
    "azp of another client",
    "key set: use enc",
    "the same token and state twice",
    "a new token with a used nonce",
    "state of one login, nonce of another",
    "resource_link null",
    "aud wrong",
    "aud with an unknown party first, and azp",
    "aud empty list",
    "iss unknown",
    "iss unknown at login",
    "client_id unknown at login",
    "key set: an oct key",
    "key set: no keys member",
    "iat three seconds ahead passes",
    "exp three seconds past passes",
)
NEGATIVE = (
    "exp missing",
    "iat missing",
    "iat a year old",
    "roles a text",
    "resource_link null",
    "target_link_uri missing",
    "target_link_uri foreign",
    "resource_link.id 300 characters",
    "context.id 300 characters",
    "sub 300 characters",
    "deployment 300 characters",
    "aud wrong",
    "aud empty list",
    "aud with an unknown party",
    "aud with an unknown party first, and azp",
    "azp of another client",
    "iss unknown",
    "alg none",
    "alg HS256 with the public key as secret",
    "key set: an oct key",
    "key set: no keys member",
    "key set: use enc",
    "key set: unreachable",
    "key set: slow",
    "key set: huge",
    "key unknown, then rotated in: passes",
    "state missing",
    "state of another login",
    "state of another browser",
    "a used nonce in a new token",
    "the same token twice",
    "deployment unknown",
    "deployment of another registration",
    "platform answers login_required",
    "two launches at once in one browser both pass",
)
FAULTS = {
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
    14: "A page is framed by its own platform only, administration by nobody, a refusal that says nothing by all",
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
}
PROBE = "our probe of the library: 62 launches, of which it took 12, broke at 9 and refused 2 wrongly"
FRAMEWORK = f"Security Framework 1.0, Core 1.3; the first {len(NEGATIVE)} must be here, the others came with the tests"

CHAPTERS = {
    "launches refused": Chapter("Launches that must be refused", "certification 6.1.1", REFUSED),
    "launches taken": Chapter(
        "Launches that must be taken",
        "certification 6.1.2 and 6.1.3",
        tuple(f"Valid {who} {case}" for who in ("Instructor", "Student") for case in TAKEN),
    ),
    "deep linking": Chapter("Deep linking", "certification 6.2", DEEP_LINKING),
    "roster": Chapter("Names and roles", "certification 6.3", ROSTER),
    "grades": Chapter(
        "Assignments and grades",
        "certification 6.4, which asks the first case only and leaves the rest to the tool: the others are ours",
        GRADES,
    ),
    "library": Chapter("Launches that pylti1p3 2.0.0 judges wrongly", PROBE, LIBRARY),
    "negative": Chapter("Further launches that must be refused", FRAMEWORK, NEGATIVE, more=True),
    "security": Chapter(
        "Known faults of LTI software",
        "advisories and pull requests of other tools",
        tuple(f"{number}. {fault}" for number, fault in FAULTS.items()),
        numbered=True,
    ),
}


@dataclass(frozen=True)
class Proof:
    """One case, and the test that proves it."""

    chapter: str
    case: str
    test: str


def named(
    table: dict[str, tuple[Any, ...]],
    library: Collection[str] = (),
    security: Mapping[int, Collection[str]] = MappingProxyType({}),
) -> list[ParameterSet]:
    """A table of cases as parameters of a test; those named are also cases of these chapters."""
    found: dict[str, list[pytest.MarkDecorator]] = {name: [] for name in table}
    for name in library:
        found[name].append(pytest.mark.proves("library", name))
    for number, names in security.items():
        for name in names:
            found[name].append(pytest.mark.proves("security", number))
    return [pytest.param(*values, id=name, marks=found[name]) for name, values in table.items()]


def proofs(items: list[pytest.Item]) -> Iterator[Proof]:
    """Every proof among these tests."""
    for item in items:
        for mark in item.iter_markers("proves"):
            name = mark.args[0]
            said = mark.args[1] if len(mark.args) > 1 else getattr(item, "callspec").id  # noqa: B009 (pytest's own)
            yield Proof(name, f"{said}. {FAULTS[said]}" if CHAPTERS[name].numbered else str(said), item.nodeid)


def page(known: list[Proof]) -> str:
    """The whole page."""
    told = [INTRODUCTION]
    for name, chapter in CHAPTERS.items():
        cases = _proved(known, name)
        told.append(f"## {chapter.title}\n\n{chapter.source}; {len(cases)} cases\n\n| case | proved by |\n|---|---|")
        ordered = [*(case for case in chapter.needed if case in cases), *sorted(cases.keys() - set(chapter.needed))]
        rows = [
            f"| {case.replace('|', chr(92) + '|')} | {'<br>'.join(f'`{test}`' for test in sorted(cases[case]))} |"
            for case in ordered
        ]
        told.append("\n".join(rows) + "\n")
    return "\n".join(told)


def _proved(known: list[Proof], chapter: str) -> dict[str, set[str]]:
    """The cases of a chapter that tests prove, each with them."""
    cases: dict[str, set[str]] = defaultdict(set)
    for proof in known:
        if proof.chapter == chapter:
            cases[proof.case].add(proof.test.split("[")[0])
    return cases


def faults(known: list[Proof]) -> list[str]:
    """Cases that nothing proves, cases that no list has, and a page that does not say what the tests do."""
    told = []
    for name, chapter in CHAPTERS.items():
        cases = _proved(known, name).keys()
        told += [f"{name}: nothing proves “{case}”" for case in chapter.needed if case not in cases]
        if not chapter.more:
            told += [f"{name}: there is no case “{case}”" for case in sorted(cases - set(chapter.needed))]
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

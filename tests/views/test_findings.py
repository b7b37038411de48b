"""Every refusal and every fault of a service says what is the matter, who must act, and what to do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from lti_tool.lti.refusals import REFUSALS
from lti_tool.services import connections, self_checks
from lti_tool.views import findings, remedies
from lti_tool.views.audit import VERBS

HERE = Path(__file__).parents[2] / "lti_tool"
SAID = re.compile(r'(?:PlatformError|Finding)\(\s*f?"([a-z_]+)"')
MORE = {"internal", "unknown_kind", "platform_refused", "redirected", "client_refused", "our_keys_unreachable"}
GOOD = {"keys_read", "own_keys_seen", "clock", "token_received", "roster_read", "columns_read"}  # shown as a count


def codes() -> set[str]:
    """Every code that the code of the house raises or finds."""
    found = {code for path in HERE.rglob("*.py") if "demo" not in path.parts for code in SAID.findall(path.read_text())}
    return (found | set(REFUSALS) | MORE) - GOOD - {"no_scope_"}


def test_every_code_has_its_words(app: Flask) -> None:
    assert len(codes()) > 80
    assert sorted(codes() - set(findings.REMEDIES)) == []


def test_the_code_that_a_token_is_refused_with_is_among_them() -> None:
    """What `quirks.token_fault` answers is no literal of a PlatformError."""
    said = set(re.findall(r'"([a-z_]+)" if status', (HERE / "lti/quirks.py").read_text()))
    assert said
    assert said <= set(findings.REMEDIES)


@pytest.mark.parametrize("code", sorted(findings.REMEDIES))
def test_each_says_who_must_act_and_what_to_do(app: Flask, code: str) -> None:
    told = findings.remedy(code)
    with app.test_request_context():
        assert str(told.sentence).endswith(".")
        assert told.side in {remedies.LMS, remedies.HERE, remedies.NETWORK, remedies.NOBODY}
        assert str(told.action).endswith((".", "NTP)")) or code in {"works", "launches"}
        facts = {"seconds": 4, "deployment": "3", "count": 1, "status": 403, "fault": "redirected"}
        assert "%" not in findings.sentence(code, **facts)


@pytest.mark.parametrize("told", [findings.at_once, findings.registering])
def test_who_waits_for_the_answer_is_promised_no_other_try(told: Callable[[str], remedies.Remedy]) -> None:
    faults = set(findings.SERVICES) - {"internal"}  # which only the worker notes
    assert not [code for code in faults if "tried again" in str(told(code).action)]
    assert all(told(code).sentence == findings.remedy(code).sentence for code in faults)


def test_what_concerns_one_person_is_no_headline() -> None:
    assert set(REFUSALS) >= connections.OF_ONE_PERSON
    idle = {code for code, told in findings.SERVICES.items() if told.side == remedies.NOBODY}
    assert idle == connections.PASSING | {"platform_busy"}  # that one keeps everybody out while it lasts


def test_the_steps_all_have_a_name(app: Flask) -> None:
    names = re.findall(r'Step\("([a-z]+)"', (HERE / "services/connections.py").read_text())
    assert len(names) == 7
    assert set(names) == set(findings.STEPS)


def test_every_change_that_administrators_read_of_has_its_words() -> None:
    code = "".join(path.read_text() for path in (HERE / "services").glob("*.py"))
    verbs = set(re.findall(r'"((?:platform|deployment|invite|key|secret|settings|administrator)\.[a-z_]+)"', code))
    assert len(verbs) > 12
    assert verbs == set(VERBS)


def test_scopes_all_have_a_finding() -> None:
    assert {f"no_scope_{name}" for name in self_checks.probes.SCOPES} <= set(findings.CHECKS)

"""Whatever can happen on the way of a credit has a sentence."""

import ast
from pathlib import Path

from lti_tool.views.credits import FAULTS, NOT_REACHED, TRIED_AGAIN

HERE = Path(__file__).parents[2] / "lti_tool"
OF_OTHERS = {  # said in rosters, registrations and self-checks, which have pages of their own
    "groups_refused", "keys_unusable", "no_roster", "notices_refused", "registration_refused",
    "registration_token_refused", "renewal_token_refused", "roster_gone", "roster_refused",
}  # fmt: skip
FOR_THE_ADMINISTRATOR = {  # nothing a facilitator could do, and nothing that passes by itself: one sentence for all
    "answer_too_large", "endless_pages", "foreign_page", "platform_refused", "results_refused", "unknown_kind",
}  # fmt: skip


def codes() -> set[str]:
    """Every code that a PlatformError of the fence or of the services can have."""
    found = set()
    for file in (*HERE.glob("lti/*.py"), *HERE.glob("services/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PlatformError":
                found |= {one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)}
    return {str(code) for code in found if isinstance(code, str)}


def test_every_fault_of_a_delivery_has_its_sentence() -> None:
    assert len(codes()) > 20
    assert codes() - set(FAULTS) - OF_OTHERS - FOR_THE_ADMINISTRATOR == set()


def test_what_passes_by_itself_is_said_to_be_tried_again() -> None:
    passing = {code for code, said in FAULTS.items() if said is NOT_REACHED}
    assert passing | {"answer_not_json", "internal"} == TRIED_AGAIN

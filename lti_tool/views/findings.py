"""What an administrator reads about a platform: its standing, what a self-check found, why a service did not work.

Every code of a PlatformError has its line in SERVICES, every finding of `services/self_checks.py` one in CHECKS.
"""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lti_tool.views.remedies import ADDRESSES, CLOCKS, HERE, LMS, MAKERS, NETWORK, NOBODY, OF_LAUNCHES, Remedy

_NAMES = _l("Switch on names and roles in the settings of the tool.")
_COLUMNS = _l("Switch on the gradebook with columns in the settings of the tool, if credit is to arrive there.")
_RESULTS = _l("Allow the tool to read results, in its settings.")
_APPROVE = _l("Approve it, once you made sure whose it is.")
_OPEN_ONCE = _l("Add the activity to a course and open it once.")
_ANEW = _l("Begin the registration again, with a new invitation.")
SERVICES = {
    "platform_unreachable": Remedy(
        _l("The LMS cannot be reached from here."),
        NETWORK,
        _l("Check firewall and DNS of this server, and the addresses of this registration."),
    ),
    "platform_slow": Remedy(
        _l("The LMS answers too slowly."),
        LMS,
        _l("Nothing for now: it is tried again. If it lasts, the LMS may be overloaded."),
    ),
    "platform_busy": Remedy(
        _l("The LMS is busy or being maintained."), NOBODY, _l("Nothing: it is tried again when the LMS wishes.")
    ),
    "platform_certificate": Remedy(
        _l("The certificate of the LMS is not accepted."), LMS, _l("Renew the certificate, with its whole chain.")
    ),
    "platform_refused": Remedy(_l("The LMS refused a request."), LMS, ADDRESSES),
    "redirected": Remedy(
        _l("An address of the LMS leads on to another one, which is not followed."),
        HERE,
        _l("Enter the final address in this registration (lti-tool platforms move)."),
    ),
    "address_refused": Remedy(
        _l("An address of the LMS is not a public https address, so it is not called."),
        LMS,
        _l("Give the LMS a public https address. In a laboratory LTI_TOOL_ALLOW_PRIVATE_PLATFORMS permits others."),
    ),
    "answer_not_json": Remedy(
        _l("The LMS answered with a page where data was expected."),
        LMS,
        _l("Check the addresses of this registration, and whether the LMS is being maintained."),
    ),
    "answer_too_large": Remedy(_l("The LMS’s answer is larger than can be true."), LMS, ADDRESSES),
    "foreign_page": Remedy(
        _l("The second page of a list lies at another host, which is not followed."),
        LMS,
        _l("Correct the site address in the LMS’s settings."),
    ),
    "endless_pages": Remedy(_l("A list of the LMS has no end."), LMS, MAKERS),
    "our_keys_unreachable": Remedy(
        _l("The LMS could not fetch our keys, so it gives no token."),
        LMS,
        _l(
            "In Moodle: Site administration, Security, HTTP security. Take our address off the cURL blocked hosts, and "
            "put our port onto the list of allowed ports."
        ),
    ),
    "our_keys_not_asked": Remedy(
        _l("The LMS refused our sign-in without asking for our keys."),
        LMS,
        _l(
            "Check there that the tool is activated, that it takes our keys from our keyset address, and that its "
            "server may call that address (in Moodle: cURL blocked hosts)."
        ),
    ),
    "client_refused": Remedy(
        _l("The LMS asked for our keys and refused our sign-in all the same."),
        LMS,
        _l("Check there that the tool is activated, and compare client id and token address with this registration."),
    ),
    "token_refused": Remedy(
        _l("The LMS gave no usable token."), LMS, _l("Compare the token address with the one that the LMS shows.")
    ),
    "token_not_accepted": Remedy(
        _l("The LMS does not accept the token that it gave itself."),
        LMS,
        _l("Check there that the tool is activated and allowed in the course."),
    ),
    "scope_refused": Remedy(
        _l("The LMS does not let this tool use one of its services."),
        LMS,
        _l("Allow names and roles, and gradebook columns, in the settings of the tool."),
    ),
    "no_roster": Remedy(_l("The LMS offers no roster to this tool."), LMS, _NAMES),
    "roster_gone": Remedy(
        _l("The roster’s address is gone; the course may have been deleted."),
        NOBODY,
        _l("Nothing: the next launch brings the new address."),
    ),
    "roster_refused": Remedy(_l("The LMS refused to show the roster."), LMS, _NAMES),
    "no_column": Remedy(_l("The LMS offers no gradebook column to this tool."), LMS, _COLUMNS),
    "column_gone": Remedy(
        _l("A gradebook column was taken away."),
        NOBODY,
        _l("Nothing: the facilitator says on the credit page whether it is made again."),
    ),
    "column_being_made": Remedy(_l("A gradebook column is just being made."), NOBODY, _l("Nothing.")),
    "column_refused": Remedy(
        _l("The LMS refused to make a gradebook column."),
        LMS,
        _l("Let the tool manage its own columns in the settings of the tool."),
    ),
    "columns_refused": Remedy(_l("The LMS refused to show the gradebook columns."), LMS, _COLUMNS),
    "results_refused": Remedy(
        _l("The LMS refused to say what its gradebook holds."),
        LMS,
        _RESULTS,
    ),
    "score_refused": Remedy(
        _l("The LMS refused a score."),
        LMS,
        _l(
            "Often the person has no line in that course’s gradebook. The facilitator sees on the credit page whom it "
            "concerns."
        ),
    ),
    "not_later_unread": Remedy(
        _l("The LMS refused a score as not later than its own, and does not let us read what it holds."),
        LMS,
        _RESULTS,
    ),
    "groups_refused": Remedy(
        _l("The LMS refused to show the groups of a course."), LMS, _l("Allow the groups service, if it is to be used.")
    ),
    "notices_refused": Remedy(
        _l("The LMS refused to send notices about copied courses."),
        LMS,
        _l("Allow the notice service, if it is offered."),
    ),
    "person_gone": Remedy(_l("A score was for somebody who has left the course."), NOBODY, _l("Nothing.")),
    "newer_on_platform": Remedy(
        _l("Somebody changed a score by hand in the gradebook."),
        NOBODY,
        _l("Nothing: the facilitator says on the credit page which of the two stands."),
    ),
    "registration_token_refused": Remedy(
        _l("The LMS did not accept the token that it gave for the registration."),
        LMS,
        _l("Begin the registration again: its token is good for a short time, and once."),
    ),
    "renewal_token_refused": Remedy(
        _l("The LMS did not accept the key that it gave us for renewing the registration."), LMS, _ANEW
    ),
    "registration_refused": Remedy(
        _l("The LMS refused the registration."), LMS, _l("Begin again, or register by hand.")
    ),
    "renewal_not_offered": Remedy(_l("The LMS gave no address where its registration can be renewed."), LMS, _ANEW),
    "internal": Remedy(_l("Something here went wrong."), HERE, _l("Look into the log; it is tried again.")),
    "unknown_kind": Remedy(
        _l("Something is owed that this version does not know."),
        HERE,
        _l("Let the same version run everywhere, and upgrade."),
    ),
}
CHECKS = {
    "clock_ahead": Remedy(_l("The LMS’s clock is %(seconds)s seconds ahead of ours."), LMS, CLOCKS),
    "clock_behind": Remedy(_l("The LMS’s clock is %(seconds)s seconds behind ours."), LMS, CLOCKS),
    "own_keys_not_seen": Remedy(
        _l("Our own keys could not be fetched from here at our public address."),
        HERE,
        _l("Often this server just cannot call itself from outside. Open /lti/jwks from another network to be sure."),
    ),
    "no_deployment_yet": Remedy(
        _l("No deployment is approved yet, so no service could be asked."),
        HERE,
        _l("Let somebody open the activity once, then approve the deployment."),
    ),
    "no_course_yet": Remedy(
        _l("Nobody came from a course yet, so roster and gradebook could not be asked."), LMS, _OPEN_ONCE
    ),
    "no_scope_roster": Remedy(_l("The LMS does not let this tool read rosters."), LMS, _NAMES),
    "no_scope_columns": Remedy(_l("The LMS does not let this tool make gradebook columns."), LMS, _COLUMNS),
    "no_scope_scores": Remedy(_l("The LMS does not let this tool send scores."), LMS, _COLUMNS),
    "no_scope_results": Remedy(_l("The LMS does not let this tool read what its gradebook holds."), LMS, _RESULTS),
    "roster_empty": Remedy(
        _l("The LMS shows a roster without anybody in it."),
        LMS,
        _l("Check that people are enrolled in the course, and what the tool may see of them."),
    ),
    "names_hidden": Remedy(
        _l("The LMS hides people’s names from this tool; everybody can choose a name here."),
        LMS,
        _l("It works so. To share names: in Moodle the tool’s privacy settings, in Canvas the privacy level."),
    ),
}
STANDINGS = {
    "works": Remedy(_l("People launch from here; scores arrive."), NOBODY, ""),
    "launches": Remedy(_l("People launch from here; no score was sent yet."), NOBODY, ""),
    "blocked": Remedy(
        _l("Nobody gets in: this platform is blocked."), HERE, _l("End the block to let people in again.")
    ),
    "platform_waits": Remedy(_l("Nobody can launch yet: the platform waits for your approval."), HERE, _APPROVE),
    "deployment_waits": Remedy(
        _l("Nobody could launch yet: deployment %(deployment)s waits for your approval."), HERE, _APPROVE
    ),
    "another_deployment_waits": Remedy(
        _l("People launch from here; deployment %(deployment)s waits for your approval."), HERE, _APPROVE
    ),
    "deployment_unknown": Remedy(
        _l("It is registered, and nobody opened the tool from there yet."),
        LMS,
        _l("Open the activity once in the LMS. Its deployment then appears here, for your approval."),
    ),
    "never_launched": Remedy(_l("Everything is ready here; nobody has opened the tool yet."), LMS, _OPEN_ONCE),
}
REMEDIES: dict[str, Remedy] = {**OF_LAUNCHES, **SERVICES, **CHECKS, **STANDINGS}
UNKNOWN = Remedy(_l("The LMS answered in a way we do not know."), LMS, ADDRESSES)
_SITE = _l("Check the site address in the settings of your LMS, then register again.")
AT_ONCE = {
    code: Remedy(SERVICES[code].sentence, LMS, _l("Try again in some minutes. If it lasts, the LMS may be overloaded."))
    for code in ("platform_slow", "platform_busy")
}
REGISTERING = AT_ONCE | {
    code: Remedy(SERVICES[code].sentence, LMS, _SITE)
    for code in ("platform_refused", "redirected", "answer_not_json", "answer_too_large")
}


def remedy(code: str) -> Remedy:
    """What a code means and what to do about it."""
    return REMEDIES.get(code, UNKNOWN)


def at_once(code: str) -> Remedy:
    """The same where nothing is tried again by itself: whoever asked waits for the answer."""
    return AT_ONCE.get(code, remedy(code))


def registering(code: str) -> Remedy:
    """The same for an LMS that registers itself: there are no addresses yet that could be mended here."""
    return REGISTERING.get(code, remedy(code))


def sentence(code: str, **facts: object) -> str:
    """What a code means, with its numbers filled in."""
    return str(remedy(code).sentence) % facts if facts else str(remedy(code).sentence)


STEPS = {
    "registered": _l("Registered"),
    "approved": _l("Approved here"),
    "deployment": _l("A deployment is approved"),
    "launch": _l("Somebody opened the tool"),
    "roster": _l("A roster was read"),
    "column": _l("A gradebook column was found"),
    "score": _l("A score arrived"),
}
STORAGES = {
    "cookie": _l("A cookie of our own, inside the frame"),
    "platform": _l("The LMS’s own storage (postMessage): cookies were refused"),
    "window": _l("A window of its own: the frame could keep nothing"),
}


def step(name: str) -> str:
    """What a step is called."""
    return str(STEPS[name])


def storage(code: str) -> str:
    """What a way of keeping the login is called."""
    return str(STORAGES.get(code, _("Another way")))

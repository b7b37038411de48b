"""What each refusal and each fault of a platform's services means to an administrator, and which side must act.

Every code of `lti/refusals.py` and every code of a PlatformError has its line (a test holds that).
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

LMS = _l("In the LMS")
HERE = _l("Here")
NETWORK = _l("Between the two")
NOBODY = _l("Nobody has to act")


@dataclass(frozen=True)
class Remedy:
    """What is the matter in one sentence, who must act, and what to do."""

    sentence: str
    side: str
    todo: str


_AGAIN = _l("Open the activity once more. If it stays so for everybody, tell us and the makers of the LMS this code.")
_BROWSER = _l("Nothing, if it is rare. If many people are refused so, their browsers block what a frame may keep.")
_MAKERS = _l("Tell the makers of the LMS this code: its launch does not follow the LTI specification.")
_ADDRESSES = _l("Compare the addresses of this registration with those that the LMS shows.")
_ONE_PERSON = _l("Nothing, if it is rare: the person opens the activity once more.")


def _person(sentence: str) -> Remedy:
    return Remedy(sentence, NOBODY, _ONE_PERSON)


def _malformed(sentence: str) -> Remedy:
    return Remedy(sentence, LMS, _MAKERS)


LOGINS = {
    "issuer_missing": _malformed(_l("A login came that names no issuer.")),
    "login_hint_missing": _malformed(_l("A login came that does not say who wants to come.")),
    "target_missing": _malformed(_l("A launch came without the address to open.")),
    "platform_unknown": Remedy(
        _l("A login came from an LMS that is not registered here."),
        HERE,
        _l("Register it with an invitation, or by hand."),
    ),
    "client_id_missing": Remedy(
        _l("This LMS has several registrations here, and its login does not say which one it means."),
        LMS,
        _l("Let the LMS send its client id with the login, or remove the registration that is not used."),
    ),
    "platform_pending": Remedy(
        _l("People try to come in, and the registration waits for your approval."), HERE, _l("Approve the platform.")
    ),
    "platform_blocked": Remedy(
        _l("People try to come in, and the registration is blocked."), HERE, _l("End the block, if it was a mistake.")
    ),
    "login_required": _person(_l("The LMS said that the person is not signed in there.")),
    "platform_said_no": Remedy(
        _l("The LMS answered the login with an error."),
        LMS,
        _l("Check there that the tool is activated and that its redirect address is the one shown here."),
    ),
    "state_missing": _malformed(_l("A launch came that answers no login of ours.")),
    "cookie_missing": Remedy(_l("A browser did not send our login cookie back."), NOBODY, _BROWSER),
    "state_unknown": _person(_l("A launch came twice, or long after its login.")),
    "state_expired": _person(_l("A login took longer than ten minutes.")),
    "browser_changed": Remedy(_l("A login was begun in one browser and ended in another."), NOBODY, _BROWSER),
    "nonce_missing": _malformed(_l("A launch came without the nonce of its login.")),
    "nonce_foreign": _person(_l("A launch came with the nonce of another login.")),
}
TOKENS = {
    "token_missing": _malformed(_l("The answer of the LMS carried no id_token.")),
    "token_unreadable": _malformed(_l("The id_token cannot be read.")),
    "algorithm_refused": Remedy(
        _l("The id_token is signed in another way than RS256."), LMS, _l("Choose RS256 for the LMS’s signature.")
    ),
    "header_refused": _malformed(_l("The id_token brings a key along, which is not trusted.")),
    "kid_missing": _malformed(_l("The id_token does not name the key that signed it.")),
    "issuer_wrong": Remedy(
        _l("The id_token names another issuer than the registration."),
        HERE,
        _l("Compare the issuer (platform ID) with the one that the LMS shows. A site that moved needs a new registration."),
    ),
    "audience_wrong": Remedy(
        _l("The id_token is meant for another client id, or for others as well."),
        HERE,
        _l("Compare the client id with the one that the LMS shows; further audiences can be trusted by name."),
    ),
    "party_missing": _malformed(_l("The id_token has several audiences and does not say which one asked.")),
    "party_wrong": _malformed(_l("The id_token was made for another tool.")),
    "expiry_missing": _malformed(_l("The id_token has no end.")),
    "expired": Remedy(
        _l("The id_token had ended when it came: the LMS’s clock is behind, or its answer took very long."),
        LMS,
        _l("Set the clock of the LMS’s server by a time server (NTP), and this one’s, too. The self-check shows the difference."),
    ),
    "issue_missing": _malformed(_l("The id_token does not say when it was made.")),
    "issued_ahead": Remedy(
        _l("The id_token comes from the future: the LMS’s clock is ahead of ours by more than a minute."),
        LMS,
        _l("Set the clock of the LMS’s server by a time server (NTP), and this one’s, too. The self-check shows the difference."),
    ),
    "issued_long_ago": _person(_l("The id_token was made more than ten minutes ago.")),
    "signature_wrong": Remedy(
        _l("The signature does not fit the key that the LMS publishes."), HERE, _l("Check the keyset address of this registration.")
    ),
    "key_unknown": Remedy(
        _l("The LMS signs with a key that it does not publish at its keyset address."),
        HERE,
        _l("Check the keyset address of this registration. After a change of keys in the LMS, wait an hour."),
    ),
    "keys_unreachable": Remedy(
        _l("We cannot fetch the LMS’s keys from its keyset address."),
        NETWORK,
        _l("Check that this server may call the LMS (firewall, DNS, certificate) and that the keyset address is right."),
    ),
    "keys_unusable": Remedy(
        _l("The LMS’s keyset address holds no usable key."), LMS, _l("The LMS must publish an RSA key of 2048 bits or more.")
    ),
    "keys_asked_often": Remedy(
        _l("Very many launches named keys that the LMS does not publish; its keys are asked again later."),
        NOBODY,
        _l("Wait an hour. If the LMS changed its keys, launches work again by then."),
    ),
}
CLAIMS = {
    "deployment_missing": _malformed(_l("The launch names no deployment.")),
    "deployment_wrong": _malformed(_l("The deployment’s id cannot be read.")),
    "deployment_pending": Remedy(
        _l("People try to come in, and their deployment waits for your approval."), HERE, _l("Approve the deployment.")
    ),
    "deployment_blocked": Remedy(
        _l("People try to come in from a deployment that is blocked."), HERE, _l("End the block, if it was a mistake.")
    ),
    "version_missing": _malformed(_l("The launch names no LTI version.")),
    "version_wrong": Remedy(
        _l("The launch is not LTI 1.3."), LMS, _l("Choose LTI 1.3 where the tool is configured; 1.1 is not offered.")
    ),
    "message_missing": _malformed(_l("The launch names no kind of message.")),
    "message_unknown": Remedy(
        _l("The LMS sent a kind of message that the tool does not know."),
        LMS,
        _l("Use the tool for activities and for choosing content; other placements are not offered."),
    ),
    "roles_missing": _malformed(_l("The launch has no list of roles.")),
    "roles_wrong": _malformed(_l("The roles of the launch cannot be read.")),
    "link_missing": _malformed(_l("The launch does not name its activity.")),
    "link_wrong": _malformed(_l("The activity’s id is too long.")),
    "person_missing": Remedy(
        _l("The launch does not say who comes."), LMS, _l("Let the tool receive an anonymous id of the person (sub); a name is not needed.")
    ),
    "person_wrong": _malformed(_l("The person’s id cannot be read.")),
    "context_wrong": _malformed(_l("The course’s id cannot be read.")),
    "target_foreign": Remedy(
        _l("The activity opens an address that is not one of this tool."),
        LMS,
        _l("Correct the tool’s address in the LMS, then make the activity anew."),
    ),
    "review_missing": _malformed(_l("A review does not say whose work it is about.")),
    "return_missing": _malformed(_l("The LMS asked for content to choose and gave no address to return to.")),
}
SERVICES = {
    "platform_unreachable": Remedy(
        _l("The LMS cannot be reached from here."), NETWORK, _l("Check firewall and DNS of this server, and the addresses of this registration.")
    ),
    "platform_slow": Remedy(
        _l("The LMS answers too slowly."), LMS, _l("Nothing for now: it is tried again. If it lasts, look at the load of the LMS.")
    ),
    "platform_busy": Remedy(
        _l("The LMS is busy or being maintained."), NOBODY, _l("Nothing: it is tried again when the LMS wishes.")
    ),
    "platform_certificate": Remedy(
        _l("The certificate of the LMS is not accepted."), LMS, _l("Renew the certificate, with its whole chain.")
    ),
    "platform_refused": Remedy(_l("The LMS refused a request."), LMS, _ADDRESSES),
    "redirected": Remedy(
        _l("An address of the LMS leads on to another one, which is not followed."), HERE, _l("Enter the final address in this registration.")
    ),
    "address_refused": Remedy(
        _l("An address of the LMS is not a public https address, so it is not called."),
        LMS,
        _l("Give the LMS a public https address. In a laboratory LTI_TOOL_ALLOW_PRIVATE_PLATFORMS permits others."),
    ),
    "answer_not_json": Remedy(
        _l("The LMS answered with a page where data was expected."), LMS, _l("Check the addresses of this registration, and whether the LMS is being maintained.")
    ),
    "answer_too_large": Remedy(_l("The LMS’s answer is larger than can be true."), LMS, _ADDRESSES),
    "foreign_page": Remedy(
        _l("The second page of a list lies at another host, which is not followed."), LMS, _l("Correct the site address in the LMS’s settings.")
    ),
    "endless_pages": Remedy(_l("A list of the LMS has no end."), LMS, _MAKERS),
    "our_keys_unreachable": Remedy(
        _l("The LMS could not fetch our keys, so it gives no token."),
        LMS,
        _l(
            "In Moodle: Site administration, Security, HTTP security. Take our address off the cURL blocked hosts, and our "
            "port onto the list of allowed ports."
        ),
    ),
    "our_keys_not_asked": Remedy(
        _l("The LMS refused our sign-in without asking for our keys."),
        LMS,
        _l(
            "Check there that the tool is activated, that it takes our keys from the keyset address shown here, and that its "
            "server may call that address (in Moodle: cURL blocked hosts)."
        ),
    ),
    "client_refused": Remedy(
        _l("The LMS asked for our keys and refused our sign-in all the same."),
        LMS,
        _l("Check there that the tool is activated, and compare client id and token address with this registration."),
    ),
    "token_refused": Remedy(_l("The LMS gave no usable token."), LMS, _l("Compare the token address with the one that the LMS shows.")),
    "token_not_accepted": Remedy(
        _l("The LMS does not accept the token that it gave itself."), LMS, _l("Check there that the tool is activated and allowed in the course.")
    ),
    "scope_refused": Remedy(
        _l("The LMS does not let this tool use one of its services."),
        LMS,
        _l("Allow names and roles, and grades with columns, in the settings of the tool."),
    ),
    "no_roster": Remedy(
        _l("The LMS offers no roster to this tool."), LMS, _l("Switch on names and roles in the settings of the tool. Until then people appear when they first come.")
    ),
    "roster_gone": Remedy(
        _l("The roster’s address is gone; the course may have been deleted."), NOBODY, _l("Nothing: the next launch brings the new address.")
    ),
    "roster_refused": Remedy(
        _l("The LMS refused to show the roster."), LMS, _l("Switch on names and roles in the settings of the tool, and allow it in the course.")
    ),
    "no_column": Remedy(
        _l("The LMS offers no gradebook column to this tool."), LMS, _l("Switch on grades with columns in the settings of the tool, if credit is to arrive there.")
    ),
    "column_gone": Remedy(_l("A gradebook column was taken away."), NOBODY, _l("Nothing: a new one is made.")),
    "column_being_made": Remedy(_l("A gradebook column is just being made."), NOBODY, _l("Nothing.")),
    "column_refused": Remedy(
        _l("The LMS refused to make a gradebook column."), LMS, _l("Let the tool manage its own columns in the settings of the tool.")
    ),
    "columns_refused": Remedy(
        _l("The LMS refused to show the gradebook columns."), LMS, _l("Switch on grades with columns in the settings of the tool.")
    ),
    "results_refused": Remedy(
        _l("The LMS refused to say what its gradebook holds."), LMS, _l("Allow the tool to read results, in its settings.")
    ),
    "score_refused": Remedy(
        _l("The LMS refused a score."), LMS, _l("Often the person takes no grades in that course. The facilitator sees on the credit page whom it concerns.")
    ),
    "person_gone": Remedy(_l("A score was for somebody who has left the course."), NOBODY, _l("Nothing.")),
    "newer_on_platform": Remedy(_l("Somebody changed a score by hand in the gradebook."), NOBODY, _l("Nothing: that stands.")),
    "registration_token_refused": Remedy(
        _l("The LMS did not accept the token that it gave for the registration."), LMS, _l("Begin the registration again in the LMS, with a new invitation.")
    ),
    "registration_refused": Remedy(
        _l("The LMS refused the registration."), LMS, _l("Begin again, or register by hand.")
    ),
    "internal": Remedy(_l("Something here went wrong."), HERE, _l("Look into the log; it is tried again.")),
    "unknown_kind": Remedy(
        _l("Something is owed that this version does not know."), HERE, _l("Let the same version run everywhere, and upgrade.")
    ),
}  # fmt: skip
CHECKS = {
    "clock_ahead": Remedy(
        _l("The LMS’s clock is %(seconds)s seconds ahead of ours."), LMS, _l("Set both clocks by a time server (NTP). More than a minute, and launches are refused.")
    ),
    "clock_behind": Remedy(
        _l("The LMS’s clock is %(seconds)s seconds behind ours."), LMS, _l("Set both clocks by a time server (NTP). More than a minute, and launches are refused.")
    ),
    "own_keys_not_seen": Remedy(
        _l("Our own keys could not be fetched from here at our public address."),
        HERE,
        _l("Often this server just cannot call itself from outside. Open /lti/jwks from another network to be sure."),
    ),
    "no_deployment_yet": Remedy(
        _l("No deployment is approved yet, so no service could be asked."), HERE, _l("Let somebody open the activity once, then approve the deployment.")
    ),
    "no_course_yet": Remedy(
        _l("Nobody came from a course yet, so roster and gradebook could not be asked."), LMS, _l("Add the activity to a course and open it once.")
    ),
    "no_scope_roster": Remedy(
        _l("The LMS does not let this tool read rosters."), LMS, _l("Switch on names and roles in the settings of the tool.")
    ),
    "no_scope_columns": Remedy(
        _l("The LMS does not let this tool make gradebook columns."), LMS, _l("Switch on grades with columns in the settings of the tool, if credit is to arrive there.")
    ),
    "no_scope_scores": Remedy(
        _l("The LMS does not let this tool send scores."), LMS, _l("Switch on grades in the settings of the tool, if credit is to arrive there.")
    ),
    "roster_empty": Remedy(
        _l("The LMS shows a roster without anybody in it."), LMS, _l("Check that people are enrolled in the course, and what the tool may see of them.")
    ),
    "names_hidden": Remedy(
        _l("The LMS hides people’s names from this tool; everybody can choose a name here."),
        LMS,
        _l("To share names: in Moodle the tool’s privacy settings, in Canvas the privacy level of the key. It works without."),
    ),
}  # fmt: skip
STANDINGS = {
    "works": Remedy(_l("People launch from here; scores arrive."), NOBODY, ""),
    "launches": Remedy(_l("People launch from here; no score was sent yet."), NOBODY, ""),
    "blocked": Remedy(_l("Nobody gets in: this platform is blocked."), HERE, _l("End the block to let people in again.")),
    "platform_waits": Remedy(
        _l("Nobody can launch yet: the platform waits for your approval."), HERE, _l("Approve it, once you made sure whose it is.")
    ),
    "deployment_waits": Remedy(
        _l("Nobody could launch yet: deployment %(deployment)s waits for your approval."), HERE, _l("Approve it, once you made sure whose it is.")
    ),
    "another_deployment_waits": Remedy(
        _l("People launch from here; deployment %(deployment)s waits for your approval."), HERE, _l("Approve it, once you made sure whose it is.")
    ),
    "deployment_unknown": Remedy(
        _l("It is registered, and nobody opened the tool from there yet."),
        LMS,
        _l("Open the activity once in the LMS. Its deployment then appears here, for your approval."),
    ),
    "never_launched": Remedy(
        _l("Everything is ready here; nobody has opened the tool yet."), LMS, _l("Add the activity to a course and open it once.")
    ),
}  # fmt: skip
REMEDIES: dict[str, Remedy] = {**LOGINS, **TOKENS, **CLAIMS, **SERVICES, **CHECKS, **STANDINGS}
UNKNOWN = Remedy(_l("The LMS answered in a way we do not know."), LMS, _AGAIN)


def remedy(code: str) -> Remedy:
    """What a code means and what to do about it."""
    return REMEDIES.get(code, UNKNOWN)


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

"""What each refusal of a login or launch means to an administrator, and which side must act.

Every code of `lti/refusals.py` has its line here (a test holds that); the services' codes are in `findings.py`.
"""

from dataclasses import dataclass

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
    action: str


_BROWSER = _l("Nothing, if it is rare. If many people are refused so, their browsers block what a frame may keep.")
MAKERS = _l("Tell the makers of the LMS this code: its launch does not follow the LTI specification.")
ADDRESSES = _l("Compare the addresses of this registration with those that the LMS shows.")
CLOCKS = _l("Set both clocks by a time server (NTP): with more than a minute between them, launches are refused.")
_ONE_PERSON = _l("Nothing, if it is rare: the person opens the activity once more.")


def _person(sentence: str) -> Remedy:
    return Remedy(sentence, NOBODY, _ONE_PERSON)


def _malformed(sentence: str) -> Remedy:
    return Remedy(sentence, LMS, MAKERS)


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
        _l("Enter in the LMS the login address that stands on this registration’s page among its addresses."),
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
        _l("Compare the issuer with the one that the LMS shows. A site that moved needs a new registration."),
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
        CLOCKS,
    ),
    "issue_missing": _malformed(_l("The id_token does not say when it was made.")),
    "issued_ahead": Remedy(
        _l("The id_token comes from the future: the LMS’s clock is ahead of ours by more than a minute."),
        LMS,
        CLOCKS,
    ),
    "issued_long_ago": _person(_l("The id_token was made more than ten minutes ago.")),
    "signature_wrong": Remedy(
        _l("The signature does not fit the key that the LMS publishes."),
        HERE,
        _l("Check the keyset address of this registration."),
    ),
    "key_unknown": Remedy(
        _l("The LMS signs with a key that it does not publish at its keyset address."),
        HERE,
        _l("Check the keyset address of this registration. After a change of keys in the LMS, wait an hour."),
    ),
    "keys_unreachable": Remedy(
        _l("We cannot fetch the LMS’s keys from its keyset address."),
        NETWORK,
        _l(
            "Check that this server may call the LMS (firewall, DNS, certificate) and that the keyset address is right."
        ),
    ),
    "keys_unusable": Remedy(
        _l("The LMS’s keyset address holds no usable key."),
        LMS,
        _l("The LMS must publish an RSA key of 2048 bits or more."),
    ),
    "keys_asked_often": Remedy(
        _l("Very many launches named keys that the LMS does not publish; its keys are asked again later."),
        NOBODY,
        _l("Wait some minutes. If the LMS changed its keys, launches work again by then."),
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
        _l("The launch does not say who comes."),
        LMS,
        _l("Let the tool receive an anonymous id of the person (sub); a name is not needed."),
    ),
    "acting_for_another": Remedy(
        _l("Somebody acted as another person in the LMS and opened the tool."),
        NOBODY,
        _l("Nothing: it opens for the person herself alone, or her private texts could be read in her name."),
    ),
    "person_wrong": _malformed(_l("The person’s id cannot be read.")),
    "context_wrong": _malformed(_l("The course’s id cannot be read.")),
    "target_foreign": Remedy(
        _l("The activity opens an address that is not one of this tool."),
        LMS,
        _l("Correct the tool’s address in the LMS, then make the activity anew."),
    ),
    "review_missing": _malformed(_l("A review does not say whose work it is about.")),
    "links_missing": _malformed(_l("The LMS asked for content to choose and does not say what it takes.")),
    "return_foreign": Remedy(
        _l("The LMS asked for content to choose and wants the answer at another host."),
        LMS,
        _l("Correct the site address in the LMS, or add its host to this registration: Name, frames, audiences."),
    ),
    "notice_seen": Remedy(_l("The LMS sent a notice a second time."), NOBODY, _l("Nothing.")),
    "notice_unknown": Remedy(_l("The LMS sent a notice that the tool does not know."), NOBODY, _l("Nothing.")),
    "return_missing": _malformed(_l("The LMS asked for content to choose and gave no address to return to.")),
}
OF_LAUNCHES: dict[str, Remedy] = {**LOGINS, **TOKENS, **CLAIMS}

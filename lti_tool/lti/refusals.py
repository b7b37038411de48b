"""Why a login or launch is not accepted: every code, a plain sentence and the place in the specification.

Pages translate by code (`views/refusal_words.py` for whoever comes, `views/remedies.py` for administrators); logs carry
the code alone. "Security" is the 1EdTech Security Framework 1.0, "Core" is LTI 1.3 Core, "DL" is Deep Linking 2.0.
"""

from dataclasses import dataclass

from lti_tool.errors import LaunchRefusedError


@dataclass(frozen=True)
class Refusal:
    """One reason: an English sentence for documents and the log of a developer, and where the rule is written."""

    sentence: str
    rule: str


REFUSALS: dict[str, Refusal] = {
    # before the LMS signs the person in
    "issuer_missing": Refusal("The login names no issuer (iss).", "Security 5.1.1.1"),
    "login_hint_missing": Refusal("The login carries no login_hint.", "Security 5.1.1.1"),
    "target_missing": Refusal("The address to open (target_link_uri) is missing.", "Security 5.1.1.1, Core 5.3.4"),
    "platform_unknown": Refusal("This LMS and client id are not registered here.", "Security 5.1.1.1"),
    "client_id_missing": Refusal("This LMS has several registrations here; its login must name one.", "Core 4.1.3"),
    "platform_pending": Refusal("This registration waits for the approval of an administrator.", "Core 3.1.3"),
    "platform_blocked": Refusal("An administrator blocked this registration.", "Core 3.1.3"),
    # the answer of the LMS, and whether it answers a question of ours
    "login_required": Refusal("The LMS says that the person is not signed in there.", "Security 5.1.1.5"),
    "platform_said_no": Refusal("The LMS answered the login with an error.", "Security 5.1.1.5"),
    "state_missing": Refusal("The answer carries no state.", "Security 5.1.1.3"),
    "cookie_missing": Refusal("The browser did not send our login cookie back.", "Security 7.3.1"),
    "state_unknown": Refusal("No such login is under way: it was used already or never begun.", "Security 7.3.1"),
    "state_expired": Refusal("The login took longer than ten minutes.", "Security 7.3.1"),
    "browser_changed": Refusal("The login was begun in another browser.", "Security 7.3.1"),
    "nonce_missing": Refusal("The token carries no nonce.", "Security 5.1.3 (9)"),
    "nonce_foreign": Refusal("The nonce is not the one of this login.", "Security 5.1.3 (9)"),
    # the token
    "token_missing": Refusal("The answer carries no id_token.", "Security 5.1.1.3"),
    "token_unreadable": Refusal("The id_token is no signed JWT, or far too long.", "Security 5.1.2"),
    "algorithm_refused": Refusal("The token is signed in another way than RS256.", "Security 5.1.3 (6)"),
    "header_refused": Refusal("The token's header brings a key or an extension (jku, x5u, jwk, crit).", "Security 6.3"),
    "kid_missing": Refusal("The token's header names no key (kid).", "Security 6.3"),
    "issuer_wrong": Refusal("The token's issuer is not the LMS that was asked.", "Security 5.1.3 (2)"),
    "audience_wrong": Refusal("The token is not meant for this registration alone.", "Security 5.1.3 (3)"),
    "party_missing": Refusal("The token has several audiences and no authorised party (azp).", "Security 5.1.3 (4)"),
    "party_wrong": Refusal("The authorised party (azp) is another registration.", "Security 5.1.3 (5)"),
    "expiry_missing": Refusal("The token has no end (exp).", "Security 5.1.2"),
    "expired": Refusal("The token ended more than a minute ago.", "Security 5.1.3 (7)"),
    "issue_missing": Refusal("The token does not say when it was issued (iat).", "Security 5.1.2"),
    "issued_ahead": Refusal("The token comes from the future, by more than a minute.", "Security 5.1.3 (8)"),
    "issued_long_ago": Refusal("The token was issued more than ten minutes ago.", "Security 5.1.3 (8)"),
    "signature_wrong": Refusal("The signature does not fit the key of the LMS.", "Security 5.1.3 (1)"),
    # the keys of the LMS
    "key_unknown": Refusal("The key set of the LMS has no usable key of this name.", "Security 6.4"),
    "keys_unreachable": Refusal("The key set of the LMS could not be fetched.", "Security 6.3"),
    "keys_unusable": Refusal("The key set holds no RSA signing key of 2048 bits or more.", "Security 6.1, 6.2"),
    "keys_asked_often": Refusal("Too many launches named unknown keys; it is asked again later.", "Security 6.4"),
    # what the token says
    "deployment_missing": Refusal("The token names no deployment.", "Core 5.3.3"),
    "deployment_wrong": Refusal("The deployment's id is no text of 255 ASCII characters or less.", "Core 5.3.3"),
    "deployment_pending": Refusal("This deployment waits for the approval of an administrator.", "Core 3.1.3"),
    "deployment_blocked": Refusal("An administrator blocked this deployment.", "Core 3.1.3"),
    "version_missing": Refusal("The token names no LTI version.", "Core 5.3.2"),
    "version_wrong": Refusal("The LTI version is not 1.3.0.", "Core 5.3.2"),
    "message_missing": Refusal("The token names no kind of message.", "Core 5.3.1"),
    "message_unknown": Refusal("The tool does not know this kind of message.", "Core 5.3.1"),
    "roles_missing": Refusal("The token has no list of roles.", "Core 5.3.7"),
    "roles_wrong": Refusal("The roles are not a list of texts.", "Core 5.3.7"),
    "link_missing": Refusal("The token does not name the activity (resource_link.id).", "Core 5.3.5"),
    "link_wrong": Refusal("The activity's name (resource_link.id) is longer than 255 characters.", "Core 5.3.5"),
    "person_missing": Refusal("The token does not say who comes (sub).", "Security 5.1.2, certification 6.1.1"),
    "acting_for_another": Refusal("Somebody acts as another person (custom parameter of ours).", "Canvas, act as user"),
    "person_wrong": Refusal("The person's id (sub) is no text of at most 255 characters.", "Security 5.1.2"),
    "context_wrong": Refusal("The course's id (context.id) is no text of 255 characters or less.", "Core 5.4.1"),
    "target_foreign": Refusal("The address to open is not one of this tool.", "Core 5.3.4"),
    "review_missing": Refusal("The review does not say whose work (for_user.user_id).", "Submission Review 1.0"),
    "notice_unknown": Refusal("The tool does not know this kind of notice.", "Platform Notification Service 1.0"),
    "notice_seen": Refusal("This notice was taken before.", "Security 5.1.3 (9)"),
    "links_missing": Refusal("The request for links does not say what it takes (deep_linking_settings).", "DL 4.4.1"),
    "return_missing": Refusal("The request for links has no deep_link_return_url.", "DL 4.4.1"),
    "return_foreign": Refusal("The deep_link_return_url is on no address of this LMS.", "DL 4.4.1"),
}


def refuse(code: str, **facts: object) -> LaunchRefusedError:
    """The refusal with this code, ready to be raised; KeyError for a code that is not in the table."""
    REFUSALS[code]
    return LaunchRefusedError(code, **facts)

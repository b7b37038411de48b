"""Where the LMS products part from the specification or from each other; every rule names its source."""

import html
import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit


class Plain:
    """A platform as the specification has it; what differs overrides a line of this."""

    # Statuses that may mean "not later than the score I hold": AGS 2.0 §3.4.9 names none, real ends use these.
    stale: ClassVar[frozenset[int]] = frozenset({400, 409})
    # What an unfinished piece of work is called in a score (AGS 2.0 §3.4.7).
    partly_done: ClassVar[str] = "InProgress"
    # Merged into every score, and into a column that we make.
    score_extension: ClassVar[Mapping[str, Any]] = {}
    column_extension: ClassVar[Mapping[str, Any]] = {}
    # Statuses that refuse a column because of its link, so that one of the course alone is made (AGS 2.0 §3.2.12).
    unbinding: ClassVar[frozenset[int]] = frozenset()
    # Merged into the tool configuration when we register.
    registration_extension: ClassVar[Mapping[str, Any]] = {}
    # Whether institutions that know nothing of each other use one client id, each from deployments of its own.
    shared: ClassVar[bool] = False
    # Whether a column may say how one person's work is opened from the gradebook (Submission Review 1.0).
    reviews: ClassVar[bool] = False

    @staticmethod
    def takes_message(kind: str, listed: Collection[str]) -> bool:
        """Whether to register for this kind of message, by what the platform lists (nothing: then for all)."""
        return not listed or kind in listed

    @staticmethod
    def message_extension(kind: str) -> Mapping[str, Any]:  # noqa: ARG004
        """Merged into the registration of this kind of message."""
        return {}

    @staticmethod
    def throttles(status: int, body: bytes) -> bool:  # noqa: ARG004
        """Whether an answer only asks to come back later, though its status does not say so (RFC 6585: 429)."""
        return False

    @staticmethod
    def token_fault(status: int) -> str:
        """What a refusal at the token address means."""
        return "client_refused" if status in (400, 401, 403) else "token_refused"

    @staticmethod
    def audience(configuration: Mapping[str, Any]) -> str | None:
        """The audience of our token requests where it is not the token address (LTI dynamic registration 1.0)."""
        server = configuration.get("authorization_server")
        is_address = isinstance(server, str) and server.startswith("https://") and server.isprintable()
        return server if is_address else None

    @staticmethod
    def usual_audience(token_url: str) -> str:
        """The audience of our token requests where registration named none (security framework 1.0 §4.1)."""
        return token_url

    # What a score's comment does to the words that stand there: it replaces them, left out it clears (AGS 2.0 §3.4.11).
    comments_add_up: ClassVar[bool] = False  # instead it is written below them
    comments_are_of_tools: ClassVar[bool] = False  # instead nobody but a tool can write any
    # Whether the results of one person come with the comment; else those of everybody are read for it.
    comment_of_one: ClassVar[bool] = True

    @staticmethod
    def comment(text: str) -> str:
        """A comment as this platform shows it: plain text (AGS 2.0 §3.4.11)."""
        return text

    @staticmethod
    def returned_comment(text: str) -> str:
        """What a person wrote, as it has to be sent back to stand there as before."""
        return text

    @staticmethod
    def group_roster_url(roster_url: str, number: str) -> str | None:  # noqa: ARG004
        """Where the members of one group can be asked, found from the course's roster; None where there is no such."""
        return None

    @staticmethod
    def hosts_its_configuration(*, issuer: str, at: str) -> bool:
        """Whether an issuer's configuration may be read at this address: only on the issuer's own host."""
        return urlsplit(issuer).hostname == urlsplit(at).hostname


class Moodle(Plain):
    """Moodle 4.5."""

    # mod/lti/service/gradebookservices, scores.php: 409 is an earlier timestamp, 400 a person who takes no score.
    stale = frozenset({409})
    # mod/lti/grade.php opens a review from the grader report; a deep link's column may name its address and custom.
    reviews = True

    @staticmethod
    def takes_message(kind: str, listed: Collection[str]) -> bool:
        """mod/lti/launch.php sends submission reviews, though openid-configuration.php (4.5.6) does not list them."""
        return kind == "LtiSubmissionReviewRequest" or Plain.takes_message(kind, listed)

    @staticmethod
    def returned_comment(text: str) -> str:
        """gradebookservices.php, save_grade_item: kept as plain text, while Moodle's own editor writes HTML."""
        return _without_tags(text) if _TAG.search(text) else text

    @staticmethod
    def token_fault(status: int) -> str:
        """mod/lti/token.php answers 404 with a page when Moodle could not read our keys (its cURL security)."""
        return "our_keys_unreachable" if status == 404 else Plain.token_fault(status)


class Canvas(Plain):
    """Canvas, hosted by Instructure or by a school."""

    # canvas-lms app/controllers/lti/ims/scores_controller.rb: each score opens a new attempt unless told otherwise.
    score_extension: ClassVar[Mapping[str, Any]] = {
        "https://canvas.instructure.com/lti/submission": {"new_submission": False}
    }
    # line_items_controller.rb, verify_valid_resource_link: 404 for a place in a course's menu, 412 for a module's item;
    # an assignment alone takes columns, and brings its own.
    unbinding = frozenset({404, 412})
    # scores_controller.rb, add_comment: a comment given is one more on the submission, one left out changes none.
    comments_add_up = True
    # canvas-lms doc/api/registration.md: the default is "anonymous", which hides the names of colleagues.
    registration_extension: ClassVar[Mapping[str, Any]] = {
        "https://canvas.instructure.com/lti/privacy_level": "name_only"
    }
    # canvas-lms lib/lti/oidc.rb: "canvas.instructure.com for the iss, sso.canvaslms.com for the OIDC Auth endpoint".
    _sso: ClassVar[Mapping[str, str]] = {
        "canvas.instructure.com": "sso.canvaslms.com",
        "canvas.beta.instructure.com": "sso.beta.canvaslms.com",
        "canvas.test.instructure.com": "sso.test.canvaslms.com",
    }

    # canvas-lms doc/api/placements_overview.md: where in a course each kind of message begins.
    placements: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "LtiResourceLinkRequest": ("course_navigation",),
        "LtiDeepLinkingRequest": ("assignment_selection", "link_selection"),
    }

    @staticmethod
    def takes_message(kind: str, listed: Collection[str]) -> bool:
        """canvas-lms doc/api/registration.md knows two kinds; another would spoil the whole registration."""
        return kind in Canvas.placements and Plain.takes_message(kind, listed)

    @staticmethod
    def message_extension(kind: str) -> Mapping[str, Any]:
        """canvas-lms doc/api/registration.md: placements; in a course's menu only where a teacher puts it."""
        if kind != "LtiResourceLinkRequest":
            return {"placements": list(Canvas.placements[kind])}
        hidden = {"https://canvas.instructure.com/lti/course_navigation/default_enabled": False}
        return {"placements": list(Canvas.placements[kind]), **hidden}

    @staticmethod
    def audience(configuration: Mapping[str, Any]) -> str | None:  # noqa: ARG004
        """None: canvas-lms security_controller.rb gives a bare host, its token check wants the token address."""
        return None

    @staticmethod
    def throttles(status: int, body: bytes) -> bool:
        """canvas-lms request_throttle.rb, doc/api/throttling.md: one measure for a client id, and 403 beyond it."""
        return status == 403 and b"Rate Limit Exceeded" in body[:100]

    @staticmethod
    def group_roster_url(roster_url: str, number: str) -> str | None:
        """canvas-lms config/routes.rb: courses/:id/names_and_roles stands beside groups/:id/names_and_roles."""
        parts = urlsplit(roster_url)
        found = re.fullmatch(r"(.*)/courses/[^/]+/names_and_roles", parts.path)
        return parts._replace(path=f"{found[1]}/groups/{number}/names_and_roles", query="").geturl() if found else None

    @staticmethod
    def hosts_its_configuration(*, issuer: str, at: str) -> bool:
        """Hosted schools share one issuer; the configuration lies on its host, its sign-on host or the school's own."""
        named, host = urlsplit(issuer).hostname or "", urlsplit(at).hostname or ""
        hosted = named in Canvas._sso and (host == Canvas._sso[named] or host.endswith(".instructure.com"))
        return hosted or Plain.hosts_its_configuration(issuer=issuer, at=at)


class OpenEdx(Plain):
    """Open edX with lti-consumer-xblock 11.4."""

    # lti_consumer/plugin/views.py: an older or equal timestamp answers 400.
    stale = frozenset({400})
    # lti_consumer/signals/signals.py: it becomes the block's score_comment, which no page lets a person edit.
    comments_are_of_tools = True


class Brightspace(Plain):
    """Brightspace (D2L). It refuses a person with 403 or 404, which is no lost column (hypothesis/lms, d2l plugin)."""

    shared = True  # deployed to organisations of one site, each by itself (community.d2l.com, kb 23662 and 26215)
    _audience = "https://api.brightspace.com/auth/token"

    @staticmethod
    def usual_audience(token_url: str) -> str:  # noqa: ARG004
        """One for all customers: the field "OAuth 2 Audience" of its registration page, never the token address."""
        return Brightspace._audience

    @staticmethod
    def audience(configuration: Mapping[str, Any]) -> str | None:
        """The same, unless its configuration names another."""
        return Plain.audience(configuration) or Brightspace._audience


class Blackboard(Plain):
    """Blackboard Learn (Anthology)."""

    # hypothesis/lms, blackboard plugin: `results?user_id` leaves the comment out.
    comment_of_one = False
    shared = True  # one application for all customers, registered at the maker's portal (pylti1.3 #70)
    everybodys = "https://blackboard.com"  # their one issuer

    @staticmethod
    def comment(text: str) -> str:
        """It takes a comment for HTML and swallows line ends (hypothesis/lms, blackboard plugin)."""
        return html.escape(text, quote=False).replace("\n", "<br/>")


class Sakai(Plain):
    """Sakai."""

    # sakai lti/docs: Initialized, Started and InProgress open a submission again, Submitted leaves it.
    partly_done = "Submitted"
    # sakai lti/docs, AGS extensions: without it whoever earned the credit may not see it.
    column_extension: ClassVar[Mapping[str, Any]] = {
        "https://www.sakailms.org/spec/lti-ags/v2p0/releaseToStudent": True
    }


_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINE_END = re.compile(r"(?i)<br[^<>]*>|</(?:p|div|li|h[1-6])>(?=.)")


def _without_tags(text: str) -> str:
    """The words of a piece of HTML, its paragraphs on lines of their own."""
    return html.unescape(_TAG.sub("", _LINE_END.sub("\n", text))).strip()


def same_words(one: str, other: str) -> bool:
    """Whether two comments say the same, however a platform keeps its text: as HTML, or with its spaces made one."""
    first, second = (" ".join(_without_tags(text).split()) for text in (one, other))
    return first == second


_PRODUCTS: dict[str, type[Plain]] = {
    "moodle": Moodle,
    "canvas": Canvas,
    "open-edx": OpenEdx,
    "openedx": OpenEdx,
    "brightspace": Brightspace,
    "desire2learn": Brightspace,  # its product family code
    "blackboard": Blackboard,
    "blackboardlearn": Blackboard,  # its product family code (docs.anthology.com, sample JWT)
    "sakai": Sakai,
}


def of(product: str) -> type[Plain]:
    """The rules for a product family code as the LMS gives it; the plain ones for a product we do not know."""
    return _PRODUCTS.get(product.strip().lower(), Plain)


def is_shared(product: str, *, issuer: str) -> bool:
    """Whether institutions that know nothing of each other use this registration, as far as its LMS tells."""
    return of(product).shared or issuer.rstrip("/") == Blackboard.everybodys

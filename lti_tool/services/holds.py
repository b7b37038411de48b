"""A remark that hurts, tells too much, or worries about a child is put on hold: its two sides see it, nobody else.

The facilitator sees it when an author asks for help, or at once for a child's safety. Then it is set free again,
written anew by its writer, or taken out; the writer always keeps a copy.
"""

from sqlalchemy import func, select

from lti_tool.access import Permission, Reach, rights_with
from lti_tool.db import now, session
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.models import Circle, Feedback, FeedbackState, Membership, Person
from lti_tool.services import audit, circles, feedbacks, replies

S = FeedbackState
CHILD_SAFETY = "child_safety"
HOLDABLE = (S.SENT, S.READ, S.ANSWERED, S.CLOSED)  # a child's safety does not end with a thread
KINDS = ("hurtful", "privacy", CHILD_SAFETY)


def hold(feedback: Feedback, *, kind: str, reason: str, by: Person) -> Feedback:
    """Put it on hold; an author, or anyone else who can read it but its writer, and a reason is needed.

    Raises RefusedError moved_on before it is sent, on_hold, own_words and reason_missing.
    """
    if feedback.writer_id == by.id:
        raise RefusedError("own_words")
    if kind not in KINDS:
        raise NotFoundError
    feedbacks.only_in(feedback, *HOLDABLE)
    if feedback.held_at is not None:
        raise RefusedError("on_hold")
    if not reason.strip():
        raise RefusedError("reason_missing")
    feedback.held_at, feedback.held_by = now(), by.id
    feedback.held_for, feedback.held_reason = kind, reason.strip()
    audit.note("feedback.held", by=by, circle=feedbacks.circle_of(feedback), feedback=feedback.id, kind=kind)
    session.flush()
    return feedback


def ask_help(feedback: Feedback, *, by: Person) -> Feedback:
    """An author asks the facilitator to look at it with her."""
    replies.only_author(feedback, by)
    _only_held(feedback)
    feedback.help_asked_at = feedback.help_asked_at or now()
    session.flush()
    return feedback


def may_restore(feedback: Feedback, *, within: Reach) -> bool:
    """Whether the visitor may set it free: an author, or the facilitator who sees it; never its writer.

    Where a child's safety was named it is the facilitator who decides, if the circle has one beside the writer.
    """
    if feedback.held_at is None or feedback.writer_id == within.person_id:
        return False
    if within.may(Permission.REVIEW_SHARED, feedback.circle_id):
        return True
    is_author = any(one.id == within.person_id for one in feedbacks.authors(feedback))
    return is_author and (feedback.held_for != CHILD_SAFETY or not has_facilitator(feedback))


def has_facilitator(feedback: Feedback) -> bool:
    """Whether somebody beside its writer may be asked to look: a facilitator since it was sent, who can still come."""
    query = select(Membership.id).where(
        Membership.circle_id == feedback.circle_id,
        Membership.left_at.is_(None),
        circles.still_comes(),
        Membership.person_id != feedback.writer_id,
        Membership.rights.in_(rights_with(Permission.REVIEW_SHARED)),
        func.coalesce(Membership.reviews_since, Membership.joined_at) <= feedback.sent_at,
    )
    return session.scalar(query) is not None


def restore(feedback: Feedback, *, by: Person, within: Reach) -> Feedback:
    """Set it free: those who could read it before can read it again. NotFoundError for whoever may not."""
    _only_held(feedback)
    if not may_restore(feedback, within=within):
        raise NotFoundError
    feedback.held_at = feedback.held_by = feedback.help_asked_at = None
    feedback.held_for = feedback.held_reason = ""
    audit.note("feedback.restored", by=by, circle=feedbacks.circle_of(feedback), feedback=feedback.id)
    session.flush()
    return feedback


def reword(feedback: Feedback, *, by: Person) -> Feedback:
    """Its writer takes it back into her hands to say it another way; sent again, with other words, it is free."""
    feedbacks.only_writer(feedback, by)
    _only_held(feedback)
    feedback.state, feedback.saved_at = S.WRITING, None  # until something is changed: the same words stay on hold
    session.flush()
    return feedback


def remove(feedback: Feedback, *, by: Person, within: Reach) -> Feedback:
    """Take it out for good; its writer keeps a copy. By one of its two sides, or the facilitator who sees it."""
    _only_held(feedback)
    if (
        feedback.writer_id != by.id
        and not replies.takes_part(feedback, by)
        and not may_restore(feedback, within=within)
    ):
        raise NotFoundError
    feedback.removed_at = now()
    audit.note("feedback.removed", by=by, circle=feedbacks.circle_of(feedback), feedback=feedback.id)
    session.flush()
    return feedback


def on_hold(circle: Circle, *, within: Reach) -> list[Feedback]:
    """What is on hold in this circle and the visitor may see: her own, what is about her work, or asked to look at."""
    query = feedbacks.whole().where(
        Feedback.circle_id == circle.id,
        Feedback.held_at.is_not(None),
        Feedback.removed_at.is_(None),
        within.feedback(),
    )
    return list(session.scalars(query.order_by(Feedback.held_at, Feedback.id)))


def _only_held(feedback: Feedback) -> None:
    feedbacks.only_in(feedback, *HOLDABLE)
    if feedback.held_at is None:
        raise RefusedError("not_on_hold")

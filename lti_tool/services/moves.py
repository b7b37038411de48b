"""What one visitor may do next with one sent feedback: the buttons beside it, by the rules that guard each move."""

from dataclasses import dataclass

from lti_tool.access import Reach
from lti_tool.models import Feedback, FeedbackState
from lti_tool.services import feedbacks, holds, replies

S = FeedbackState


@dataclass(frozen=True)
class Moves:
    """Who the visitor is to a feedback, and which moves are hers now."""

    writes: bool
    authored: bool
    sees_read: bool  # whether it was read is the authors' own business, unless they show it
    take_back: bool
    read: bool
    answer: bool  # thanks and questions
    will_try: bool
    add_word: bool
    close: bool
    hold: bool
    ask_help: bool
    restore: bool
    remove: bool


def of(feedback: Feedback, *, within: Reach) -> Moves:
    """The moves of a visitor who may read this feedback."""
    me, state = within.person_id, feedback.state
    writes, authored = feedback.writer_id == me, any(one.id == me for one in feedbacks.authors(feedback))
    there = state in holds.HOLDABLE and feedback.removed_at is None
    held, free = there and feedback.held_at is not None, there and feedback.held_at is None
    talks = free and feedbacks.circle_of(feedback).is_open
    tries = any(one.kind == "will_try" for one in feedback.replies)
    restores = there and holds.may_restore(feedback, within=within)
    return Moves(
        writes=writes,
        authored=authored,
        sees_read=authored or feedback.read_shown,
        take_back=writes and feedbacks.may_take_back(feedback),
        read=authored and free and state == S.SENT,
        answer=authored and talks and state == S.READ,
        will_try=authored and talks and state in {S.READ, S.ANSWERED} and not tries,
        add_word=talks and state in replies.states_for_a_word(feedback, within=within),
        close=(writes or authored) and free and state == S.ANSWERED,
        hold=free and not writes,
        ask_help=authored and held and not feedback.help_asked_at and holds.has_facilitator(feedback),
        restore=restores,
        remove=held and (writes or authored or restores),
    )

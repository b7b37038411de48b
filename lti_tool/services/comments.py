"""The sentence beside a credit in the gradebook: what it is for, in the programme's words and its receiver's language.

Never how good something is, how much others did, a name, or anything that anybody wrote (H2).
"""

import re
from collections.abc import Iterable
from textwrap import shorten

from lti_tool import i18n
from lti_tool.models import Circle, Credit, Person
from lti_tool.services import milestones

LONGEST = 250  # characters; a gradebook shows them in a cell


def of(stated: Iterable[tuple[Credit, Circle]], *, to: Person) -> str:
    """One plain line for the person who earned these credits in these circles; only milestones are named one by one."""
    earned = [(credit, circle) for credit, circle in stated if credit.met]
    code, words = i18n.spoken_to(to.locale)
    if any(credit.adjusted_at or circle.credit_mode == "certificate" for credit, circle in earned):
        return str(words.gettext("You took part."))
    if all(credit.met >= credit.planned for credit, _circle in earned):
        return str(words.gettext("You took part, and did everything that was planned."))
    done = [
        one.title.in_(code, lambda text: str(words.pgettext(i18n.PROGRAMME, text)))[0]
        for credit, circle in earned
        if circle.credit_mode == "milestones"
        for one in milestones.of(circle)
        if one.key in credit.done
    ]
    if not done:
        return str(words.gettext("You took part."))
    # Translators: %(done)s is a list such as "Shared a piece of work; Answered a colleague".
    said = words.gettext("You took part: %(done)s.") % {"done": "; ".join(dict.fromkeys(done))}
    return shorten(re.sub("[<>]", " ", said), LONGEST, placeholder=" …")

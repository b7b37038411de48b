"""What is said of a text on every page: who can read it, and where it stands."""

from flask_babel import gettext as _
from flask_babel import ngettext

from lti_tool import i18n
from lti_tool.access import Readers
from lti_tool.models import Audience, Entry, EntryVersion
from lti_tool.presets import Template


def readers(who: Readers, template: Template | None = None) -> str:
    """Who can read a text, to stand after "Who can see this:"; `template` names the roles that never do."""
    sentence = _readers(who)
    if template is None or not who.hidden_from:
        return sentence
    roles = i18n.listed(i18n.programme_words(template.role(role).title)[0] for role in who.hidden_from)
    return str(_("%(readers)s. Never: %(roles)s", readers=sentence, roles=roles))


def _readers(who: Readers) -> str:
    if who.audience is Audience.PRIVATE:
        if who.authors == 1:
            return str(_("only you"))
        sentence = ngettext(
            "only you and the colleague who writes with you",
            "only you and the %(num)s colleagues who write with you",
            who.authors - 1,
        )
        return str(sentence)
    if who.audience is Audience.CIRCLE:
        sentence = ngettext(
            "you and one colleague in your circle", "you and %(num)s colleagues in your circle", who.colleagues
        )
        return _with_expected(str(sentence), who.expected)
    if who.audience is Audience.PROGRAMME:
        return str(_("your circle, and teachers and facilitators of every circle in your programme"))
    return str(_("teachers and facilitators of every circle here"))


def _with_expected(sentence: str, expected: int) -> str:
    """Who will read it later is said now: no text becomes visible to more people behind its writer's back."""
    if not expected:
        return sentence
    later = ngettext(
        "%(readers)s, and one more once their place is settled",
        "%(readers)s, and %(num)s more once their places are settled",
        expected,
        readers=sentence,
    )
    return str(later)


def state_of(entry: Entry, version: EntryVersion | None, answered: int = 0) -> list[tuple[str, str]]:
    """Where an entry stands, as its authors read it: words and the icon beside them."""
    if entry.held_at is not None and entry.audience != Audience.PRIVATE:
        states = [(_("On hold: please read why"), "notice")]
    elif entry.audience == Audience.PRIVATE or version is None:
        states = [(_("Taken back, only you") if version else _("Draft, only you"), "lock")]
    else:
        where = {
            Audience.CIRCLE: _("Shared with your circle on %(day)s", day=i18n.day(version.shared_at)),
            Audience.PROGRAMME: _("Shared with your programme on %(day)s", day=i18n.day(version.shared_at)),
            Audience.PUBLIC: _("Shared with all circles on %(day)s", day=i18n.day(version.shared_at)),
        }
        states = [(where[Audience(entry.audience)], "circle")]
    if answered:
        states.append((ngettext("One colleague answered", "%(num)s colleagues answered", answered), "speech"))
    if entry.concluded_at is not None:
        states.append((_("Concluded on %(day)s", day=i18n.day(entry.concluded_at)), "check"))
    return states

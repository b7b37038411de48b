"""The question about pupils that every picture and document must answer before it is shared (H6)."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice

QUESTION = _l("Can pupils be recognised in it?")
PUPILS = [
    SelectChoice("none", _l("No, nobody is in it or named in it")),
    SelectChoice("covered", _l("No, I covered faces and names")),
    SelectChoice("consent", _l("Yes, and the consent of their families is on record")),
]
ACCEPTED = "image/jpeg,image/png,image/webp,application/pdf"

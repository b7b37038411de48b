"""Who teaches in the practice LMS: two Education International circles. Every name is invented."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What somebody is in a course, in the words of an LMS course page."""

    TEACHER = "teacher"  # takes part: a Learner in LTI
    FACILITATOR = "facilitator"  # may edit the course: an Instructor
    UNION = "union representative"  # may look but not edit: a non-editing teacher
    ADMIN = "administrator of the LMS"  # not enrolled
    TEST = "test person"  # the LMS's "student view", not enrolled


@dataclass(frozen=True)
class Person:
    """An account of the LMS."""

    key: str  # in our addresses and tests
    id: str  # `sub`: numbers, as Moodle gives them
    given: str
    family: str
    locale: str
    country: str
    part: Part
    groups: tuple[str, ...] = ()
    full: str = ""  # where a name is not "given family"

    @property
    def name(self) -> str:
        """The name as its owner writes it."""
        return self.full or f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        """An address that can never exist (RFC 2606)."""
        return f"{self.key}@example.invalid"

    @property
    def enrolled(self) -> bool:
        """Whether rosters list this person."""
        return self.part not in (Part.ADMIN, Part.TEST)

    @property
    def takes_part(self) -> bool:
        """Whether the gradebook has a row for this person."""
        return self.part is Part.TEACHER


@dataclass(frozen=True)
class Course:
    """A course with its people and groups."""

    id: str
    label: str
    title: str
    people: tuple[Person, ...]
    groups: tuple[tuple[str, str], ...]  # (id, name)
    sets: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # of groups: (id, name, ids of its groups)
    history: tuple[str, ...] = ()  # ids of the courses this one was copied from, nearest first
    begins: str = "2026-09-01T00:00:00+00:00"
    ends: str = "2027-06-30T00:00:00+00:00"

    def person(self, key_or_id: str) -> Person | None:
        """The person with this key or id, enrolled or not."""
        return next((p for p in (*self.people, *NEWCOMERS, ADMIN, TEST_PERSON) if key_or_id in (p.key, p.id)), None)


CIRCLE_A, CIRCLE_B = ("1", "Circle A"), ("2", "Circle B")

_TEACHERS = [  # (given, family, locale, country, full name where it is not "given family")
    ("Amara", "Boatemaa", "en", "GH", ""),
    ("Chloé", "Ferrandon", "fr", "FR", ""),
    ("Íñigo", "Zubeldía Peña", "es", "ES", ""),
    ("Conceição", "Araújo Brandão", "pt-BR", "BR", ""),
    ("서윤", "김", "ko", "KR", "김서윤"),
    ("Nur Aisyah", "binti Rahmat", "ms", "MY", ""),
    ("Jürgen", "Weißmüller", "de", "DE", ""),
    ("Niccolò", "Barbagelata", "it", "IT", ""),
    ("अनामिका", "भटनागर", "hi", "IN", ""),
    ("سلمى", "الخطّابي", "ar", "MA", ""),
    ("Saoirse", "Ní Dhálaigh", "en", "IE", ""),
    ("Théo", "Lacombe-Hervé", "fr", "SN", ""),
    ("Ximena", "Quispe Ñahui", "es", "PE", ""),
    ("Raimundo", "Falcão", "pt-BR", "BR", ""),
    ("도현", "박", "ko", "KR", "박도현"),
    ("Hakimi", "bin Osman", "ms", "MY", ""),
    ("Annegret", "Fößmeier", "de", "AT", ""),
    ("Raffaella", "D’Ascanio", "it", "IT", ""),
    ("देवेन्द्र", "राठौड़", "hi", "IN", ""),
    ("يوسف", "بن صالح", "ar", "TN", ""),
]
_STAFF = [
    ("Élodie", "Marchand-Roy", "fr", "CH", "", Part.FACILITATOR),
    ("Tomás", "Echeverría", "es", "CO", "", Part.FACILITATOR),
    ("Kwesi", "Adomah", "en", "GH", "", Part.UNION),
    ("Beatriz", "Furtado", "pt-BR", "BR", "", Part.FACILITATOR),
    ("하린", "이", "ko", "KR", "이하린", Part.FACILITATOR),
    ("Ingrid", "Sørbø", "en", "NO", "", Part.UNION),
]


def _everybody() -> list[Person]:
    people = [
        Person(
            f"teacher{n:02}", str(7 + n), given, family, locale, country, Part.TEACHER, ("1" if n <= 10 else "2",), full
        )
        for n, (given, family, locale, country, full) in enumerate(_TEACHERS, start=1)
    ]
    counted = {Part.FACILITATOR: 0, Part.UNION: 0}
    for n, (given, family, locale, country, full, part) in enumerate(_STAFF):
        counted[part] += 1
        key = f"{'facilitator' if part is Part.FACILITATOR else 'union'}{counted[part]}"
        people.append(Person(key, str(40 + n), given, family, locale, country, part, ("1" if n < 3 else "2",), full))
    return people


_NEWCOMERS = [
    ("Thandiwe", "Mokoena", "en", "ZA"),
    ("Baptiste", "Oyono", "fr", "CM"),
    ("ليلى", "المنصوري", "ar", "TN"),
    ("Marisol", "Huamán", "es", "PE"),
    ("Kofi", "Antwi-Boasiako", "en", "GH"),
    ("Inês", "Carvalhal", "pt-BR", "BR"),
]
NEWCOMERS = tuple(
    Person(f"newcomer{n}", str(60 + n), given, family, locale, country, Part.TEACHER, ("1",))
    for n, (given, family, locale, country) in enumerate(_NEWCOMERS, start=1)
)
ADMIN = Person("admin", "2", "Noor", "van Aalst", "en", "NL", Part.ADMIN)
TEST_PERSON = Person("test", "99", "Test", "Person", "en", "", Part.TEST)
PEOPLE = tuple(_everybody())

CIRCLES = Course(
    "2",
    "LC2026",
    "Learning circles on formative assessment 2026",
    PEOPLE,
    (CIRCLE_A, CIRCLE_B),
    (("11", "Study circles", ("1", "2")),),
)
INQUIRY = Course(
    "3",
    "INQ2026",
    "Inquiry into reading aloud 2026",
    tuple(p for p in PEOPLE if p.key in ("teacher01", "teacher02", "teacher11", "facilitator1")),
    (),
)
COURSES = (CIRCLES, INQUIRY)

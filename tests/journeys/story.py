"""One story in chapters: a union's LMS learns of the tool, a circle opens, a teacher writes, a colleague answers.

Each chapter happens once, and brings along the chapters before it: any test can be run alone.
"""

import io
from collections.abc import Callable
from functools import wraps

from PIL import Image

from tests.journeys.browser import LARGE_COURSE, Staff, Visitor
from tests.journeys.ends import Ends

AUTHOR, COLLEAGUE, THIRD, FACILITATOR = "teacher01", "teacher02", "teacher11", "facilitator1"
OUTSIDER, NEWCOMER = "facilitator2", "facilitator3"  # in no circle; the first in a new course
ASKED = "facilitator4"  # who opens a copied course before anybody said what becomes of its circles
REPRESENTATIVE, FRENCH_TEACHER, ARABIC_TEACHER = "union1", "teacher12", "teacher10"

CONCERN = "Half of my class never asks anything."
HOPE = "That every child dares to say: I do not know yet."
QUESTION = "Is one question a week too little?"
REVISED = "Half of my class never asks me anything. They do ask each other."
CLARIFY = "How do you notice who would like to ask?"
VALUE = "You wait after a question, and they feel it."


def chapter(tell: "Callable[[Story], None]") -> "Callable[[Story], Story]":
    """A part of the story that is told the first time only; gives the story."""

    @wraps(tell)
    def once(story: "Story") -> "Story":
        name = tell.__name__
        if name in story.broken:
            raise AssertionError(f"the chapter “{name}” broke before")
        if name not in story.told:
            story.broken.add(name)
            tell(story)
            story.broken.remove(name)
            story.told.add(name)
        return story

    return once


class Story:
    """What happened so far at one pair of ends."""

    def __init__(self, staff: Staff, ends: Ends) -> None:
        self.staff, self.ends = staff, ends
        self.told: set[str] = set()
        self.broken: set[str] = set()
        self.read: dict[str, str] = {}  # what somebody read on the way, for tests about that moment
        self.circle = ""  # path of the circle in the small course
        self.large_circle = ""  # path of the first circle in the large course
        self.copy = ""  # an LMS's id
        self.new_course = self.set_up = ""  # an LMS's id, and a path
        self.large_entry = ""  # path of a piece shared with it
        self.entry = ""  # path of the author's first piece
        self.words = ""  # path of the colleague's words on it

    @chapter
    def registered(self) -> None:
        """The tool's administrator makes an invitation; the LMS's administrator follows it and activates the tool."""
        invited = self.ends.tool.run("invite", "--name", "Union LMS").splitlines()[-1]
        page, tools = self.staff["admin"].page, f"{self.ends.lms.base_url}/register"
        page.goto(tools)
        page.get_by_label("Invite address that the tool gave you").fill(invited)
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(tools)  # the tool asks for its frame to be closed
        page.get_by_role("heading", name="Learning Circles").wait_for()
        self.read["tools"] = page.locator("main").inner_text()
        page.get_by_role("button", name="Activate").click()
        page.get_by_role("button", name="Activate").wait_for(state="detached")

    @chapter
    def circle_open(self) -> None:
        """A teacher comes too early; the facilitator presses the one button of each page; the circle is open."""
        self.registered()
        self.read["too early"] = self.staff[AUTHOR].launch().text()
        facilitator = self.staff[FACILITATOR].launch().language("en")
        facilitator.press("Continue")
        self.wait_for_roster(facilitator)
        facilitator.press("Continue").press("Open the circles")
        self.circle = facilitator.path
        self.read["opened"] = facilitator.text()

    @chapter
    def large_course_ready(self) -> None:
        """The facilitator goes as far as the people of the large course; its representative never came so far."""
        self.registered()
        facilitator = self.staff[FACILITATOR].launch(LARGE_COURSE).language("en")
        facilitator.press("Continue")
        self.wait_for_roster(facilitator)

    @chapter
    def large_circles_open(self) -> None:
        """Two circles open in the large course by Continue alone; its representative comes and is placed by name."""
        self.large_course_ready()
        facilitator = self.staff[FACILITATOR].launch(LARGE_COURSE).language("en")
        facilitator.press("Continue").press("Continue").press("Open the circles")
        self.large_circle = facilitator.path
        self.read["representative waits"] = self.staff[REPRESENTATIVE].launch(LARGE_COURSE).text()
        facilitator.goto(f"{self.large_circle}/people")
        waiting = facilitator.frame.get_by_role("listitem").filter(has_text="Kwesi Adomah")
        self.read["why she waits"] = facilitator.text()
        waiting.get_by_label("Role in the circle").select_option(label="Union representative")
        facilitator.press("Place here", within=waiting)

    @chapter
    def new_course_ready(self) -> None:
        """The large course is copied, and its facilitator goes to the last page before circles open."""
        self.large_circles_open()
        self.new_course = self.ends.lms.copy_course(LARGE_COURSE).id
        facilitator = self.staff[NEWCOMER].launch(self.new_course).language("en")
        facilitator.press("Begin anew with new circles").press("Continue")
        self.wait_for_roster(facilitator)
        facilitator.press("Continue")
        self.set_up = facilitator.path.removesuffix("/circles")

    @chapter
    def copied(self) -> None:
        """The large course is copied once more, and nobody has said yet what becomes of its circles."""
        self.large_circles_open()
        self.copy = self.ends.lms.copy_course(LARGE_COURSE).id

    @chapter
    def shared(self) -> None:
        """The author writes her concern, adds a photo of the board, answers for it, and shares."""
        self.circle_open()
        author = self.begin(AUTHOR, "Values and concern")
        self.entry = author.path
        author.fill("Where does my assessment practice not yet serve the children I teach?", CONCERN)
        author.fill("What do I most want for them?", HOPE)
        author.fill("What should colleagues look at?", QUESTION)
        self.add_photo(author)
        self.read["unanswered"] = author.press("Share with my circle").text()
        author.frame.get_by_role("group", name="Can pupils be recognised in it?").first.get_by_label(
            "No, nobody is in it or named in it"
        ).check()
        self.read["shared"] = author.press("Share with my circle").text()

    @chapter
    def answered(self) -> None:
        """A colleague is asked, writes step by step, chooses a sentence, and sends."""
        self.shared()
        colleague = self.staff[COLLEAGUE].launch().language("en")
        self.read["colleague's circle"] = colleague.text()
        colleague.goto(f"{self.circle}/feedbacks")
        self.read["asked"] = colleague.text()
        colleague.follow("Values and concern")
        self.read["step 1"] = colleague.text()
        colleague.fill("What do I need to understand before I say anything?", CLARIFY).press("Next")
        colleague.fill("What is worth keeping, and for whom is it working?", VALUE).press("Next")
        self.read["step 3"] = colleague.text()
        colleague.press("Next").press("Next")
        self.read["rubric"] = colleague.text()
        colleague.frame.get_by_label("Names a concern in the teacher’s own practice and whom it affects.").check()
        self.read["sent"] = colleague.press("Send it").text()
        self.words = colleague.path

    @chapter
    def third_shared(self) -> None:
        """Another teacher shares two pieces, so that colleagues are asked and the facilitator has something to read."""
        self.shared()
        for stage, prompt in (
            ("Choose a practice", "What will I try, and what will pupils do differently if it works?"),
            ("Lead with colleagues", "Whom did I involve, and how? First names or roles are enough."),
        ):
            third = self.begin(THIRD, stage).fill(prompt, "Talking partners. The loud ones talk, the others nod.")
            assert "Shared." in third.press("Share with my circle").text()

    @chapter
    def revised(self) -> None:
        """The author reads, thanks, changes her text and shares a second version."""
        self.answered()
        author = self.staff[AUTHOR].launch().goto(f"{self.entry}/versions/1")
        self.read["new words"] = author.text()
        author.press("Read it")
        self.read["beside"] = author.text()
        self.read["thanked"] = author.press("Thanks").text()
        author.goto(self.entry)
        author.fill("Where does my assessment practice not yet serve the children I teach?", REVISED)
        self.read["second"] = author.press("Share this version").text()

    def begin(self, person: str | Visitor, stage: str) -> Visitor:
        """Somebody of the small circle begins a stage of her inquiry, or goes on with it; in English."""
        self.circle_open()
        visitor = self.staff[person] if isinstance(person, str) else person
        visitor.launch().language("en").goto(f"{self.circle}/inquiry")
        item = visitor.frame.get_by_role("listitem").filter(has_text=stage)
        if item.get_by_role("button", name="Begin").count():
            return visitor.press("Begin", within=item)
        if item.get_by_role("link").count():
            return visitor.press(stage, within=item, kind="link")
        return visitor.unfold("Begin another stage").press(stage)

    def wait_for_roster(self, facilitator: Visitor) -> None:
        """Look again until the list of people has come."""
        facilitator.until(lambda: "The list of people is on its way" not in facilitator.text())

    def add_photo(self, author: Visitor) -> None:
        """Add a photo that says where it was taken."""
        author.unfold("Add a photo or a PDF")
        photo = {"name": "board.jpg", "mimeType": "image/jpeg", "buffer": photo_with_place()}
        author.frame.get_by_label("Photo or PDF").set_input_files([photo])  # type: ignore[list-item]
        author.fill("What does it show?", "The board after the lesson").press("Add it")


def photo_with_place() -> bytes:
    """A JPEG with a GPS position in it, as phones make them."""
    photo, exif = Image.new("RGB", (640, 480), "#2f4f3f"), Image.Exif()
    exif[0x8825] = {1: "N", 2: (5.0, 33.0, 21.0), 3: "W", 4: (0.0, 12.0, 13.0)}
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()

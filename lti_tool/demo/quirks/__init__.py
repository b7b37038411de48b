"""How real LMSs differ from the book: one small class each, every habit with its source."""

from lti_tool.demo.quirks.blackboard import Blackboard
from lti_tool.demo.quirks.brightspace import Brightspace
from lti_tool.demo.quirks.canvas import Canvas
from lti_tool.demo.quirks.moodle import Moodle
from lti_tool.demo.quirks.open_edx import OpenEdx
from lti_tool.demo.quirks.plain import Plain
from lti_tool.demo.quirks.sakai import Sakai

_ALL = (Plain(), Moodle(), Canvas(), OpenEdx(), Brightspace(), Blackboard(), Sakai())
PROFILES: dict[str, Plain] = {profile.name: profile for profile in _ALL}

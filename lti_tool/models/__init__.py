"""All tables; import from here."""

from lti_tool.models.administrator import Administrator
from lti_tool.models.audit import AuditLine
from lti_tool.models.circle import Circle, CircleSource, KeptPlace, Membership, Norm, SetUp
from lti_tool.models.credit import Credit
from lti_tool.models.delivery import Delivery
from lti_tool.models.feedback import Feedback, FeedbackState, Reply
from lti_tool.models.inquiry import Audience, Entry, EntryVersion, Evidence, Inquiry, InquiryAuthor
from lti_tool.models.meeting import Meeting
from lti_tool.models.person import Enrolment, OutsideLink, Person, UsedForm, Visit
from lti_tool.models.platform import (
    AccessToken,
    Activity,
    Course,
    CourseGroup,
    Deployment,
    Invite,
    LoginState,
    Picking,
    Platform,
    PlatformKeys,
    SeenNotice,
    Standing,
    ToolKey,
)
from lti_tool.models.programme import Cohort, Programme, Unit
from lti_tool.models.setting import Setting
from lti_tool.models.sighting import SelfCheck, Sighting

__all__ = [
    "AccessToken",
    "Activity",
    "Administrator",
    "Audience",
    "AuditLine",
    "Circle",
    "CircleSource",
    "Cohort",
    "Course",
    "CourseGroup",
    "Credit",
    "Delivery",
    "Deployment",
    "Enrolment",
    "Entry",
    "EntryVersion",
    "Evidence",
    "Feedback",
    "FeedbackState",
    "Inquiry",
    "InquiryAuthor",
    "Invite",
    "KeptPlace",
    "LoginState",
    "Meeting",
    "Membership",
    "Norm",
    "OutsideLink",
    "Person",
    "Picking",
    "Platform",
    "PlatformKeys",
    "Programme",
    "Reply",
    "SeenNotice",
    "SelfCheck",
    "SetUp",
    "Setting",
    "Sighting",
    "Standing",
    "ToolKey",
    "Unit",
    "UsedForm",
    "Visit",
]

"""Registering by hand: what to copy into an LMS of each kind, and a form for what it shows in return."""

from dataclasses import dataclass

from flask import Blueprint, flash, g, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_tool import db
from lti_tool.access import Permission
from lti_tool.errors import NotFoundError, RefusedError
from lti_tool.forms.registrations import RegistrationForm
from lti_tool.services import platforms, registrations
from lti_tool.views.base import requires

bp = Blueprint("registrations", __name__)


@dataclass(frozen=True)
class Product:
    """A kind of LMS: its name, whether it registers tools by itself, its words for each value, what to choose there.

    The words are those of its own pages in English; whoever installs there looks for them.
    """

    name: str
    dynamic: bool
    labels: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, str], ...] = ()


PRODUCTS = {
    "moodle": Product(
        "Moodle",
        True,
        (
            ("Tool name", "name"),
            ("Tool URL", "target"),
            ("Public keyset", "key_set"),
            ("Initiate login URL", "login"),
            ("Redirection URI(s)", "launch"),
            ("Custom parameters", "custom"),
            ("Content Selection URL", "deep_linking"),
        ),
        (
            ("LTI version", "LTI 1.3"),
            ("Public key type", "Keyset URL"),
            ("Tool configuration usage", "Show in activity chooser and as a preconfigured tool"),
            ("Supports Deep Linking (Content-Item Message)", "yes"),
            ("IMS LTI Assignment and Grade Services", "Use this service for grade sync and column management"),
            (
                "IMS LTI Names and Role Provisioning",
                "Use this service to retrieve members' information as per privacy settings",
            ),
            ("Share launcher's name with tool", "Always"),
            ("Share launcher's email with tool", "Never"),
            ("Accept grades from the tool", "Delegate to teacher"),
        ),
    ),
    "canvas": Product("Canvas", True, (("JSON URL", "canvas_file"), ("Redirect URIs", "launch"))),
    "open-edx": Product(
        "Open edX",
        False,
        (
            ("Launch URL", "target"),
            ("Registered Redirect URIs", "launch_list"),
            ("Tool Initiate Login URL (OIDC)", "login"),
            ("Tool Keyset URL", "key_set"),
            ("Deep Linking Launch URL", "deep_linking"),
        ),
        (
            ("LTI Version", "LTI 1.3"),
            ("Tool Public Key Mode", "Keyset URL"),
            ("Names & Roles (NRPS)", "True"),
            ("Deep linking", "True"),
            ("Assignment and Grades", "Declarative"),
            ("Share Full name", "True"),
            ("Share Username, Share Email", "False"),
        ),
    ),
    "brightspace": Product(
        "Brightspace",
        True,
        (
            ("Name", "name"),
            ("Domain", "origin"),  # a whole address here (community.d2l.com, LTI 1.3 registration: "domain URL")
            ("Redirect URLs", "launch"),
            ("OpenID Connect Login URL", "login"),
            ("Target Link URI", "target"),
            ("Keyset URL", "key_set"),
            ("Substitution Parameters", "custom"),
        ),
    ),
    "blackboard": Product(
        "Blackboard",
        False,
        (
            ("Application Name", "name"),
            ("Domain(s)", "domain"),
            ("Login Initiation URL", "login"),
            ("Tool Redirect URL(s)", "launch"),
            ("Tool JWKS URL", "key_set"),
            ("Target Link URI", "target"),
            ("Tool Provider Custom Parameters", "custom"),
        ),
    ),
    "sakai": Product(
        "Sakai",
        True,
        (
            ("Tool Title", "name"),
            ("Launch URL", "target"),
            ("LTI 1.3 Tool Keyset URL", "key_set"),
            ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", "login"),
            ("LTI 1.3 Tool Redirect Endpoint(s)", "launch"),
            ("Custom Parameters", "custom"),
        ),
    ),
    "other": Product(
        "LTI 1.3",
        True,
        (
            ("Tool name", "name"),
            ("Domain", "domain"),
            ("Target link URI, launch URL", "target"),
            ("Login initiation URL (OpenID Connect)", "login"),
            ("Redirect URL", "launch"),
            ("Public keyset URL (JWKS)", "key_set"),
            ("Deep linking URL", "deep_linking"),
            ("Icon", "icon"),
            ("Scopes", "scopes"),
            ("Custom parameters", "custom"),
        ),
    ),
}


@bp.get("/registrations")
@requires(Permission.ANYONE)
def index() -> ResponseReturnValue:
    """The kinds of LMS; none of this is secret."""
    return render_template("registrations/index.html", products=PRODUCTS)


@bp.get("/registrations/<product>")
@requires(Permission.ANYONE)
def show(product: str) -> ResponseReturnValue:
    """Every value for one kind of LMS, each with a button to copy it."""
    kind, told = _kind(product), registrations.values(product)
    rows = [(label, told[key]) for label, key in kind.labels if told.get(key)]
    return render_template("registrations/show.html", kind=kind, product=product, rows=rows)


@bp.route("/registrations/<product>/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ALL)
def new(product: str) -> ResponseReturnValue:
    """Keep what the LMS shows in return; people may come in from it at once."""
    kind, form = _kind(product), RegistrationForm()
    if form.accepted():
        code = "" if product == "other" else product
        try:
            platform = platforms.add(by=g.administrator, product=code, **form.facts())
        except RefusedError as refused:
            form.say(refused)
        else:
            db.session.commit()
            flash(_("%(name)s is registered. The first launch shows whether all is well.", name=platform.name))
            return redirect(url_for("platforms.show", platform_id=platform.id), code=303)
    return render_template("registrations/new.html", kind=kind, product=product, form=form)


@bp.get("/lti/canvas-configuration")
@requires(Permission.ANYONE)
def canvas() -> ResponseReturnValue:
    """What Canvas reads when an administrator gives it this address."""
    return jsonify(registrations.canvas_configuration())


def _kind(product: str) -> Product:
    if product not in PRODUCTS:
        raise NotFoundError
    return PRODUCTS[product]

"""Whether an installation is ready, in sentences for its administrator."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from lti_tool import db, migrate, presets
from lti_tool.db import session
from lti_tool.models import Delivery, Platform
from lti_tool.services import deliveries, keys
from lti_tool.services.connections import Weight
from lti_tool.settings import Settings, shipped, unknown

LATE = 900.0  # seconds after which a delivery that is due means that no worker runs


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, in a sentence of the command."""

    weight: Weight
    sentence: str


def run(settings: Settings) -> list[Finding]:
    """Look at everything that an installation needs. The settings themselves were read already."""
    own = settings.programmes_dir
    return [*_slips(), *_addresses(settings), *folder(settings.data_dir), *_programmes(own), *_database()]


def _slips() -> Iterator[Finding]:
    for name in unknown():
        yield Finding(Weight.NOTE, f"{name} is no setting of this version, so it has no effect. Is it written right?")


def _addresses(settings: Settings) -> Iterator[Finding]:
    yield Finding(Weight.OK, f"Teachers and the LMS reach the tool at {settings.public_url}.")
    if settings.public_url.startswith("http://"):
        yield Finding(Weight.NOTE, "That address is for this machine only; an LMS elsewhere needs https://.")
    if settings.allow_private_platforms:
        yield Finding(
            Weight.NOTE,
            "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS is on: platforms on http and on private addresses are accepted, "
            "and the tool can be made to call addresses inside this network. Only for a laboratory.",
        )


def folder(folder: Path) -> Iterator[Finding]:
    """Whether uploaded files and the wake-up queue can be kept there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield Finding(Weight.FAULT, f"The data folder {folder} cannot be made: {error.strerror}.")
        return
    if os.access(folder, os.W_OK | os.X_OK):
        yield Finding(Weight.OK, f"The data folder {folder.resolve()} can be written to.")
    else:
        yield Finding(Weight.FAULT, f"The data folder {folder.resolve()} cannot be written to by this account.")


def _programmes(own: Path | None) -> Iterator[Finding]:
    try:
        count = len(presets.load(shipped("config") / "programmes", own))
    except presets.PresetError as error:
        yield from (Finding(Weight.FAULT, str(fault)) for fault in error.faults)
        return
    yield Finding(Weight.OK, f"{count} programmes can be read.")


def _database() -> Iterator[Finding]:
    try:
        ready = migrate.at_head(db.engine())
    except sa.exc.DBAPIError as error:
        yield Finding(Weight.FAULT, f"The database does not answer: {str(error.orig).strip().splitlines()[0]}")
        return
    if not ready:
        yield Finding(Weight.FAULT, "The database has not the shape of this version. Run: lti-tool upgrade-db")
        return
    yield Finding(Weight.OK, "The database answers and has the shape of this version.")
    if not keys.can_sign():
        yield Finding(
            Weight.FAULT,
            "Our signing keys were encrypted under another secret key, so no LMS accepts what we send. Put it into "
            "LTI_TOOL_SECRET_KEY_FALLBACKS; if it is lost, `lti-tool keys rotate --now` makes a new key.",
        )
    with db.work(read_only=True):
        yield from _traffic()


def _traffic() -> Iterator[Finding]:
    if not session.scalar(sa.select(sa.func.count()).select_from(Platform)):
        yield Finding(
            Weight.NOTE, "No LMS is registered yet. `lti-tool invite` makes an address for its administrator."
        )
    moment = db.now()
    since = deliveries.oldest_due(moment)
    if since is not None and (moment - since).total_seconds() > LATE:
        yield Finding(
            Weight.FAULT,
            f"Something has been due since {since:%Y-%m-%d %H:%M} UTC: no worker runs. "
            "`lti-tool serve` brings one along, `lti-tool worker` is one.",
        )
    if given_up := session.scalar(sa.select(sa.func.count()).where(Delivery.given_up_at.is_not(None))):
        yield Finding(Weight.NOTE, f"{given_up} deliveries were refused for good by an LMS; the credit pages say why.")

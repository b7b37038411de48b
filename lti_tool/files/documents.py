"""PDFs: rewritten by `rewriting.py` in a process of its own, because a hostile PDF may cost any time and memory."""

import os
import subprocess
import sys
from threading import Semaphore

from lti_tool.files.cleaned import Cleaned, FileCode, FileRefusedError

SECONDS = 15
REFUSALS: dict[int, FileCode] = {3: "broken", 4: "pdf_locked", 5: "too_many_pages"}  # by exit status of the process

_two_at_a_time = Semaphore(2)  # each may take up to a gigabyte before it is stopped


def clean(data: bytes) -> Cleaned:
    """The pages of a PDF without metadata, scripts, actions, attachments or form logic."""
    try:
        with _two_at_a_time:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "lti_tool.files.rewriting"],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # the parser's complaints may quote the document
                timeout=SECONDS,
                check=False,
                env=_surroundings(),
            )
    except subprocess.TimeoutExpired:
        raise FileRefusedError("broken") from None
    if done.returncode != 0:
        raise FileRefusedError(REFUSALS.get(done.returncode, "broken"))
    return Cleaned("application/pdf", done.stdout)


def _surroundings() -> dict[str, str]:
    """Our environment without our secrets, and our import path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

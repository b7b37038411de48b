"""Uploaded pictures and PDFs: made clean of everything nobody meant to share, then kept. Knows no web and no tables."""

from lti_tool.files.cleaned import Cleaned, FileRefusedError
from lti_tool.files.cleaning import clean
from lti_tool.files.store import Store

__all__ = ["Cleaned", "FileRefusedError", "Store", "clean"]

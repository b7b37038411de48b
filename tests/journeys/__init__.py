"""Whole stories: real Chromium, the tool as a process, and the practice LMS whose frame the tool lives in."""

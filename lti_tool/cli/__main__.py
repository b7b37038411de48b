"""`python -m lti_tool.cli` is `lti-tool`, also where the command is not on the path."""

from lti_tool.cli import main

main(prog_name="lti-tool")

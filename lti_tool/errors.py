"""What can go wrong in a way that a person is told about. Views choose the words; here are only the kinds."""


class NotFoundError(Exception):
    """There is no such thing within what this visitor may reach (whether or not it exists elsewhere)."""


class RefusedError(Exception):
    """A rule says no; `code` names the rule and chooses the translated sentence in `views/refusal_words.py`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class LaunchRefusedError(RefusedError):
    """A login or launch that is not accepted; nothing of it is stored."""


class PlatformError(Exception):
    """The other end answered badly or not at all.

    `code` is a short stable name for the log and the credit page, `retry_after` the seconds the platform asked us to
    wait, `final` whether asking again with the same words is pointless.
    """

    def __init__(self, code: str, *, status: int | None = None, retry_after: float | None = None, final: bool = False):
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.final = final

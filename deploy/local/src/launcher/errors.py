"""The one error of the launcher."""

from collections.abc import Sequence


class LauncherError(Exception):
    """Something a person can put right: the message is one line that says what is wrong and what to do.

    `details` are further lines that help to find the cause, such as the end of a log.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)

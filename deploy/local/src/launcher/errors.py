"""The one error of the launcher."""


class LauncherError(Exception):
    """Something a person can put right: the message is one line that says what is wrong and what to do."""

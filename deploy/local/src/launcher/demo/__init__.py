"""One case through the running platform, told as a person would tell it."""

from launcher.demo.story import play

__all__ = ["play"]

"""What a person sees: one line for each thing that is done; on a terminal, also what is being done."""

import sys
import time
from typing import TextIO

_BOLD, _DIM, _GREEN, _RED, _PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"
_NEW_LINE = "\r\033[K"


class Terminal:
    """Lines to `out`, faults to `err`; colours and passing notes only where `out` is a terminal."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._live = self._out.isatty()
        self._begun = time.monotonic()

    def title(self, words: str) -> None:
        self._line(self._in(_BOLD, words))

    def say(self, words: str) -> None:
        self._line(f"  {words}")

    def doing(self, what: str) -> None:
        """A passing note, gone with the next line."""
        if self._live:
            print(f"{_NEW_LINE}  {_DIM}… {what}{_PLAIN}", end="", file=self._out, flush=True)

    def done(self, what: str, detail: str = "") -> None:
        """Something is finished: two columns, after the seconds since the start."""
        self._line(f"{self._ticked()}  {what:<14} {self._in(_DIM, detail)}".rstrip())

    def told(self, what: str, detail: str = "") -> None:
        """A step of a story, after the seconds since the start."""
        self._line(f"{self._ticked()}  {what}{self._in(_DIM, f' · {detail}' if detail else '')}")

    def note(self, words: str) -> None:
        """Something that follows from what was done."""
        self._line(f"              {self._in(_DIM, words)}")

    def fault(self, words: str) -> None:
        """What went wrong, in one line."""
        if self._live:
            print(_NEW_LINE, end="", file=self._out, flush=True)
        print(self._in(_RED, "motcua: ") + words, file=self._err)
        self._err.flush()

    def _ticked(self) -> str:
        passed = self._in(_DIM, f"{time.monotonic() - self._begun:5.1f} s")
        return f"  {self._in(_GREEN, '✓')} {passed}"

    def _line(self, words: str) -> None:
        print(f"{_NEW_LINE if self._live else ''}{words}", file=self._out, flush=True)

    def _in(self, style: str, words: str) -> str:
        return f"{style}{words}{_PLAIN}" if self._live and words else words

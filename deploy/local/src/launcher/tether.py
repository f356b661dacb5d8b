"""Become another program that dies with the one who started it.

Run by its path, as `python -I -S tether.py <signal> <parent> <uid> <gid> <program> [argument …]`: between
fork and exec no Python code of a threaded parent runs, so nothing can deadlock there. On Linux the kernel
sends `signal` when the parent is gone, even by SIGKILL; elsewhere the parent must end its children itself.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    signal, parent, uid, gid = (int(argument) for argument in sys.argv[1:5])
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal)  # after setuid, which would clear it
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606 -- an argument list, no shell


if __name__ == "__main__":
    main()

"""Passwords: Argon2id at the strength that OWASP asks for, in a bounded number of threads.

A hash takes 19 MiB and some 20 ms of a core. What waits beyond the queue is refused at once, so a flood of
sign-ins neither eats the memory nor delays the tokens of those who are signed in.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from identity.domain.person import normal_password
from shared.errors import Text, Unavailable

T = TypeVar("T")


class HashingBusy(Unavailable):
    slug = "sign-in-busy"
    title = Text(
        vi="Đang có quá nhiều người đăng nhập. Hãy thử lại sau vài giây.",
        en="Too many people are signing in. Try again in a few seconds.",
    )


class PasswordHasher:
    """Hashes and verifies in `threads` threads; `queue` more may wait."""

    def __init__(self, *, threads: int, queue: int) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._room = Semaphore(threads + queue)  # taken by the event loop, given back by the threads
        self._nobody = self._argon2.hash("the password of an account that does not exist")

    async def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            HashingBusy: too many wait already.
        """
        return await self._in_thread(lambda: self._argon2.hash(normal_password(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one; it takes as long when there is none stored.

        Raises:
            HashingBusy: too many wait already.
        """
        matches = await self._in_thread(lambda: self._matches(stored or self._nobody, password))
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, normal_password(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise HashingBusy(retryAfter=2)
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _: Future[T]) -> None:
        self._room.release()

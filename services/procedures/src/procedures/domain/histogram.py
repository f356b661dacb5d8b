"""How long things took, as numbers by bucket: small, and put together by adding up.

A bucket holds the lengths that are alike to about a fifth: four of them to each doubling, counted from a minute.
Within a bucket lengths are taken to be spread evenly on that scale, so that what is read is truer than that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import accumulate
from math import exp2, log2

from procedures.domain.terms import MINUTE

BUCKETS_PER_DOUBLING = 4


def bucket_of(length: timedelta) -> int:
    """The bucket that a length falls into; nothing is in bucket 0."""
    return int(place_of(length))


@dataclass(frozen=True)
class Histogram:
    """How many lengths there are in each bucket."""

    numbers: Mapping[int, int]

    @property
    def total(self) -> int:
        return self._at_least[0]

    def longer_than(self, length: timedelta) -> float:
        """How many are longer; a part of those in the bucket of the length itself."""
        place = place_of(length)
        bucket = int(place)
        if bucket > self._last:
            return 0.0
        return self._at_least[bucket] - (place - bucket) * self.numbers.get(bucket, 0)

    def quantile(self, share: float) -> timedelta | None:
        """The length that this share of them (0 to 1) does not exceed, in whole minutes; None when there are none."""
        if not self.total:
            return None
        left = share * self.total
        for bucket in sorted(self.numbers):
            if left <= self.numbers[bucket]:
                return _length_at(bucket + left / self.numbers[bucket])
            left -= self.numbers[bucket]
        return _length_at(self._last + 1)

    @cached_property
    def _last(self) -> int:
        return max(self.numbers, default=0)

    @cached_property
    def _at_least(self) -> tuple[int, ...]:
        """By bucket, how many are in it or in a higher one."""
        downwards = (self.numbers.get(bucket, 0) for bucket in range(self._last, -1, -1))
        return tuple(accumulate(downwards))[::-1]


def place_of(length: timedelta) -> float:
    """Where a length lies on the scale of the buckets."""
    return BUCKETS_PER_DOUBLING * log2(1 + max(length, timedelta()) / MINUTE)


def _length_at(place: float) -> timedelta:
    return round(exp2(place / BUCKETS_PER_DOUBLING) - 1) * MINUTE

"""What becomes of a delivery after an attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.deliveries.domain.delivery import RETRIES, Attempt, Status, Trouble, standing_after

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUICK = timedelta(milliseconds=5)


def attempt(code=None, trouble=None, retry_after=None):
    if trouble is None and code is not None and code // 100 != 2:
        trouble = Trouble.REFUSED
    return Attempt(NOW, QUICK, code, trouble, retry_after)


def after(made, number=1, jitter=0.0):
    return standing_after(made, number, jitter=jitter, now=NOW)


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_a_2xx_takes_the_event(code):
    assert after(attempt(code)).status is Status.DELIVERED


@pytest.mark.parametrize("code", [301, 302, 307, 400, 404, 410, 429, 500, 503])
def test_anything_else_is_tried_again_a_redirect_too(code):
    assert after(attempt(code)).status is Status.PENDING


def test_the_waits_are_those_of_the_schedule_and_then_the_event_is_given_up():
    waits = [after(attempt(500), number).due_at - NOW for number in range(1, len(RETRIES) + 1)]
    assert waits == list(RETRIES)
    assert sum(waits, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert after(attempt(500), len(RETRIES) + 1).status is Status.FAILED


def test_jitter_lengthens_a_wait_by_a_fifth_at_most():
    assert after(attempt(500), 2, jitter=0.5).due_at - NOW == timedelta(minutes=5, seconds=30)


def test_a_longer_retry_after_is_respected_up_to_a_day():
    assert after(attempt(429, retry_after=timedelta(hours=1))).due_at == NOW + timedelta(hours=1)
    assert after(attempt(429, retry_after=timedelta(seconds=1))).due_at == NOW + RETRIES[0]
    assert after(attempt(429, retry_after=timedelta(days=9))).due_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("made", "callback_in_trouble"),
    [
        (attempt(204), False),
        (attempt(400), False),
        (attempt(500), False),
        (attempt(301), False),
        (attempt(429), True),
        (attempt(503), True),
        (attempt(trouble=Trouble.TIMEOUT), True),
        (attempt(trouble=Trouble.UNREACHABLE), True),
    ],
)
def test_no_answer_or_an_overloaded_one_is_the_trouble_of_the_callback(made, callback_in_trouble):
    assert made.of_the_callback is callback_in_trouble


def test_410_says_that_the_callback_is_gone():
    assert attempt(410).gone
    assert not attempt(404).gone

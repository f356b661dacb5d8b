from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.limits import Limiter, Quota

QUOTA = Quota("person", requests=10, seconds=60)


def test_a_quota_may_be_used_at_once_and_then_waits() -> None:
    limiter = Limiter(QUOTA)
    allowances = [limiter.take("a", 100.0) for _ in range(11)]
    assert [allowance.remaining for allowance in allowances] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert [allowance.granted for allowance in allowances] == [True] * 10 + [False]
    assert allowances[-1].wait == 6  # one of ten in sixty seconds


def test_who_waits_as_told_is_granted() -> None:
    limiter = Limiter(QUOTA)
    for _ in range(10):
        limiter.take("a", 100.0)
    refused = limiter.take("a", 103.0)
    assert not refused.granted
    assert limiter.take("a", 103.0 + refused.wait).granted


def test_a_quota_is_whole_again_after_its_reset() -> None:
    limiter = Limiter(QUOTA)
    for _ in range(10):
        last = limiter.take("a", 100.0)
    assert limiter.take("a", 100.0 + last.reset).remaining == 9


def test_callers_do_not_share_a_quota() -> None:
    limiter = Limiter(QUOTA)
    for _ in range(11):
        limiter.take("a", 100.0)
    assert limiter.take("b", 100.0).granted


def test_it_remembers_no_more_callers_than_it_may() -> None:
    limiter = Limiter(QUOTA, callers=100)
    for number in range(1000):
        limiter.take(str(number), 100.0)
    assert len(limiter._arrivals) <= 100


def test_it_forgets_first_those_who_owe_nothing() -> None:
    limiter = Limiter(QUOTA, callers=100)
    for number in range(99):
        limiter.take(str(number), 100.0)
    for _ in range(10):
        limiter.take("busy", 200.0)
    limiter.take("late", 200.0)
    assert not limiter.take("busy", 200.0).granted


@settings(deadline=None)
@given(st.lists(st.floats(0, 30, allow_nan=False), max_size=200))
def test_no_window_sees_more_than_the_burst_and_what_refills_in_it(pauses: list[float]) -> None:
    limiter = Limiter(QUOTA)
    now, granted = 0.0, []
    for pause in pauses:
        now += pause
        if limiter.take("a", now).granted:
            granted.append(now)
    for start in granted:
        inside = [at for at in granted if start <= at <= start + 60]
        assert len(inside) <= 2 * QUOTA.requests


def test_the_policy_is_a_structured_field_item() -> None:
    assert QUOTA.policy == '"person";q=10;w=60'

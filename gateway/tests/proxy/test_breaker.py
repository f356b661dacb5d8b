from gateway.proxy.breaker import Breaker, Circuit


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(threshold=3, cooldown=5.0)
    for _ in range(3):
        assert breaker.admits(at)
        breaker.failed(at)
    return breaker


def test_failures_in_a_row_open_the_circuit() -> None:
    breaker = opened()
    assert breaker.circuit is Circuit.OPEN
    assert not breaker.admits(4.9)


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(threshold=3, cooldown=5.0)
    for _ in range(5):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert breaker.circuit is Circuit.CLOSED


def test_after_the_cooldown_one_request_tries() -> None:
    breaker = opened()
    assert breaker.admits(5.0)
    assert not breaker.admits(5.0)
    breaker.succeeded()
    assert breaker.admits(5.0)


def test_a_failed_try_opens_it_for_another_cooldown() -> None:
    breaker = opened()
    assert breaker.admits(5.0)
    breaker.failed(5.0)
    assert not breaker.admits(9.9)
    assert breaker.admits(10.0)


def test_an_abandoned_try_lets_another_one_try() -> None:
    breaker = opened()
    assert breaker.admits(5.0)
    breaker.abandoned()
    assert breaker.admits(5.0)


def test_late_failures_do_not_prolong_the_cooldown() -> None:
    breaker = opened()
    breaker.failed(4.0)
    assert breaker.admits(5.0)


def test_it_tells_when_to_ask_again() -> None:
    assert opened(100.0).retry_after(102.5) == 3

from ipaddress import ip_network

import pytest

from gateway.proxy.callers import caller_at, caller_behind, caller_lines

TRUSTED = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (b"203.0.113.9, 10.1.1.1", "203.0.113.9"),
        (b"10.2.2.2, 10.1.1.1", "10.2.2.2"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"", "10.0.0.1"),
        (b"not an address", "10.0.0.1"),
        (b"203.0.113.9, <script>", "10.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_the_last_untrusted_address_counts(forwarded: bytes, address: str) -> None:
    assert caller_behind("10.0.0.1", "http", TRUSTED, forwarded, b"https").address == address


def test_the_scheme_is_what_the_nearest_proxy_says() -> None:
    assert caller_behind("10.0.0.1", "http", TRUSTED, b"203.0.113.9", b"http, https").scheme == "https"
    assert caller_behind("10.0.0.1", "http", TRUSTED, b"203.0.113.9", b"gopher").scheme == "http"


def test_a_subscriber_with_many_ipv6_addresses_is_one_household() -> None:
    assert caller_at("2001:db8:1:2:3::4", "https").household == caller_at("2001:db8:1:2::", "https").household
    assert caller_at("2001:db8:1:3::", "https").household != caller_at("2001:db8:1:2::", "https").household
    assert caller_at("203.0.113.9", "https").household == "203.0.113.9"


def test_an_ipv4_address_in_the_form_of_ipv6_is_that_address_and_no_household_of_all() -> None:
    assert caller_at("::ffff:203.0.113.9", "https") == caller_at("203.0.113.9", "https")


def test_a_service_is_told_of_the_caller_in_both_forms() -> None:
    lines = caller_lines(caller_at("2001:db8::1", "https"), b"api.test:8443")
    assert b"x-forwarded-for: 2001:db8::1\r\n" in lines
    assert b'forwarded: for="[2001:db8::1]";host="api.test:8443";proto=https\r\n' in lines

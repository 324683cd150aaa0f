"""The sender's address behind proxies: nothing that a client writes into a header can change it."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.gateway.client_address import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("", ["198.51.100.1"], ""),
        ("unix", ["198.51.100.1"], "unix"),
    ],
)
def test_the_header_is_walked_from_the_right_through_named_proxies_only(
    peer: str, forwarded_for: list[str], address: str
) -> None:
    assert client_address(peer, forwarded_for=forwarded_for, proxies=PROXIES) == address


written = st.lists(
    st.text(max_size=30)
    | st.sampled_from(["10.0.0.1", "127.0.0.1", "6.6.6.6", "::1", "10.0.0.1,"]),
    max_size=4,
)


@given(spoofed=written)
def test_without_a_named_proxy_the_header_is_never_believed(spoofed: list[str]) -> None:
    assert client_address("203.0.113.7", forwarded_for=spoofed, proxies=PROXIES) == "203.0.113.7"
    assert client_address("10.0.0.1", forwarded_for=spoofed, proxies=[]) == "10.0.0.1"


@given(spoofed=written, in_one_line=st.booleans())
def test_what_stands_left_of_what_our_proxy_added_changes_nothing(
    spoofed: list[str], in_one_line: bool
) -> None:
    added = "198.51.100.1"
    header = [", ".join([*spoofed, added])] if in_one_line else [*spoofed, added]
    assert client_address("10.0.0.1", forwarded_for=header, proxies=PROXIES) == added

"""Whose request is this? The peer of the socket, unless that is a proxy named by the operator."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, *, forwarded_for: Sequence[str], proxies: Sequence[Network]) -> str:
    """The sender's address: X-Forwarded-For walked from the right, through named proxies only.

    `forwarded_for` holds the header's values in order of appearance. What a client wrote itself stands to the
    left of what our own proxies added and is never believed. An entry that is no address ends the walk.
    """
    entries = [entry.strip() for value in forwarded_for for entry in value.split(",")]
    current = peer
    while entries and _is_named(current, proxies):
        candidate = _without_port(entries.pop())
        if candidate is None:
            break
        current = candidate
    return _plain(current)


@lru_cache(maxsize=1024)
def _plain(address: str) -> str:
    """An IPv4 address that came as IPv6 (::ffff:1.2.3.4) is the IPv4 address that lists name."""
    try:
        mapped = getattr(ip_address(address), "ipv4_mapped", None)
    except ValueError:
        return address
    return str(mapped) if mapped is not None else address


def _is_named(address: str, proxies: Sequence[Network]) -> bool:
    if not proxies:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in proxies)


def _without_port(entry: str) -> str | None:
    """`1.2.3.4:5`, `[::1]:5` and bare addresses; None when it is none of them."""
    for text in (
        entry,
        entry.rpartition(":")[0],
        entry.strip("[]"),
        entry.rpartition("]:")[0].lstrip("["),
    ):
        try:
            return str(ip_address(text))
        except ValueError:
            continue
    return None

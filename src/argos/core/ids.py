"""Identities: pure functions of what they stand for, so that a repeat finds itself."""

import base64
import hashlib
import re
from contextlib import suppress
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

ARGOS_NAMESPACE: Final = UUID("5ab2b2a6-6d0e-5c1e-9d3a-6f1f4b7a9c10")
MAGIC_PREFIX: Final = 0x2A60
"""Upper 16 of the 63 bits of every magic number Argos sends: tells our orders from a person's."""
MAGIC_HASH_BITS: Final = 47
_UUID_LIKE: Final = re.compile(r"[0-9a-fA-F{}:urnidURNID-]{32,}", re.ASCII)
"""All that could be a UUID, and little else: most event ids are none, and to have that refused takes longer."""


@lru_cache(maxsize=1024)
def source_namespace(source: str) -> UUID:
    """Namespace in which a source's own event names become UUIDs."""
    return uuid5(ARGOS_NAMESPACE, f"source:{source}")


def event_uuid(*, source: str, event_id: str) -> UUID:
    """The event's identity: a UUID is kept as it is, any other text becomes a UUIDv5 of its source."""
    if _UUID_LIKE.fullmatch(event_id):
        with suppress(ValueError):
            return UUID(event_id)
    return uuid5(source_namespace(source), event_id)


def weak_event_uuid(*, source: str, canonical_body: bytes) -> UUID:
    """Identity of an event that names none: a fingerprint of its canonical body.

    Two events that really were alike cannot be told apart by it, hence "weak".
    """
    fingerprint = hashlib.sha256(canonical_body).hexdigest()
    return uuid5(source_namespace(source), f"weak:{fingerprint}")


def intent_uuid(*, source: str, event: UUID) -> UUID:
    return uuid5(ARGOS_NAMESPACE, f"intent:{source}:{event}")


def order_uuid(*, intent: UUID, account: str, role: str) -> UUID:
    """One order per intent, account and role ("entry", "exit:<order>", ...), for ever."""
    return uuid5(ARGOS_NAMESPACE, f"order:{intent}:{account}:{role}")


def command_uuid(*, order: UUID, kind: str, intent: UUID) -> UUID:
    return uuid5(ARGOS_NAMESPACE, f"command:{order}:{kind}:{intent}")


def fact_uuid(*, account: str, kind: str, key: str) -> UUID:
    """Identity of a fact: the same observation made twice has the same id."""
    return uuid5(ARGOS_NAMESPACE, f"fact:{account}:{kind}:{key}")


def signal_uuid(*, content_hash: str) -> UUID:
    """Identity of a consensus signal: of what it says, so a replay finds the one that was stored."""
    return uuid5(ARGOS_NAMESPACE, f"signal:{content_hash}")


def magic_of(order: UUID) -> int:
    """The order's durable key at MetaTrader 5: positive, 63 bits, 16 of prefix and 47 of hash."""
    digest = hashlib.sha256(order.bytes).digest()
    hashed = int.from_bytes(digest[:8], "big") >> (64 - MAGIC_HASH_BITS)
    return (MAGIC_PREFIX << MAGIC_HASH_BITS) | hashed


def client_order_id_of(order: UUID) -> str:
    """The order's key at venues with unique client ids: 26 characters of base32, letters and digits."""
    return base64.b32encode(order.bytes).decode().rstrip("=")


def comment_of(order: UUID) -> str:
    """A hint for people who look at the terminal: 14 safe characters. Never an identity."""
    return f"argos-{order.hex[:8]}"


def uuid7(*, unix_ms: int, random_bits: int) -> UUID:
    """A time-ordered UUID (RFC 9562, version 7) from a clock reading and 74 random bits."""
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((random_bits >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random_bits & ((1 << 62) - 1)
    return UUID(int=value)

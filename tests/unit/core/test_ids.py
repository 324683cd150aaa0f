"""Identities: the same input gives the same id, other input another, and each fits where it must go."""

import string
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from argos.core.ids import (
    MAGIC_HASH_BITS,
    MAGIC_PREFIX,
    client_order_id_of,
    command_uuid,
    comment_of,
    event_uuid,
    fact_uuid,
    intent_uuid,
    magic_of,
    order_uuid,
    uuid7,
    weak_event_uuid,
)

INT64_MAX = 2**63 - 1
SAFE = set(string.ascii_letters + string.digits + "-")


@given(order=st.uuids())
def test_a_magic_is_positive_fits_63_bits_and_bears_our_prefix(order: UUID) -> None:
    magic = magic_of(order)
    assert 0 < magic <= INT64_MAX
    assert magic >> MAGIC_HASH_BITS == MAGIC_PREFIX


@given(first=st.uuids(), second=st.uuids())
def test_identities_of_an_order_are_equal_exactly_when_the_orders_are(
    first: UUID, second: UUID
) -> None:
    for identity in (magic_of, client_order_id_of):
        assert (identity(first) == identity(second)) == (first == second)


def test_ten_thousand_orders_have_as_many_magics() -> None:
    intents = [intent_uuid(source="tv", event=UUID(int=number)) for number in range(10_000)]
    orders = {order_uuid(intent=intent, account="a", role="entry") for intent in intents}
    assert len(orders) == len({magic_of(order) for order in orders}) == 10_000


@given(order=st.uuids())
def test_a_client_order_id_and_a_comment_are_short_and_safe(order: UUID) -> None:
    client_order_id, comment = client_order_id_of(order), comment_of(order)
    assert len(client_order_id) == 26
    assert client_order_id.isalnum()
    assert len(comment) <= 26
    assert set(comment) <= SAFE


def test_ids_are_known_for_ever() -> None:
    # Pinned: another value here means that a running installation would not find its own orders again.
    intent = intent_uuid(source="hook:main", event=UUID(int=1))
    order = order_uuid(intent=intent, account="meridian-hedge", role="entry")
    assert str(intent) == "a1149c7b-e620-522a-9e1a-331d3f51643c"
    assert str(order) == "805e53b7-a9a2-5702-a100-6ae21b109559"
    assert magic_of(order) == 1_526_820_898_520_650_499


@given(event=st.uuids())
def test_an_event_id_that_is_a_uuid_is_kept(event: UUID) -> None:
    for spelling in (str(event), str(event).upper(), event.hex, f"{{{event}}}", event.urn):
        assert event_uuid(source="tv", event_id=spelling) == event


@given(name=st.text(alphabet="0123456789abcdef-{}", min_size=1, max_size=40))
def test_an_event_name_that_looks_like_hex_never_crashes(name: str) -> None:
    assert isinstance(event_uuid(source="tv", event_id=name), UUID)


def test_the_same_event_name_of_two_sources_is_two_events() -> None:
    assert event_uuid(source="a", event_id="x") != event_uuid(source="b", event_id="x")
    assert event_uuid(source="a", event_id="x") == event_uuid(source="a", event_id="x")


def test_a_weak_id_follows_the_body() -> None:
    first = weak_event_uuid(source="tv", canonical_body=b"{}")
    assert first == weak_event_uuid(source="tv", canonical_body=b"{}")
    assert first != weak_event_uuid(source="tv", canonical_body=b'{"a":1}')
    assert first != weak_event_uuid(source="other", canonical_body=b"{}")


def test_orders_differ_by_intent_account_and_role() -> None:
    intents = [intent_uuid(source="tv", event=UUID(int=number)) for number in range(2)]
    orders = {
        order_uuid(intent=intent, account=account, role=role)
        for intent in intents
        for account in ("a", "b")
        for role in ("entry", "exit:1", "exit:2")
    }
    assert len(orders) == 2 * 2 * 3


def test_commands_and_facts_differ_by_each_of_their_parts() -> None:
    one, two = UUID(int=1), UUID(int=2)
    commands = {
        command_uuid(order=order, kind=kind, intent=intent)
        for order in (one, two)
        for kind in ("submit", "cancel")
        for intent in (one, two)
    }
    assert len(commands) == 8
    facts = {
        fact_uuid(account=account, kind=kind, key=key)
        for account in ("a", "b")
        for kind in ("fill", "accepted")
        for key in ("1", "2")
    }
    assert len(facts) == 8


@given(unix_ms=st.integers(0, 2**48 - 1), random_bits=st.integers(0, 2**74 - 1))
def test_a_uuid7_is_laid_out_as_rfc_9562_says(unix_ms: int, random_bits: int) -> None:
    made = uuid7(unix_ms=unix_ms, random_bits=random_bits)
    assert made.version == 7
    assert made.variant == RFC_4122
    assert made.int >> 80 == unix_ms
    assert ((made.int >> 64 & 0xFFF) << 62 | made.int & (1 << 62) - 1) == random_bits


@given(
    first=st.integers(0, 2**48 - 1),
    second=st.integers(0, 2**48 - 1),
    random_bits=st.tuples(st.integers(0, 2**74 - 1), st.integers(0, 2**74 - 1)),
)
def test_uuid7s_sort_by_time(first: int, second: int, random_bits: tuple[int, int]) -> None:
    made = [
        uuid7(unix_ms=moment, random_bits=bits)
        for moment, bits in zip((first, second), random_bits, strict=True)
    ]
    if first != second:
        assert (made[0] < made[1]) == (first < second)
        assert (str(made[0]) < str(made[1])) == (first < second)

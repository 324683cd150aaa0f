"""Cursors: what was given out is read back, anything else is refused by one code."""

import base64
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.gateway.cursors import Listing, decode_cursor, encode_cursor
from argos.store.reading import Place

MOMENT = "2026-11-20T14:30:00.012345Z"
UUID_TEXT = "019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f"
ORDERS = Listing(name="orders", ids=("uuid",))
INTENTS = Listing(name="intents", ids=("number",))
TRADES = Listing(name="trades", ids=("text", "text"))
moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(moment=moments, ids=st.tuples(texts, texts))
def test_a_cursor_comes_back_as_the_place_it_was_made_of(
    moment: datetime, ids: tuple[str, str]
) -> None:
    place = Place(moment=moment, ids=ids)
    assert decode_cursor(TRADES, encode_cursor(TRADES, place)) == place


@given(
    place=st.builds(
        Place,
        moment=moments,
        ids=st.tuples(st.integers(min_value=0, max_value=2**63 - 1).map(str)),
    )
)
def test_numbers_up_to_what_the_database_counts_come_back(place: Place) -> None:
    assert decode_cursor(INTENTS, encode_cursor(INTENTS, place)) == place


def test_the_first_page_and_the_end_need_no_cursor() -> None:
    assert decode_cursor(ORDERS, None) is None
    assert encode_cursor(ORDERS, None) is None


def _packed(*content: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("listing", "cursor"),
    [
        (ORDERS, ""),
        (ORDERS, "!"),
        (ORDERS, "Ünicode"),
        (ORDERS, "e30"),  # {}
        (ORDERS, "W10"),  # []
        (ORDERS, _packed("alerts", MOMENT, UUID_TEXT)),
        (ORDERS, _packed("orders", MOMENT)),
        (ORDERS, _packed("orders", MOMENT, UUID_TEXT, UUID_TEXT)),
        (ORDERS, _packed("orders", MOMENT, UUID_TEXT.upper())),
        (ORDERS, _packed("orders", MOMENT, "not-a-uuid")),
        (ORDERS, _packed("orders", MOMENT, 7)),
        (ORDERS, _packed("orders", MOMENT[:-1], UUID_TEXT)),
        (ORDERS, _packed("orders", "2026-11-20", UUID_TEXT)),
        (ORDERS, _packed("orders", "soon", UUID_TEXT)),
        (ORDERS, _packed("orders", None, UUID_TEXT)),
        (INTENTS, _packed("intents", MOMENT, "-1")),
        (INTENTS, _packed("intents", MOMENT, str(2**63))),
        (INTENTS, _packed("intents", MOMENT, "0" * 30)),
        (INTENTS, _packed("intents", MOMENT, "²")),
        (TRADES, _packed("trades", MOMENT, "a", "b\0")),
    ],
)
def test_what_was_not_given_out_is_refused(listing: Listing, cursor: str) -> None:
    with pytest.raises(InputError) as refused:
        decode_cursor(listing, cursor)
    assert (refused.value.code, refused.value.field) == ("CURSOR_INVALID", "cursor")


@given(cursor=st.text(max_size=200))
def test_no_text_whatever_does_anything_else(cursor: str) -> None:
    with pytest.raises(InputError, match="CURSOR_INVALID"):
        decode_cursor(ORDERS, cursor)

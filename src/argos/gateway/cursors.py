"""Cursors: opaque to callers, and good only for the list that gave them."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import orjson

from argos.core.errors import InputError
from argos.protocol.values import moment_text
from argos.store.reading import Place

IdKind = Literal["uuid", "number", "text"]
NUMBER_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of the API: the name of its statement, and what the ids of its cursor are."""

    name: str
    ids: Sequence[IdKind]


def encode_cursor(listing: Listing, place: Place | None) -> str | None:
    if place is None:
        return None
    content = [listing.name, moment_text(place.moment), *place.ids]
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode("ascii")


def decode_cursor(listing: Listing, cursor: str | None) -> Place | None:
    """The place that `encode_cursor` wrote. Raises InputError CURSOR_INVALID for anything else."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name, moment, *ids = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = Place(moment=datetime.fromisoformat(moment), ids=tuple(ids))
        good = name == listing.name and _fits(place, moment, kinds=listing.ids)
    except (ValueError, TypeError, binascii.Error):
        good = False
    if not good:
        raise InputError(
            "this cursor was not given out by this list",
            code="CURSOR_INVALID",
            field="cursor",
            fix="send next_cursor of the page before as it is, or none for the first page",
        )
    return place


def _fits(place: Place, moment: str, *, kinds: Sequence[IdKind]) -> bool:
    return (
        place.moment.tzinfo is not None
        and moment_text(place.moment) == moment
        and len(place.ids) == len(kinds)
        and all(_is(kind, value) for kind, value in zip(kinds, place.ids, strict=True))
    )


def _is(kind: IdKind, value: object) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    if kind == "uuid":
        return str(UUID(value)) == value
    return kind == "text" or (
        value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= NUMBER_MAX
    )

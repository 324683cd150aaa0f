"""Deciding: one intent that cannot be decided holds nobody up for ever."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from argos.flows.decide import decide_next
from argos.routing.context import DueIntent


class OneThatCannotBeRead:
    """A queue whose first intent is stored in a way that nobody can read."""

    def __init__(self) -> None:
        self.postponed: list[tuple[list[int], str]] = []

    @asynccontextmanager
    async def transaction(self) -> Any:
        yield None

    async def claim(self, _: Any) -> DueIntent:
        body = {"intent_id": "not an id"}
        return DueIntent(outbox_id=7, attempts=2, body=body, sequence=1, more_wait=True)

    async def context(self, *_: Any) -> Any:
        pytest.fail("nothing is known of it")

    async def save(self, *_: Any, **__: Any) -> None:
        pytest.fail("nothing was decided")

    async def postpone(
        self, outbox_ids: list[int], *, error: str, delay_s: float, attempts_max: int
    ) -> bool:
        assert 0 < delay_s < 1
        assert attempts_max > 2
        self.postponed.append((outbox_ids, error))
        return False


async def test_an_intent_that_cannot_be_read_is_set_back_and_the_next_one_taken() -> None:
    store = OneThatCannotBeRead()
    assert await decide_next(store, clock=lambda: datetime(2026, 11, 28, tzinfo=UTC))
    ((outbox_ids, error),) = store.postponed
    assert outbox_ids == [7]
    assert error.startswith("ValueError")

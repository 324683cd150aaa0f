"""Which looks have a reason: those after an order or news, and several after an order without an answer."""

import pytest

from argos.core.errors import VenueUnreachable
from argos.venues.alpaca.line import CountedLine
from argos.venues.wire import Reply


class FakeWire:
    """Answers every request with one status, or not at all."""

    status: int | None = 200
    limits: dict[str, str] = {}  # noqa: RUF012 - a test sets its own

    async def call(self, *_: object, **__: object) -> Reply:
        if self.status is None:
            raise VenueUnreachable("silence")
        return Reply(status=self.status, body=None, limits=self.limits)


class FakeBudget:
    """Grants everything, and keeps what it was asked."""

    def __init__(self) -> None:
        self.idle: list[bool] = []
        self.sent = 0
        self.held_until_s = 0.0

    def count(self, *, now_s: float) -> None:
        self.sent += 1

    def hold(self, *, until_s: float) -> None:
        self.held_until_s = until_s

    def wait_s(self, requests: int, *, idle: bool, now_s: float) -> float:
        self.idle.append(idle)
        return 0.0


@pytest.fixture
def wire() -> FakeWire:
    return FakeWire()


@pytest.fixture
def budget() -> FakeBudget:
    return FakeBudget()


@pytest.fixture
def line(wire, budget) -> CountedLine:
    return CountedLine(wire, budget, monotonic_s=lambda: 100.0)


async def looks(line: CountedLine, budget: FakeBudget, number: int) -> list[bool]:
    budget.idle.clear()
    for _ in range(number):
        await line.look_for(6)
    return budget.idle


async def test_a_question_is_no_reason_and_an_order_is_one(line, budget):
    await line.call("GET", "/v2/account", timeout_s=1)
    assert await looks(line, budget, 1) == [True]
    await line.call("POST", "/v2/orders", timeout_s=1, body={})
    assert await looks(line, budget, 2) == [False, True]
    assert budget.sent == 2


async def test_an_order_without_an_answer_is_a_reason_for_several_looks(line, budget, wire):
    wire.status = None
    with pytest.raises(VenueUnreachable):
        await line.call("DELETE", "/v2/orders/1", timeout_s=1)
    line.note_news()
    assert await looks(line, budget, 4) == [False, False, False, True]


@pytest.mark.parametrize(
    ("told", "until_s"), [("7", 107.0), ("100000", 160.0), ("soon", 105.0), (None, 105.0)]
)
async def test_too_many_requests_hold_looks_for_as_long_as_alpaca_says(
    line, budget, wire, told, until_s
):
    wire.status, wire.limits = 429, {} if told is None else {"Retry-After": told}
    assert (await line.call("GET", "/v2/account", timeout_s=1)).status == 429
    assert budget.held_until_s == until_s

"""The mt5 character as its HTTP clients meet it: `order_send` with MT5's actions, types and return codes."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from argos.exchange.book import Character
from paper_process import PaperProcess, exact_settings

pytestmark = pytest.mark.acceptance

ACCOUNTS = 60
DEAL, PENDING, SLTP, MODIFY, REMOVE = 1, 5, 6, 7, 8
BUY, SELL, BUY_LIMIT, BUY_STOP, BUY_STOP_LIMIT = 0, 1, 2, 4, 6
MARKET = {"action": DEAL, "symbol": "AAPL", "type": BUY, "volume": "10", "magic": "77"}
LIMIT = {**MARKET, "action": PENDING, "type": BUY_LIMIT, "price": "90"}


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[PaperProcess, Iterator[int]]]:
    path: Path = tmp_path_factory.mktemp("mt5") / "ledger.db"
    settings = exact_settings(Character.MT5, ledger=path, accounts=ACCOUNTS, hedging=True)
    process = PaperProcess(settings).start()
    yield process, iter(range(ACCOUNTS))
    process.stop()


class Client:
    def __init__(self, broker: PaperProcess, account: str) -> None:
        self.broker = broker
        self.account = account
        self._key = f"key-{account}"

    async def send(self, body: dict) -> dict:
        status, answer = await self.broker.call("POST", "/mt5/order_send", key=self._key, body=body)
        assert status == 200
        return answer

    async def ask(self, query: str) -> list[dict]:
        status, answer = await self.broker.call("GET", f"/mt5/{query}", key=self._key)
        assert status == 200
        return answer


@pytest.fixture
async def client(shared) -> Client:
    broker, numbers = shared
    await broker.feed("AAPL", "100")
    return Client(broker, f"a{next(numbers)}")


@pytest.mark.parametrize(
    ("body", "retcode"),
    [
        ({"action": 99}, 10013),
        ({**MARKET, "symbol": "NOPE"}, 10013),
        ({**MARKET, "magic": str(1 << 63)}, 10013),
        ({**MARKET, "symbol": "IBM"}, 10021),
        ({**MARKET, "type": BUY_LIMIT}, 10035),
        ({**LIMIT, "type": BUY}, 10035),
        ({**MARKET, "volume": "0.5"}, 10014),
        ({**MARKET, "volume": "0"}, 10014),
        ({**LIMIT, "price": "101"}, 10015),
        ({**LIMIT, "type": BUY_STOP, "price": "99"}, 10015),
        ({**LIMIT, "type": BUY_STOP_LIMIT, "price": "101"}, 10015),
        ({**MARKET, "sl": "101"}, 10016),
        ({**LIMIT, "tp": "89"}, 10016),
        ({**MARKET, "volume": "50000"}, 10019),
        ({**MARKET, "type": SELL, "position": 1}, 10036),
        ({"action": SLTP, "symbol": "AAPL", "position": 1, "sl": "90"}, 10036),
        ({"action": MODIFY, "order": 1, "price": "90"}, 10013),
        ({"action": REMOVE, "order": 1}, 10013),
        ({**MARKET, "price": "99", "deviation": 1}, 10004),
    ],
)
async def test_refusals_have_mt5s_return_codes_and_leave_no_trace(client, body, retcode):
    assert (await client.send(body))["retcode"] == retcode
    for query in ("orders", "positions", "history_orders", "history_deals"):
        assert await client.ask(query) == []


async def test_a_deal_keeps_the_magic_and_costs_are_negative_amounts(client):
    sent = await client.send({**MARKET, "comment": "c" * 40})
    assert (sent["retcode"], sent["volume"]) == (10009, "10")
    (deal,) = await client.ask("history_deals")
    assert (deal["ticket"], deal["order"]) == (sent["deal"], sent["order"])
    assert (deal["magic"], deal["comment"], deal["entry"]) == ("77", "c" * 31, 0)
    assert deal["commission"] == "-0.2"  # ten shares at 0.02
    (position,) = await client.ask("positions")
    assert position["identifier"] == deal["position_id"] == sent["order"]
    assert await client.ask(f"history_deals?position={position['identifier']}") == [deal]
    assert await client.ask(f"history_deals?ticket={sent['order']}") == [deal]
    assert await client.ask(f"history_deals?from={deal['time_msc'] + 1}") == []
    assert await client.ask(f"history_deals?to={deal['time_msc']}") == [deal]


async def test_stops_that_do_not_change_are_told_as_such(client):
    sent = await client.send({**MARKET, "sl": "95"})
    change = {"action": SLTP, "symbol": "AAPL", "position": sent["order"], "sl": "95"}
    assert (await client.send(change))["retcode"] == 10025
    assert (await client.send({**change, "sl": "94"}))["retcode"] == 10009
    (position,) = await client.ask("positions")
    assert position["sl"] == "94"


async def test_a_position_is_closed_by_its_ticket_and_no_further(client):
    sent = await client.send(MARKET)
    close = {**MARKET, "type": SELL, "position": sent["order"]}
    assert (await client.send({**close, "volume": "11"}))["retcode"] == 10038
    assert (await client.send({**close, "type": BUY}))["retcode"] == 10013
    assert (await client.send({**close, "volume": "4"}))["retcode"] == 10009
    assert (await client.send({**close, "volume": "6"}))["retcode"] == 10009
    assert (await client.send({**close, "volume": "1"}))["retcode"] == 10036
    assert [deal["entry"] for deal in await client.ask("history_deals")] == [0, 1, 1]


async def test_a_pending_order_can_be_moved_and_removed(client):
    sent = await client.send(LIMIT)
    move = {"action": MODIFY, "symbol": "AAPL", "order": sent["order"], "price": "91"}
    assert (await client.send(move))["retcode"] == 10009
    (order,) = await client.ask("orders")
    assert (order["price_open"], order["state"], order["type"]) == ("91", 1, BUY_LIMIT)
    assert (await client.send({"action": REMOVE, "order": sent["order"]}))["retcode"] == 10009
    assert await client.ask("orders") == []
    (ended,) = await client.ask("history_orders")
    assert (ended["ticket"], ended["state"]) == (sent["order"], 2)


async def test_a_day_order_expires_with_the_day(client):
    await client.send({**LIMIT, "type_time": 1})
    await client.broker.rollover()
    (ended,) = await client.ask("history_orders")
    assert ended["state"] == 6


async def test_a_booking_is_a_deal_without_a_trade_and_moves_the_balance(client):
    before = Decimal((await client.ask("account_info"))["balance"])
    body = {"account": client.account, "amount": "-12.5", "comment": "data fee"}
    booked = await client.broker.control("/control/charge", body)
    (deal,) = await client.ask("history_deals")
    assert (deal["ticket"], deal["type"], deal["order"]) == (booked["deal"], 4, 0)
    assert (deal["profit"], deal["symbol"], deal["comment"]) == ("-12.5", "", "data fee")
    assert await client.ask(f"history_deals?from={deal['time_msc'] + 1}") == []
    balance = Decimal((await client.ask("account_info"))["balance"])
    assert balance == before - Decimal("12.5")
    (booking,) = client.broker.ledger().bookings
    assert (booking.account, booking.amount) == (client.account, Decimal("-12.5"))

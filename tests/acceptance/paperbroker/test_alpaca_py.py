"""Alpaca's own client, unmodified, judges the paper exchange: what it sends is taken, what it is told it can read."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alpaca.trading.enums import (
    AssetClass,
    AssetExchange,
    AssetStatus,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    QueryOrderStatus,
    TimeInForce,
)
from alpaca.trading.models import TradeActivity
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from eventually import eventually
from exchange_desk import DAY, EVENING, MONDAY, NOON, Desk, desk_settings
from paper_process import PaperProcess

pytestmark = pytest.mark.acceptance

ACCOUNTS = 60
NEXT_DAY = "2012-03-12"
BUY, SELL = OrderSide.BUY, OrderSide.SELL
TODAY, GTC = TimeInForce.DAY, TimeInForce.GTC


def market(qty: float | None = 10, side: OrderSide = BUY, **more) -> MarketOrderRequest:
    terms = {"symbol": "AAPL", "qty": qty, "side": side, "time_in_force": TODAY}
    return MarketOrderRequest(**(terms | more))


def limit(price: float, qty: float = 10, side: OrderSide = BUY, **more) -> LimitOrderRequest:
    terms = {"symbol": "AAPL", "qty": qty, "side": side, "time_in_force": TODAY}
    return LimitOrderRequest(**(terms | {"limit_price": price} | more))


def legs(target: float, stop: float, **more) -> dict:
    return {
        "take_profit": TakeProfitRequest(limit_price=target),
        "stop_loss": StopLossRequest(stop_price=stop, **more),
    }


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PaperProcess, Iterator]]:
    ledger: Path = tmp_path_factory.mktemp("exchange") / "ledger.db"
    process = PaperProcess(desk_settings(ledger, accounts=ACCOUNTS)).start()
    yield process, count()
    process.stop()


@pytest.fixture
async def desk(exchange) -> AsyncIterator[Desk]:
    """A fresh account at noon in New York of a day in March 2012, Apple at 100.

    In the end whatever it was answered is held against what Alpaca publishes.
    """
    process, numbers = exchange
    desk = Desk(process, next(numbers))
    await desk.price("100", clock=NOON.isoformat())
    yield desk
    assert desk.unpublished() == []


async def test_account_configurations_and_assets(desk):
    account = await desk.call(desk.client.get_account)
    assert account.status.value == "ACTIVE"
    assert (account.cash, account.equity, account.last_equity) == ("100000",) * 3
    assert (account.buying_power, account.multiplier) == ("200000", "2")
    assert account.pattern_day_trader is None
    assets = await desk.call(desk.client.get_all_assets)
    assert {asset.symbol for asset in assets} == {"AAPL", "MSFT", "IBM", "GOOG"}
    at_nyse = GetAssetsRequest(
        status=AssetStatus.ACTIVE, asset_class=AssetClass.US_EQUITY, exchange=AssetExchange.NYSE
    )
    (ibm,) = await desk.call(desk.client.get_all_assets, at_nyse)
    assert ibm == await desk.call(desk.client.get_asset, "IBM")
    assert ibm == await desk.call(desk.client.get_asset, ibm.id)
    assert ibm.fractionable
    nothing = GetAssetsRequest(asset_class=AssetClass.CRYPTO)
    assert await desk.call(desk.client.get_all_assets, nothing) == []
    assert (await desk.refused(desk.client.get_asset, "NOPE")).status_code == 404


async def test_an_account_obeys_its_configuration(desk):
    settings = await desk.call(desk.client.get_account_configurations)
    assert settings.fractional_trading
    assert not settings.no_shorting
    settings.no_shorting = settings.suspend_trade = True
    settings.fractional_trading = False
    settings.max_margin_multiplier = "1"
    assert await desk.call(desk.client.set_account_configurations, settings) == settings
    error = await desk.refused(desk.client.submit_order, market())
    assert (error.status_code, error.code) == (403, 40310000)
    assert error.message == "new orders are rejected by user request"
    account = await desk.call(desk.client.get_account)
    assert account.trade_suspended_by_user
    assert not account.shorting_enabled
    assert account.buying_power == "100000"
    settings.suspend_trade = False
    await desk.call(desk.client.set_account_configurations, settings)
    for order, words in (
        (market(side=SELL), "account is not allowed to short"),
        (market(0.5), "fractional trading is disabled for this account"),
        (market(1001), "insufficient buying power"),
    ):
        error = await desk.refused(desk.client.submit_order, order)
        assert (error.status_code, error.message) == (403, words)
    settings.max_margin_multiplier = "3"
    error = await desk.refused(desk.client.set_account_configurations, settings)
    assert (error.status_code, error.code) == (422, 40010001)


async def test_clock_and_calendar_are_the_exchanges(desk):
    clock = await desk.call(desk.client.get_clock)
    assert clock.is_open
    assert abs(clock.timestamp - NOON) < timedelta(minutes=1)
    assert clock.timestamp.utcoffset() == timedelta(hours=-5)
    assert clock.next_close.isoformat() == "2012-03-09T16:00:00-05:00"
    assert clock.next_open.isoformat() == "2012-03-12T09:30:00-04:00"
    days = await desk.call(
        desk.client.get_calendar,
        GetCalendarRequest(start=date(2012, 11, 21), end=date(2012, 11, 26)),
    )
    assert [(day.date.day, day.close.hour) for day in days] == [(21, 16), (23, 13), (26, 16)]
    everything = await desk.call(desk.client.get_calendar)
    assert (everything[0].date.year, everything[-1].date.year) == (2000, 2029)


@pytest.mark.parametrize(
    ("request_", "prices", "filled_at"),
    [
        (market(), [], 100),
        (limit(98.5), ["99", "98"], 98),
        (
            StopOrderRequest(symbol="AAPL", qty=10, side=BUY, time_in_force=GTC, stop_price=102),
            ["101", "103"],
            103,
        ),
        (
            StopLimitOrderRequest(
                symbol="AAPL",
                qty=10,
                side=BUY,
                time_in_force=GTC,
                stop_price=102,
                limit_price=102.5,
            ),
            ["104", "102.2"],
            102.2,
        ),
        (
            TrailingStopOrderRequest(
                symbol="AAPL", qty=10, side=BUY, time_in_force=GTC, trail_price=2
            ),
            ["90", "91.5", "92.5"],
            92.5,
        ),
        (
            TrailingStopOrderRequest(
                symbol="AAPL", qty=10, side=BUY, time_in_force=TODAY, trail_percent=10
            ),
            ["80", "87.9", "88.1"],
            88.1,
        ),
        (limit(101, time_in_force=TimeInForce.IOC), [], 100),
        (limit(101, time_in_force=TimeInForce.FOK), [], 100),
        (limit(101, extended_hours=True), [], 100),
    ],
    ids=lambda value: value.type.value if hasattr(value, "type") else None,
)
async def test_every_type_of_order_fills_where_it_should(desk, request_, prices, filled_at):
    """A new label makes each price a jump, so that an order fills at it and not where it waited."""
    order = await desk.call(desk.client.submit_order, request_)
    assert order.type is request_.type
    assert order.time_in_force is request_.time_in_force
    for number, price in enumerate(prices):
        await desk.price(price, label=f"{DAY}.{number}")
    order = await desk.status(order.id, OrderStatus.FILLED)
    # A quote without a spread is still two ticks wide at most.
    assert abs(float(order.filled_avg_price) - filled_at) <= 0.011
    assert order.filled_qty == "10"


async def test_money_buys_fractions_and_they_can_be_sold_again(desk):
    order = await desk.filled(market(None, notional=250))
    assert (order.qty, order.notional) == (None, "250")
    position = await desk.call(desk.client.get_open_position, "AAPL")
    assert 2.4 < float(position.qty) < 2.6
    assert position.qty == order.filled_qty
    sold = await desk.call(
        desk.client.close_position, "AAPL", ClosePositionRequest(percentage="50")
    )
    sold = await desk.status(sold.id, OrderStatus.FILLED)
    assert abs(float(sold.filled_qty) - float(order.filled_qty) / 2) < 1e-8
    await desk.filled(market(0.5))


async def test_a_bracket_from_held_to_one_cancels_other(desk):
    request = limit(99, time_in_force=GTC, order_class=OrderClass.BRACKET, **legs(110, 90))
    order = await desk.call(desk.client.submit_order, request)
    assert order.order_class is OrderClass.BRACKET
    assert [leg.status for leg in order.legs] == [OrderStatus.HELD] * 2
    await desk.price("98")
    order = await desk.status(order.id, OrderStatus.FILLED)
    assert {leg.type: leg.status for leg in order.legs} == {
        OrderType.LIMIT: OrderStatus.NEW,
        OrderType.STOP: OrderStatus.HELD,
    }
    nested = GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True)
    (row,) = await desk.call(desk.client.get_orders, nested)
    assert len(row.legs) == 2
    flat = await desk.call(desk.client.get_orders, GetOrdersRequest(status=QueryOrderStatus.OPEN))
    assert {item.id for item in flat} == {leg.id for leg in row.legs}
    await desk.price("111")
    order = await desk.order(order.id)
    assert {leg.type: leg.status for leg in order.legs} == {
        OrderType.LIMIT: OrderStatus.FILLED,
        OrderType.STOP: OrderStatus.CANCELED,
    }


async def test_oto_and_oco(desk):
    entry = market(order_class=OrderClass.OTO, stop_loss=StopLossRequest(stop_price=95))
    order = await desk.filled(entry)
    (stop,) = order.legs
    await desk.call(desk.client.cancel_order_by_id, stop.id)
    pair = LimitOrderRequest(
        symbol="AAPL",
        qty=10,
        side=SELL,
        time_in_force=GTC,
        order_class=OrderClass.OCO,
        **legs(105, 96, limit_price=95.5),
    )
    order = await desk.call(desk.client.submit_order, pair)
    assert order.order_class is OrderClass.OCO
    assert order.legs[0].type is OrderType.STOP_LIMIT
    await desk.price("95.8")
    order = await desk.status(order.id, OrderStatus.CANCELED)
    assert order.legs[0].status is OrderStatus.FILLED


async def test_orders_are_found_listed_replaced_and_canceled(desk):
    client = desk.client
    placed = [
        await desk.call(client.submit_order, limit(90 + n, client_order_id=f"mine-{n}"))
        for n in range(4)
    ]
    msft = limit(10, symbol="MSFT")
    await desk.process.feed("MSFT", "20", label=DAY)
    placed.append(await desk.call(client.submit_order, msft))
    assert await desk.call(client.get_order_by_client_id, "mine-2") == placed[2]

    async def listed(**filters) -> list[int]:
        rows = await desk.call(client.get_orders, GetOrdersRequest(**filters))
        ids = [order.id for order in placed]
        return [ids.index(row.id) for row in rows]

    assert await listed() == [4, 3, 2, 1, 0]
    assert await listed(direction="asc", limit=2) == [0, 1]
    assert await listed(symbols=["MSFT", "IBM"]) == [4]
    assert await listed(side=SELL) == []
    assert await listed(side=BUY, after=placed[2].created_at) == [4, 3]
    assert await listed(status=QueryOrderStatus.ALL, until=placed[2].created_at) == [1, 0]
    change = ReplaceOrderRequest(qty=5, limit_price=95.5, time_in_force=GTC, client_order_id="new")
    fresh = await desk.call(client.replace_order_by_id, placed[0].id, change)
    assert (fresh.qty, fresh.limit_price, fresh.client_order_id) == ("5", "95.5", "new")
    assert fresh.replaces == placed[0].id
    old = await desk.order(placed[0].id)
    assert (old.status, old.replaced_by) == (OrderStatus.REPLACED, fresh.id)
    await desk.call(client.cancel_order_by_id, placed[1].id)
    assert await listed(status=QueryOrderStatus.CLOSED) == [1, 0]
    canceled = await desk.call(client.cancel_orders)
    assert {row.id for row in canceled} == {fresh.id, *(order.id for order in placed[2:])}
    assert {row.status for row in canceled} == {200}
    assert await listed() == []
    error = await desk.refused(client.cancel_order_by_id, placed[1].id)
    assert (error.status_code, error.message) == (422, 'order is already in "canceled" state')


async def test_a_trailing_stop_is_replaced_by_its_trail(desk):
    await desk.filled(market())
    stop = TrailingStopOrderRequest(
        symbol="AAPL", qty=10, side=SELL, time_in_force=GTC, trail_price=5
    )
    order = await desk.call(desk.client.submit_order, stop)
    await desk.price("110")
    order = await desk.order(order.id)
    assert float(order.hwm) - float(order.stop_price) == 5
    fresh = await desk.call(desk.client.replace_order_by_id, order.id, ReplaceOrderRequest(trail=2))
    assert (fresh.trail_price, fresh.hwm) == ("2", order.hwm)
    assert float(fresh.hwm) - float(fresh.stop_price) == 2


async def test_positions_are_told_and_closed_one_by_one_or_all(desk):
    client = desk.client
    await desk.process.feed("MSFT", "20", label=DAY)
    await desk.filled(market(10))
    await desk.filled(market(40, SELL, symbol="MSFT"))
    held = {row.symbol: row for row in await desk.call(client.get_all_positions)}
    assert (held["AAPL"].qty, held["AAPL"].side.value) == ("10", "long")
    assert (held["MSFT"].qty, held["MSFT"].side.value) == ("-40", "short")
    by_id = await desk.call(client.get_open_position, held["AAPL"].asset_id)
    assert by_id.symbol == "AAPL"
    part = await desk.call(client.close_position, "AAPL", ClosePositionRequest(qty="4"))
    await desk.status(part.id, OrderStatus.FILLED)
    resting = await desk.call(client.submit_order, limit(130, 6, SELL))
    error = await desk.refused(client.close_position, "AAPL")
    assert (error.status_code, error.code) == (403, 40310000)
    assert error.message == "insufficient qty available for order (requested: 6, available: 0)"
    rows = {row.symbol: row for row in await desk.call(client.close_all_positions, False)}
    assert rows["AAPL"].status == 403
    assert rows["AAPL"].body.held_for_orders == 6
    assert rows["MSFT"].status == 200
    assert rows["MSFT"].body.qty == "40"
    (row,) = await desk.call(client.close_all_positions, True)
    assert row.status == 200
    assert (await desk.order(resting.id)).status is OrderStatus.CANCELED
    await desk.status(row.body.id, OrderStatus.FILLED)
    await eventually(lambda: client.get_all_positions() == [], what="flat")
    assert (await desk.refused(client.get_open_position, "AAPL")).status_code == 404


async def test_fills_are_listed_by_pages_and_the_day_is_kept_in_the_history(desk):
    client = desk.client
    for _ in range(3):
        await desk.filled(market(1))
    rows = await desk.call(client.get, "/account/activities", {"activity_types": "FILL"})
    owner = (await desk.call(client.get_account)).id
    read = [TradeActivity(**row, account_id=owner) for row in rows]
    assert [row.cum_qty for row in read] == [1, 1, 1]
    assert set(rows[0]) == ACTIVITY_FIELDS
    paged: list[dict] = []
    query = {"direction": "asc", "page_size": 2}
    while page := await desk.call(client.get, "/account/activities/FILL", dict(query)):
        paged += page
        query["page_token"] = page[-1]["id"]
    assert paged == rows[::-1]
    assert await desk.call(client.get, "/account/activities/DIV") == []
    await desk.price("110", clock=(NOON + timedelta(minutes=1)).isoformat())
    history = await desk.call(
        client.get_portfolio_history, GetPortfolioHistoryRequest(period="1D", timeframe="1Min")
    )
    assert history.base_value == 100_000
    assert history.equity[-1] > 100_025
    assert history.profit_loss[-1] == pytest.approx(history.equity[-1] - 100_000)
    until_then = GetPortfolioHistoryRequest(
        period="1D", timeframe="1Min", date_end=(NOON - timedelta(days=1)).date()
    )
    assert (await desk.call(client.get_portfolio_history, until_then)).equity == []
    error = await desk.refused(
        client.get_portfolio_history, GetPortfolioHistoryRequest(period="1A", timeframe="1Min")
    )
    assert error.status_code == 422


ACTIVITY_FIELDS = {
    "activity_type",
    "cum_qty",
    "id",
    "leaves_qty",
    "order_id",
    "order_status",
    "price",
    "qty",
    "side",
    "symbol",
    "transaction_time",
    "type",
}


@pytest.mark.parametrize(
    ("order", "status", "code", "words"),
    [
        (market(symbol="NOPE"), 422, 42210000, 'asset "NOPE" not found'),
        (market(5000), 403, 40310000, "insufficient buying power"),
        (market(1942, SELL), 403, 40310000, "insufficient buying power"),
        (limit(90.001), 422, 42210000, "invalid limit_price 90.001."),
        (market(0.5, time_in_force=GTC), 422, 42210000, "fractional orders must be DAY orders"),
        (market(0.5, SELL), 422, 42210000, "fractional orders cannot be sold short"),
        (
            market(0.5, order_class=OrderClass.OTO, stop_loss=StopLossRequest(stop_price=90)),
            422,
            42210000,
            "fractional orders must be simple orders",
        ),
        (market(None, notional=0.5), 403, 40310000, "cost basis must be >= minimal amount"),
        (
            market(order_class=OrderClass.BRACKET, **legs(110, 100.5)),
            422,
            42210000,
            "stop_loss.stop_price must be <= base_price - 0.01",
        ),
        (
            market(order_class=OrderClass.BRACKET, **legs(99, 90)),
            422,
            42210000,
            "take_profit.limit_price must be >= base_price + 0.01",
        ),
        (
            market(extended_hours=True),
            422,
            42210000,
            "extended hours order must be DAY or GTC limit orders",
        ),
        (
            StopOrderRequest(symbol="AAPL", qty=1, side=SELL, time_in_force=GTC, stop_price=101),
            422,
            42210000,
            "stop price must be less than current price",
        ),
        (market(time_in_force=TimeInForce.OPG), 403, 40310000, "opg orders must be submitted"),
        (limit(90, client_order_id="x" * 129), 422, 40010001, "client_order_id must be no more"),
        (
            limit(101, order_class=OrderClass.OCO, side=SELL, **legs(110, 90)),
            422,
            42210000,
            "oco orders must be exit orders",
        ),
    ],
)
async def test_refusals_are_worded_as_alpaca_words_them(desk, order, status, code, words):
    error = await desk.refused(desk.client.submit_order, order)
    assert (error.status_code, error.code) == (status, code), error.message
    assert error.message.startswith(words)


async def test_a_client_order_id_is_unique_for_ever(desk):
    order = await desk.call(desk.client.submit_order, limit(90, client_order_id="once"))
    await desk.call(desk.client.cancel_order_by_id, order.id)
    error = await desk.refused(desk.client.submit_order, limit(90, client_order_id="once"))
    assert (error.status_code, error.code) == (422, 40010001)
    assert error.message == "client_order_id must be unique"
    assert (await desk.refused(desk.client.get_order_by_id, uuid4())).status_code == 404


async def test_an_order_that_could_trade_with_ones_own_is_refused(desk):
    await desk.filled(market(5))
    resting = await desk.call(desk.client.submit_order, limit(99))
    for order, reason in (
        (market(5, SELL), "opposite side limit order exists"),
        (limit(98.5, 5, SELL), "buy order exists"),
    ):
        error = await desk.refused(desk.client.submit_order, order)
        assert (error.status_code, error.code) == (403, 40310000)
        body = error.response.json()
        assert body["message"] == "potential wash trade detected. use complex orders"
        assert body["existing_order_id"] == str(resting.id)
        assert body["reject_reason"].startswith(reason)
    await desk.call(desk.client.submit_order, limit(101, 5, SELL))


async def test_the_stream_tells_an_orders_life_in_its_order(desk):
    client = desk.client
    async with desk.listening() as listener:
        order = await desk.call(client.submit_order, market())
        heard = await listener.told("new", "fill")
        assert heard[1].order.id == order.id
        assert isinstance(heard[1].execution_id, UUID)
        assert (heard[1].qty, heard[1].position_qty) == (10, 10)
        assert heard[1].price == float(heard[1].order.filled_avg_price)
        listener.heard.clear()
        order = await desk.call(client.submit_order, limit(90))
        change = ReplaceOrderRequest(limit_price=91)
        fresh = await desk.call(client.replace_order_by_id, order.id, change)
        await desk.call(client.cancel_order_by_id, fresh.id)
        heard = await listener.told("new", "new", "replaced", "canceled")
        assert heard[2].order.replaced_by == fresh.id
        listener.heard.clear()
        await desk.call(
            client.submit_order,
            market(5, order_class=OrderClass.BRACKET, **legs(110, 90)),
        )
        heard = await listener.told("new", "held", "held", "fill", "new")
        assert heard[-1].order.limit_price == "110"


async def test_the_stream_lets_nobody_in_with_a_wrong_secret(desk, caplog):
    stranger = Desk(desk.process, 0)
    stranger.secret = "wrong"
    async with stranger.listening(ready=False):
        await eventually(lambda: "failed to authenticate" in caplog.text, what="a refusal")
    stranger.client._secret_key = "wrong"
    error = await stranger.refused(stranger.client.get_account)
    assert (error.status_code, error.code) == (401, 40110000)


async def test_faults_of_the_stream_duplicate_swap_and_cut(desk):
    async with desk.listening() as listener:
        await desk.process.fault("stream_twice", account=desk.account)
        await desk.call(desk.client.submit_order, market(1))
        await listener.told("new", "new", "fill")
        listener.heard.clear()
        await desk.process.fault("stream_swap", account=desk.account, delay_ms=10_000)
        await desk.call(desk.client.submit_order, market(1))
        await listener.told("fill", "new")
        listener.heard.clear()
        await desk.process.fault("stream_cut", account=desk.account)
        lost = await desk.filled(market(1))
        await listener.ready(desk)
        await desk.call(desk.client.submit_order, market(1))
        heard = await listener.told("new", "fill")
        assert lost.id not in {update.order.id for update in heard}


async def test_a_504_after_the_accept_is_sent_again_by_the_client_and_found_by_its_id(desk):
    """alpaca-py waits three seconds and posts again; the exchange knows the order by its client id."""
    await desk.process.fault("accept_then_timeout", account=desk.account, delay_ms=0)
    error = await desk.refused(desk.client.submit_order, market(3, client_order_id="doubt"))
    assert error.message == "client_order_id must be unique"
    order = await desk.call(desk.client.get_order_by_client_id, "doubt")
    await desk.status(order.id, OrderStatus.FILLED)
    (fill,) = await desk.call(desk.client.get, "/account/activities/FILL")
    assert fill["order_id"] == str(order.id)


async def test_a_500_before_the_accept_leaves_no_trace(desk):
    await desk.process.fault("error_before_accept", account=desk.account)
    error = await desk.refused(desk.client.submit_order, market(3, client_order_id="gone"))
    assert error.status_code == 500
    error = await desk.refused(desk.client.get_order_by_client_id, "gone")
    assert error.status_code == 404


async def test_when_the_market_is_closed_orders_wait_for_the_open(tmp_path):
    """The clock is everybody's: this story has an exchange of its own."""
    process = PaperProcess(desk_settings(tmp_path / "ledger.db", accounts=1)).start()
    try:
        desk = Desk(process, 0)
        await closed_market_story(desk)
        assert desk.unpublished() == []
    finally:
        process.stop()


async def closed_market_story(desk: Desk) -> None:
    client = desk.client
    await desk.price("100", clock=NOON.isoformat())
    day_order = await desk.call(client.submit_order, limit(90))
    at_close = await desk.call(client.submit_order, market(2, time_in_force=TimeInForce.CLS))
    close = NOON + timedelta(hours=4)
    await desk.price("101", clock=close.isoformat(), rollover=True)
    assert (await desk.order(day_order.id)).status is OrderStatus.EXPIRED
    assert (await desk.order(at_close.id)).status is OrderStatus.FILLED
    evening = await desk.call(client.submit_order, limit(101.5, 1, extended_hours=True))
    await desk.status(evening.id, OrderStatus.FILLED)

    await desk.price("101", clock=EVENING.isoformat())
    clock = await desk.call(client.get_clock)
    assert not clock.is_open
    assert clock.next_open == MONDAY
    async with desk.listening() as listener:
        at_once = limit(102, time_in_force=TimeInForce.IOC)
        at_once = await desk.call(client.submit_order, at_once)
        await desk.status(at_once.id, OrderStatus.CANCELED)
        waiting = await desk.call(client.submit_order, market(3))
        at_open = await desk.call(client.submit_order, market(4, time_in_force=TimeInForce.OPG))
        assert waiting.status is at_open.status is OrderStatus.ACCEPTED
        error = await desk.refused(
            client.replace_order_by_id, waiting.id, ReplaceOrderRequest(qty=1)
        )
        assert error.message == "unable to replace order, order isn't sent to exchange yet"
        await desk.price("105", clock=MONDAY.isoformat(), label=NEXT_DAY)
        for placed in (waiting, at_open):
            order = await desk.status(placed.id, OrderStatus.FILLED)
            assert float(order.filled_avg_price) == pytest.approx(105, abs=0.011)
        await listener.told("new", "canceled", "accepted", "accepted", "new", "new", "fill", "fill")
    account = await desk.call(client.get_account)
    # Three shares were held at the close at 101, bought at 101 and 101.
    assert float(account.last_equity) == pytest.approx(100_000, abs=1)
    assert float(account.equity) > float(account.last_equity)
    position = await desk.call(client.get_open_position, "AAPL")
    assert float(position.lastday_price) == pytest.approx(101, abs=0.011)
    assert float(position.change_today) == pytest.approx(4 / 101, abs=0.001)


async def test_more_than_the_allowed_requests_a_minute_are_answered_with_429(tmp_path):
    settings = desk_settings(tmp_path / "ledger.db", accounts=1, requests_per_minute=5)
    process = PaperProcess(settings).start()
    try:
        desk = Desk(process, 0)
        desk.client._retry = 0  # else it would wait for three seconds and come again
        error = None
        for _ in range(11):  # the minute may turn once on the way
            try:
                await desk.call(desk.client.get_account)
            except Exception as caught:
                error = caught
                break
        assert error is not None
        assert (error.status_code, error.code) == (429, 42910000)
        headers = error.response.headers
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", "0")
        assert 0 < int(headers["Retry-After"]) <= 60
        assert int(headers["X-RateLimit-Reset"]) % 60 == 0
    finally:
        process.stop()


async def test_two_clients_at_once_each_see_their_own_account_alone(exchange):
    process, numbers = exchange
    desks = [Desk(process, next(numbers)) for _ in range(2)]
    await desks[0].price("100", clock=NOON.isoformat())
    await asyncio.gather(*(desk.filled(market(1)) for desk in desks))
    for desk in desks:
        (row,) = await desk.call(desk.client.get_all_positions)
        assert row.qty == "1"

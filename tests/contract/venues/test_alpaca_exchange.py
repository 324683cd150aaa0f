"""The Alpaca venue at the paper exchange with all of Alpaca's rules, on a day in 2012; alpaca-py sees what it did."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from alpaca.data.enums import DataFeed
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockLatestQuoteRequest
from alpaca.trading.models import AccountConfiguration
from alpaca.trading.requests import GetOrdersRequest

from argos.core.errors import InputError, VenueUnreachable
from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import OrderType, Side
from argos.ports import VenueClose, VenueOrder, VenueScan
from argos.venues.alpaca.settings import AlpacaSettings, stream_of
from argos.venues.alpaca.venue import AlpacaVenue
from contract.node.broker_link import BrokerLink, Mishap
from contract.venues.conftest import identity_of
from eventually import eventually
from exchange_desk import EVENING, NOON, Desk, desk_settings
from paper_process import PaperProcess

ACCOUNTS = 20
TIMEOUT_S = 5.0
SOON = timedelta(seconds=30)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PaperProcess, Iterator]]:
    ledger: Path = tmp_path_factory.mktemp("exchange") / "ledger.db"
    process = PaperProcess(desk_settings(ledger, accounts=ACCOUNTS)).start()
    yield process, count()
    process.stop()


@pytest.fixture
async def desk(exchange) -> Desk:
    """A fresh account at noon in New York, Apple at 100."""
    process, numbers = exchange
    desk = Desk(process, next(numbers))
    await desk.price("100", clock=NOON.isoformat())
    return desk


@asynccontextmanager
async def venue_of(desk: Desk, *, url: str = "", **more: object) -> AsyncIterator[AlpacaVenue]:
    address = url or desk.process.url
    terms: dict[str, object] = {
        "api_url": address,
        "stream_url": stream_of(address),
        "data_url": address,
        "requests_per_minute": 0,
        "quotes_ms": 20,
    }
    settings = AlpacaSettings(key_id=desk.account, secret_key=desk.secret, **(terms | more))
    venue = AlpacaVenue(settings, account="acct")
    try:
        await venue.connect()
        yield venue
    finally:
        await venue.aclose()


@pytest.fixture
async def venue(desk: Desk) -> AsyncIterator[AlpacaVenue]:
    async with venue_of(desk) as venue:
        yield venue


def order(**changes: object) -> VenueOrder:
    terms: dict[str, object] = {
        "identity": identity_of(uuid4()),
        "symbol": "AAPL",
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "qty": Decimal(10),
        "price": None,
        "stop_limit_price": None,
        "sl": None,
        "tp": None,
        "deviation_points": 0,
        "comment": "",
    }
    return VenueOrder(**(terms | changes))


def bracket(**changes: object) -> VenueOrder:
    return order(sl=Decimal(95), tp=Decimal(110), **changes)


async def looked(venue: AlpacaVenue, cursor: str = "") -> VenueScan:
    """A complete look, once there is one."""
    scans: list[VenueScan] = []

    async def complete() -> bool:
        try:
            scans.append(await venue.scan(cursor=cursor))
        except VenueUnreachable as error:
            if error.code != "VENUE_HISTORY_BEHIND":
                raise
            return False
        return True

    await eventually(complete, what="a look")
    return scans[-1]


async def filled(venue: AlpacaVenue, number: int, *, cursor: str = "") -> list[Execution]:
    """All executions of the account since the cursor, once there are so many."""
    seen: list[Execution] = []

    async def there() -> bool:
        seen[:] = (await looked(venue, cursor)).executions
        return len(seen) >= number

    await eventually(there, what=f"{number} fills")
    assert len(seen) == number
    return seen


async def test_alpacas_own_client_sees_a_bracket_under_our_id(desk, venue):
    entry = bracket()
    answer = await venue.submit(entry, timeout_s=TIMEOUT_S)
    await filled(venue, 1)
    seen = await desk.call(desk.client.get_order_by_client_id, entry.identity.client_order_id)
    assert (str(seen.id), seen.order_class.value, seen.status.value) == (
        answer.venue_order_id,
        "bracket",
        "filled",
    )
    assert {(leg.limit_price, leg.stop_price) for leg in seen.legs} == {("110", None), (None, "95")}
    (position,) = (await looked(venue)).positions
    assert (position.sl, position.tp) == (95, 110)
    assert position.client_order_id == entry.identity.client_order_id


async def test_a_close_takes_the_resting_exits_out_of_the_way(desk, venue):
    await venue.submit(bracket(), timeout_s=TIMEOUT_S)
    await filled(venue, 1)
    (position,) = (await looked(venue)).positions
    close = VenueClose(
        identity=identity_of(uuid4()),
        symbol="AAPL",
        side=Side.SELL,
        qty=position.qty,
        position_id=position.position_id,
        comment="",
    )
    await venue.close(close, timeout_s=TIMEOUT_S)
    _, leaving = await filled(venue, 2)
    assert (leaving.entry, leaving.reason) == (Entry.OUT, FillReason.COMMAND)
    assert leaving.client_order_id == close.identity.client_order_id
    assert await desk.call(desk.client.get_all_positions) == []
    assert await desk.call(desk.client.get_orders, GetOrdersRequest()) == []


async def test_another_years_day_is_told_in_true_time(venue):
    before = datetime.now(tz=UTC)
    await venue.submit(order(), timeout_s=TIMEOUT_S)
    (fill,) = await filled(venue, 1)
    assert before - SOON < fill.occurred_at < datetime.now(tz=UTC) + SOON
    assert fill.venue_time_ms is not None
    assert datetime.fromtimestamp(fill.venue_time_ms / 1000, tz=UTC).year == 2012
    scan = await looked(venue)
    assert abs(scan.taken_at - datetime.now(tz=UTC)) < SOON
    quote = venue.quote("AAPL")
    assert quote is not None
    assert abs(quote.at - datetime.now(tz=UTC)) < SOON
    market = scan.account.market
    assert market is not None
    assert (market.is_open, market.changes_at is not None) == (True, True)
    assert market.changes_at > before


async def test_an_evening_order_waits_for_the_market(desk, venue):
    await desk.price("100", clock=EVENING.isoformat())
    entry = order()
    answer = await venue.submit(entry, timeout_s=TIMEOUT_S)
    assert (answer.state.value, answer.text) == ("working", "accepted")
    scan = await looked(venue)
    assert scan.account.market is not None
    assert not scan.account.market.is_open
    assert venue.standing().flags["market_open"] is False
    assert venue.standing().forbidden == ""
    canceled = await venue.cancel(entry.identity, symbol="AAPL", timeout_s=TIMEOUT_S)
    assert canceled.state.value == "canceled"


async def test_an_account_that_its_owner_has_suspended_is_left_alone(desk, venue):
    configured = await desk.call(desk.client.get_account_configurations)
    suspended = AccountConfiguration(**{**configured.model_dump(), "suspend_trade": True})
    await desk.call(desk.client.set_account_configurations, suspended)
    scan = await looked(venue)
    assert scan.account.blocks == ("trade_suspended_by_user",)
    assert venue.standing().exits_wait
    assert "trade_suspended_by_user" in venue.standing().forbidden
    assert scan.account.node["alpaca"]["blocks"] == ["trade_suspended_by_user"]


async def test_a_stop_is_its_entrys_even_to_a_venue_that_has_forgotten(desk, venue):
    """The position was opened by another order, so that nothing but a search leads from the stop to its entry."""
    await venue.submit(order(qty=Decimal(5)), timeout_s=TIMEOUT_S)
    await filled(venue, 1)
    entry = bracket()
    await venue.submit(entry, timeout_s=TIMEOUT_S)
    await filled(venue, 2)
    await venue.modify(
        entry.identity,
        symbol="AAPL",
        position_id="AAPL",
        price=None,
        sl=Decimal(97),
        tp=Decimal(110),
        timeout_s=TIMEOUT_S,
    )
    await desk.price("100", clock=(NOON + timedelta(hours=2)).isoformat())
    cursor = (await looked(venue)).cursor
    async with venue_of(desk) as forgetful:
        first = await looked(forgetful, cursor)
        (held,) = first.positions
        assert (held.qty, held.sl, held.tp) == (15, 97, 110)
        await desk.price("96")
        (stopped,) = await filled(forgetful, 1, cursor=first.cursor)
    assert (stopped.reason, stopped.entry) == (FillReason.SL, Entry.OUT)
    assert stopped.client_order_id == entry.identity.client_order_id


async def test_fills_that_are_told_late_are_waited_for_and_told_once(desk):
    async with BrokerLink(desk.process.url) as link, venue_of(desk, url=link.url) as venue:
        first = await looked(venue)
        late = link.rule("FILL", Mishap.ANSWERED_BEFORE, count=7, status=200, body=[])
        await venue.submit(order(), timeout_s=TIMEOUT_S)

        async def is_held() -> bool:
            return bool(await desk.call(desk.client.get_all_positions))

        await eventually(is_held, what="a position, whose fill is not told")
        with pytest.raises(VenueUnreachable) as behind:
            await venue.scan(cursor=first.cursor)
        assert behind.value.code == "VENUE_HISTORY_BEHIND"
        assert late.count > 0, "it was not told yet"
        scan = await looked(venue, first.cursor)
        assert [item.qty for item in scan.executions] == [10]
        assert [item.qty for item in scan.positions] == [10]


async def test_a_fee_of_the_day_before_is_told_as_a_booking(desk):
    fee = {"id": "20120309000000000::1", "activity_type": "FEE", "date": "2012-03-08"}
    async with BrokerLink(desk.process.url) as link, venue_of(desk, url=link.url) as venue:
        body = [{**fee, "net_amount": "-0.31", "description": "TAF fee", "status": "executed"}]
        link.rule("activities", Mishap.ANSWERED_BEFORE, status=200, body=body)
        (charge,) = (await looked(venue)).charges
        assert (charge["type"], charge["amount"]) == ("FEE", "-0.31")
        assert (await looked(venue)).charges == ()


async def test_a_lost_stream_is_come_back_to_with_a_reason_to_look(desk, venue):
    hints = venue.hints()
    await desk.process.fault("stream_cut", account=desk.account)
    await venue.submit(order(), timeout_s=TIMEOUT_S)
    assert await anext(hints) == "", "what was missed is told by nobody"
    (fill,) = await filled(venue, 1)
    assert fill.qty == 10
    await hints.aclose()


async def test_an_order_that_was_taken_without_an_answer_is_one_order(desk, venue):
    await desk.process.fault("accept_then_timeout", account=desk.account, delay_ms=0)
    entry = bracket()
    with pytest.raises(VenueUnreachable):
        await venue.submit(entry, timeout_s=TIMEOUT_S)
    again = await venue.submit(entry, timeout_s=TIMEOUT_S)
    (fill,) = await filled(venue, 1)
    assert fill.venue_order_id == again.venue_order_id
    every = await desk.call(desk.client.get_orders, GetOrdersRequest(status="all", nested=True))
    assert len(every) == 1


async def test_keys_that_nobody_knows_show_nothing(desk):
    with pytest.raises(VenueUnreachable) as refusal:
        async with venue_of(Desk(desk.process, 10_000)):
            pass
    assert "401" in refusal.value.message


async def test_symbols_are_those_that_were_named(desk):
    async with venue_of(desk, symbols=("IBM", "NOPE")) as venue:
        assert [item.symbol for item in await venue.instruments()] == ["IBM"]


async def test_without_market_data_there_are_no_quotes(desk):
    async with venue_of(desk, data_url="") as venue:
        await venue.submit(order(), timeout_s=TIMEOUT_S)
        assert await filled(venue, 1)
        assert venue.quote("AAPL") is None


async def test_alpacas_own_data_client_reads_the_exchanges_quotes(desk, venue):
    client = StockHistoricalDataClient(desk.account, desk.secret, url_override=desk.process.url)
    wanted = StockLatestQuoteRequest(symbol_or_symbols=["AAPL", "NOPE"], feed=DataFeed.IEX)
    quotes = await desk.call(client.get_stock_latest_quote, wanted)
    assert quotes.keys() == {"AAPL"}
    told = quotes["AAPL"]
    ours = venue.quote("AAPL")
    assert ours is not None
    assert (told.bid_price, told.ask_price) == (float(ours.bid), float(ours.ask))
    assert told.timestamp.year == 2012


def test_more_symbols_than_can_be_followed_must_be_named():
    settings = AlpacaSettings(key_id="k", secret_key="s", api_url="http://127.0.0.1:1")
    rows = [{"symbol": f"S{number}", "tradable": True} for number in range(501)]
    with pytest.raises(InputError) as refusal:
        AlpacaVenue(settings, account="a")._wanted(rows)
    assert refusal.value.code == "ALPACA_SYMBOLS_NEEDED"

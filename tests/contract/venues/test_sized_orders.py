"""From a stated risk to the loss in the broker's ledger: sized, opened, run into the stop, and reckoned up."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.core.account import AccountLimits, AccountSnapshot
from argos.core.decision import Assessment, Purpose, RiskRequest
from argos.core.intent import OrderType, Side, Size, SizeMode
from argos.exchange.book import Character
from argos.exchange.quoting import quote_around
from argos.paperbroker.presets import CURRENCIES_AND_CFDS, without_chance
from argos.paperbroker.settings import AccountSettings
from argos.ports import Venue
from argos.protocol.snapshots import decode_instrument, encode_instrument
from argos.risk.assess import assess
from contract.venues.conftest import TIMEOUT_S, Desk, venue_at
from eventually import eventually
from paper_process import PaperProcess, exact_settings
from unit.core.builders import make_account, make_intent, make_leg, make_route

D = Decimal
KINDS = ("mt5-hedging", "package-hedging")
MIDS: Mapping[str, Decimal] = {
    "EURUSD": D("1.25500"), "USDJPY": D("160.500"), "EURJPY": D("200.000"), "XAUUSD": D("2400.00"),
    "US30": D("39000.00"), "AAPL": D("187.50"),
}  # fmt: skip
STOP_AWAY: Mapping[str, Decimal] = {
    "EURUSD": D("0.00370"), "USDJPY": D("0.500"), "XAUUSD": D("12.65"), "US30": D("135.00"), "AAPL": D("7.25"),
}  # fmt: skip
COMMISSION_PER_LOT = {"EURUSD": D("3.5"), "USDJPY": D("3.5"), "AAPL": D("0.02")}
TERMS = {item.symbol: item for item in CURRENCIES_AND_CFDS}
CENTS = D("0.02")
"""The broker books profit and two commissions to the nearest cent."""
RISK_FRACTION = D("0.01")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperProcess]:
    """Accounts in dollars and in euros, two of each: one for each kind of venue."""
    plain = exact_settings(Character.MT5, ledger=tmp_path_factory.mktemp("sized") / "ledger.db")
    settings = without_chance(replace(plain, instruments=CURRENCIES_AND_CFDS))
    accounts = tuple(
        AccountSettings(
            account=f"{kind}-{currency}", api_key=f"key-{kind}-{currency}", deposit=D(100_000), currency=currency,
            hedging=True, leverage=D(500),
        )
        for kind in KINDS
        for currency in ("USD", "EUR")
    )  # fmt: skip
    process = PaperProcess(replace(settings, accounts=accounts)).start()
    yield process
    process.stop()


@dataclass
class Trader:
    """One account, seen as the gateway sees it."""

    desk: Desk
    currency: str

    async def snapshot(self) -> AccountSnapshot:
        venue, now = self.desk.venue, datetime.now(tz=UTC)
        told = [decode_instrument(encode_instrument(item)) for item in await venue.instruments()]
        scan = await venue.scan(cursor="")
        quotes = {item.symbol: venue.quote(item.symbol) for item in told}
        return replace(
            scan.account,
            quotes={symbol: quote for symbol, quote in quotes.items() if quote},
            instruments={item.symbol: item for item in told},
            terms_at=now,
        )


@pytest.fixture(params=KINDS)
async def trader_in(
    request: pytest.FixtureRequest, broker: PaperProcess
) -> AsyncIterator[Callable[[str], object]]:
    venues: list[Venue] = []

    async def make(currency: str) -> Trader:
        await feed(broker, MIDS, label="calm")
        account = f"{request.param}-{currency}"
        venue = venue_at(request.param, broker, account)
        venues.append(venue)
        await venue.connect()
        for symbol in MIDS:
            await eventually(lambda name=symbol: venue.quote(name) is not None, what=symbol)
        return Trader(Desk(request.param, broker, account, venue), currency)

    yield make
    for venue in venues:
        await venue.aclose()


async def feed(broker: PaperProcess, mids: Mapping[str, Decimal], *, label: str) -> None:
    ticks = [{"symbol": symbol, "mid": str(mid)} for symbol, mid in mids.items()]
    await broker.post("/feed", {"ticks": ticks, "label": label}, key=broker.settings.feed_key)


def quoted(symbol: str, mid: Decimal) -> tuple[Decimal, Decimal]:
    terms = TERMS[symbol]
    quote = quote_around(
        mid, symbol=symbol, spread_bps=terms.costs.spread_bps, shift_bps=D(0), tick_size=terms.tick_size,
        at=datetime.now(tz=UTC),
    )  # fmt: skip
    return quote.bid, quote.ask


def mid_at_stop(symbol: str, side: Side, stop: Decimal) -> Decimal:
    """The mid at which the price that closes such a holding is the stop itself."""
    tick, which = TERMS[symbol].tick_size, 0 if side is Side.BUY else 1
    mids = (stop + number * tick / 2 for number in range(-20_000, 20_000))
    return next(mid for mid in mids if quoted(symbol, mid)[which] == stop)


def sized(
    trader: Trader, snapshot: AccountSnapshot, symbol: str, side: Side, stop: Decimal
) -> Assessment:
    limits = AccountLimits(commission_per_lot=COMMISSION_PER_LOT.get(symbol))
    now = datetime.now(tz=UTC)
    intent = make_intent(
        symbol=symbol, entry_price=None, timestamp_tv=snapshot.taken_at, received_at=snapshot.taken_at,
        size=Size(mode=SizeMode.RISK_FRACTION, value=RISK_FRACTION),
    )  # fmt: skip
    return assess(
        RiskRequest(
            purpose=Purpose.ENTRY, intent=intent, route=make_route(), leg=make_leg(),
            account=make_account(trader.desk.account, currency=trader.currency, limits=limits), snapshot=snapshot,
            symbol=symbol, side=side, order_type=OrderType.MARKET, sl=stop, halts=(), now=now, valid_until=now,
            positions_after=1,
        )
    )  # fmt: skip


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("symbol", list(STOP_AWAY))
async def test_a_stop_costs_what_was_risked_to_one_step(
    broker: PaperProcess, trader_in, symbol: str, currency: str, side: Side
) -> None:
    trader: Trader = await trader_in(currency)
    snapshot = await trader.snapshot()
    quote = snapshot.quotes[symbol]
    entry = quote.ask if side is Side.BUY else quote.bid
    stop = entry - side.sign * STOP_AWAY[symbol]
    assessment = sized(trader, snapshot, symbol, side, stop)
    assert assessment.denied is None
    known = {item.venue_exec_id for item in (await trader.desk.look()).executions}
    order = replace(trader.desk.order(), symbol=symbol, side=side, qty=assessment.qty, sl=stop)
    await trader.desk.venue.submit(order, timeout_s=TIMEOUT_S)
    await feed(broker, {symbol: mid_at_stop(symbol, side, stop)}, label="calm")
    await trader.desk.executions(len(known) + 2)
    own = [item for item in trader.desk.scans[-1].executions if item.venue_exec_id not in known]
    assert [item.price for item in own] == [entry, stop]
    loss = -sum((item.profit - item.commission - item.fee for item in own), D(0))
    risk = snapshot.equity * RISK_FRACTION
    step = loss / assessment.qty * snapshot.instruments[symbol].qty_step
    assert loss <= risk + CENTS
    assert loss + step > risk - CENTS
    account = (await trader.snapshot()).equity
    assert account == snapshot.equity - loss


async def test_the_two_sides_of_a_converted_tick_are_told(broker: PaperProcess, trader_in) -> None:
    """A euro account buys the dollars that it lost at the bid of EURUSD, and sells those it won at the ask."""
    trader: Trader = await trader_in("EUR")
    snapshot = await trader.snapshot()
    bid, ask = quoted("EURUSD", MIDS["EURUSD"])
    index = snapshot.instruments["US30"]
    assert index.venue_terms is not None
    assert (index.quote_currency, snapshot.currency) == ("USD", "EUR")
    for told, exact in ((index.unit_value, 1 / bid), (index.unit_value_profit, 1 / ask)):
        assert told is not None
        assert abs(told - exact) < D("1e-12")

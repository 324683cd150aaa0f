"""What goes wrong between the package and its terminal, and what the venue makes of it."""

import threading
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.intent import OrderType
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.standin.faults import REFUSALS, Fault
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.shapes import TradeDeal
from argos.venues.mt5.standin.terminal import StandIn
from argos.venues.mt5.venue import Mt5Venue
from contract.venues.conftest import SYMBOL, Desk, settings_for
from eventually import eventually
from paper_process import PaperProcess

LOGIN = 5_001
OFFSET_S = 3 * 3600
FOR_NOW = {Fault.REQUOTE}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperProcess]:
    ledger = tmp_path_factory.mktemp("package") / "ledger.db"
    process = PaperProcess(settings_for("package-hedging", ledger=ledger, accounts=40)).start()
    yield process
    process.stop()


NUMBERS = count()


class Stage:
    """A desk at a fresh account, and the stand-in that its venue takes for MetaTrader 5."""

    def __init__(self, broker: PaperProcess, **terminal: Any) -> None:
        self.account = f"a{next(NUMBERS)}"
        settings = StandInSettings(broker_url=broker.url, clock_offset_s=OFFSET_S, **terminal)
        self.stand_in = StandIn(settings)
        # No poll comes between: what a test demands befalls the call that the test makes.
        self.settings = TerminalSettings(
            login=LOGIN, password=f"key-{self.account}", poll_ms=3_600_000
        )
        self.venue = Mt5Venue(self.stand_in, self.settings, account=self.account)
        self.desk = Desk(
            kind="package-hedging", broker=broker, account=self.account, venue=self.venue
        )


@pytest.fixture
async def stage(broker: PaperProcess) -> AsyncIterator[Stage]:
    await broker.feed(SYMBOL, "100")
    stage = Stage(broker)
    await stage.venue.connect()
    yield stage
    await stage.venue.aclose()


async def look_at_last(desk: Desk) -> None:
    """Looks until the terminal serves and its history explains the balance."""

    async def seen() -> bool:
        try:
            await desk.look()
        except VenueUnreachable:
            return False
        return True

    await eventually(seen, what="a complete look")


@pytest.mark.parametrize("fault", [Fault.NONE_AFTER_SEND, Fault.TIMEOUT_AFTER_FILL])
async def test_an_order_that_was_done_without_an_answer_is_in_doubt_and_found(stage, fault):
    stage.stand_in.faults.demand(fault)
    order = stage.desk.order()
    with pytest.raises(VenueUnreachable):
        await stage.desk.submit(order)
    await look_at_last(stage.desk)
    (fill,) = stage.desk.scans[-1].executions
    assert fill.magic == order.identity.magic
    assert stage.stand_in.faults.played == {fault: 1}


async def test_none_before_the_sending_is_doubt_as_well(stage):
    """The package's answer is the same; only a look can tell."""
    stage.stand_in.faults.demand(Fault.NONE_BEFORE_SEND)
    with pytest.raises(VenueUnreachable):
        await stage.desk.submit(stage.desk.order())
    await look_at_last(stage.desk)
    assert not stage.desk.scans[-1].executions


@pytest.mark.parametrize("fault", list(REFUSALS))
async def test_a_definite_no_is_a_refusal_with_the_servers_code(stage, fault):
    stage.stand_in.faults.demand(fault)
    with pytest.raises(VenueRefused) as refusal:
        await stage.desk.submit(stage.desk.order())
    assert refusal.value.venue_code == str(REFUSALS[fault][0])
    assert refusal.value.retryable is (fault in FOR_NOW)
    assert not (await stage.desk.look()).orders


async def test_algo_trading_switched_off_names_its_switch(stage):
    stage.stand_in.trade_allowed = False
    with pytest.raises(VenueRefused, match="Algo Trading") as refusal:
        await stage.desk.submit(stage.desk.order())
    assert (refusal.value.code, refusal.value.venue_code) == ("VENUE_TRADING_DISABLED", "10027")


async def test_a_query_that_failed_is_no_observation(stage):
    await stage.desk.opened(stage.desk.order())
    stage.stand_in.faults.demand(Fault.QUERY_FAILS)
    with pytest.raises(VenueUnreachable):
        await stage.desk.look()
    assert len((await stage.desk.look()).positions) == 1


async def test_a_terminal_that_restarts_is_attached_anew(stage):
    order = stage.desk.order()
    await stage.desk.opened(order)
    stage.stand_in.faults.demand(Fault.TERMINAL_RESTART)
    with pytest.raises(VenueUnreachable):
        await stage.desk.look()
    await look_at_last(stage.desk)
    assert [fill.magic for fill in stage.desk.scans[-1].executions] == [order.identity.magic]
    assert stage.venue.sessions == 2


async def test_a_restart_during_a_sending_leaves_a_doubt(stage):
    stage.stand_in.faults.demand(Fault.RESTART_DURING_SEND)
    order = stage.desk.order()
    with pytest.raises(VenueUnreachable):
        await stage.desk.submit(order)
    await look_at_last(stage.desk)
    assert [fill.magic for fill in stage.desk.scans[-1].executions] == [order.identity.magic]
    assert stage.venue.sessions == 2


async def test_history_that_lags_behind_the_balance_is_no_observation(stage):
    """After a reconnect the position is gone while the deal that closed it is not told yet: not a clean look."""
    first = await stage.desk.look()
    position = await stage.desk.opened(stage.desk.order())
    await stage.desk.close(position)
    stage.stand_in.shutdown()
    stage.stand_in.initialize()
    stage.stand_in._inside.session_ended_ms = 0  # it ended before all of this
    stage.stand_in.faults.demand(Fault.STALE_HISTORY, count=4)  # orders and deals, in both readings
    with pytest.raises(VenueUnreachable) as behind:
        await stage.desk.look(first.cursor)
    assert behind.value.code == "VENUE_HISTORY_BEHIND"
    assert len((await stage.desk.look(first.cursor)).executions) == 2


async def test_an_account_that_a_person_logged_in_instead_gets_no_order_of_ours(stage, broker):
    other = f"a{next(NUMBERS)}"
    stage.stand_in.login(LOGIN + 1, password=f"key-{other}")
    with pytest.raises(VenueUnreachable) as wrong:
        await stage.desk.submit(stage.desk.order())
    assert wrong.value.code == "VENUE_WRONG_ACCOUNT"
    assert not [deal for deal in broker.ledger().deals if deal.account in {other, stage.account}]


async def test_a_scan_that_nobody_took_is_told_again(stage):
    first = await stage.desk.look()
    await stage.desk.opened(stage.desk.order())
    told = stage.desk.scans[-1]
    lost = await stage.venue.scan(cursor=first.cursor)
    again = await stage.venue.scan(cursor=first.cursor)
    assert lost.executions == again.executions == told.executions
    assert not (await stage.venue.scan(cursor=again.cursor)).executions


async def test_times_are_told_in_utc_with_the_brokers_reading_beside(stage):
    await stage.desk.opened(stage.desk.order())
    (fill,) = stage.desk.scans[-1].executions
    (deal,) = [d for d in stage.desk.broker.ledger().deals if d.account == stage.account]
    assert abs((fill.occurred_at - deal.occurred_at).total_seconds()) < 0.001
    assert fill.venue_time_ms == int(deal.occurred_at.timestamp() * 1_000) + OFFSET_S * 1_000


async def test_what_the_broker_would_refuse_is_not_sent(stage):
    sent = stage.stand_in._requests
    cases = (
        ({"qty": "0.5"}, "10014"),
        ({"sl": Decimal("99.999")}, "10015"),
        ({"order_type": OrderType.LIMIT, "price": Decimal("90"), "sl": Decimal("91")}, "10016"),
    )
    for changes, venue_code in cases:
        with pytest.raises(VenueRefused) as refusal:
            await stage.desk.submit(stage.desk.order(**changes))
        assert refusal.value.venue_code == venue_code
    assert stage.stand_in._requests == sent


async def test_a_hidden_symbol_is_shown_before_it_is_traded(broker):
    stage = Stage(broker, hidden=frozenset({SYMBOL}))
    await stage.venue.connect()
    assert SYMBOL not in {item.symbol for item in await stage.venue.instruments()}
    await stage.desk.submit(stage.desk.order())
    assert (await stage.desk.look()).positions[0].symbol == SYMBOL
    await stage.venue.aclose()


async def test_a_terminal_that_is_not_there_says_what_to_do(broker):
    stage = Stage(broker, installed=False)
    with pytest.raises(VenueUnreachable, match="no terminal found"):
        await stage.venue.connect()
    await stage.venue.aclose()


async def test_a_login_that_is_refused_says_what_to_do(broker):
    stage = Stage(broker)
    settings = TerminalSettings(login=LOGIN, password="wrong")
    venue = Mt5Venue(stage.stand_in, settings, account=stage.account)
    with pytest.raises(VenueUnreachable, match="check login, server and password"):
        await venue.connect()
    await venue.aclose()


async def test_what_was_not_sent_in_time_is_not_sent_late(stage, broker):
    """The terminal hangs in a look-up; when it comes back, whoever wanted the order has given up."""
    let_go, symbol_info = threading.Event(), stage.stand_in.symbol_info

    def hangs(symbol: str) -> Any:
        let_go.wait(timeout=10)
        return symbol_info(symbol)

    stage.stand_in.symbol_info = hangs
    with pytest.raises(VenueUnreachable):
        await stage.desk.submit(stage.desk.order(), timeout_s=0.05)
    let_go.set()
    looked = await stage.desk.look()
    assert not looked.orders
    assert not [deal for deal in broker.ledger().deals if deal.account == stage.account]


async def test_a_booking_on_the_account_is_a_charge_and_no_execution(stage):
    deals_get, amount = stage.stand_in.history_deals_get, -7.25
    booked = TradeDeal(ticket=900, type=stage.stand_in.DEAL_TYPE_COMMISSION, commission=amount)

    def with_booking(*window: Any, **only: Any) -> Any:
        return deals_get(*window, **only) if only else (booked, *deals_get(*window))

    stage.stand_in.history_deals_get = with_booking
    await stage.desk.opened(stage.desk.order())
    (charge,) = stage.desk.scans[-1].charges
    assert (charge["ticket"], charge["amount"]) == ("900", "-7.25")
    assert len(stage.desk.scans[-1].executions) == 1

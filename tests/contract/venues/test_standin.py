"""The stand-in behaves as the package does, as far as that is known: names, shapes, errors, the broker's clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from argos.venues.mt5.standin.faults import Fault, FaultPlan
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.terminal import StandIn
from contract.venues.conftest import SYMBOL, settings_for
from paper_process import PaperProcess

OFFSET_S = -5 * 3600
NUMBERS = count()
FREEZE_POINTS, FILL_OR_KILL = 50, 1


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperProcess]:
    """All or nothing is the only way to fill, partial fills would be certain otherwise, levels freeze."""
    ledger = tmp_path_factory.mktemp("standin") / "ledger.db"
    settings = settings_for("package-hedging", ledger=ledger, accounts=30)
    terms = tuple(
        replace(item, filling_flags=FILL_OR_KILL, freeze_level_points=FREEZE_POINTS)
        for item in settings.instruments
    )
    process = PaperProcess(replace(settings, instruments=terms, partial_probability=1.0)).start()
    yield process
    process.stop()


@pytest.fixture
def account() -> str:
    return f"a{next(NUMBERS)}"


@pytest.fixture
async def mt5(broker: PaperProcess, account: str) -> StandIn:
    """As `import MetaTrader5 as mt5`, with a terminal that is logged in."""
    await broker.feed(SYMBOL, "100")
    mt5 = StandIn(
        StandInSettings(
            broker_url=broker.url,
            saved_login=7,
            saved_password=f"key-{account}",
            clock_offset_s=OFFSET_S,
        )
    )
    assert mt5.initialize()
    return mt5


def buy(mt5: StandIn, **more: Any) -> dict[str, Any]:
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": SYMBOL,
        "type": mt5.ORDER_TYPE_BUY,
        "type_filling": mt5.ORDER_FILLING_FOK,
        "volume": 10.0,
        "magic": 77,
        "comment": "hello",
        **more,
    }


def limit(mt5: StandIn, price: float) -> dict[str, Any]:
    return buy(
        mt5,
        action=mt5.TRADE_ACTION_PENDING,
        type=mt5.ORDER_TYPE_BUY_LIMIT,
        type_filling=mt5.ORDER_FILLING_RETURN,
        price=price,
    )


def window(mt5: StandIn) -> tuple[datetime, datetime]:
    """About now, by the broker's clock."""
    now = datetime.now(tz=UTC) + timedelta(seconds=OFFSET_S)
    return now - timedelta(minutes=5), now + timedelta(minutes=5)


def test_nothing_serves_before_initialize_nor_after_shutdown(broker):
    mt5 = StandIn(StandInSettings(broker_url=broker.url))
    assert mt5.positions_get() is None
    assert mt5.last_error()[0] == mt5.RES_E_INTERNAL_FAIL_CONNECT
    assert mt5.initialize()
    assert mt5.account_info() is None, "attached, but nobody is logged in"
    assert not mt5.login(7, password="wrong")
    assert mt5.last_error()[0] == mt5.RES_E_AUTH_FAILED
    mt5.shutdown()
    assert mt5.terminal_info() is None


async def test_none_is_an_error_and_an_empty_tuple_is_none(mt5):
    assert mt5.positions_get() == ()
    assert mt5.last_error() == (mt5.RES_S_OK, "Success")
    assert mt5.positions_get(SYMBOL) is None
    assert mt5.last_error() == (-2, "Unnamed arguments not allowed")
    assert mt5.symbol_info("NOPE") is None
    assert mt5.last_error()[0] == mt5.RES_E_NOT_FOUND


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sl": None}, "sl"),
        ({"volume": "10"}, "volume"),
        ({"comment": "x" * 32}, "comment"),
    ],
)
async def test_a_request_that_cannot_be_read_is_none_and_sends_nothing(mt5, changes, named):
    assert mt5.order_send(buy(mt5, **changes)) is None
    assert mt5.last_error() == (-2, f'Invalid "{named}" argument')
    assert mt5.orders_total() == mt5.positions_total() == 0


async def test_an_order_is_found_by_window_by_order_and_by_position(mt5):
    result = mt5.order_send(buy(mt5))
    assert (result.retcode, result.volume) == (mt5.TRADE_RETCODE_DONE, 10.0)
    assert (result.request.symbol, result.request_id) == (SYMBOL, 1)
    (position,) = mt5.positions_get(symbol=SYMBOL)
    assert (position.identifier, position.magic) == (result.order, 77)
    (deal,) = mt5.history_deals_get(*window(mt5))
    assert (deal.ticket, deal.order) == (result.deal, result.order)
    assert mt5.history_deals_get(ticket=result.order) == (deal,)
    assert mt5.history_deals_get(position=position.identifier) == (deal,)
    assert mt5.history_deals_get(ticket=result.deal) == (), "the ticket is an order's"
    utc = [moment - timedelta(seconds=OFFSET_S) for moment in window(mt5)]
    assert mt5.history_deals_get(*utc) == (), "the window is by the broker's clock"
    assert mt5.history_orders_total(*window(mt5)) == mt5.history_deals_total(*window(mt5)) == 1


@pytest.mark.parametrize("filling", ["IOC", "RETURN", "BOC"])
async def test_a_filling_mode_without_its_flag_is_refused(mt5, filling):
    mode = getattr(mt5, f"ORDER_FILLING_{filling}")
    result = mt5.order_send(buy(mt5, type_filling=mode))
    assert result.retcode == mt5.TRADE_RETCODE_INVALID_FILL


async def test_what_stands_near_the_market_is_frozen(mt5):
    """The bid is 99.97, the distance 0.50."""
    near = mt5.order_send(limit(mt5, 99.60))
    far = mt5.order_send(limit(mt5, 98.00))
    for order, retcode in ((near, mt5.TRADE_RETCODE_FROZEN), (far, mt5.TRADE_RETCODE_DONE)):
        request = {"action": mt5.TRADE_ACTION_REMOVE, "order": order.order}
        assert mt5.order_send(request).retcode == retcode
    assert [order.ticket for order in mt5.orders_get()] == [near.order]


async def test_a_terminal_works_out_sums_and_checks_without_sending(mt5):
    assert mt5.order_calc_profit(mt5.ORDER_TYPE_BUY, SYMBOL, 10.0, 100.0, 101.5) == 15.0
    assert mt5.order_calc_profit(mt5.ORDER_TYPE_SELL, SYMBOL, 10.0, 100.0, 101.5) == -15.0
    assert mt5.order_calc_margin(mt5.ORDER_TYPE_BUY, SYMBOL, 10.0, 100.0) == 500.0
    good, bad = mt5.order_check(buy(mt5)), mt5.order_check(buy(mt5, volume=0.5))
    assert (good.retcode, bad.retcode) == (0, mt5.TRADE_RETCODE_INVALID_VOLUME)
    assert good.margin > 0
    assert mt5.order_calc_margin(0, "NOPE", 1.0, 1.0) is None
    assert mt5.positions_get() == ()


async def test_ticks_and_symbols_are_by_the_brokers_clock(mt5):
    tick, info = mt5.symbol_info_tick(SYMBOL), mt5.symbol_info(SYMBOL)
    broker_now = datetime.now(tz=UTC).timestamp() + OFFSET_S
    assert abs(tick.time_msc / 1_000 - broker_now) < 60
    assert (tick.bid, tick.ask) == (info.bid, info.ask) == (99.97, 100.03)
    assert (info.filling_mode, info.trade_freeze_level) == (FILL_OR_KILL, FREEZE_POINTS)
    assert info.swap_long < 0, "percent a year; negative is paid"
    assert mt5.symbols_total() == len(mt5.symbols_get()) == 4


async def test_each_call_of_order_send_is_noted_where_that_is_asked_for(broker, account, tmp_path):
    await broker.feed(SYMBOL, "100")
    notes = tmp_path / "sends"
    mt5 = StandIn(
        StandInSettings(
            broker_url=broker.url,
            saved_login=7,
            saved_password=f"key-{account}",
            sends_file=notes,
        )
    )
    mt5.faults.demand(Fault.REQUOTE)
    before_us = datetime.now(UTC).timestamp() * 1e6
    assert mt5.initialize()
    for magic in (41, 42):
        mt5.order_send(buy(mt5, magic=magic))
    noted = [line.split() for line in notes.read_text().splitlines()]
    assert [int(magic) for magic, _ in noted] == [41, 42], "refused or not"
    assert all(int(at_us) >= before_us - 1 for _, at_us in noted)


async def test_a_symbol_that_is_not_shown_has_no_quote(broker, account):
    await broker.feed(SYMBOL, "100")
    settings = StandInSettings(
        broker_url=broker.url,
        saved_login=7,
        saved_password=f"key-{account}",
        hidden=frozenset({SYMBOL}),
    )
    mt5 = StandIn(settings)
    assert mt5.initialize()
    hidden = mt5.symbol_info(SYMBOL)
    assert (hidden.visible, hidden.bid, hidden.ask) == (False, 0.0, 0.0)
    assert mt5.symbol_select(SYMBOL, True)
    shown = mt5.symbol_info(SYMBOL)
    assert shown.visible
    assert 0 < shown.bid < shown.ask


async def test_a_terminal_that_lost_its_broker_tells_what_it_knew(mt5, broker, account):
    mt5.order_send(buy(mt5))
    known = mt5.positions_get()
    await broker.control("/control/faults", {"next": [{"fault": "disconnect", "delay_ms": 60_000}]})
    assert mt5.positions_get() == known
    assert not mt5.terminal_info().connected
    assert mt5.order_send(buy(mt5)).retcode == mt5.TRADE_RETCODE_CONNECTION


def test_faults_come_by_seed():
    def played(seed: int) -> list[Fault | None]:
        plan = FaultPlan(seed=seed, probabilities={Fault.REQUOTE: 0.3, Fault.QUERY_FAILS: 0.3})
        return [plan.take(Fault.REQUOTE, Fault.QUERY_FAILS) for _ in range(50)]

    assert played(1) == played(1) != played(2)
    assert set(played(1)) == {None, Fault.REQUOTE, Fault.QUERY_FAILS}


def test_a_name_that_the_package_has_not_is_an_attribute_error(broker):
    mt5 = StandIn(StandInSettings(broker_url=broker.url))
    with pytest.raises(AttributeError):
        _ = mt5.TRADE_RETCODE_HEDGE_PROHIBITED

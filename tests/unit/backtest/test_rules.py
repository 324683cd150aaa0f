"""What each rule does on bars made for it, by both engines. Prices are chosen so that the sums can be done by eye."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from argos.backtest.bars import Bars, FineBars, bars_of
from argos.backtest.layout import Reason, SizeMode
from argos.backtest.run import run
from argos.backtest.settings import (
    FREE,
    Account,
    Calendar,
    Exits,
    Filling,
    Settings,
    Sizing,
)
from argos.backtest.strategy import Signals
from argos.core.costs import CostModel

ENGINES = pytest.mark.parametrize("engine", ["plain", "compiled"])
ONE_UNIT = Sizing(mode=SizeMode.UNITS, value=1.0, cap_fraction=np.inf)
PLAIN = Settings(sizing=ONE_UNIT, account=Account(cash=1000.0))


def bars(table: str, **more: object) -> Bars:
    """One row a bar: open high low close, and volume if there is a fifth number."""
    rows = [[float(cell) for cell in line.split()] for line in table.strip().splitlines()]
    columns = np.array(rows).T
    volume = columns[4] if len(columns) > 4 else None
    return bars_of(
        opened_ns=np.arange(len(rows), dtype=np.int64) * 60_000_000_000,
        open=columns[0],
        high=columns[1],
        low=columns[2],
        close=columns[3],
        volume=volume,
        **more,
    )


def signals(text: str, **extras: float) -> Signals:
    """One word a bar: L, S, X (exit) or '.'; extras hold for every bar."""
    codes = {"L": 1, "S": -1, "X": 2, ".": 0}
    side = np.array([codes[word] for word in text.split()], np.int8)
    return Signals(side=side, **{name: np.full(len(side), value) for name, value in extras.items()})


def ended(result, *names):
    """Reason, exit bar and exit price of each trade."""
    return [
        (Reason(int(trade["reason"])).name, int(trade["exit_bar"]), float(trade["exit_price"]))
        for trade in result.trades
    ]


@ENGINES
def test_a_signal_is_filled_at_the_next_open_and_never_on_its_own_bar(engine):
    market = bars("""
        10 11  9 10
        12 13 11 12
        14 15 13 14
    """)
    result = run(signals("L X ."), market, settings=PLAIN, engine=engine)
    assert result.fills["bar"].tolist() == [1, 2]
    assert result.fills["price"].tolist() == [12.0, 14.0]
    assert result.equity.tolist() == [1000.0, 1000.0, 1002.0]


@ENGINES
@pytest.mark.parametrize(
    ("bar", "reason", "price"),
    [
        ("100 101  94 100", "STOP", 95.0),  # touched
        (" 93  96  90  95", "STOP", 93.0),  # gapped over: the open
        ("100 111  99 110", "TAKE", 110.0),
        ("112 113 111 112", "TAKE", 112.0),  # gapped over in our favour: the open
        ("100 111  94 100", "STOP", 95.0),  # both: the stop
        (
            "112 113  94 100",
            "STOP",
            95.0,
        ),  # both, though the open was beyond the target: still the stop
    ],
)
def test_a_bracket_on_one_bar(engine, bar, reason, price):
    market = bars(f"""
        100 100 100 100
        100 100 100 100
        {bar}
        100 100 100 100
    """)
    settings = replace(PLAIN, exits=Exits(stop_fraction=0.05, take_fraction=0.10))
    result = run(signals("L . . ."), market, settings=settings, engine=engine)
    found, _, exit_price = ended(result)[0]
    assert (found, exit_price) == (reason, pytest.approx(price))
    assert result.ambiguous_trades == (bar in ("100 111  94 100", "112 113  94 100"))


@ENGINES
def test_a_finer_series_settles_what_came_first(engine):
    table = """
        100 100 100 100
        100 100 100 100
        100 111  94 100
    """
    fine = FineBars(
        open=np.array([[100, 100, 100, 111.0]]),
        high=np.array([[100, 100, 111, 111.0]]),
        low=np.array([[100, 100, 100, 94.0]]),
        close=np.array([[100, 100, 111, 100.0]]),
        start=np.array([0, 1, 2, 4]),
    )
    settings = replace(PLAIN, exits=Exits(stop_fraction=0.05, take_fraction=0.10))
    coarse = run(signals("L . ."), bars(table), settings=settings, engine=engine)
    settled = run(signals("L . ."), bars(table, fine=fine), settings=settings, engine=engine)
    assert (ended(coarse)[0][0], coarse.ambiguous_trades) == ("STOP", 1)
    assert (ended(settled)[0][0], settled.ambiguous_trades) == ("TAKE", 0)


@ENGINES
def test_the_bracket_is_watched_on_the_entry_bar(engine):
    market = bars("""
        100 100 100 100
        100 101  94  96
        100 100 100 100
    """)
    settings = replace(PLAIN, exits=Exits(stop_fraction=0.05))
    result = run(signals("L . ."), market, settings=settings, engine=engine)
    assert ended(result) == [("STOP", 1, 95.0)]


@ENGINES
def test_a_trailing_stop_rises_with_closed_bars_only(engine):
    market = bars("""
        100 100 100 100
        100 100 100 100
        100 120 100 119
        119 119 110 111
        111 111 111 111
    """)
    # Bar 2 rises to 120 and never falls 8 below its own high; bar 3 falls through 120 - 8.
    result = run(signals("L . . . .", trail_distance=8.0), market, settings=PLAIN, engine=engine)
    assert ended(result) == [("TRAIL", 3, 112.0)]


@ENGINES
def test_a_time_stop_leaves_at_the_open_after_its_bars(engine):
    market = bars("""
        100 100 100 100
        101 101 101 101
        102 102 102 102
        103 103 103 103
        104 104 104 104
    """)
    settings = replace(PLAIN, exits=Exits(hold_bars_max=2))
    result = run(signals("L . . . ."), market, settings=settings, engine=engine)
    assert ended(result) == [("TIME", 3, 103.0)]


@ENGINES
@pytest.mark.parametrize(
    ("kind", "price", "fill"),
    [
        ("limit_price", 98.0, (1, 98.0)),
        ("limit_price", 101.0, (1, 100.0)),  # better at once: the open
        ("limit_price", 90.0, None),
        ("stop_price", 103.0, (2, 104.0)),  # gapped over: the open
        ("stop_price", 101.0, (1, 101.0)),
    ],
)
def test_a_resting_entry(engine, kind, price, fill):
    market = bars("""
        100 100 100 100
        100 102  97 101
        104 105 104 105
    """)
    result = run(signals("L . .", **{kind: price}), market, settings=PLAIN, engine=engine)
    first = result.fills[0] if len(result.fills) else None
    assert (None if first is None else (int(first["bar"]), float(first["price"]))) == fill


@ENGINES
def test_a_resting_entry_ends_with_its_bars(engine):
    market = bars("""
        100 100 100 100
        100 102  99 101
        100 100  97 100
    """)
    settings = replace(PLAIN, filling=Filling(entry_valid_bars=1))
    result = run(signals("L . .", limit_price=98.0), market, settings=settings, engine=engine)
    assert len(result.fills) == 0


@ENGINES
def test_a_stop_entry_that_may_have_been_stopped_at_once_was(engine):
    market = bars("""
        100 100 100 100
        100 103  97 102
        102 102 102 102
    """)
    result = run(
        signals("L . .", stop_price=102.0, stop_distance=4.0), market, settings=PLAIN, engine=engine
    )
    assert ended(result) == [("STOP", 1, 98.0)]
    assert result.ambiguous_trades == 1


@ENGINES
def test_every_cost_has_its_sum_and_the_ledger_adds_up(engine):
    costs = CostModel(
        spread_bps=Decimal(200),  # 1 % to each side
        slippage_bps_mean=Decimal(100),
        commission_per_unit=Decimal("0.5"),
        commission_min=Decimal("0.7"),
        sell_fee_bps=Decimal(100),
        swap_long_bps=Decimal(10),
        money_step=Decimal(0),
    )
    market = bars("""
        100 100 100 100
        100 100 100 100
        100 100 100 100
    """)
    settings = replace(PLAIN, costs=costs, calendar=Calendar(nights=np.array([0, 0, 3], np.int8)))
    result = run(signals("L X ."), market, settings=settings, engine=engine)
    bought, sold = 100 * 1.01 * 1.01, 100 * 0.99 * 0.99
    trade = result.trades[0]
    assert trade["entry_price"] == pytest.approx(bought)
    assert trade["exit_price"] == pytest.approx(sold)
    assert trade["commission"] == pytest.approx(0.7 + 0.7 + sold * 0.01)
    assert trade["financing"] == pytest.approx(100 * 0.001 * 3)
    assert trade["spread_cost"] == pytest.approx(1.0 + 1.0)
    assert trade["slippage_cost"] == pytest.approx(101 * 0.01 + 99 * 0.01)
    # The price never moved: what is gone is cost.
    assert result.equity[-1] == pytest.approx(1000 - result.costs.total)
    assert result.costs.turnover == pytest.approx(bought + sold)


@ENGINES
def test_an_exit_signal_while_a_holding_is_leaving_enters_nothing(engine):
    # Six units leave in two parts, at 100 and 90; the second exit signal comes between them.
    market = bars(
        """
        100 100 100 100 12
        100 100 100 100 12
        100 100 100 100 6
        90 90 90 90 30
        90 90 90 90 12
        """
    )
    settings = replace(
        PLAIN, sizing=replace(ONE_UNIT, value=6.0), filling=Filling(volume_share_max=0.5)
    )
    found = run(signals("L X X . ."), market, settings=settings, engine=engine)
    assert ended(found) == [("EXIT", 3, 95.0)]
    assert found.trades["side"].tolist() == [1]


@ENGINES
def test_a_share_of_the_volume_is_all_that_is_filled_on_a_bar(engine):
    market = bars("""
        100 100 100 100 10
        100 100 100 100 10
        101 101 101 101  6
        102 102 102 102 99
    """)
    sizing = Sizing(mode=SizeMode.UNITS, value=7.0, cap_fraction=np.inf)
    settings = replace(PLAIN, sizing=sizing, filling=Filling(volume_share_max=0.5))
    result = run(signals("L . . ."), market, settings=settings, engine=engine)
    entries = result.fills[result.fills["reason"] < 0]
    assert entries["qty"].tolist() == [5.0, 2.0]
    assert result.trades["entry_price"][0] == pytest.approx((5 * 100 + 2 * 101) / 7)


@ENGINES
@pytest.mark.parametrize(
    ("sizing", "units"),
    [
        (Sizing(), 0.10 * 1000 / 100),
        (Sizing(value=0.4), 0.15 * 1000 / 100),
        (Sizing(mode=SizeMode.NOTIONAL, value=50.0), 0.5),
        (Sizing(mode=SizeMode.RISK_FRACTION, value=0.01, cap_fraction=np.inf), 0.01 * 1000 / 5),
        (Sizing(mode=SizeMode.VOLATILITY_TARGET, value=0.01), 0.01 / 0.1 * 1000 / 100),
        (Sizing(by_confidence=True), 0.10 * 0.6 * 1000 / 100),
        (Sizing(qty_step=0.3), 0.9),
    ],
)
def test_an_entry_is_sized(engine, sizing, units):
    market = bars("""
        100 100 100 100
        100 100 100 100
    """)
    settings = replace(PLAIN, sizing=sizing)
    given = signals("L .", stop_distance=5.0, volatility=0.1, confidence=0.6)
    result = run(given, market, settings=settings, engine=engine)
    assert result.trades["qty"].tolist() == [pytest.approx(units)]


@ENGINES
def test_leverage_bounds_what_all_symbols_hold_together(engine):
    flat = np.full((2, 3), 100.0)
    market = bars_of(
        opened_ns=np.arange(3, dtype=np.int64),
        open=flat,
        high=flat,
        low=flat,
        close=flat,
        symbols=["A", "B"],
    )
    settings = replace(
        PLAIN,
        sizing=Sizing(value=0.8, cap_fraction=np.inf),
        account=Account(cash=1000.0, leverage_max=1.0),
    )
    both = Signals(side=np.array([[1, 0, 0], [1, 0, 0]], np.int8))
    result = run(both, market, settings=settings, engine=engine)
    assert result.trades["qty"].tolist() == [pytest.approx(8.0), pytest.approx(2.0)]


@ENGINES
def test_a_margin_call_closes_everything_at_the_bars_worst(engine):
    market = bars("""
        100 100 100 100
        100 100 100 100
        100 100  60  90
        90   90  90  90
    """)
    settings = replace(
        PLAIN,
        sizing=Sizing(value=2.0, cap_fraction=np.inf),
        account=Account(cash=1000.0, maintenance_fraction=0.25),
    )
    result = run(signals("L . . ."), market, settings=settings, engine=engine)
    # 20 units at 100: at 60 equity is 200, and 25 % of 1,200 is 300.
    assert ended(result) == [("MARGIN", 2, 60.0)]
    assert result.equity[-1] == 200.0


@ENGINES
def test_a_session_keeps_entries_out_and_ends_flat(engine):
    market = bars("\n".join(["100 100 100 100"] * 6))
    calendar = Calendar(
        entries=np.array([1, 0, 1, 1, 1, 1], np.int8),
        flat_after=np.array([0, 0, 0, 1, 0, 0], np.int8),
    )
    result = run(
        signals("L L . . . ."), market, settings=replace(PLAIN, calendar=calendar), engine=engine
    )
    assert result.fills["bar"].tolist() == [2, 3]
    assert ended(result) == [("SESSION", 3, 100.0)]


@ENGINES
def test_a_target_moves_the_holding_and_one_trade_lasts_from_flat_to_flat(engine):
    market = bars("\n".join(["100 100 100 100"] * 5))
    target = np.array([0.5, 0.2, np.nan, -0.1, np.nan])
    result = run(Signals.of_targets(target), market, settings=PLAIN, engine=engine)
    assert result.fills["qty"].tolist() == pytest.approx([5.0, -3.0, -2.0, -1.0, 1.0])
    assert result.holdings()[0].tolist() == pytest.approx([0.0, 5.0, 2.0, 2.0, 0.0])
    assert result.trades["qty"].tolist() == pytest.approx([5.0, 1.0])


@ENGINES
def test_without_a_bar_nothing_is_filled_and_the_order_waits(engine):
    nan = np.nan
    market = bars_of(
        opened_ns=np.arange(4, dtype=np.int64),
        open=np.array([100, nan, 102, 103.0]),
        high=np.array([100, nan, 102, 103.0]),
        low=np.array([100, nan, 102, 103.0]),
        close=np.array([100, 100, 102, 103.0]),
    )
    result = run(signals("L . . ."), market, settings=PLAIN, engine=engine)
    assert result.fills["bar"].tolist() == [2, 3]
    assert result.fills["price"].tolist() == [102.0, 103.0]


def test_free_costs_nothing():
    assert FREE.commission(qty=Decimal(1), price=Decimal(1)) == 0

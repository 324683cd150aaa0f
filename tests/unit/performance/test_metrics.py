"""Figures against numbers worked out by hand, and against the properties that their definitions promise."""

import math
from datetime import UTC, timedelta
from decimal import Decimal
from statistics import NormalDist, fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.rates import wilson
from argos.performance.capital import unknown_capital
from argos.performance.days import Drawdown, Window, daily_equity, drawdown_of, window_of
from argos.performance.finished import FinishedTrade
from argos.performance.metrics import Figures, figures_of
from unit.performance.trades import capital, finished, on


def window(first: float, last: float) -> Window:
    return Window(first=on(first).date(), last=on(last).date(), zone=UTC)


def figures(trades: list[FinishedTrade], *, last: float = 4) -> Figures:
    return figures_of(trades, capital=capital(), window=window(0, last))


# A week on 1000: +100, -50 and 0 on Monday, nothing until Thursday, then +60.
WEEK = [
    finished("100", r_multiple=Decimal(2)),
    finished("-50", r_multiple=Decimal(-1)),
    finished("0"),
    finished("60", day=3, r_multiple=Decimal("1.2")),
]


def test_a_week_worked_out_by_hand() -> None:
    found = figures(WEEK)
    money, curve = found.money, found.curve
    assert money is not None
    assert curve is not None
    assert (found.rate.n, found.rate.wins, found.losses, found.zeros) == (4, 2, 1, 1)
    assert found.rate.rate == 0.5
    assert (found.rate.low, found.rate.high) == wilson(2, 4)
    assert found.too_short
    assert (money.net_pnl, money.costs, money.gross_pnl) == (110, 4, 114)
    assert money.profit_factor == 160 / 50
    assert money.expectancy == Decimal("27.5")
    assert (money.win_mean, money.loss_mean) == (80, -50)
    assert (money.best, money.worst) == (100, -50)
    assert (found.r_n, found.expectancy_r) == (3, pytest.approx(2.2 / 3))
    assert found.sqn == pytest.approx(math.sqrt(3) * fmean([2, -1, 1.2]) / stdev([2, -1, 1.2]))
    assert found.holding_s_mean == 3600
    # Equity 1050, 1050, 1050, 1110, 1110.
    returns = [0.05, 0, 0, 60 / 1050, 0]
    assert curve.total_return == pytest.approx(0.11)
    assert curve.days == 5
    assert curve.sharpe == pytest.approx(fmean(returns) / stdev(returns) * math.sqrt(252))
    assert curve.sharpe_too_short
    assert (curve.drawdown, curve.drawdown_days) == (0, 0)


def test_the_probabilistic_sharpe_is_that_of_the_paper() -> None:
    curve = figures(WEEK).curve
    assert curve is not None
    returns = [0.05, 0, 0, 60 / 1050, 0]
    mean = fmean(returns)
    second, third, fourth = (fmean((r - mean) ** power for r in returns) for power in (2, 3, 4))
    sharpe = mean / stdev(returns)
    skew, kurtosis = third / second**1.5, fourth / second**2
    spread = math.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)
    assert curve.psr == pytest.approx(NormalDist().cdf(sharpe * math.sqrt(4) / spread))


def test_a_flat_day_changes_the_sharpe_as_its_definition_says() -> None:
    five, six = figures(WEEK, last=4).curve, figures(WEEK, last=7).curve
    assert five is not None
    assert six is not None
    # Saturday and Sunday are no trading days: Monday is the sixth.
    assert (five.days, six.days) == (5, 6)
    returns = [0.05, 0, 0, 60 / 1050, 0, 0]
    assert six.sharpe == pytest.approx(fmean(returns) / stdev(returns) * math.sqrt(252))
    assert six.sharpe < five.sharpe
    assert six.total_return == five.total_return


def test_sixty_days_are_enough_to_read_a_sharpe_ratio() -> None:
    # Twelve weeks of five days.
    assert not figures(WEEK, last=7 * 12 - 3).curve.sharpe_too_short  # type: ignore[union-attr]
    assert figures(WEEK, last=7 * 12 - 4).curve.sharpe_too_short  # type: ignore[union-attr]


def test_thirty_trades_are_enough_to_read_a_win_rate() -> None:
    assert not figures([finished("1")] * 30).too_short
    assert figures([finished("1")] * 29).too_short


def test_trades_of_simulated_sources_are_counted() -> None:
    trades = [finished("1", simulated=told) for told in (True, False, None, True)]
    assert figures(trades).simulated_n == 2


def test_without_a_loss_there_is_no_profit_factor() -> None:
    found = figures([finished("5"), finished("0")]).money
    assert found is not None
    assert (found.profit_factor, found.loss_mean) == (None, None)


def test_a_trade_closed_on_a_weekend_makes_it_a_day_that_counts() -> None:
    equity = daily_equity([finished("7", day=5)], capital=Decimal(1000), window=window(4, 7))
    assert [value for _, value in equity] == [1000, 1007, 1007]


def test_a_drawdown_lasts_until_equity_is_back() -> None:
    # 1000 -> 1100 -> 990 -> 1045 -> 1100 -> 1000
    values = [Decimal(value) for value in (1100, 990, 1045, 1100, 1000)]
    assert drawdown_of(Decimal(1000), values) == Drawdown(fraction=pytest.approx(0.1), days=3)
    assert drawdown_of(Decimal(1000), values[:3]) == Drawdown(fraction=pytest.approx(0.1), days=2)
    # The start counts as a peak.
    assert drawdown_of(Decimal(1000), [Decimal(800)]) == Drawdown(fraction=0.2, days=1)


def test_currencies_are_never_added_up() -> None:
    mixed = [finished("5"), finished("7", currency="EUR")]
    found = figures(mixed)
    assert (found.rate.n, found.rate.wins) == (2, 2)
    assert found.money is None
    assert found.money_missing == "EUR, USD are not added up"
    assert found.curve is None
    assert math.isnan(found.sqn)


def test_without_a_capital_there_is_no_return() -> None:
    unknown = unknown_capital(("one",), "its node has never shown it")
    found = figures_of(WEEK, capital=unknown, window=window(0, 4))
    assert found.curve is None
    assert "its node has never shown it" in found.curve_missing
    assert found.money is not None


def test_results_larger_than_the_capital_have_no_return() -> None:
    found = figures([finished("-1000")])
    assert (found.curve, found.curve_missing) == (None, "the results are larger than the capital")


def test_the_window_begins_with_the_first_opening_and_ends_with_the_last_closing() -> None:
    def found(**bounds):
        made = window_of(WEEK, zone=UTC, now=on(30), **({"since": None, "until": None} | bounds))
        return (made.first, made.last)

    assert found() == (on(0).date(), on(3).date())
    assert found(since=on(2)) == (on(2).date(), on(3).date())
    assert found(since=on(-400)) == (on(0).date(), on(3).date())
    assert found(until=on(8, 0)) == (on(0).date(), on(7).date())
    # What has not come yet is no day without a trade.
    assert found(until=on(900)) == (on(0).date(), on(30).date())
    assert window_of([], zone=UTC, since=None, until=None, now=on(0)) is None


nets = st.lists(st.integers(-400, 400), min_size=1, max_size=40)


@given(nets=nets, chance=st.randoms(use_true_random=False))
def test_the_order_of_trades_changes_nothing(nets, chance) -> None:
    trades = [finished(str(net), day=index % 5) for index, net in enumerate(nets)]
    shuffled = list(trades)
    chance.shuffle(shuffled)
    one, other = figures(trades), figures(shuffled)
    assert (one.rate.n, one.rate.wins, one.losses) == (other.rate.n, other.rate.wins, other.losses)
    assert one.money == other.money
    # As text, so that NaN is NaN.
    assert repr(one.curve) == repr(other.curve)
    assert one.sqn == pytest.approx(other.sqn, nan_ok=True)


@given(nets=nets)
def test_the_parts_of_a_group_add_up_to_it(nets) -> None:
    trades = [finished(str(net), day=index % 5) for index, net in enumerate(nets)]
    found = figures(trades)
    assert found.money is not None
    assert found.rate.wins + found.losses + found.zeros == len(trades)
    assert found.money.net_pnl == sum(nets)
    assert found.money.gross_pnl - found.money.costs == found.money.net_pnl
    assert found.rate.low - 1e-12 <= found.rate.rate <= found.rate.high + 1e-12
    if found.curve is not None:
        assert found.curve.total_return == pytest.approx(sum(nets) / 1000)
        assert 0 <= found.curve.drawdown < 1


@given(nets=nets, factor=st.sampled_from([2, 10, 1000]))
def test_more_money_on_more_capital_has_the_same_return(nets, factor) -> None:
    trades = [finished(str(net), day=index % 5) for index, net in enumerate(nets)]
    larger = [finished(str(net * factor), day=index % 5) for index, net in enumerate(nets)]
    one = figures(trades).curve
    other = figures_of(larger, capital=capital(str(1000 * factor)), window=window(0, 4)).curve
    assert (one is None) is (other is None)
    if one is not None and other is not None:
        assert other.total_return == pytest.approx(one.total_return)
        assert other.drawdown == pytest.approx(one.drawdown)
        assert other.sharpe == pytest.approx(one.sharpe, nan_ok=True)


def test_days_are_those_of_the_zone() -> None:
    late = finished("7", closed_at=on(0, 3), opened_at=on(-1, 20))
    made = window_of([late], zone=UTC, since=None, until=None, now=on(9))
    assert made is not None
    assert made.last - made.first == timedelta(days=1)

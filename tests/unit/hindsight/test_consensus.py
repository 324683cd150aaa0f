"""The consensus as a strategy: its parameters, its signals judged and played, and what is said of them."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.layout import Signal
from argos.backtest.run import run
from argos.backtest.settings import Settings
from argos.backtest.strategy import Market, signals_of
from argos.consensus.settings import SOURCES
from argos.consensus.vote import Direction
from argos.core.errors import InputError
from argos.hindsight.consensus import BRACKET, consensus_run, hearing_of
from argos.hindsight.sessions import sessions_of
from argos.hindsight.strategy import Consensus
from argos.hindsight.telling import hearing_document, hearing_tables
from argos.studies.settings_text import plain
from unit.hindsight.builders import bars_of_closes, opened_ns, walk, weekdays

BARS = bars_of_closes(walk(160, seed=3))
SIMULATED = Consensus(simulated=True)


def test_the_shipped_weights_are_those_of_the_live_consensus() -> None:
    shipped = {rules.source: rules.weight for rules in SOURCES}
    assert Consensus().weights() == shipped


@pytest.mark.parametrize(
    ("parts", "weights"),
    [
        ((60, 40, 0, 0), ("0.6", "0.4")),
        ((1, 1, 1, 0), ("0.333334", "0.333333", "0.333333")),
        (("0.5", "0.25", "0.25", "0"), ("0.5", "0.25", "0.25")),
    ],
)
def test_weights_are_parts_of_their_sum(
    parts: tuple[object, ...], weights: tuple[str, ...]
) -> None:
    names = ("massive", "alpha_vantage", "x_api", "sonar")
    consensus = Consensus(**dict(zip(names, parts, strict=True)))  # type: ignore[arg-type]
    assert tuple(consensus.weights().values()) == tuple(map(Decimal, weights))
    assert sum(rules.weight for rules in consensus.settings().sources) == 1


def test_it_is_made_again_from_what_a_folder_keeps() -> None:
    consensus = Consensus(fire_at="0.8", method="log_pool", simulated=True, sonar=0.15)  # type: ignore[arg-type]
    kept = {name: plain(getattr(consensus, name)) for name in Consensus.__dataclass_fields__}
    assert Consensus(**kept) == consensus
    assert consensus.sonar == Decimal("0.15")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"fire_at": "0.4"}, "fire_at"),
        ({"ttl_bars": 0}, "ttl_bars"),
        ({"massive": -1}, "massive"),
        ({"massive": 0, "alpha_vantage": 0, "x_api": 0, "sonar": 0}, "massive"),
        ({"calibration": "[]"}, "calibration"),
    ],
)
def test_what_cannot_be_meant_is_named(given: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as refused:
        Consensus(**given)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_lower_bar_lowers_the_one_for_what_stands_and_fewer_sources_the_quorum() -> None:
    settings = Consensus(fire_at="0.6", massive=60, alpha_vantage=40, x_api=0, sonar=0).settings()  # type: ignore[arg-type]
    assert (settings.clear_below, settings.sources_min) == (Decimal("0.6"), 2)


def test_each_signal_fires_at_a_close_and_is_played_from_the_next_open() -> None:
    found = consensus_run(BARS, SIMULATED)
    fired = found.hearing.fired
    assert fired
    side = signals_of(SIMULATED, Market(bars=BARS)).side
    bars = np.flatnonzero(side)
    closes = [sessions_of(BARS)[bar].closed_at for bar in bars]
    assert closes == [decision.at for decision in fired]
    wanted = {Direction.LONG: Signal.LONG, Direction.SHORT: Signal.SHORT}
    assert [wanted[decision.direction] for decision in fired] == list(side[bars])
    assert set(found.result.trades["entry_bar"]) <= set(bars + 1)
    assert len(found.result.trades) > 0


def test_the_strategy_in_the_kernel_and_its_signals_are_one_run() -> None:
    settings = Settings(exits=BRACKET)
    direct = run(SIMULATED, BARS, settings=settings)
    heard = consensus_run(BARS, SIMULATED, settings=settings).result
    assert np.array_equal(direct.equity, heard.equity)
    assert np.array_equal(direct.trades, heard.trades)


def test_signals_are_judged_over_the_time_that_they_stand_and_so_are_votes() -> None:
    hearing = hearing_of(BARS, SIMULATED)
    assert hearing.hold_bars == SIMULATED.ttl_bars
    open_, close = BARS.open[0], BARS.close[0]
    inside = [bar for bar in hearing.past.bar.tolist() if bar + 5 < len(BARS)]
    won = sum(
        bool((close[bar + 5] - open_[bar + 1]) * side > 0)
        for bar, side in zip(hearing.past.bar.tolist(), hearing.past.side.tolist(), strict=True)
        if bar + 5 < len(BARS)
    )
    assert (hearing.quality.all.n, hearing.quality.all.wins) == (len(inside), won)
    hits = hearing.by_source["consensus"].hits
    assert (hits.n, hits.wins) == (len(inside), won)
    assert set(hearing.by_source) == {"massive", "alpha_vantage", "x_api", "sonar", "consensus"}


def test_where_the_price_is_the_same_in_the_end_no_side_came_true() -> None:
    hearing = hearing_of(bars_of_closes([100.0] * 80), SIMULATED, hold_bars=1)
    assert {scores.hits.wins for scores in hearing.by_source.values()} == {0}


def test_holes_of_a_symbol_are_no_closes_of_it() -> None:
    days = weekdays(160)
    close = np.stack([BARS.close[0], np.append(np.full(60, np.nan), BARS.close[0][60:])])
    open_ = np.where(np.isnan(close), np.nan, close)
    bars = bars_of(
        opened_ns=opened_ns(days),
        open=open_,
        high=open_ + 0.5,
        low=open_ - 0.5,
        close=close,
        symbols=["AAPL", "LATE"],
    )
    hearing = hearing_of(bars, SIMULATED)
    assert [len(one.sessions) for one in hearing.heard] == [160, 100]
    late = hearing.past.bar[hearing.past.symbol == 1]
    assert len(late)
    assert late.min() >= 60


def test_every_document_says_what_was_simulated() -> None:
    told = hearing_document(hearing_of(BARS, SIMULATED))
    assert told["simulated"] == ["x_api", "sonar"]
    assert told["origins"]["sonar"] == "simulated source"
    assert sum(told["silence"].values()) + told["signals"] == told["closes"] == len(BARS)


def test_the_kept_votes_make_the_same_signals_again(tmp_path: Path) -> None:
    hearing = hearing_of(BARS, SIMULATED)
    pq.write_table(hearing_tables(hearing)["votes"], tmp_path / "votes.parquet")
    again = hearing_of(BARS, Consensus(votes=str(tmp_path / "votes.parquet")))
    assert again.fired == hearing.fired
    assert again.consensus.simulated_sources() == ("x_api", "sonar")


def test_a_calibration_makes_a_probability_of_the_score_and_changes_no_signal() -> None:
    calibration = (
        '{"slope": "0.1", "intercept": "0", "fitted_until": "2020-01-01T00:00:00Z", '
        '"judged_until": "2021-01-01T00:00:00Z", "n_fitted": 300, "n_judged": 200}'
    )
    plainly = signals_of(SIMULATED, Market(bars=BARS))
    fitted = signals_of(Consensus(simulated=True, calibration=calibration), Market(bars=BARS))
    assert np.array_equal(plainly.side, fitted.side)
    told = plainly.side != 0
    assert plainly.confidence is not None
    assert fitted.confidence is not None
    assert (plainly.confidence[told] >= 0.75).all()
    assert (fitted.confidence[told] < 0.65).all()


def test_bars_that_are_not_daily_are_refused() -> None:
    since = BARS.opened_ns[:20] - BARS.opened_ns[0]
    for opened in (since // 24, since * 7):
        bars = bars_of(
            opened_ns=opened,
            open=BARS.open[0, :20],
            high=BARS.high[0, :20],
            low=BARS.low[0, :20],
            close=BARS.close[0, :20],
        )
        with pytest.raises(InputError, match="CONSENSUS_BARS"):
            sessions_of(bars)
    assert len(sessions_of(BARS.between(4, 6))) == 2, "Friday and Monday are two daily bars"

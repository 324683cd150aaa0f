"""Longer bars are what their shorter ones come to, and begin where a clock says."""

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.prices.read import read_bars
from argos.prices.resample import resampled
from unit.prices.markets import YEAR_1980_NS, Row, arrow_long, check_bars, rows

MINUTE_NS = 60_000_000_000
FEW = settings(max_examples=30, deadline=None)
MINUTES = st.integers(0, 50_000).map(lambda n: YEAR_1980_NS + n * MINUTE_NS)
LENGTHS_M = {"5m": 5, "15min": 15, "1h": 60, "4H": 240, "1d": 1440, "2d": 2880, "1w": 10080}


def by_hand(market, length_m):
    """Grouped with plain division; weeks begin on a Monday, and 1970 began on a Thursday."""
    step_ns = length_m * MINUTE_NS
    shift_ns = 3 * 1440 * MINUTE_NS if length_m == 10080 else 0
    longer = {}
    for symbol, of_symbol in market.items():
        groups = defaultdict(list)
        for row in of_symbol:
            groups[(row.at_ns + shift_ns) // step_ns * step_ns - shift_ns].append(row)
        longer[symbol] = [
            Row(
                at_ns,
                group[0].open,
                max(row.high for row in group),
                min(row.low for row in group),
                group[-1].close,
                math.nan,
            )
            for at_ns, group in groups.items()
        ]
    return longer


@FEW
@given(
    st.dictionaries(st.sampled_from(["A", "B"]), rows(MINUTES), min_size=1),
    st.sampled_from(sorted(LENGTHS_M)),
)
def test_longer_bars_are_what_their_rows_come_to(market, every):
    bars = read_bars(arrow_long(market), symbols=list(market), every=every)
    expected = by_hand(market, LENGTHS_M[every])
    for index, of_symbol in enumerate(expected.values()):
        volumes = bars.volume[index][~np.isnan(bars.open[index])].tolist()
        expected[bars.symbols[index]] = [
            Row(row.at_ns, row.open, row.high, row.low, row.close, volume)
            for row, volume in zip(of_symbol, volumes, strict=True)
        ]
    check_bars(bars, expected)


@FEW
@given(rows(MINUTES))
def test_volume_is_the_sum(of_symbol):
    bars = read_bars(arrow_long({"A": of_symbol}), every="1d")
    whole = math.fsum(row.volume for row in of_symbol)
    assert math.isclose(bars.volume.sum(), whole, rel_tol=1e-12)


@FEW
@given(rows(MINUTES))
def test_step_by_step_is_the_same_as_at_once_and_keeps_the_finest(of_symbol):
    minutes = read_bars(arrow_long({"A": of_symbol}))
    at_once = resampled(minutes, "1d")
    by_steps = resampled(resampled(minutes, "1h"), "1d")
    assert np.allclose(by_steps.volume, at_once.volume)
    same_volume = resampled(resampled(minutes, "1h"), "1d")
    for name in ("opened_ns", "open", "high", "low", "close"):
        assert np.array_equal(getattr(same_volume, name), getattr(at_once, name))
    assert np.array_equal(by_steps.fine.start, at_once.fine.start)
    assert np.array_equal(by_steps.fine.high, at_once.fine.high)


def test_days_begin_at_the_midnight_of_their_zone_and_may_have_25_hours():
    zone = ZoneInfo("America/New_York")
    begin = datetime(2020, 10, 31, 4, tzinfo=UTC)  # midnight in New York, in summer
    moments = [begin + timedelta(hours=n) for n in range(72)]
    at_ns = [int(moment.timestamp()) * 1_000_000_000 for moment in moments]
    hours = read_bars(arrow_long({"A": [Row(at, 1, 2, 1, 1, 1.0) for at in at_ns]}))
    days = resampled(hours, "1d", zone=zone)
    assert days.volume[0].tolist() == [24, 25, 23]
    opened = [datetime.fromtimestamp(at / 1e9, tz=zone) for at in days.opened_ns.tolist()]
    assert [(moment.day, moment.hour) for moment in opened] == [(31, 0), (1, 0), (2, 0)]
    # The hour that the clocks showed twice is two bars.
    assert len(resampled(hours, 60, zone=zone)) == 72


@pytest.mark.parametrize("every", ["", "1", "7m", "0h", "5h", "1y", "-1h", 0, 7])
def test_a_length_that_fits_no_day_is_refused(every):
    bars = read_bars(arrow_long({"A": [Row(YEAR_1980_NS, 1, 1, 1, 1, 1.0)]}))
    with pytest.raises(InputError, match="PRICES_EVERY"):
        resampled(bars, every)

"""What is packed comes back, to the step in which it was told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.tearsheet.packing import Column, packed, price_step
from unit.tearsheet.reading import unpacked


@given(
    st.lists(st.one_of(st.integers(-(10**12), 10**12), st.just(None)), max_size=50),
    st.sampled_from([1.0, 0.01, 1e-6, 100.0]),
)
def test_multiples_of_a_step_come_back_exactly_and_missing_ones_missing(wholes, step):
    told = [
        np.nan if w is None else (w * step if step > 1 else w / round(1 / step)) for w in wholes
    ]
    found = unpacked(packed({"x": Column(values=np.array(told, float), step=step)}))["x"]
    assert np.array_equal(found, np.array(told, float), equal_nan=True)


@given(st.lists(st.integers(0, 2**45), min_size=1, max_size=50))
def test_differences_and_whole_numbers_come_back(values):
    values = np.array(values)
    columns = {
        "rising": Column(values=np.sort(values), differences=True),
        "falling": Column(values=-values, differences=True),
        "plain": Column(values=values.astype(float)),
    }
    found = unpacked(packed(columns))
    assert (found["rising"] == np.sort(values)).all()
    assert (found["falling"] == -values).all()
    assert (found["plain"] == values).all()


@pytest.mark.parametrize(
    ("prices", "step"),
    [
        ([1.07312, 1.0731, 1.2], 1e-5),
        ([101.25, 99.5, np.nan], 1e-2),
        ([40_000.0, 41_000.0], 1.0),
        ([], 1.0),
        ([100 / 3, 200 / 3], 1e-4),
        ([0.000012345678, 0.000012], 1e-10),
    ],
)
def test_prices_are_told_in_their_own_decimals_or_six_figures(prices, step):
    assert price_step(np.array(prices, float)) == pytest.approx(step)


def test_a_greatest_price_still_fits_into_a_number_of_the_browser():
    prices = np.array([1e-6 / 3, 1e9 / 3])
    step = price_step(prices)
    assert prices.max() / step <= 2**52
    found = unpacked(packed({"x": Column(values=prices, step=step)}))["x"]
    assert found == pytest.approx(prices, abs=step / 2)


def test_missing_trades_leave_an_empty_table():
    found = packed({"x": Column(values=np.zeros(0)), "y": Column(values=np.zeros(0, np.int8))})
    assert found["rows"] == 0
    assert all(len(column) == 0 for column in unpacked(found).values())

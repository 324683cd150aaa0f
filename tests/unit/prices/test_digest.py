"""The digest is what its page says, byte by byte, and changes with everything that a run could see."""

import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import Bars, FineBars, bars_of
from argos.prices.digest import bars_sha256
from unit.backtest.random_markets import random_bars


def digest_by_hand(bars: Bars) -> str:
    """The layout of `bars_sha256` written down once more, value by value."""
    out = [b"argos.bars/1\n", struct.pack("<QQ", len(bars.symbols), len(bars.opened_ns))]
    for symbol in bars.symbols:
        out += [struct.pack("<Q", len(symbol.encode())), symbol.encode()]
    out += [struct.pack("<q", at) for at in bars.opened_ns.tolist()]
    for column in (bars.open, bars.high, bars.low, bars.close, bars.volume):
        out += [number(value) for row in column.tolist() for value in row]
    if bars.fine is None:
        out.append(struct.pack("<Q", 0))
    else:
        first, last = int(bars.fine.start[0]), int(bars.fine.start[-1])
        out.append(struct.pack("<Q", last - first + 1))
        out += [struct.pack("<q", start - first) for start in bars.fine.start.tolist()]
        for column in (bars.fine.open, bars.fine.high, bars.fine.low, bars.fine.close):
            out += [number(value) for row in column.tolist() for value in row[first:last]]
    return hashlib.sha256(b"".join(out)).hexdigest()


def number(value: float) -> bytes:
    if value != value:
        return bytes.fromhex("000000000000f87f")
    return struct.pack("<d", 0.0 if value == 0 else value)


def two_bars(**changed) -> Bars:
    columns = {
        "opened_ns": np.array([0, 60_000_000_000]),
        "open": np.array([[1.0, 2.0]]),
        "high": np.array([[2.5, 2.5]]),
        "low": np.array([[0.5, 1.0]]),
        "close": np.array([[2.0, 1.5]]),
        "volume": np.array([[10.0, 0.0]]),
        "symbols": ["EURUSD"],
    }
    return bars_of(**{**columns, **changed})


def test_the_digest_of_two_bars_stays_what_it_is():
    """A change of this number makes every stored result unrepeatable: it needs a new version in the layout."""
    header = b"argos.bars/1\n" + struct.pack("<QQQ", 1, 2, 6) + b"EURUSD"
    body = struct.pack("<2q10d", 0, 60 * 10**9, 1, 2, 2.5, 2.5, 0.5, 1, 2, 1.5, 10, 0)
    by_hand = hashlib.sha256(header + body + struct.pack("<Q", 0)).hexdigest()
    assert by_hand == "fb85b4c0d0d35dcbf8c47d7c9434d8a9e6281985be4091bbbe17fc8bc1772d02"
    assert bars_sha256(two_bars()) == by_hand


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 3))
def test_the_digest_is_that_of_its_layout(seed, bars, symbols):
    market = random_bars(np.random.default_rng(seed), bars=bars, symbols=symbols)
    assert bars_sha256(market) == digest_by_hand(market)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_a_part_has_the_digest_that_it_has_alone(seed, data):
    market = random_bars(np.random.default_rng(seed), bars=9, symbols=2)
    first, last = sorted(data.draw(st.tuples(st.integers(0, 8), st.integers(0, 8))))
    part = market.between(first, last + 1)
    fine = part.fine
    if fine is not None:
        span = slice(int(fine.start[0]), int(fine.start[-1]))
        fine = FineBars(
            open=fine.open[:, span].copy(),
            high=fine.high[:, span].copy(),
            low=fine.low[:, span].copy(),
            close=fine.close[:, span].copy(),
            start=fine.start - fine.start[0],
        )
    alone = replace(
        part,
        fine=fine,
        **{name: np.asfortranarray(getattr(part, name)) for name in ("open", "high", "close")},
    )
    assert bars_sha256(part) == bars_sha256(alone)


@pytest.mark.parametrize(
    "changed",
    [
        {"symbols": ["EURUSE"]},
        {"opened_ns": np.array([0, 60_000_000_001])},
        {"open": np.array([[1.0, np.nextafter(2.0, 3)]])},
        {"high": np.array([[2.5, np.nextafter(2.5, 3)]])},
        {"low": np.array([[0.5, np.nextafter(1.0, 0)]])},
        {"close": np.array([[2.0, np.nextafter(1.5, 2)]])},
        {"volume": np.array([[10.0, 5e-324]])},
        {
            "fine": FineBars(
                open=np.zeros((1, 0)),
                high=np.zeros((1, 0)),
                low=np.zeros((1, 0)),
                close=np.zeros((1, 0)),
                start=np.zeros(3, np.int64),
            )
        },
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_least_change_of_anything_changes_it(changed):
    assert bars_sha256(two_bars(**changed)) != bars_sha256(two_bars())


def test_signs_of_nothing_do_not_change_it():
    assert bars_sha256(two_bars(volume=np.array([[10.0, -0.0]]))) == bars_sha256(two_bars())

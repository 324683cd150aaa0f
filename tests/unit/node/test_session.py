"""The node's standing: which clock counts, when a repeat is allowed, what the gateway may tune."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import TradingMode
from argos.node.backoff import Backoff
from argos.node.session import Session
from argos.node.settings import NodeSettings, NodeTimings, tuned
from unit.node.fake_venue import FakeClock


@pytest.fixture
def session() -> Session:
    return Session(clock=FakeClock(), timings=NodeTimings())


def test_a_clock_near_the_gateways_is_trusted_as_it_is(session: Session) -> None:
    own = session.clock.now()
    session.heard(server_time=own + timedelta(milliseconds=500))
    assert session.now() == own


@pytest.mark.parametrize("offset_s", [-20, 20])
def test_a_wrong_clock_is_corrected_by_the_gateways(session: Session, offset_s: int) -> None:
    there = session.clock.now() + timedelta(seconds=offset_s)
    for delay_ms in (300, 5, 90):  # on the way here the answer's time grows old
        session.heard(server_time=there - timedelta(milliseconds=delay_ms))
    assert session.now() == there - timedelta(milliseconds=5)


def test_nothing_goes_again_before_the_gateway_was_heard(session: Session) -> None:
    session.mode = TradingMode.ACTIVE
    assert not session.may_send_again(entry=False)
    session.heard(server_time=session.clock.now())
    assert session.may_send_again(entry=True)


@pytest.mark.parametrize(
    ("mode", "entries", "exits"),
    [("active", True, True), ("reducing", False, True), ("halted", False, False)],
)
def test_brakes_hold_entries_first(session: Session, mode: str, entries: bool, exits: bool) -> None:
    session.heard(server_time=session.clock.now())
    session.mode = TradingMode(mode)
    assert session.may_send_again(entry=True) is entries
    assert session.may_send_again(entry=False) is exits


def test_the_gateway_tunes_what_it_may_and_nothing_else() -> None:
    wishes = {
        "scan_ms": 250,
        "doubt_window_ms": -1,
        "doubt_looks_min": True,
        "send_timeout_ms": "1000",
        "retry_ms_max": 7,
        "lease_ms": 9,
    }
    assert tuned(NodeTimings(), wishes) == NodeTimings(scan_ms=250)


def test_settings_never_show_their_secrets(tmp_path: Path) -> None:
    settings = NodeSettings(
        name="n",
        account="a",
        gateway_url="http://x",
        log_path=tmp_path,
        key=b"key bytes",
        enrol_code="the code",
    )
    assert "key bytes" not in repr(settings)
    assert "the code" not in repr(settings)


@given(ms_min=st.integers(1, 100), factor=st.integers(1, 50), tries=st.integers(1, 60))
def test_waits_grow_and_stay_within_their_bounds(ms_min: int, factor: int, tries: int) -> None:
    backoff = Backoff(ms_min=ms_min, ms_max=ms_min * factor)
    for step in range(tries):
        wait_s = backoff.next_s()
        full_ms = min(ms_min * 2**step, ms_min * factor)
        assert full_ms / 2 <= wait_s * 1000 <= full_ms + 1e-9
    backoff.reset()
    assert backoff.next_s() * 1000 <= ms_min

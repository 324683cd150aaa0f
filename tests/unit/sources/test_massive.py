"""Massive: the documented shape, what may be missing from it, and what it speaks for."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.vote import Direction, Vote, VoteStatus
from argos.sources.massive.judging import MINUTES_KEPT, MINUTES_MIN, Minute, judge, with_minute
from argos.sources.massive.parsing import Snapshot, parse_snapshots
from argos.sources.reasons import SourceReason
from argos.sources.voting import About

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 10**9
DAY = {"o": 100, "h": 102, "l": 99, "c": 101.5, "v": 1000, "vw": 100.5}
PREVIOUS = {"o": 99, "h": 101, "l": 98, "c": 100, "v": 1000, "vw": 99.5}


def ticker(**parts: Any) -> dict[str, Any]:
    return {"ticker": "AAPL", "updated": NOON_NS, "day": DAY, "prevDay": PREVIOUS, **parts}


def body(*tickers: dict[str, Any], status: str = "OK") -> bytes:
    return json.dumps({"count": len(tickers), "status": status, "tickers": tickers}).encode()


def snapshot_of(**parts: Any) -> Snapshot:
    found = parse_snapshots(body(ticker(**parts)))
    assert isinstance(found, dict)
    return found["AAPL"]


def vote_on(
    snapshot: Snapshot | None, minutes: tuple[Minute, ...] = (), *, now: datetime = NOON
) -> Vote:
    about = About(source="massive", symbol="AAPL", fetched_at=now, simulated=False)
    return judge(about, snapshot, minutes, stale_s=60)


def rising_minutes(step: int) -> tuple[Minute, ...]:
    return tuple(Minute(i * 60_000, Decimal(10_000 + step * i)) for i in range(MINUTES_MIN))


def test_the_price_is_the_last_trade_then_the_minute_then_the_day() -> None:
    minute = {"t": 1, "c": 101.25}
    assert snapshot_of(lastTrade={"p": 101.75}, min=minute).price == Decimal("101.75")
    assert snapshot_of(min=minute).price == Decimal("101.25")
    assert snapshot_of().price == Decimal("101.5")


def test_above_the_mean_price_and_yesterday_is_long() -> None:
    # vwap and day are full or near: (101.5/100.5 - 1)/0.005 > 1, 1.5 %/2 % = 0.75, range (2*2.5/3 - 1) = 0.667
    lean = Decimal("0.35") + Decimal("0.25") * Decimal("0.75") + Decimal("0.15") * Decimal(2) / 3
    vote = vote_on(snapshot_of())
    assert vote.direction is Direction.LONG
    assert vote.p_up == round(Decimal("0.5") + Decimal("0.4") * lean, 3)
    assert vote.reason == "LEANS_UP"
    assert vote.as_of == NOON


def test_the_trend_counts_once_there_are_enough_minutes() -> None:
    without = vote_on(snapshot_of(), rising_minutes(20)[:-1])
    up, down = (
        vote_on(snapshot_of(), rising_minutes(20)),
        vote_on(snapshot_of(), rising_minutes(-20)),
    )
    assert without.p_up is not None
    assert up.p_up is not None
    assert down.p_up is not None
    assert down.p_up < without.p_up < up.p_up


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (None, SourceReason.NO_DATA),
        (snapshot_of(day=dict.fromkeys(DAY, 0)), SourceReason.SESSION_NOT_BEGUN),
        (snapshot_of(day={}), SourceReason.SESSION_NOT_BEGUN),
        (snapshot_of(updated=0), SourceReason.NO_DATA),
        (snapshot_of(updated=NOON_NS - 61 * 10**9), SourceReason.DATA_TOO_OLD),
        (snapshot_of(updated=NOON_NS + 6 * 10**9), SourceReason.DATA_FROM_FUTURE),
        (snapshot_of(day=DAY | {"c": 100.5, "h": 102, "l": 99}, prevDay={}), SourceReason.NO_LEAN),
    ],
)
def test_what_cannot_be_judged_says_why(snapshot: Snapshot | None, reason: SourceReason) -> None:
    vote = vote_on(snapshot)
    assert vote.direction is Direction.ABSTAIN
    assert (vote.reason, vote.status) == (reason.code, reason.status)


def test_delayed_is_no_error_the_age_of_the_data_is() -> None:
    found = parse_snapshots(body(ticker(updated=NOON_NS - 900 * 10**9), status="DELAYED"))
    assert isinstance(found, dict)
    assert vote_on(found["AAPL"]).status is VoteStatus.STALE


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"status": "NOT_AUTHORIZED", "message": "no"}, SourceReason.NOT_ENTITLED),
        ({"status": "ERROR", "error": "no"}, SourceReason.BODY_UNREADABLE),
        ({"status": "OK"}, SourceReason.BODY_UNREADABLE),
        ({"tickers": []}, SourceReason.BODY_UNREADABLE),
    ],
)
def test_an_error_under_200_is_no_empty_market(
    document: dict[str, Any], reason: SourceReason
) -> None:
    assert parse_snapshots(json.dumps(document).encode()) is reason


def test_the_hash_is_of_what_was_judged() -> None:
    same, again = vote_on(snapshot_of()), vote_on(snapshot_of(), now=NOON + timedelta(seconds=5))
    other = vote_on(snapshot_of(prevDay=PREVIOUS | {"c": 100.01}))
    assert same.inputs_hash == again.inputs_hash != other.inputs_hash


def test_minutes_are_kept_once_in_order_and_bounded() -> None:
    minutes: tuple[Minute, ...] = ()
    for began_ms in (1, 1, 2, 1, *range(3, 3 + MINUTES_KEPT)):
        minutes = with_minute(minutes, snapshot_of(min={"t": began_ms, "c": 100 + began_ms}))
    assert len(minutes) == MINUTES_KEPT
    assert [minute.began_ms for minute in minutes] == sorted({m.began_ms for m in minutes})
    assert with_minute((), snapshot_of(min={"t": 5})) == ()

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.intent import Action, OrderType, Side, Size, SizeMode
from argos.flows.accept_alert import (
    Delivery,
    Doors,
    Hook,
    judge_hook_delivery,
    secret_hash,
)
from argos.rehearsal.alerts import AlertKind, AlertSettings, AlertWriter, Verdict
from argos.rehearsal.mischief import BAD_KINDS, STALE_AFTER, TOO_SMALL, MischiefPlan
from argos.rehearsal.strategy import Decision

PINE_LIBRARY = Path(__file__).parents[3] / "tradingview" / "ArgosIntent.pine"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
BAR = date(2008, 3, 4)
SETTINGS = AlertSettings(account_route="demo", secret="s3cret")
OPEN = Decision(
    action=Action.OPEN,
    trade_id="ema-AAPL-0001",
    symbol="AAPL",
    price=Decimal("16.1234"),
    why='a "quoted" reason',
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    sl=Decimal("15.40"),
    tp=Decimal("17.4"),
    size=Size(mode=SizeMode.RISK_FRACTION, value=Decimal("0.0050")),
)
HOOK = Hook(
    hook="demo",
    key_hash=secret_hash("key"),
    needs_secret=True,
    networks=(),
    rate_per_minute=1000,
    routes=frozenset(),
    secret_hashes=(secret_hash("s3cret"),),
)
DOORS = Doors(hooks={HOOK.key_hash: HOOK}, api_keys={}, routes=frozenset({"demo"}))


def judge(alert):
    """What the gateway's own judgement says about an alert's text."""
    return judge_hook_delivery(
        Delivery(
            raw=alert.body.encode(), content_type="text/plain", remote="127.0.0.1", received_at=NOW
        ),
        hook=HOOK,
        doors=DOORS,
    )


def write(decision=OPEN, *, settings=SETTINGS):
    return AlertWriter(settings=settings).write(decision, bar_date=BAR, sent_at=NOW)


def test_a_good_alert_is_read_back_as_the_decision_it_was_made_from():
    intent = judge(write()).intent
    assert intent is not None
    for name in ("action", "trade_id", "symbol", "side", "order_type", "sl", "tp", "size"):
        assert getattr(intent, name) == getattr(OPEN, name)
    assert intent.entry_price == OPEN.price
    assert intent.timestamp_tv == NOW
    assert intent.features["why"] == OPEN.why


@pytest.mark.parametrize("action", [Action.CLOSE, Action.CANCEL, Action.MODIFY, Action.REVERSE])
def test_every_action_makes_an_alert_that_the_gateway_takes(action):
    side = Side.SELL if action is Action.REVERSE else None
    stops = {Action.REVERSE: (Decimal(18), Decimal(14)), Action.MODIFY: (Decimal(15), Decimal(18))}
    sl, tp = stops.get(action, (None, None))
    decision = replace(
        OPEN, action=action, side=side, order_type=OrderType.MARKET, sl=sl, tp=tp, size=None
    )
    judged = judge(write(decision))
    assert judged.refusal is None
    assert judged.intent.action is action


def test_the_event_id_is_the_recipe_of_the_pine_library():
    bar_time_ms = int(datetime(2008, 3, 4, tzinfo=UTC).timestamp() * 1000)
    assert write().event_id == f"ema-cross|1.0|NASDAQ:AAPL|1D|{bar_time_ms}|open|1"


def test_every_member_is_one_that_the_pine_library_writes():
    written_by_pine = set(re.findall(r'\\"(\w+)\\":', PINE_LIBRARY.read_text()))
    for action in Action:
        alert = write(replace(OPEN, action=action))
        assert alert.fields.keys() <= written_by_pine


def test_events_of_one_bar_have_different_ids():
    writer = AlertWriter(settings=SETTINGS)
    ids = {writer.write(OPEN, bar_date=BAR, sent_at=NOW).event_id for _ in range(3)}
    assert len(ids) == 3


def test_without_a_secret_none_is_sent():
    assert "secret" not in write(settings=replace(SETTINGS, secret=None)).body


def test_a_modify_says_nothing_about_the_entry():
    assert "entry_price" not in write(replace(OPEN, action=Action.MODIFY, side=None)).body


def deal(*, rounds, every=1, seed=5, settings=SETTINGS):
    """Good alerts and the bad ones dealt after them, in order of sending."""
    writer = AlertWriter(settings=settings)
    plan = MischiefPlan(writer=writer, seed=seed, every=every)
    sent = []
    for number in range(rounds):
        decision = replace(OPEN, trade_id=f"ema-AAPL-{number:04d}")
        good = writer.write(decision, bar_date=BAR, sent_at=NOW)
        bad = plan.follow_up(good, price=OPEN.price, bar_date=BAR, sent_at=NOW)
        sent.append((good, bad))
    return sent


def test_a_deck_holds_every_kind_once():
    kinds = [bad.kind for _, bad in deal(rounds=len(BAD_KINDS))]
    assert sorted(kinds) == sorted(BAD_KINDS)


def test_only_every_nth_good_alert_is_followed_by_a_bad_one():
    dealt = [bad is not None for _, bad in deal(rounds=12, every=4)]
    assert dealt == [False, False, False, True] * 3


def test_a_hook_without_secret_sees_no_forged_alert():
    bare = replace(SETTINGS, secret=None)
    kinds = {bad.kind for _, bad in deal(rounds=40, settings=bare)}
    assert kinds == set(BAD_KINDS) - {AlertKind.FORGED}


@given(seed=st.integers(0, 10_000))
def test_the_same_seed_spoils_the_same_way(seed):
    assert deal(rounds=20, seed=seed) == deal(rounds=20, seed=seed)


@given(seed=st.integers(0, 10_000))
def test_the_gateway_judges_every_bad_alert_as_expected(seed):
    for good, bad in deal(rounds=len(BAD_KINDS), seed=seed):
        assert judge(good).refusal is None
        judged, expected = judge(bad), bad.expected
        if expected.verdict is Verdict.REFUSED:
            assert (judged.refusal.status, judged.refusal.code) == (expected.status, expected.code)
        else:
            assert judged.refusal is None


def by_kind(kind):
    return next((good, bad) for good, bad in deal(rounds=len(BAD_KINDS)) if bad.kind is kind)


def test_a_duplicate_is_the_same_text_and_a_conflict_the_same_event_with_other_content():
    good, duplicate = by_kind(AlertKind.DUPLICATE)
    assert duplicate.body == good.body
    good, conflict = by_kind(AlertKind.CONFLICT)
    once, again = judge(good), judge(conflict)
    assert once.intent.event_id == again.intent.event_id
    assert once.record.content_hash != again.record.content_hash


def test_a_stale_alert_tells_an_old_time():
    _, stale = by_kind(AlertKind.STALE)
    assert judge(stale).intent.timestamp_tv == NOW - STALE_AFTER
    assert timedelta(minutes=5) <= STALE_AFTER


def test_a_too_small_alert_asks_for_next_to_nothing():
    _, small = by_kind(AlertKind.TOO_SMALL)
    assert judge(small).intent.size == TOO_SMALL


def test_bad_alerts_leave_the_good_trades_alone():
    for good, bad in deal(rounds=len(BAD_KINDS)):
        if bad.kind not in (AlertKind.DUPLICATE, AlertKind.CONFLICT):
            assert bad.trade_id != good.trade_id
            assert bad.event_id != good.event_id

"""The alerts of a run: so many, in copies, and each readable by the gateway's own parser."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.intent import Action, OrderType, Side
from argos.protocol.intent_body import parse_intent_body
from argos.protocol.values import parse_json
from argos.rehearsal.alerts import AlertKind
from argos.rehearsal.torture.alerts import (
    STALE_BY,
    AlertTerms,
    PlannedAlert,
    plan_alerts,
    write_alert,
)
from argos.rehearsal.torture.plan import AlertMix
from argos.rehearsal.torture.prices import mid_price

TERMS = AlertTerms(route="paper", secret="s3cret", bot_version="torture@1")
STARTED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MIX = AlertMix()


def planned(*, count: int = 200, seed: int = 1, mix: AlertMix = MIX) -> tuple[PlannedAlert, ...]:
    return plan_alerts(count=count, span_s=60.0, seed=seed, mix=mix)


@given(st.integers(1, 300), st.integers())
def test_there_are_as_many_alerts_as_were_asked_for_and_they_follow_from_the_seed(
    count: int, seed: int
) -> None:
    alerts = planned(count=count, seed=seed)
    assert len(alerts) == count
    assert alerts == planned(count=count, seed=seed)
    assert all(1 <= len(alert.copies_s) <= MIX.copies_max for alert in alerts)
    assert all(copy_s >= alert.at_s for alert in alerts for copy_s in alert.copies_s)


@given(st.integers())
def test_two_alerts_share_an_event_id_only_to_conflict(seed: int) -> None:
    times = Counter(
        alert.event_id for alert in planned(seed=seed) if alert.kind is not AlertKind.CONFLICT
    )
    assert set(times.values()) == {1}


@pytest.mark.parametrize("action", list(Action))
def test_every_action_occurs(action: Action) -> None:
    assert any(alert.action is action for alert in planned())


@pytest.mark.parametrize(
    "kind", [AlertKind.CONFLICT, AlertKind.FORGED, AlertKind.STALE, AlertKind.GOOD]
)
def test_every_kind_occurs_in_a_long_run(kind: AlertKind) -> None:
    assert any(alert.kind is kind for alert in planned(count=1_000))


def test_every_alert_is_an_intent_that_the_gateway_can_read() -> None:
    for alert in planned():
        written = write_alert(alert, terms=TERMS, mid=Decimal("100"), started_at=STARTED_AT)
        body = parse_intent_body(parse_json(written.body))
        assert (body.event_id, body.trade_id, body.action) == (
            alert.event_id,
            alert.trade_id,
            alert.action,
        )


def test_a_limit_rests_on_its_own_side_of_the_market() -> None:
    mid = Decimal("100")
    for alert in planned(mix=AlertMix(limit_share=1.0)):
        if alert.order_type is OrderType.LIMIT and alert.side is not None:
            written = write_alert(alert, terms=TERMS, mid=mid, started_at=STARTED_AT)
            price = parse_intent_body(parse_json(written.body)).entry_price
            assert price is not None
            assert (mid - price) * alert.side.sign > 0


def test_a_stale_alert_was_fired_long_ago_and_a_forged_one_has_another_secret() -> None:
    first = planned()[0]
    for kind, expect_old, expect_secret in (
        (AlertKind.GOOD, False, True),
        (AlertKind.STALE, True, True),
        (AlertKind.FORGED, False, False),
    ):
        alert = PlannedAlert(
            at_s=0.0,
            event_id=first.event_id,
            trade_id=first.trade_id,
            symbol=first.symbol,
            action=Action.OPEN,
            kind=kind,
            side=Side.BUY,
            units=1,
        )
        written = write_alert(alert, terms=TERMS, mid=Decimal("100"), started_at=STARTED_AT)
        body = parse_intent_body(parse_json(written.body))
        assert (body.timestamp_tv == STARTED_AT - STALE_BY) is expect_old
        assert (body.secret == TERMS.secret) is expect_secret


@given(st.integers(), st.floats(0, 1e9))
def test_prices_are_positive_whole_cents_and_the_same_for_everybody(
    seed: int, unix_s: float
) -> None:
    price = mid_price("AAPL", seed=seed, unix_s=unix_s)
    assert price > 0
    assert price == mid_price("AAPL", seed=seed, unix_s=unix_s)
    assert price % Decimal("0.01") == 0

"""The alerts of a torture run: trades with all their intents, in copies, late, out of order, some of them bad."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from argos.core.intent import Action, OrderType, Side, Size, SizeMode
from argos.core.money import round_near
from argos.protocol.values import decimal_text
from argos.rehearsal.alerts import Alert, AlertKind, body_of, unix_ms
from argos.rehearsal.mischief import EXPECTED
from argos.rehearsal.torture.plan import SYMBOLS, AlertMix
from argos.rehearsal.torture.prices import PRICE_STEP

STALE_BY: Final = timedelta(minutes=30)
_BPS: Final = Decimal(10_000)
_PROTECTION_BPS: Final = 300
_MIN_GAP_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlert:
    """One alert before it has a price. `copies_s` are the delays of its deliveries, from the start of the run.

    `away_bps` is how far a limit price lies from the market, on the side where it rests.
    """

    at_s: float
    event_id: str
    trade_id: str
    symbol: str
    action: Action
    kind: AlertKind = AlertKind.GOOD
    side: Side | None = None
    order_type: OrderType = OrderType.MARKET
    units: int = 0
    away_bps: Decimal = Decimal(0)
    close_fraction: Decimal = Decimal(1)
    copies_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTerms:
    """What the alerts of one run have in common."""

    route: str
    secret: str
    bot_version: str


def plan_alerts(*, count: int, span_s: float, seed: int, mix: AlertMix) -> tuple[PlannedAlert, ...]:
    """`count` alerts in the order of their moments; a trade that does not fit any more is cut short."""
    draw = Random(f"{seed}|alerts")
    alerts: list[PlannedAlert] = []
    number = 0
    while len(alerts) < count:
        number += 1
        trade = list(_trade(number, seed=seed, span_s=span_s, draw=draw, mix=mix))
        alerts.extend(trade[: count - len(alerts)])
    planned = [_with_copies(alert, draw=draw, mix=mix) for alert in alerts]
    return tuple(sorted(planned, key=lambda alert: alert.at_s))


def _trade(
    number: int, *, seed: int, span_s: float, draw: Random, mix: AlertMix
) -> Iterator[PlannedAlert]:
    symbol, side = draw.choice(SYMBOLS), draw.choice((Side.BUY, Side.SELL))
    at_s = draw.uniform(0, max(_MIN_GAP_S, span_s - mix.hold_s[0]))
    first = PlannedAlert(
        at_s=at_s,
        event_id=f"torture-{seed}-{number}-open",
        trade_id=f"torture-{seed}-{number}",
        symbol=symbol,
        action=Action.OPEN,
        side=side,
        units=draw.randint(2, 20),
    )
    if draw.random() < mix.limit_share:
        first = replace(
            first,
            order_type=OrderType.LIMIT,
            away_bps=Decimal(round(draw.uniform(0.2, 1.8) * mix.limit_away_bps)),
        )
    bad = _spoiled(first, draw=draw, mix=mix)
    yield first
    if bad is not None:
        yield bad
    kinds = list(_followers(first, draw=draw, mix=mix))
    times = sorted(draw.uniform(*mix.hold_s) for _ in kinds)
    for place, ((action, fraction), after_s) in enumerate(zip(kinds, times, strict=True)):
        yield replace(
            first,
            at_s=min(span_s, at_s + after_s),
            event_id=f"torture-{seed}-{number}-{place}-{action}",
            action=action,
            kind=AlertKind.GOOD,
            side=side.opposite if action is Action.REVERSE else side,
            order_type=OrderType.MARKET,
            close_fraction=fraction,
        )


def _followers(
    first: PlannedAlert, *, draw: Random, mix: AlertMix
) -> Iterator[tuple[Action, Decimal]]:
    """What becomes of a trade after its opening."""
    whole = Decimal(1)
    if draw.random() < mix.modify_share:
        yield Action.MODIFY, whole
    if first.order_type is OrderType.LIMIT and draw.random() < mix.cancel_share:
        yield Action.CANCEL, whole
    if draw.random() < mix.reverse_share:
        yield Action.REVERSE, whole
    if draw.random() < mix.partial_share:
        yield Action.CLOSE, Decimal("0.5")
    if draw.random() >= mix.kept_open_share:
        yield Action.CLOSE, whole


def _spoiled(first: PlannedAlert, *, draw: Random, mix: AlertMix) -> PlannedAlert | None:
    """A bad alert beside a good one. Shares are per alert, and a trade has about three."""
    dice = draw.random() / 3
    if dice < mix.conflict_share:
        return replace(first, kind=AlertKind.CONFLICT, units=first.units + 1)
    dice -= mix.conflict_share
    if dice < mix.forged_share:
        return replace(first, kind=AlertKind.FORGED, event_id=f"{first.event_id}-forged")
    if dice - mix.forged_share < mix.stale_share:
        return replace(
            first,
            kind=AlertKind.STALE,
            event_id=f"{first.event_id}-stale",
            trade_id=f"{first.trade_id}-stale",
        )
    return None


def _with_copies(alert: PlannedAlert, *, draw: Random, mix: AlertMix) -> PlannedAlert:
    late_s = draw.uniform(0, mix.reorder_s_max) if draw.random() < mix.reorder_share else 0.0
    first_s = alert.at_s + late_s
    more = [
        first_s + draw.choice((0.0, draw.uniform(0, 0.05), draw.uniform(0, mix.reorder_s_max)))
        for _ in range(draw.randint(1, mix.copies_max) - 1)
    ]
    return replace(alert, copies_s=(first_s, *more))


def write_alert(
    alert: PlannedAlert, *, terms: AlertTerms, mid: Decimal, started_at: datetime
) -> Alert:
    """The alert as it is posted; `mid` is the symbol's price at the moment of the alert."""
    fired_at = started_at + timedelta(seconds=alert.at_s)
    if alert.kind is AlertKind.STALE:
        fired_at -= STALE_BY
    fields = {
        "event_id": _text(alert.event_id),
        "trade_id": _text(alert.trade_id),
        "bot_version": _text(terms.bot_version),
        "account_route": _text(terms.route),
        "action": _text(alert.action.value),
        "symbol": _text(alert.symbol),
        **_order_fields(alert, mid=mid),
        "timestamp_tv": str(unix_ms(fired_at.astimezone(UTC))),
        "secret": _text("not-the-secret" if alert.kind is AlertKind.FORGED else terms.secret),
    }
    written = Alert(
        kind=alert.kind,
        event_id=alert.event_id,
        trade_id=alert.trade_id,
        symbol=alert.symbol,
        fields=fields,
        body=body_of(fields),
    )
    if alert.kind is AlertKind.GOOD:
        return written
    return replace(written, expected=EXPECTED[alert.kind])


def _order_fields(alert: PlannedAlert, *, mid: Decimal) -> dict[str, str]:
    match alert.action:
        case Action.CANCEL:
            return {}
        case Action.MODIFY:
            return _protection(_side_of(alert), mid=mid)
        case Action.CLOSE:
            return {"close_fraction": _text(decimal_text(alert.close_fraction))}
        case Action.OPEN | Action.REVERSE:
            side = _side_of(alert)
            price = round_near(mid * (1 - side.sign * alert.away_bps / _BPS), step=PRICE_STEP)
            size = Size(mode=SizeMode.UNITS, value=Decimal(alert.units))
            return {
                "side": _text(side.value),
                "order_type": _text(alert.order_type.value),
                "entry_price": _text(decimal_text(price)),
                "size": f'{{"mode":{_text(size.mode.value)},"value":{_text(str(size.value))}}}',
            }


def _side_of(alert: PlannedAlert) -> Side:
    return alert.side or Side.BUY


def _protection(side: Side, *, mid: Decimal) -> dict[str, str]:
    away = side.sign * Decimal(_PROTECTION_BPS) / _BPS
    return {
        "sl": _text(decimal_text(round_near(mid * (1 - away), step=PRICE_STEP))),
        "tp": _text(decimal_text(round_near(mid * (1 + away), step=PRICE_STEP))),
    }


def _text(value: str) -> str:
    return f'"{value}"'

"""Alerts that are wrong on purpose, dealt among the good ones by a seed, each with the answer it must get."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Final

from argos.core.denial import DenialCode
from argos.core.intent import Action, Side, Size, SizeMode
from argos.core.money import round_near
from argos.rehearsal.alerts import (
    Alert,
    AlertKind,
    AlertWriter,
    Expected,
    Verdict,
    body_of,
)
from argos.rehearsal.strategy import PRICE_TICK, Decision

BAD_KINDS: Final = tuple(kind for kind in AlertKind if kind is not AlertKind.GOOD)
TOO_SMALL: Final = Size(mode=SizeMode.UNITS, value=Decimal("0.000001"))
STALE_AFTER: Final = timedelta(minutes=30)

_STOP_DISTANCE: Final = Decimal("0.05")
_REPEATS: Final = frozenset({AlertKind.DUPLICATE, AlertKind.CONFLICT})


def _refused(code: str, *, status: int = 422) -> Expected:
    return Expected(status=status, verdict=Verdict.REFUSED, code=code)


def _denied(denial: DenialCode) -> Expected:
    return Expected(status=202, verdict=Verdict.DENIED, denial=denial)


EXPECTED: Final[Mapping[AlertKind, Expected]] = MappingProxyType(
    {
        AlertKind.DUPLICATE: Expected(status=200, verdict=Verdict.DUPLICATE),
        AlertKind.CONFLICT: Expected(status=409, verdict=Verdict.CONFLICT),
        AlertKind.BRACE_MISSING: _refused("JSON_MALFORMED"),
        AlertKind.PLACEHOLDER: _refused("INTENT_PLACEHOLDER_UNRESOLVED"),
        AlertKind.DELAYED_SYMBOL: _refused("INTENT_SYMBOL_DELAYED"),
        AlertKind.NOT_A_NUMBER: _refused("JSON_NOT_FINITE"),
        AlertKind.KEY_TWICE: _refused("JSON_DUPLICATE_KEY"),
        AlertKind.SYMBOL_MISSING: _refused("INTENT_SYMBOL_MISSING"),
        AlertKind.ROUTE_UNKNOWN: _refused("INTENT_ROUTE_UNKNOWN"),
        AlertKind.STALE: _denied(DenialCode.ALERT_STALE),
        AlertKind.FORGED: _refused("UNAUTHORISED", status=401),
        AlertKind.STOP_WRONG_SIDE: _refused("INTENT_SL_WRONG_SIDE"),
        AlertKind.TOO_SMALL: _denied(DenialCode.SIZE_BELOW_MINIMUM),
    }
)

Fields = dict[str, str]

_SPOILERS: Final[Mapping[AlertKind, Callable[[Fields], Fields]]] = MappingProxyType(
    {
        AlertKind.PLACEHOLDER: lambda f: {**f, "entry_price": "{{strategy.order.price}}"},
        AlertKind.DELAYED_SYMBOL: lambda f: {
            **f,
            "symbol": json.dumps(f"NYSE_DL:{_text(f, 'symbol')}"),
        },
        AlertKind.NOT_A_NUMBER: lambda f: {**f, "sl": "NaN"},
        AlertKind.SYMBOL_MISSING: lambda f: {k: v for k, v in f.items() if k != "symbol"},
        AlertKind.ROUTE_UNKNOWN: lambda f: {**f, "account_route": '"nowhere"'},
        AlertKind.FORGED: lambda f: {**f, "secret": '"not-the-secret"'},
        AlertKind.STOP_WRONG_SIDE: lambda f: {**f, "sl": f["tp"], "tp": f["sl"]},
        AlertKind.CONFLICT: lambda f: {
            **f,
            "bot_version": json.dumps(_text(f, "bot_version") + "b"),
        },
    }
)
"""Ways to spoil members; duplicates, missing braces and repeated keys concern the whole text."""


def _text(fields: Fields, name: str) -> str:
    return str(json.loads(fields[name]))


@dataclass(slots=True)
class MischiefPlan:
    """After every `every`-th good alert a bad one follows, dealt from a shuffled deck of all kinds.

    A deck is dealt out before it is shuffled again, so no kind is forgotten. Bad alerts have trade ids of
    their own, unless they repeat a good one.
    """

    writer: AlertWriter
    seed: int
    every: int = 8
    kinds: tuple[AlertKind, ...] = BAD_KINDS
    _deck: list[AlertKind] = field(default_factory=list)
    _draw: Random = field(init=False)
    _seen: int = 0
    _dealt: int = 0

    def __post_init__(self) -> None:
        self._draw = Random(f"{self.seed}|mischief")
        if self.writer.settings.secret is None:
            self.kinds = tuple(k for k in self.kinds if k is not AlertKind.FORGED)

    def follow_up(
        self, alert: Alert, *, price: Decimal, bar_date: date, sent_at: datetime
    ) -> Alert | None:
        """The bad alert that comes after `alert`, if it is time for one. `price` is the symbol's last close."""
        self._seen += 1
        if self._seen % self.every:
            return None
        if not self._deck:
            self._deck = list(self.kinds)
            self._draw.shuffle(self._deck)
        kind = self._deck.pop()
        self._dealt += 1
        if kind in _REPEATS:
            return spoil(alert, kind=kind)
        return spoil(self._fresh(kind, alert.symbol, price, bar_date, sent_at), kind=kind)

    def _fresh(
        self, kind: AlertKind, symbol: str, price: Decimal, bar_date: date, sent_at: datetime
    ) -> Alert:
        """A sound entry that nobody else made, to be spoiled."""
        side = self._draw.choice((Side.BUY, Side.SELL))
        away = side.sign * _STOP_DISTANCE
        decision = Decision(
            action=Action.OPEN,
            trade_id=f"bad-{kind.value}-{self._dealt:04d}",
            symbol=symbol,
            price=price,
            why=f"mischief: {kind.value}",
            side=side,
            sl=round_near(price * (1 - away), step=PRICE_TICK),
            tp=round_near(price * (1 + away), step=PRICE_TICK),
            size=TOO_SMALL if kind is AlertKind.TOO_SMALL else None,
        )
        stale_by = STALE_AFTER if kind is AlertKind.STALE else timedelta()
        return self.writer.write(decision, bar_date=bar_date, sent_at=sent_at - stale_by)


def spoil(alert: Alert, *, kind: AlertKind) -> Alert:
    """`alert` made wrong in one way. Stale and too small ones are written so, and only get their label here."""
    fields = dict(alert.fields)
    if kind in _SPOILERS:
        fields = _SPOILERS[kind](fields)
    body = body_of(fields)
    if kind is AlertKind.BRACE_MISSING:
        body = body.removesuffix("}")
    elif kind is AlertKind.KEY_TWICE:
        body = body.removesuffix("}") + ',"symbol":' + fields["symbol"] + "}"
    return replace(alert, kind=kind, fields=fields, body=body, expected=EXPECTED[kind])

"""Alerts as the Pine library of this project writes them (tradingview/ArgosIntent.pine), member by member.

JSON text by concatenation, decimals as strings, and an event id that a repeat of the same wish finds again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from argos.core.denial import DenialCode
from argos.core.intent import Action, Size
from argos.protocol.values import decimal_text
from argos.rehearsal.strategy import Decision

LISTED_AT: Final = MappingProxyType(
    {"AAPL": "NASDAQ", "MSFT": "NASDAQ", "GOOG": "NASDAQ", "IBM": "NYSE"}
)


class AlertKind(StrEnum):
    """What an alert is: good, or spoiled on purpose in one of these ways."""

    GOOD = "good"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    BRACE_MISSING = "brace_missing"
    PLACEHOLDER = "placeholder"
    DELAYED_SYMBOL = "delayed_symbol"
    NOT_A_NUMBER = "not_a_number"
    KEY_TWICE = "key_twice"
    SYMBOL_MISSING = "symbol_missing"
    ROUTE_UNKNOWN = "route_unknown"
    STALE = "stale"
    FORGED = "forged"
    STOP_WRONG_SIDE = "stop_wrong_side"
    TOO_SMALL = "too_small"


class Verdict(StrEnum):
    """How an alert ends. A denied one is accepted by the gateway and refused by every account's risk gates."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The answer an alert must get: HTTP status and error code; `denial` is what the risk gates must say later."""

    status: int
    verdict: Verdict
    code: str | None = None
    denial: DenialCode | None = None


ACCEPTED: Final = Expected(status=202, verdict=Verdict.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """`strategy_tag` and `version` go into every event id: change one to let the same bars speak again."""

    account_route: str
    secret: str | None = None
    strategy_tag: str = "ema-cross"
    version: str = "1.0"
    timeframe: str = "1D"
    listed_at: Mapping[str, str] = field(default_factory=lambda: LISTED_AT)

    @property
    def bot_version(self) -> str:
        return f"{self.strategy_tag}@{self.version}"

    def exchange(self, symbol: str) -> str:
        return self.listed_at.get(symbol, "ARGOS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert, ready to be posted. `fields` are its members as raw JSON text, in order; `body` is all of it."""

    kind: AlertKind
    event_id: str
    trade_id: str
    symbol: str
    fields: Mapping[str, str]
    body: str
    expected: Expected = ACCEPTED


@dataclass(slots=True)
class AlertWriter:
    """Turns decisions into alerts. `count` stands for Pine's trade counter: it tells events of one bar apart."""

    settings: AlertSettings
    count: int = 0
    started_at: datetime | None = None

    def write(self, decision: Decision, *, bar_date: date, sent_at: datetime) -> Alert:
        """The alert of one decision. `bar_date` is the bar it was made on, `sent_at` the real clock."""
        self.count += 1
        self.started_at = self.started_at or sent_at
        bar_at = datetime(bar_date.year, bar_date.month, bar_date.day, tzinfo=UTC)
        event_id = self._event_id(decision, bar_at=bar_at)
        fields = {
            "event_id": _text(event_id),
            "trade_id": _text(decision.trade_id),
            "bot_version": _text(self.settings.bot_version),
            "account_route": _text(self.settings.account_route),
            "action": _text(decision.action.value),
            "symbol": _text(decision.symbol),
            **_order_fields(decision),
            "features": self._features(decision, bar_at=bar_at),
            "timestamp_tv": str(unix_ms(sent_at)),
        }
        if self.settings.secret is not None:
            fields["secret"] = _text(self.settings.secret)
        return Alert(
            kind=AlertKind.GOOD,
            event_id=event_id,
            trade_id=decision.trade_id,
            symbol=decision.symbol,
            fields=fields,
            body=body_of(fields),
        )

    def _event_id(self, decision: Decision, *, bar_at: datetime) -> str:
        """tag | version | exchange:ticker | timeframe | bar time | order label | counter."""
        parts = (
            self.settings.strategy_tag,
            self.settings.version,
            f"{self.settings.exchange(decision.symbol)}:{decision.symbol}",
            self.settings.timeframe,
            unix_ms(bar_at),
            decision.action.value,
            self.count,
        )
        return "|".join(str(part) for part in parts)

    def _features(self, decision: Decision, *, bar_at: datetime) -> str:
        assert self.started_at is not None
        features = {
            "sequence": str(self.count),
            "run_started_at": str(unix_ms(self.started_at)),
            "exchange": self.settings.exchange(decision.symbol),
            "timeframe": self.settings.timeframe,
            "bar_at": str(unix_ms(bar_at)),
            "why": decision.why,
        }
        if decision.reverses is not None:
            features["reverses"] = decision.reverses
        return json.dumps(features, separators=(",", ":"))


def unix_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def body_of(fields: Mapping[str, str]) -> str:
    """The text a script would send. The members are not checked: spoiled alerts are built by it too."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _order_fields(decision: Decision) -> dict[str, str]:
    """The members that follow from the action. What an entry leaves open is sent as null."""
    match decision.action:
        case Action.CANCEL:
            return {}
        case Action.MODIFY:
            return {"sl": _price(decision.sl), "tp": _price(decision.tp)}
        case Action.CLOSE:
            return {"entry_price": _price(decision.price), "close_fraction": _text("1")}
        case Action.OPEN | Action.REVERSE:
            assert decision.side is not None, "an entry has a side"
            return {
                "side": _text(decision.side.value),
                "order_type": _text(decision.order_type.value),
                "entry_price": _price(decision.price),
                "sl": _price(decision.sl),
                "tp": _price(decision.tp),
                "size": _size(decision.size),
                "confidence": _NULL,
                "expiry": _NULL,
            }


_NULL: Final = "null"


def _text(value: str) -> str:
    return json.dumps(value)


def _price(value: Decimal | None) -> str:
    return _NULL if value is None else _text(decimal_text(value))


def _size(size: Size | None) -> str:
    if size is None:
        return _NULL
    return f'{{"mode":{_text(size.mode.value)},"value":{_price(size.value)}}}'

"""Alerts as a Pine script writes them: JSON text by concatenation, an event id that a repeat finds again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from argos.core.intent import Action, OrderType
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
    """The answer an alert must get: HTTP status, and the error code where the contract fixes one."""

    status: int
    verdict: Verdict
    code: str | None = None


ACCEPTED: Final = Expected(status=202, verdict=Verdict.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """`strategy_tag` and `revision` go into every event id: change one to let the same bars speak again."""

    account_route: str
    secret: str | None = None
    strategy_tag: str = "ema-cross"
    revision: int = 1
    timeframe: str = "1D"
    listed_at: Mapping[str, str] = field(default_factory=lambda: LISTED_AT)

    @property
    def bot_version(self) -> str:
        return f"{self.strategy_tag}@{self.revision}"

    def tickerid(self, symbol: str) -> str:
        listed_at = self.listed_at.get(symbol)
        return f"{listed_at}:{symbol}" if listed_at else symbol


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

    def write(self, decision: Decision, *, bar_date: date, sent_at: datetime) -> Alert:
        """The alert of one decision. `bar_date` is the bar it was made on, `sent_at` the real clock."""
        self.count += 1
        event_id = self._event_id(decision, bar_date=bar_date)
        fields = {
            "event_id": json.dumps(event_id),
            "trade_id": json.dumps(decision.trade_id),
            "bot_version": json.dumps(self.settings.bot_version),
            "account_route": json.dumps(self.settings.account_route),
            "symbol": json.dumps(decision.symbol),
            "action": json.dumps(decision.action.value),
            **_order_fields(decision),
            "features": _features(decision, bar_date=bar_date),
            "timestamp_tv": str(unix_ms(sent_at)),
        }
        if self.settings.secret is not None:
            fields["secret"] = json.dumps(self.settings.secret)
        return Alert(
            kind=AlertKind.GOOD,
            event_id=event_id,
            trade_id=decision.trade_id,
            symbol=decision.symbol,
            fields=fields,
            body=body_of(fields),
        )

    def _event_id(self, decision: Decision, *, bar_date: date) -> str:
        """strategy tag | revision | ticker | timeframe | bar time | order label | counter."""
        bar_time = datetime(bar_date.year, bar_date.month, bar_date.day, tzinfo=UTC)
        parts = (
            self.settings.strategy_tag,
            self.settings.revision,
            self.settings.tickerid(decision.symbol),
            self.settings.timeframe,
            unix_ms(bar_time),
            decision.action.value,
            self.count,
        )
        return "|".join(str(part) for part in parts)


def unix_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def body_of(fields: Mapping[str, str]) -> str:
    """The text a script would send. The members are not checked: spoiled alerts are built by it too."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}"


def _order_fields(decision: Decision) -> dict[str, str]:
    """The members that only some actions have. Prices are numbers here, as Pine writes them."""
    fields: dict[str, str] = {}
    if decision.side is not None:
        fields["side"] = json.dumps(decision.side.value)
    if decision.order_type is not OrderType.MARKET:
        fields["order_type"] = json.dumps(decision.order_type.value)
    if decision.action not in (Action.MODIFY, Action.CANCEL):
        fields["entry_price"] = decimal_text(decision.price)
    if decision.sl is not None:
        fields["sl"] = decimal_text(decision.sl)
    if decision.tp is not None:
        fields["tp"] = decimal_text(decision.tp)
    if decision.size is not None:
        value = decimal_text(decision.size.value)
        fields["size"] = f'{{"mode":"{decision.size.mode.value}","value":{value}}}'
    return fields


def _features(decision: Decision, *, bar_date: date) -> str:
    features = {"bar": bar_date.isoformat(), "why": decision.why}
    if decision.reverses is not None:
        features["reverses"] = decision.reverses
    return json.dumps(features, separators=(",", ":"))

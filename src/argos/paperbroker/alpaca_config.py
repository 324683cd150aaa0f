"""The settings that an Alpaca account's owner may change, and what they make of the rules."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from argos.paperbroker.alpaca_checks import Rules
from argos.paperbroker.alpaca_protocol import body_invalid
from argos.paperbroker.broker import Broker

MULTIPLIERS = ("1", "2", "4")
EMAILS = ("all", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """`GET /v2/account/configurations`. Mails are never sent and options never traded, whatever these say."""

    disable_overnight_trading: bool = False
    fractional_trading: bool = True
    max_margin_multiplier: str = "4"
    max_options_trading_level: int = 0
    no_shorting: bool = False
    ptp_no_exception_entry: bool = False
    suspend_trade: bool = False
    trade_confirm_email: str = "all"

    def row(self) -> dict[str, Any]:
        return asdict(self)


DEFAULT = Configuration()


class Configurations:
    """One of each account, kept in the ledger."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._known = {
            account: _stored(broker.ledger.meta(_key(account), "{}")) for account in broker.books
        }

    def of(self, account: str) -> Configuration:
        return self._known[account]

    def change(self, account: str, body: Mapping[str, Any]) -> Configuration:
        """Take over the fields of `body` that are known; AlpacaRefusal if one cannot have its value."""
        changed = replace(self.of(account), **_checked(body))
        self._broker.ledger.set_meta(_key(account), json.dumps(changed.row()))
        self._known[account] = changed
        return changed

    def rules(self, account: str) -> Rules:
        """What holds for the account's orders now."""
        own = self.of(account)
        return Rules(
            full=self._broker.settings.full_rules,
            phase=self._broker.phase,
            suspended=own.suspend_trade,
            long_only=own.no_shorting,
            fractions=own.fractional_trading,
            multiplier_max=Decimal(own.max_margin_multiplier),
        )


def _key(account: str) -> str:
    return f"configuration:{account}"


def _stored(text: str) -> Configuration:
    return replace(DEFAULT, **json.loads(text))


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in body.items() if value is not None}
    given: dict[str, Any] = {}
    for name, default in DEFAULT.row().items():
        if name not in known:
            continue
        value = known[name]
        fits = type(value) is type(default)
        if name == "max_margin_multiplier":
            fits = value in MULTIPLIERS
        elif name == "trade_confirm_email":
            fits = value in EMAILS
        elif name == "max_options_trading_level":
            fits = fits and 0 <= value <= 3
        if not fits:
            raise body_invalid(f"{name} is invalid")
        given[name] = value
    return given

"""What routing asks and what risk answers: the words both share, so that neither needs to know the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from enum import StrEnum
from typing import Any, Final

from argos.core.account import (
    Account,
    AccountSnapshot,
    Halt,
    HaltScope,
    Route,
    RouteLeg,
    TradingMode,
)
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Intent, OrderType, Side, Size
from argos.core.position import Position
from argos.core.standing import NO_STANDING, Standing, WorkingEntry

_SHOWN: Final = Context(prec=12)


def number_text(value: Decimal) -> str:
    """A number for people: plain notation, 12 significant digits at most."""
    shown = _SHOWN.plus(value)
    return f"{shown.normalize():f}" if shown else "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """No objection. `note` says when that is for want of anything to judge; `values` are the numbers it rests on."""

    note: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """We refuse, and why, with the numbers: in `text` for people, in `values` for programs."""

    code: DenialCode
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


Verdict = Approved | Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """What one check found. All checks are recorded; the first denial decides."""

    check: str
    verdict: Verdict

    @property
    def ok(self) -> bool:
        return isinstance(self.verdict, Approved)

    def as_row(self) -> dict[str, Any]:
        """The shape in which checks are stored and shown, the same for alerts and orders."""
        match self.verdict:
            case Approved(note=note, values=values):
                return {
                    "check": self.check,
                    "ok": True,
                    **({"note": note} if note else {}),
                    **({"values": dict(values)} if values else {}),
                }
            case Denied(code=code, text=text, values=values):
                return {
                    "check": self.check,
                    "ok": False,
                    "code": code.value,
                    "why": text,
                    **({"values": dict(values)} if values else {}),
                }


def first_denial(checks: Sequence[CheckVerdict]) -> Denied | None:
    return next((check.verdict for check in checks if isinstance(check.verdict, Denied)), None)


def stated_size(intent: Intent, *, leg: RouteLeg, route: Route) -> Size | None:
    """The intent's own size, else the leg's, else the route's."""
    return intent.size or leg.size or route.size


class Purpose(StrEnum):
    """What the order or change is for. Only ENTRY takes new risk."""

    ENTRY = "entry"
    MODIFY = "modify"
    EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRequest:
    """May this be done at this account?

    `symbol` and prices are the account's own, prices on its tick. `side` is that of the entry, also when it is
    about to be modified or closed. `positions_after` is how many positions the account would hold with the entry.
    `opposed_trades` are those that the entry would net out: at a netting account, open ones on the other side of
    the symbol that nothing closes before it. `held` are the snapshot's positions without those that close before it,
    `working` what of our own entries none of them shows: both for entries alone, and only where something asks for
    them (`needs_holdings`). `standing` is what Argos keeps of the account.
    """

    purpose: Purpose
    intent: Intent
    route: Route
    leg: RouteLeg
    account: Account
    snapshot: AccountSnapshot | None
    symbol: str
    side: Side
    order_type: OrderType
    halts: Sequence[Halt]
    now: datetime
    price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    valid_until: datetime | None = None
    positions_after: int = 0
    opposed_trades: tuple[str, ...] = ()
    held: tuple[Position, ...] = ()
    working: tuple[WorkingEntry, ...] = ()
    standing: Standing = NO_STANDING

    @property
    def size(self) -> Size | None:
        return stated_size(self.intent, leg=self.leg, route=self.route)

    @property
    def instrument(self) -> Instrument | None:
        return self.snapshot.instruments.get(self.symbol) if self.snapshot else None

    @property
    def quote(self) -> Quote | None:
        return self.snapshot.quotes.get(self.symbol) if self.snapshot else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The answer. `qty` is in units, 0 when no size could be found; `working` shows how it came about."""

    checks: tuple[CheckVerdict, ...]
    qty: Decimal = Decimal(0)
    working: Mapping[str, str] = field(default_factory=dict)

    @property
    def denied(self) -> Denied | None:
        return first_denial(self.checks)


Assess = Callable[[RiskRequest], Assessment]
"""How routing gets at risk: `argos.risk.assess.assess`, handed in by whoever wires them."""

_STRICTNESS: Final = {TradingMode.ACTIVE: 0, TradingMode.REDUCING: 1, TradingMode.HALTED: 2}


def strictest_halt(
    halts: Sequence[Halt], *, account: str, route: str, bot_version: str
) -> Halt | None:
    """The strictest brake that holds this account, route or strategy; None when none does."""
    keys = {
        HaltScope.GLOBAL: "",
        HaltScope.ACCOUNT: account,
        HaltScope.ROUTE: route,
        HaltScope.STRATEGY: bot_version,
    }
    holding = [
        halt
        for halt in halts
        if halt.mode is not TradingMode.ACTIVE
        and (halt.scope is HaltScope.GLOBAL or halt.key == keys[halt.scope])
    ]
    return max(holding, key=lambda halt: _STRICTNESS[halt.mode], default=None)

"""Whether a signal could be traded as things stand: a look ahead, so that a screen can say why nothing will happen.

The spine checks every intent again with all its gates. So what is not known here refuses nothing, and what is refused
here was seen, not supposed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.consensus.vote import Direction
from argos.core.money import ONE
from argos.core.texts import decimal_text

STANDING_S_MAX: Final = 30.0
"""A standing that was read longer ago than this is not known any more."""


class CheckResult(StrEnum):
    """What a check found. UNKNOWN refuses nothing."""

    PASSED = "passed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """code: empty when passed. text: for people."""

    result: CheckResult
    code: str
    text: str


NOT_EXECUTED: Final = Verdict(
    result=CheckResult.PASSED, code="", text="auto_execute is off: no order follows"
)

Precheck = Callable[[str, Direction], Verdict]
"""The port: of a symbol and a direction, from memory. It never waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStanding:
    """One account of the route, as PostgreSQL holds it.

    brake: the words of a brake on this account, empty for none. equity and peak_equity in account currency, None while
    not known. held: symbols with an open position or a working entry of ours, as the signals name them.
    """

    account: str
    enabled: bool
    brake: str = ""
    equity: Decimal | None = None
    peak_equity: Decimal | None = None
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStanding:
    """The route that signals go by, as read at one moment.

    brakes: the words of brakes that hold new entries of all its accounts: global, of the route, of the strategy.
    exists false: there is no such route, and nothing else is looked at.
    """

    route: str
    exists: bool
    enabled: bool
    brakes: tuple[str, ...]
    accounts: tuple[AccountStanding, ...]
    read_at: datetime


def verdict_of(
    standing: RouteStanding | None,
    *,
    symbol: str,
    max_drawdown_fraction: Decimal | None,
    now: datetime,
) -> Verdict:
    """Passed when one account of the route could take an entry in `symbol`; refused when none could.

    Unknown without a standing, with one of more than 30 s ago, and where no account passes and one is not known.
    """
    if standing is None:
        return _unknown("PRECHECK_NOT_READ", "the route's standing was not read: no database")
    if now - standing.read_at > timedelta(seconds=STANDING_S_MAX):
        return _unknown(
            "PRECHECK_TOO_OLD", f"the route was last read at {standing.read_at:%H:%M:%S} UTC"
        )
    whole = _of_route(standing)
    if whole is not None:
        return whole
    found = [
        _of_account(account, symbol=symbol, max_drawdown_fraction=max_drawdown_fraction)
        for account in standing.accounts
    ]
    for wanted in (CheckResult.PASSED, CheckResult.UNKNOWN):
        for verdict in found:
            if verdict.result is wanted:
                return verdict
    return found[0]


def _of_route(standing: RouteStanding) -> Verdict | None:
    route = standing.route
    if not standing.exists:
        return _refused("ROUTE_UNKNOWN", f"there is no route {route}")
    if not standing.enabled:
        return _refused("ROUTE_DISABLED", f"the route {route} is switched off")
    if standing.brakes:
        return _refused("BRAKE_SET", f"entries are held: {', '.join(standing.brakes)}")
    if not standing.accounts:
        return _refused("ROUTE_WITHOUT_ACCOUNTS", f"the route {route} leads to no account")
    return None


def _of_account(
    account: AccountStanding, *, symbol: str, max_drawdown_fraction: Decimal | None
) -> Verdict:
    name = account.account
    if not account.enabled:
        return _refused("ACCOUNT_DISABLED", f"{name} is switched off")
    if account.brake:
        return _refused("BRAKE_SET", f"{name}: entries are held: {account.brake}")
    if symbol in account.held:
        return _refused("ALREADY_HELD", f"{name} holds {symbol} already")
    if max_drawdown_fraction is None:
        return _passed(f"{name} could take it")
    if account.equity is None or account.peak_equity is None or account.peak_equity <= 0:
        told = f"equity or peak of {name} is not known yet: a drawdown_fraction_max has it kept"
        return _unknown("EQUITY_UNKNOWN", told)
    drawdown = ONE - account.equity / account.peak_equity
    told = f"{decimal_text(round(100 * drawdown, 2))} % below its peak"
    if drawdown >= max_drawdown_fraction:
        return _refused("DRAWDOWN_REACHED", f"{name} is {told}")
    return _passed(f"{name} could take it, {told}")


def _passed(text: str) -> Verdict:
    return Verdict(result=CheckResult.PASSED, code="", text=text)


def _refused(code: str, text: str) -> Verdict:
    return Verdict(result=CheckResult.REFUSED, code=code, text=text)


def _unknown(code: str, text: str) -> Verdict:
    return Verdict(result=CheckResult.UNKNOWN, code=code, text=text)

"""Gates that ask whether anybody may trade here and now: brakes, switches, hours."""

from zoneinfo import ZoneInfoNotFoundError

from argos.core.account import Halt, TradingMode
from argos.core.decision import Approved, Denied, Verdict, strictest_halt
from argos.core.denial import DenialCode
from argos.risk.gate import GateInput
from argos.risk.hours import is_inside


def _brake(given: GateInput) -> Halt | None:
    request = given.request
    return strictest_halt(
        request.halts,
        account=request.account.account,
        route=request.route.route,
        bot_version=request.intent.bot_version,
    )


def _braked(code: DenialCode, halt: Halt) -> Denied:
    scope = f"{halt.scope.value} {halt.key}".strip()
    return Denied(
        code=code,
        text=f"{scope} is {halt.mode.value}: {halt.reason}",
        values={"scope": halt.scope.value, "key": halt.key, "mode": halt.mode.value},
    )


def not_halted(given: GateInput) -> Verdict:
    halt = _brake(given)
    if halt is not None and halt.mode is TradingMode.HALTED:
        return _braked(DenialCode.HALTED, halt)
    return Approved()


def not_reducing(given: GateInput) -> Verdict:
    halt = _brake(given)
    if halt is not None and halt.mode is TradingMode.REDUCING:
        return _braked(DenialCode.REDUCING, halt)
    return Approved()


def route_enabled(given: GateInput) -> Verdict:
    route = given.request.route
    if route.enabled:
        return Approved()
    return Denied(code=DenialCode.ROUTE_DISABLED, text=f"route {route.route} is disabled")


def leg_enabled(given: GateInput) -> Verdict:
    request = given.request
    if request.leg.enabled:
        return Approved()
    return Denied(
        code=DenialCode.LEG_DISABLED,
        text=f"{request.account.account} takes no entries of route {request.route.route}",
    )


def account_enabled(given: GateInput) -> Verdict:
    account = given.request.account
    if account.enabled:
        return Approved()
    return Denied(code=DenialCode.ACCOUNT_DISABLED, text=f"account {account.account} is disabled")


def trading_hours(given: GateInput) -> Verdict:
    """A window that names an unknown time zone keeps entries out: better no trade than one at the wrong hour."""
    request = given.request
    try:
        if is_inside(request.leg.hours, at=request.now):
            return Approved()
        text = f"{request.now:%a %H:%M:%S} UTC is outside the hours of {given.place}"
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = f"the hours of {given.place} name an unknown time zone: {error}"
    windows = "; ".join(
        f"{','.join(str(day) for day in sorted(window.days))}"
        f" {window.start:%H:%M}-{window.end:%H:%M} {window.timezone}"
        for window in request.leg.hours
    )
    return Denied(code=DenialCode.OUTSIDE_HOURS, text=text, values={"hours": windows})

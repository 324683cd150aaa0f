"""Loss limits: since the day's anchor and from the stored peak. At a limit only exits pass."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from argos.core.account import AccountSnapshot, Halt, HaltScope, TradingMode
from argos.core.decision import Approved, Denied, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.risk_limits import RiskLimits
from argos.core.standing import Standing
from argos.risk.anchors import is_of_today
from argos.risk.gate import GateInput, not_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss beside its limit, both in account currency. `amount` is positive when money was lost."""

    code: DenialCode
    limit_name: str
    since: str
    reference: Decimal
    equity: Decimal
    fraction_max: Decimal

    @property
    def amount(self) -> Decimal:
        return self.reference - self.equity

    @property
    def limit(self) -> Decimal:
        return self.reference * self.fraction_max

    @property
    def reached(self) -> bool:
        """At the limit is beyond it. An account that had nothing to lose has reached every limit."""
        return self.reference <= 0 or self.amount >= self.limit

    @property
    def values(self) -> dict[str, str]:
        return {
            "equity": number_text(self.equity),
            "reference": number_text(self.reference),
            "loss": number_text(self.amount),
            "limit": number_text(self.limit),
            self.limit_name: number_text(self.fraction_max),
        }

    @property
    def text(self) -> str:
        return (
            f"equity {number_text(self.equity)} is {number_text(self.amount)} below {self.since}"
            f" {number_text(self.reference)}; {number_text(self.limit)}"
            f" ({self.limit_name} {number_text(self.fraction_max)}) is the limit"
        )


def daily_loss(limits: RiskLimits, standing: Standing, snapshot: AccountSnapshot) -> Loss | None:
    """Against the equity of the day's anchor, so that a loss that floats counts; None without limit or anchor."""
    if limits.daily_loss_fraction_max is None or standing.day is None:
        return None
    since = f"the day's {'estimated ' if standing.day.estimated else ''}anchor"
    return Loss(
        code=DenialCode.DAILY_LOSS,
        limit_name="daily_loss_fraction_max",
        since=since,
        reference=standing.day.equity,
        equity=snapshot.equity,
        fraction_max=limits.daily_loss_fraction_max,
    )


def drawdown(limits: RiskLimits, standing: Standing, snapshot: AccountSnapshot) -> Loss | None:
    """Against the stored peak of equity; None without limit or peak."""
    if limits.drawdown_fraction_max is None or standing.peaks is None:
        return None
    return Loss(
        code=DenialCode.DRAWDOWN,
        limit_name="drawdown_fraction_max",
        since="the peak",
        reference=max(standing.peaks.equity, snapshot.equity),
        equity=snapshot.equity,
        fraction_max=limits.drawdown_fraction_max,
    )


def daily_loss_kept(given: GateInput) -> Verdict:
    limits = given.request.account.limits.risk
    if limits.daily_loss_fraction_max is None:
        return not_judged("no daily_loss_fraction_max")
    request = given.request
    day, firm = request.standing.day, request.standing.rules
    if day is not None and not is_of_today(day, at=request.now, limits=limits, firm=firm):
        return Denied(
            code=DenialCode.DAILY_LOSS,
            text=f"the anchor of {request.account.account} is of the day that began {_moment(day.opened_at)};"
            " today's is not known yet",
            values={"opened_at": _moment(day.opened_at)},
        )
    return _verdict(given, daily_loss, code=DenialCode.DAILY_LOSS, lacking="the day's anchor")


def drawdown_kept(given: GateInput) -> Verdict:
    limits = given.request.account.limits.risk
    if limits.drawdown_fraction_max is None:
        return not_judged("no drawdown_fraction_max")
    return _verdict(given, drawdown, code=DenialCode.DRAWDOWN, lacking="the peak of equity")


def loss_brake(
    account: str, limits: RiskLimits, standing: Standing, snapshot: AccountSnapshot
) -> Halt | None:
    """The brake that a reached loss limit sets: REDUCING, so that only exits pass. None while all limits hold."""
    for loss in (drawdown(limits, standing, snapshot), daily_loss(limits, standing, snapshot)):
        if loss is not None and loss.reached:
            return Halt(
                scope=HaltScope.ACCOUNT,
                key=account,
                mode=TradingMode.REDUCING,
                reason=f"{loss.code.value}: {loss.text}",
            )
    return None


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _verdict(
    given: GateInput,
    measure: Callable[[RiskLimits, Standing, AccountSnapshot], Loss | None],
    *,
    code: DenialCode,
    lacking: str,
) -> Verdict:
    """A limit whose reference was never stored keeps entries out: it cannot be held to."""
    request = given.request
    if request.snapshot is None:
        return not_judged("no snapshot")
    loss = measure(request.account.limits.risk, request.standing, request.snapshot)
    if loss is None:
        text = f"{lacking} of {request.account.account} is not known yet"
        return Denied(code=code, text=text)
    if loss.reached:
        return Denied(code=code, text=f"{request.account.account}: {loss.text}", values=loss.values)
    return Approved(values=loss.values)

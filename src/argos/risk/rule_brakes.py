"""The brake of an account under a firm's rules: below our floor no entry can pass, and what waits must not leave."""

from argos.core.account import AccountSnapshot, Halt, HaltScope, TradingMode
from argos.core.decision import number_text
from argos.core.denial import DenialCode
from argos.core.rule_set import RuleAccount
from argos.core.standing import DayAnchor, Peaks
from argos.risk.rule_floors import daily_floor, overall_floor


def rule_brake(
    account: str, firm: RuleAccount, snapshot: AccountSnapshot, *, day: DayAnchor, peaks: Peaks
) -> Halt | None:
    """REDUCING once equity is below our floor, the maximum's before the day's; None above both."""
    floors = (
        (DenialCode.RULE_MAX_LOSS, overall_floor(firm, peaks)),
        (DenialCode.RULE_DAILY_LOSS, daily_floor(firm, day)),
    )
    for code, floor in floors:
        if floor is not None and snapshot.equity < floor.ours:
            text = (
                f"{firm.rules.name}: equity {number_text(snapshot.equity)} is below our floor"
                f" {number_text(floor.ours)} (the firm's limit is {number_text(floor.firm)})"
            )
            return Halt(
                scope=HaltScope.ACCOUNT,
                key=account,
                mode=TradingMode.REDUCING,
                reason=f"{code.value}: {text}",
            )
    return None

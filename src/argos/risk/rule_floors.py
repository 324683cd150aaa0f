"""The equity below which a firm's rule is broken, and the higher one at which Argos stops."""

from dataclasses import dataclass
from decimal import Decimal

from argos.core.money import ONE
from argos.core.rule_set import DayBase, LimitOf, RuleAccount, Trail
from argos.core.standing import DayAnchor, Peaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A loss of `allowance` from `base` is the firm's limit. Account currency."""

    base: Decimal
    allowance: Decimal
    buffer_fraction: Decimal = ONE
    ceiling: Decimal | None = None

    @property
    def firm(self) -> Decimal:
        """Equity below this breaks the rule."""
        return self._floor(ONE)

    @property
    def ours(self) -> Decimal:
        """The worst case of an entry must leave this much."""
        return self._floor(self.buffer_fraction)

    def _floor(self, part: Decimal) -> Decimal:
        floor = self.base - part * self.allowance
        if self.ceiling is None:
            return floor
        # The firm's floor stops at the ceiling; ours keeps its distance above it.
        return min(floor, self.ceiling + (ONE - part) * self.allowance)


def daily_floor(account: RuleAccount, day: DayAnchor) -> Floor | None:
    """Of the day that `day` anchors; None without a daily rule.

    A first day that begins with more than the initial balance is not the account's first: it was put under the rules
    later than it began, and nobody said so. The higher of the two allows the smaller loss.
    """
    rules = account.rules
    if rules.daily_fraction is None:
        return None
    first = rules.first_day_initial and day.opened_at <= account.started_at
    base = _day_base(rules.daily_base, day)
    if first:
        base = max(base, account.initial_balance)
    limit_of = account.initial_balance if rules.daily_limit_of is LimitOf.INITIAL else base
    return Floor(
        base=base,
        allowance=rules.daily_fraction * limit_of,
        buffer_fraction=rules.buffer_fraction,
    )


def overall_floor(account: RuleAccount, peaks: Peaks) -> Floor | None:
    """Of the maximum loss, always a part of the initial balance; None without such a rule. A floor never falls."""
    rules, initial = account.rules, account.initial_balance
    if rules.max_fraction is None:
        return None
    least = max(initial, account.peak or initial)
    base = {
        Trail.STATIC: initial,
        Trail.DAY_BALANCE: max(least, peaks.day_balance),
        Trail.BALANCE: max(least, peaks.balance),
        Trail.EQUITY: max(least, peaks.equity),
    }[rules.trail]
    return Floor(
        base=base,
        allowance=rules.max_fraction * initial,
        buffer_fraction=rules.buffer_fraction,
        ceiling=initial if rules.locks_at_initial and rules.trail is not Trail.STATIC else None,
    )


def _day_base(base: DayBase, day: DayAnchor) -> Decimal:
    match base:
        case DayBase.BALANCE:
            return day.balance
        case DayBase.EQUITY:
            return day.equity
        case DayBase.HIGHER:
            return max(day.balance, day.equity)

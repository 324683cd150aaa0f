"""Every reason for which Argos itself refuses to trade, and what to do about it. The docs are made from this."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DenialCode(StrEnum):
    """Why we refused; nothing was sent. `fix` tells the operator or the strategy's author what to do."""

    HALTED = "HALTED"
    REDUCING = "REDUCING"
    ROUTE_UNKNOWN = "ROUTE_UNKNOWN"
    ROUTE_DISABLED = "ROUTE_DISABLED"
    ROUTE_WITHOUT_LEGS = "ROUTE_WITHOUT_LEGS"
    LEG_DISABLED = "LEG_DISABLED"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    ALERT_FROM_FUTURE = "ALERT_FROM_FUTURE"
    ALERT_STALE = "ALERT_STALE"
    INTENT_EXPIRED = "INTENT_EXPIRED"
    SNAPSHOT_MISSING = "SNAPSHOT_MISSING"
    SNAPSHOT_STALE = "SNAPSHOT_STALE"
    TERMS_STALE = "TERMS_STALE"
    SYMBOL_UNKNOWN = "SYMBOL_UNKNOWN"
    SYMBOL_NOT_TRADABLE = "SYMBOL_NOT_TRADABLE"
    PRICE_APART = "PRICE_APART"
    QUOTE_MISSING = "QUOTE_MISSING"
    STOP_WRONG_SIDE = "STOP_WRONG_SIDE"
    TARGET_WRONG_SIDE = "TARGET_WRONG_SIDE"
    LEVEL_APART = "LEVEL_APART"
    STOP_TOO_CLOSE = "STOP_TOO_CLOSE"
    SIZE_MISSING = "SIZE_MISSING"
    SIZE_NEEDS_STOP = "SIZE_NEEDS_STOP"
    SIZE_NEEDS_PRICE = "SIZE_NEEDS_PRICE"
    SIZE_NEEDS_CONFIDENCE = "SIZE_NEEDS_CONFIDENCE"
    SIZE_BELOW_MINIMUM = "SIZE_BELOW_MINIMUM"
    SIZE_ABOVE_MAXIMUM = "SIZE_ABOVE_MAXIMUM"
    NETTING_OPPOSED = "NETTING_OPPOSED"
    POSITIONS_MAX = "POSITIONS_MAX"
    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    MARKET_CLOSED = "MARKET_CLOSED"
    QUOTE_STALE = "QUOTE_STALE"
    DUPLICATE_ENTRY = "DUPLICATE_ENTRY"
    POSITION_EXISTS = "POSITION_EXISTS"
    COOLDOWN = "COOLDOWN"
    ENTRY_RATE = "ENTRY_RATE"
    SYMBOL_POSITIONS_MAX = "SYMBOL_POSITIONS_MAX"
    DAILY_LOSS = "DAILY_LOSS"
    DRAWDOWN = "DRAWDOWN"
    CORRELATION = "CORRELATION"
    CONCENTRATION = "CONCENTRATION"
    BUYING_POWER = "BUYING_POWER"
    VOLUME_LIMIT = "VOLUME_LIMIT"
    RULE_DAILY_LOSS = "RULE_DAILY_LOSS"
    RULE_MAX_LOSS = "RULE_MAX_LOSS"
    RULE_NO_ANCHOR = "RULE_NO_ANCHOR"
    RULE_RISK_UNBOUNDED = "RULE_RISK_UNBOUNDED"
    RULE_NEWS_WINDOW = "RULE_NEWS_WINDOW"
    RULE_REQUEST_BUDGET = "RULE_REQUEST_BUDGET"
    RULE_ORDERS_MAX = "RULE_ORDERS_MAX"
    RULE_LOTS_MAX = "RULE_LOTS_MAX"
    CLOSE_NOTHING_OPEN = "CLOSE_NOTHING_OPEN"
    MODIFY_NOTHING_OPEN = "MODIFY_NOTHING_OPEN"
    MODIFY_NOTHING_GIVEN = "MODIFY_NOTHING_GIVEN"
    CANCEL_NOTHING_WORKING = "CANCEL_NOTHING_WORKING"

    @property
    def fix(self) -> str:
        return FIXES[self]


_C = DenialCode

FIXES: Final[Mapping[DenialCode, str]] = MappingProxyType(
    {
        _C.HALTED: "find out why trading was halted, then `argos resume` the scope that is named",
        _C.REDUCING: "only exits pass while a brake is set to reducing; `argos resume` lifts it",
        _C.ROUTE_UNKNOWN: "create the route, or correct account_route in the alert",
        _C.ROUTE_DISABLED: "enable the route, or point the strategy's account_route elsewhere",
        _C.ROUTE_WITHOUT_LEGS: "add at least one account to the route",
        _C.LEG_DISABLED: "enable the account's leg of this route, if it shall take entries",
        _C.ACCOUNT_DISABLED: "enable the account, if it shall take entries",
        _C.OUTSIDE_HOURS: "widen the leg's trading hours, or do not signal outside them",
        _C.ALERT_FROM_FUTURE: "send timestamp_tv in UTC ({{timenow}}); check the sender's clock",
        _C.ALERT_STALE: "see what delayed the alert; raise the route's alert_age_s_max only if that is fine",
        _C.INTENT_EXPIRED: "give the intent a later expiry, or raise the route's expiry_s",
        _C.SNAPSHOT_MISSING: "start the account's node and wait for its first report",
        _C.SNAPSHOT_STALE: "check the account's node and its broker connection",
        _C.TERMS_STALE: "check that the account's terminal is connected; raise terms_age_s_max only if a tick's value "
        "may be that old",
        _C.SYMBOL_UNKNOWN: "map the symbol to the broker's own name in the leg's symbol_map",
        _C.SYMBOL_NOT_TRADABLE: "ask the broker to enable the symbol, or leave it out for this account",
        _C.PRICE_APART: "compare the leg's symbol_map and the alert's price with `argos accounts symbols`: a split, "
        "cents for dollars, another symbol? raise price_apart_fraction_max only if they differ by design",
        _C.QUOTE_MISSING: "wait for a quote, see `argos accounts symbols`, or turn quote_required off",
        _C.STOP_WRONG_SIDE: "a buy's stop lies below the price, a sell's above it",
        _C.TARGET_WRONG_SIDE: "a buy's target lies above the price, a sell's below it",
        _C.LEVEL_APART: "send stop and target as prices of this symbol, not as distances; raise "
        "level_apart_fraction_max only if they are meant to be that far",
        _C.STOP_TOO_CLOSE: "move stop and target further from the price: the broker sets this distance",
        _C.SIZE_MISSING: "send size with the intent, or give the leg or the route a default size",
        _C.SIZE_NEEDS_STOP: "send sl: a risk_fraction is measured from the entry to the stop",
        _C.SIZE_NEEDS_PRICE: "send entry_price, or wait until the account has a quote of the symbol",
        _C.SIZE_NEEDS_CONFIDENCE: "send confidence: a size of mode consensus is measured by it",
        _C.SIZE_BELOW_MINIMUM: "size up, raise the leg's share, or leave this account out of the route",
        _C.SIZE_ABOVE_MAXIMUM: "size down, or raise the limit that is named",
        _C.NETTING_OPPOSED: "close the trade that is named first, send a reverse, or trade this on a hedging account",
        _C.POSITIONS_MAX: "close a position first, or raise the account's positions_max",
        _C.ACCOUNT_BLOCKED: "see at the venue why the account may not trade",
        _C.MARKET_CLOSED: "do not signal outside the market's session, or send a limit that waits for it",
        _C.QUOTE_STALE: "check the account's node; raise quote_age_s_max only for a market that is quoted seldom",
        _C.DUPLICATE_ENTRY: "send each signal once; lower duplicate_s if the strategy means to add so soon",
        _C.POSITION_EXISTS: "close the symbol's position or cancel its order first, or turn flat_only off",
        _C.COOLDOWN: "wait, or lower cooldown_s",
        _C.ENTRY_RATE: "find out why the strategy opens so often; raise entries_per_minute_max only if it means to",
        _C.SYMBOL_POSITIONS_MAX: "close a position in the symbol first, or raise symbol_positions_max",
        _C.DAILY_LOSS: "no entries until the next trading day's anchor; exits pass",
        _C.DRAWDOWN: "find out what went wrong, then reset the stored peak by hand; exits pass",
        _C.CORRELATION: "close the position that is named, or raise correlation_max or correlated_fraction_max",
        _C.CONCENTRATION: "size down, or raise the fraction that is named",
        _C.BUYING_POWER: "size down, close something, or cancel orders that wait",
        _C.VOLUME_LIMIT: "size down: the broker holds no more than this on one side of the symbol",
        _C.RULE_DAILY_LOSS: "size down or tighten stops: with every stop hit, the firm's daily loss would be reached",
        _C.RULE_MAX_LOSS: "size down or tighten stops: with every stop hit, the firm's maximum loss would be reached",
        _C.RULE_NO_ANCHOR: "wait for the account's first snapshot of the firm's day",
        _C.RULE_RISK_UNBOUNDED: "give the new order a stop, and every open position one as well",
        _C.RULE_NEWS_WINDOW: "wait until the window around the event that is named is over",
        _C.RULE_REQUEST_BUDGET: "trade less often, or trail stops in larger steps: changes and cancels count, too",
        _C.RULE_ORDERS_MAX: "close or cancel something: the firm allows so many at once",
        _C.RULE_LOTS_MAX: "size down: the firm allows so many lots in one order",
        _C.CLOSE_NOTHING_OPEN: "nothing to do if the trade ended at its stop or target; else check trade_id",
        _C.MODIFY_NOTHING_OPEN: "nothing to do if the trade has ended; else check trade_id",
        _C.MODIFY_NOTHING_GIVEN: "send sl or tp; entry_price moves a working order only",
        _C.CANCEL_NOTHING_WORKING: "nothing to do if the order has filled or ended; else check trade_id",
    }
)

"""Gates of a prop firm's rules: judged before anything is sent, on the worst case, with a buffer."""

from datetime import timedelta
from decimal import Decimal

from argos.core.decision import Approved, Denied, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.instrument import ProfitRule
from argos.core.intent import OrderType
from argos.core.rule_set import NewsBlock, NewsEvent, RuleAccount
from argos.risk.anchors import is_of_today
from argos.risk.gate import GateInput, not_judged
from argos.risk.rule_floors import Floor, daily_floor, overall_floor
from argos.risk.sizing import Sized
from argos.risk.worst_case import worst_case

_NO_RULES = not_judged("the account is under no firm's rules")


def rule_anchor(given: GateInput) -> Verdict:
    """Nothing can be held to a day whose start nobody knows."""
    standing = given.request.standing
    if standing.rules is None:
        return _NO_RULES
    account, limits = given.request.account.account, given.request.account.limits.risk
    day = standing.day
    if day is not None and not is_of_today(
        day, at=given.request.now, limits=limits, firm=standing.rules
    ):
        moment = f"{day.opened_at:%Y-%m-%dT%H:%M:%SZ}"
        return Denied(
            code=DenialCode.RULE_NO_ANCHOR,
            text=f"{standing.rules.rules.name}: the anchor of {account} is of the day that began {moment};"
            " today's is not known yet",
            values={"opened_at": moment},
        )
    if day is not None and standing.peaks is not None:
        note = "estimated: nobody saw the account near the day's start" if day.estimated else ""
        return Approved(
            note=note,
            values={
                "opened_at": f"{day.opened_at:%Y-%m-%dT%H:%M:%SZ}",
                "balance": number_text(day.balance),
                "equity": number_text(day.equity),
            },
        )
    return Denied(
        code=DenialCode.RULE_NO_ANCHOR,
        text=f"{standing.rules.rules.name}: what {account} had at the day's start is not known",
    )


def rule_risk_bounded(given: GateInput) -> Verdict:
    """Every position, every entry on its way and the new order has a stop and a price to measure it by."""
    rules = given.request.standing.rules
    if rules is None:
        return _NO_RULES
    if rules.rules.daily_fraction is None and rules.rules.max_fraction is None:
        return not_judged(f"{rules.rules.name} limits no loss")
    unbounded = worst_case(given).unbounded
    if not unbounded:
        return Approved()
    return Denied(
        code=DenialCode.RULE_RISK_UNBOUNDED,
        text=f"{rules.rules.name}: {unbounded} of {given.request.account.account}'s positions and orders, the new one"
        " included, could lose any amount: no stop, or no price or terms",
        values={"unbounded": str(unbounded)},
    )


def rule_daily_loss(given: GateInput) -> Verdict:
    standing = given.request.standing
    if standing.rules is None:
        return _NO_RULES
    if standing.day is None:
        return not_judged("no anchor")
    floor = daily_floor(standing.rules, standing.day)
    return _above(given, floor, rules=standing.rules, code=DenialCode.RULE_DAILY_LOSS)


def rule_max_loss(given: GateInput) -> Verdict:
    standing = given.request.standing
    if standing.rules is None:
        return _NO_RULES
    if standing.peaks is None:
        return not_judged("no peaks")
    floor = overall_floor(standing.rules, standing.peaks)
    return _above(given, floor, rules=standing.rules, code=DenialCode.RULE_MAX_LOSS)


def rule_news_window(given: GateInput) -> Verdict:
    """Entries keep out of the window. A pending order keeps out of every window that it might fill in."""
    request = given.request
    if request.standing.rules is None:
        return _NO_RULES
    rules = request.standing.rules.rules
    if rules.news_window_s is None or not rules.news_blocks & {NewsBlock.OPEN, NewsBlock.FILL}:
        return not_judged(f"{rules.name} does not forbid entries around news")
    window = timedelta(seconds=rules.news_window_s)
    fills_later = request.order_type is not OrderType.MARKET and NewsBlock.FILL in rules.news_blocks
    for event in request.standing.rules.news:
        if not _concerns(given, event) or request.now > event.at + window:
            continue
        begun = request.now >= event.at - window
        ends_before = (
            request.intent.expires_at is not None and request.intent.expires_at < event.at - window
        )
        if begun or (fills_later and not ends_before):
            moment = f"{event.at:%Y-%m-%dT%H:%M:%SZ}"
            return Denied(
                code=DenialCode.RULE_NEWS_WINDOW,
                text=f"{rules.name}: {given.place} within {rules.news_window_s} s of {event.title} at {moment}",
                values={"event": event.title, "at": moment, "window_s": str(rules.news_window_s)},
            )
    return Approved(values={"events": str(len(request.standing.rules.news))})


def rule_request_budget(given: GateInput) -> Verdict:
    """Entries leave the last part of the day's requests to exits and changes of stops."""
    standing = given.request.standing
    if standing.rules is None:
        return _NO_RULES
    rules = standing.rules.rules
    if rules.requests_per_day_max is None:
        return not_judged(f"{rules.name} counts no requests")
    most = rules.requests_per_day_max * rules.buffer_fraction
    sent = standing.requests_today
    values = {
        "requests": "unknown" if sent is None else str(sent),
        "entries_until": number_text(most),
        "requests_per_day_max": str(rules.requests_per_day_max),
    }
    if sent is not None and sent + 1 <= most:
        return Approved(values=values)
    told = "nobody counted them" if sent is None else f"{sent} were sent"
    return Denied(
        code=DenialCode.RULE_REQUEST_BUDGET,
        text=f"{rules.name}: of the day's {rules.requests_per_day_max} requests {told};"
        f" entries stop at {number_text(most)}",
        values=values,
    )


def rule_orders(given: GateInput) -> Verdict:
    request = given.request
    if request.standing.rules is None:
        return _NO_RULES
    rules = request.standing.rules.rules
    if rules.open_orders_max is None:
        return not_judged(f"{rules.name} counts no orders")
    count = len(request.held) + len(request.working) + 1
    values = {"orders_after": str(count), "open_orders_max": str(rules.open_orders_max)}
    if count <= rules.open_orders_max:
        return Approved(values=values)
    return Denied(
        code=DenialCode.RULE_ORDERS_MAX,
        text=f"{rules.name}: {given.place} would be order {count}; {rules.open_orders_max} is the most",
        values=values,
    )


def rule_lots(given: GateInput) -> Verdict:
    request = given.request
    if request.standing.rules is None:
        return _NO_RULES
    rules, instrument = request.standing.rules.rules, request.instrument
    if rules.lots_per_fx_order_max is None:
        return not_judged(f"{rules.name} does not limit lots")
    if instrument is None or not isinstance(given.sized, Sized) or instrument.contract_size <= 0:
        return not_judged("no size")
    if instrument.profit_rule is not ProfitRule.PAIR:
        return not_judged("not a currency pair")
    lots = given.sized.qty / instrument.contract_size
    values = {
        "lots": number_text(lots),
        "lots_per_fx_order_max": number_text(rules.lots_per_fx_order_max),
    }
    if lots <= rules.lots_per_fx_order_max:
        return Approved(values=values)
    return Denied(
        code=DenialCode.RULE_LOTS_MAX,
        text=f"{rules.name}: {number_text(lots)} lots of {given.place};"
        f" {number_text(rules.lots_per_fx_order_max)} is the most in one order",
        values=values,
    )


def _above(
    given: GateInput, floor: Floor | None, *, rules: RuleAccount, code: DenialCode
) -> Verdict:
    snapshot = given.request.snapshot
    if floor is None:
        return not_judged(f"{rules.rules.name} has no such limit")
    if snapshot is None:
        return not_judged("no snapshot")
    worst = worst_case(given)
    left: Decimal = snapshot.equity - worst.loss
    values = {
        "equity": number_text(snapshot.equity),
        "risk_held": number_text(worst.held),
        "risk_working": number_text(worst.working),
        "risk_order": number_text(worst.order),
        "commission": number_text(worst.commission),
        "left": number_text(left),
        "floor": number_text(floor.ours),
        "floor_of_firm": number_text(floor.firm),
    }
    if left >= floor.ours:
        return Approved(values=values)
    return Denied(
        code=code,
        text=f"{rules.rules.name}: equity {number_text(snapshot.equity)} less {number_text(worst.loss)} if every stop"
        f" is hit leaves {number_text(left)}; {number_text(floor.ours)} must stay (the firm's limit is"
        f" {number_text(floor.firm)})",
        values=values,
    )


def _concerns(given: GateInput, event: NewsEvent) -> bool:
    """A symbol whose currencies are not told is concerned by everything."""
    instrument = given.request.instrument
    if not event.currencies or instrument is None:
        return True
    currencies = {instrument.base_currency, instrument.quote_currency} - {""}
    return not currencies or bool(currencies & event.currencies)

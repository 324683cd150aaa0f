"""Prop firms' rules: their floors worked by hand, and every gate as a table of cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argos.core.account import AccountLimits, TradingMode
from argos.core.decision import Denied, RiskRequest
from argos.core.denial import DenialCode
from argos.core.instrument import ProfitRule, Quote
from argos.core.intent import OrderType, Side
from argos.core.position import Position
from argos.core.rule_set import NewsBlock, NewsEvent, RuleAccount, RuleSet, Trail
from argos.core.standing import DayAnchor, Peaks, Standing, WorkingEntry
from argos.risk.assess import assess
from argos.risk.gate import GateInput
from argos.risk.gates import RULE_GATES
from argos.risk.rule_brakes import rule_brake
from argos.risk.rule_floors import daily_floor, overall_floor
from argos.risk.rule_gates import rule_anchor
from argos.risk.rule_presets import (
    BREAKOUT_1_STEP,
    FTMO_1_STEP,
    FTMO_2_STEP,
    RULE_SETS,
    THE5ERS_HIGH_STAKES,
)
from unit.core.builders import EURUSD, NOW, make_account, make_snapshot, units

D = Decimal
S = timedelta(seconds=1)
C = DenialCode
MakeRequest = Callable[..., RiskRequest]
BEGAN = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
"""Midnight in Prague, winter time."""
TODAY = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
LOT = 100_000


def held_to(rules: RuleSet, *news: NewsEvent) -> RuleAccount:
    return RuleAccount(rules=rules, initial_balance=D(100_000), started_at=BEGAN, news=news)


def day(balance: int, equity: int | None = None, *, opened_at: datetime = TODAY) -> DayAnchor:
    return DayAnchor(
        opened_at=opened_at,
        taken_at=opened_at,
        balance=D(balance),
        equity=D(balance if equity is None else equity),
    )


def peaks(day_balance: int, equity: int = 0, balance: int = 0) -> Peaks:
    return Peaks(equity=D(equity), balance=D(balance), day_balance=D(day_balance))


# what the plan says -> the firm's floor, and ours at 80 % of the loss that is allowed
DAILY = [
    ("the first day counts from the initial balance", FTMO_2_STEP, day(100_000, opened_at=BEGAN), 95_000, 96_000),
    ("so it does after a loss", FTMO_2_STEP, day(98_000, opened_at=BEGAN), 95_000, 96_000),
    ("more at the start: it began before, 103,000 - 5,000", FTMO_2_STEP, day(103_000, opened_at=BEGAN), 98_000, 99_000),
    ("after a day with 2,000 of profit: 102,000 - 5,000", FTMO_2_STEP, day(102_000), 97_000, 98_000),
    ("after a day with 3,000 of loss: 97,000 - 5,000", FTMO_2_STEP, day(97_000), 92_000, 93_000),
    ("equity at midnight does not count, balance does", FTMO_2_STEP, day(102_000, 108_000), 97_000, 98_000),
    ("1-step: 102,000 - 3,000", FTMO_1_STEP, day(102_000), 99_000, 99_600),
    ("The5ers: 5 % of the higher of 104,000 and 106,000", THE5ERS_HIGH_STAKES, day(104_000, 106_000), 100_700, 101_760),
    ("Breakout: 4 % of the balance, 110,000", BREAKOUT_1_STEP, day(110_000, 120_000), 105_600, 106_480),
]  # fmt: skip
OVERALL = [
    ("static: 100,000 - 10,000, whatever was won", FTMO_2_STEP, peaks(120_000, 130_000, 125_000), 90_000, 92_000),
    ("1-step, before any profit", FTMO_1_STEP, peaks(98_000), 90_000, 92_000),
    ("1-step: the highest end-of-day balance, 104,000", FTMO_1_STEP, peaks(104_000, 109_000, 108_000), 94_000, 96_000),
    ("1-step at 115,000 without a lock", FTMO_1_STEP, peaks(115_000), 105_000, 107_000),
    (
        "1-step at 115,000 with a lock",
        replace(FTMO_1_STEP, locks_at_initial=True),
        peaks(115_000),
        100_000,
        102_000,
    ),
    (
        "a floor that trails the equity of any moment",
        replace(FTMO_1_STEP, trail=Trail.EQUITY),
        peaks(104_000, 109_000, 108_000),
        99_000,
        101_000,
    ),
    (
        "a floor that trails the balance of any moment",
        replace(FTMO_1_STEP, trail=Trail.BALANCE),
        peaks(104_000, 109_000, 108_000),
        98_000,
        100_000,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rules", "anchor", "firm", "ours"), DAILY, ids=[row[0] for row in DAILY]
)
def test_a_daily_floor_is_worked_by_hand(
    name: str, rules: RuleSet, anchor: DayAnchor, firm: int, ours: int
) -> None:
    floor = daily_floor(held_to(rules), anchor)
    assert floor is not None, name
    assert (floor.firm, floor.ours) == (firm, ours)


@pytest.mark.parametrize(
    ("name", "rules", "highest", "firm", "ours"), OVERALL, ids=[row[0] for row in OVERALL]
)
def test_an_overall_floor_is_worked_by_hand(
    name: str, rules: RuleSet, highest: Peaks, firm: int, ours: int
) -> None:
    floor = overall_floor(held_to(rules), highest)
    assert floor is not None, name
    assert (floor.firm, floor.ours) == (firm, ours)


def test_a_loss_that_floats_over_midnight_can_break_the_rule_by_the_reset_alone() -> None:
    """100,000, then 3,000 are won and 5,500 float: 97,500 is above 95,000, until 103,000 is the day's balance."""
    equity = D(97_500)
    before, after = (
        daily_floor(held_to(FTMO_2_STEP), day(100_000)),
        daily_floor(held_to(FTMO_2_STEP), day(103_000)),
    )
    assert before is not None
    assert after is not None
    assert before.firm <= equity < after.firm


@given(
    highest=st.integers(50_000, 200_000),
    more=st.integers(0, 50_000),
    rules=st.sampled_from(list(RULE_SETS.values())),
    buffer_fraction=st.decimals("0.1", 1, places=2),
    locks=st.booleans(),
    trail=st.sampled_from(list(Trail)),
)
def test_a_floor_never_falls_and_ours_is_never_below_the_firms(
    highest: int, more: int, rules: RuleSet, buffer_fraction: Decimal, locks: bool, trail: Trail
) -> None:
    plan = held_to(
        replace(
            rules,
            buffer_fraction=buffer_fraction,
            locks_at_initial=locks,
            trail=trail,
            max_fraction=D("0.1"),
        )
    )
    low = overall_floor(plan, peaks(highest, highest, highest))
    high = overall_floor(plan, peaks(highest + more, highest + more, highest + more))
    assert low is not None
    assert high is not None
    assert low.firm <= high.firm
    assert low.ours <= high.ours
    assert low.firm <= low.ours
    if locks and trail is not Trail.STATIC:
        assert high.firm <= 100_000


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    changes: Mapping[str, Any]
    code: DenialCode | None
    says: str = ""


PAIR = replace(EURUSD, base_currency="EUR", profit_rule=ProfitRule.PAIR)
QUOTE = Quote(symbol="EURUSD", bid=D("1.0999"), ask=D("1.1000"), at=NOW)


def judged(
    rules: RuleSet = FTMO_2_STEP,
    *,
    lots: str = "1",
    equity: int = 100_000,
    balance: int = 100_000,
    sl: str | None = "1.0950",
    news: tuple[NewsEvent, ...] = (),
    requests: int | None = 0,
    commission: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A buy of EURUSD at 1.1000 with its stop 0.0050 below: 500 dollars a lot."""
    standing = Standing(
        rules=held_to(rules, *news),
        day=day(balance),
        peaks=peaks(balance),
        requests_today=requests,
    )
    snapshot = make_snapshot(
        equity=D(equity), balance=D(balance), instruments={"EURUSD": PAIR}, quotes={"EURUSD": QUOTE}
    )
    per_lot = None if commission is None else D(commission)
    return {
        "symbol": "EURUSD",
        "entry_price": D("1.1"),
        "sl": None if sl is None else D(sl),
        "tp": None,
        "size": units(str(D(lots) * LOT)),
        "snapshot": snapshot,
        "standing": standing,
        "account": make_account(limits=AccountLimits(commission_per_lot=per_lot)),
        **changes,
    }


def held(lots: str = "1", *, sl: str | None = "1.0949", side: Side = Side.BUY) -> Position:
    """It closes at the bid, 1.0999: 500 dollars a lot to its stop."""
    return Position(
        symbol="EURUSD",
        side=side,
        qty=D(lots) * LOT,
        price_open=D("1.08"),
        position_id="p",
        sl=None if sl is None else D(sl),
    )


def pending(lots: str = "1", *, sl: str | None = "1.0850") -> WorkingEntry:
    """At 1.0900: 500 dollars a lot."""
    return WorkingEntry(
        symbol="EURUSD",
        side=Side.BUY,
        qty=D(lots) * LOT,
        price=D("1.09"),
        sl=None if sl is None else D(sl),
    )


def event(in_s: int, *currencies: str) -> tuple[NewsEvent, ...]:
    return (NewsEvent(at=NOW + in_s * S, title="CPI", currencies=frozenset(currencies)),)


def limit(*, expires_in_s: int | None = None) -> dict[str, Any]:
    expires_at = None if expires_in_s is None else NOW + expires_in_s * S
    return {"order_type": OrderType.LIMIT, "price": D("1.1"), "expires_at": expires_at}


FILLS = replace(FTMO_2_STEP, news_blocks=frozenset({NewsBlock.OPEN, NewsBlock.FILL}))
ONLY_FILLS = replace(FTMO_2_STEP, news_blocks=frozenset({NewsBlock.FILL}))
ONLY_CLOSES = replace(FTMO_2_STEP, news_blocks=frozenset({NewsBlock.CLOSE}))
CASES = [
    Case("a small order", judged(), None),
    # 96,000 must stay of 100,000 today: 8 lots at 500
    Case("all that the day allows", judged(lots="8"), None),
    Case("a step more", judged(lots="8.01"), C.RULE_DAILY_LOSS, "leaves 95995; 96000 must stay"),
    Case("what is held counts: 5 + 3 lots", judged(lots="3", held=(held("5"),)), None),
    Case("what is held and one step more", judged(lots="3.01", held=(held("5"),)), C.RULE_DAILY_LOSS),
    Case("what is on its way counts: 5 + 3 lots", judged(lots="3", working=(pending("5"),)), None),
    Case("on its way and a step more", judged(lots="3.01", working=(pending("5"),)), C.RULE_DAILY_LOSS),
    Case("a floating loss has used it up already", judged(equity=96_499, lots="1"), C.RULE_DAILY_LOSS),
    Case(
        "a stop above the price holds no gain against it",
        judged(lots="8.01", held=(held("5", sl="1.1500"),)),
        C.RULE_DAILY_LOSS,
    ),
    # 8 lots less their commission: 8 x 500 + 8 x 2 x 3.5 = 4,056
    Case("commission counts on both sides", judged(lots="8", commission="3.5"), C.RULE_DAILY_LOSS, "less 4056"),
    Case("7.88 lots: 3,940 + 55.16", judged(lots="7.88", commission="3.5"), None),
    Case(
        "one side is still to pay of what is held: 7 x 500 + 24.5 + 475 + 6.65",
        judged(lots="0.95", held=(held("7"),), commission="3.5"),
        C.RULE_DAILY_LOSS,
        "less 4006.15",
    ),
    # 93,000 at the day's start: today 89,000 must stay, in all 92,000
    Case(
        "the maximum binds first",
        judged(balance=93_000, equity=93_000, lots="2.01"),
        C.RULE_MAX_LOSS,
        "91995; 92000 must stay (the firm's limit is 90000)",
    ),
    Case("the maximum is kept", judged(balance=93_000, equity=93_000, lots="2"), None),
    Case("no stop, no bound", judged(sl=None), C.RULE_RISK_UNBOUNDED, "1 of"),
    Case("a position without a stop", judged(held=(held(sl=None), held())), C.RULE_RISK_UNBOUNDED, "1 of"),
    Case("an order without a stop", judged(working=(pending(sl=None),)), C.RULE_RISK_UNBOUNDED),
    Case("nobody saw the day begin", judged(standing=Standing(rules=held_to(FTMO_2_STEP))), C.RULE_NO_ANCHOR),
    Case("news in 121 s", judged(news=event(121)), None),
    Case("news in 120 s", judged(news=event(120)), C.RULE_NEWS_WINDOW, "within 120 s of CPI"),
    Case("news 120 s ago", judged(news=event(-120, "EUR")), C.RULE_NEWS_WINDOW),
    Case("news 121 s ago", judged(news=event(-121, "USD")), None),
    Case("news of other currencies", judged(news=event(0, "JPY", "GBP")), None),
    Case("no news rule", judged(replace(FTMO_2_STEP, news_window_s=None), news=event(0)), None),
    Case("an order that waits may fill later, which FTMO does not forbid", judged(news=event(900), **limit()), None),
    Case("an order that waits may fill in the window", judged(FILLS, news=event(900), **limit()), C.RULE_NEWS_WINDOW),
    Case("an entry at once is a fill, too", judged(ONLY_FILLS, news=event(0)), C.RULE_NEWS_WINDOW),
    Case("where closes alone are forbidden, entries pass", judged(ONLY_CLOSES, news=event(0)), None),
    Case("it ends before the window", judged(FILLS, news=event(900), **limit(expires_in_s=779)), None),
    Case("it ends in the window", judged(FILLS, news=event(900), **limit(expires_in_s=780)), C.RULE_NEWS_WINDOW),
    Case("request 1,600 of 2,000", judged(requests=1599), None),
    Case(
        "the last fifth of the requests is for exits",
        judged(requests=1600),
        C.RULE_REQUEST_BUDGET,
        "1600 were sent; entries stop at 1600",
    ),
    Case("nobody counted", judged(requests=None), C.RULE_REQUEST_BUDGET, "nobody counted"),
    Case("order 200", judged(held=(held("0.01"),) * 150, working=(pending("0.01"),) * 49, lots="0.01"), None),
    Case(
        "order 201",
        judged(held=(held("0.01"),) * 150, working=(pending("0.01"),) * 50, lots="0.01"),
        C.RULE_ORDERS_MAX,
        "order 201",
    ),
    Case("50 lots", judged(lots="50", sl="1.0994"), None),
    Case("51 lots", judged(lots="51", sl="1.0994"), C.RULE_LOTS_MAX, "51 lots"),
    Case(
        "lots of what is no currency pair",
        judged(
            lots="51",
            sl="1.0994",
            snapshot=make_snapshot(instruments={"EURUSD": EURUSD}, quotes={"EURUSD": QUOTE}),
        ),
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("opened_at", "now", "denied"),
    [
        ("2026-03-27T23:00", "2026-03-28T22:59:59", False),
        ("2026-03-27T23:00", "2026-03-28T23:00", True),
        # the clock goes on that night: the day has 23 hours
        ("2026-03-28T23:00", "2026-03-29T21:59:59", False),
        ("2026-03-28T23:00", "2026-03-29T22:00", True),
        # and back: 25 hours
        ("2026-10-24T22:00", "2026-10-25T22:59:59", False),
        ("2026-10-24T22:00", "2026-10-25T23:00", True),
    ],
)
def test_yesterdays_anchor_holds_no_order_of_today(
    opened_at: str, now: str, denied: bool, request_for: MakeRequest
) -> None:
    """However long nobody has kept it: Prague's midnight ends the day, also by summer time."""
    at, began = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, opened_at))
    standing = Standing(
        rules=replace(held_to(FTMO_2_STEP), started_at=began),
        day=day(100_000, opened_at=began),
        peaks=peaks(100_000),
    )
    request = replace(request_for(**judged(standing=standing)), now=at)
    verdict = rule_anchor(GateInput(request=request, sized=None))
    assert isinstance(verdict, Denied) is denied
    if isinstance(verdict, Denied):
        assert verdict.code is C.RULE_NO_ANCHOR
        assert "today's is not known yet" in verdict.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_entry_is_judged_by_the_firms_rules(case: Case, request_for: MakeRequest) -> None:
    denied = assess(request_for(**case.changes)).denied
    assert (denied and denied.code) == case.code, denied
    assert case.says in (denied.text if denied else "")


def test_a_plan_without_a_rule_says_that_it_was_not_judged(request_for: MakeRequest) -> None:
    bare = RuleSet(name="bare", timezone="UTC")
    names = {gate.__name__ for gate in RULE_GATES} - {"rule_anchor"}
    checks = assess(request_for(**judged(bare))).checks
    notes = {
        check.check: check.as_row().get("note", "") for check in checks if check.check in names
    }
    assert set(notes) == names
    assert all(note.startswith("not judged: bare") for note in notes.values()), notes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it is a pure function
@given(
    lots=st.integers(1, 900),
    held_lots=st.integers(0, 900),
    equity=st.integers(85_000, 115_000),
    balance=st.integers(85_000, 115_000),
)
def test_what_passes_leaves_the_firms_floors_standing_with_every_stop_hit(
    lots: int, held_lots: int, equity: int, balance: int, request_for: MakeRequest
) -> None:
    before = (held(str(D(held_lots) / 100)),) if held_lots else ()
    request = request_for(
        **judged(lots=str(D(lots) / 100), equity=equity, balance=balance, held=before)
    )
    if assess(request).denied is None:
        left = equity - 5 * (lots + held_lots)
        assert left >= balance - 4_000
        assert left >= 92_000


def test_a_peak_that_the_firm_told_counts_where_its_floor_trails() -> None:
    """104,000 were reached before Argos watched: 104,000 - 10,000."""
    told = replace(held_to(FTMO_1_STEP), peak=D(104_000))
    floor = overall_floor(told, peaks(101_000))
    assert floor is not None
    assert floor.firm == 94_000
    higher = overall_floor(told, peaks(106_000))
    assert higher is not None
    assert higher.firm == 96_000
    static = overall_floor(replace(held_to(FTMO_2_STEP), peak=D(104_000)), peaks(101_000))
    assert static is not None
    assert static.firm == 90_000


# equity -> the brake's code; the day began with a balance of 97,000: our floors are 93,000 and 92,000
BRAKES = [
    (D(93_000), None),
    (D("92999.99"), C.RULE_DAILY_LOSS),
    (D(92_000), C.RULE_DAILY_LOSS),
    (D("91999.99"), C.RULE_MAX_LOSS),
    (D(0), C.RULE_MAX_LOSS),
]


@pytest.mark.parametrize(("equity", "code"), BRAKES)
def test_below_our_floor_only_exits_pass(equity: Decimal, code: DenialCode | None) -> None:
    snapshot = make_snapshot(equity=equity)
    found = rule_brake("a", held_to(FTMO_2_STEP), snapshot, day=day(97_000), peaks=peaks(0))
    if code is None:
        assert found is None
        return
    assert found is not None
    assert (found.mode, found.key) == (TradingMode.REDUCING, "a")
    assert found.reason.startswith(f"{code}: ftmo-2-step: equity")


def test_a_plan_without_limits_brakes_nothing() -> None:
    free = replace(FTMO_2_STEP, daily_fraction=None, max_fraction=None)
    snapshot = make_snapshot(equity=D(1))
    assert rule_brake("a", held_to(free), snapshot, day=day(1), peaks=peaks(1)) is None

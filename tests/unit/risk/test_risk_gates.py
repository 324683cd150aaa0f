"""The operator's risk rules as a table of cases; each names the code it is denied with, and what it says."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountLimits, HaltScope, TradingMode
from argos.core.decision import Approved, Purpose, RiskRequest
from argos.core.denial import DenialCode
from argos.core.errors import InputError
from argos.core.instrument import VenueTerms
from argos.core.intent import OrderType, Side
from argos.core.position import Position
from argos.core.risk_limits import AT_MOST_ONE, MEANINGS, WHOLE, RiskLimits, checked_risk_limits
from argos.core.standing import (
    DayAnchor,
    MarketSession,
    Peaks,
    RecentEntry,
    Standing,
    WorkingEntry,
)
from argos.risk.assess import assess
from argos.risk.correlation import RETURNS, RETURNS_MIN, correlation
from argos.risk.gates import ENTRY_GATES, RISK_GATES, VENUE_GATES
from argos.risk.losses import loss_brake
from unit.core.builders import AAPL, AAPL_QUOTE, NOW, make_account, make_snapshot, units

D = Decimal
S = timedelta(seconds=1)
C = DenialCode
MakeRequest = Callable[..., RiskRequest]
MSFT = replace(AAPL, symbol="MSFT")
SPY = replace(AAPL, symbol="SPY")
SNAPSHOT = make_snapshot(
    instruments={"AAPL": AAPL, "MSFT": MSFT, "SPY": SPY},
    quotes={
        "AAPL": AAPL_QUOTE,
        "MSFT": replace(AAPL_QUOTE, symbol="MSFT", bid=D(199), ask=D(200)),
        "SPY": replace(AAPL_QUOTE, symbol="SPY", bid=D(499), ask=D(500)),
    },
)
"""Equity 100,000. The order of every case is 10 AAPL at 100.02: a notional of 1,000.20."""


def limited(**risk: Any) -> dict[str, Any]:
    limits = AccountLimits(risk=checked_risk_limits(RiskLimits(**risk)))
    return {"account": make_account(limits=limits), "snapshot": SNAPSHOT}


def at_net(**risk: Any) -> dict[str, Any]:
    limits = AccountLimits(risk=RiskLimits(**risk))
    return {"account": make_account(hedging=False, limits=limits), "snapshot": SNAPSHOT}


def position(symbol: str = "MSFT", side: Side = Side.BUY, qty: int = 100) -> Position:
    return Position(symbol=symbol, side=side, qty=D(qty), price_open=D(150), position_id=symbol)


def working(symbol: str = "MSFT", qty: int = 100, **changes: Any) -> WorkingEntry:
    plain = WorkingEntry(symbol=symbol, side=Side.BUY, qty=D(qty), price=D(190), sl=D(180))
    return replace(plain, **changes)


def entry(
    ago_s: float, *, symbol: str = "AAPL", side: Side = Side.BUY, bot: str = "ema-cross@3.2"
) -> RecentEntry:
    return RecentEntry(
        intent_id=f"other-{ago_s}",
        bot_version=bot,
        symbol=symbol,
        side=side,
        planned_at=NOW - ago_s * S,
    )


def anchored(day: int, peak: int, *, opened_at: datetime = NOW) -> Standing:
    return Standing(
        day=DayAnchor(opened_at=opened_at, taken_at=NOW, balance=D(1), equity=D(day)),
        peaks=Peaks(equity=D(peak), balance=D(1), day_balance=D(1)),
    )


def equity(value: str) -> dict[str, Any]:
    return {"snapshot": replace(SNAPSHOT, equity=D(value))}


def closes(*returns: float, start: date = date(2026, 1, 1)) -> dict[date, Decimal]:
    logs = [math.log(100)]
    for step in returns:
        logs.append(logs[-1] + step)
    return {start + timedelta(days=n): D(repr(math.exp(log))) for n, log in enumerate(logs)}


UP_DOWN = [0.01, -0.02, 0.015, -0.005] * 15
DOWN_UP = [-step for step in UP_DOWN]
NO_KIN = [0.01, 0.01, -0.02, 0.01, -0.01] * 12


def moving(**by_symbol: list[float]) -> Standing:
    return Standing(daily_closes={symbol: closes(*steps) for symbol, steps in by_symbol.items()})


ALIKE = moving(AAPL=UP_DOWN, MSFT=UP_DOWN, SPY=NO_KIN)
MIRROR = moving(AAPL=UP_DOWN, MSFT=DOWN_UP)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    changes: Mapping[str, Any]
    code: DenialCode | None
    says: str = ""


def market(is_open: bool, *, changes_in_s: int | None = None) -> dict[str, Any]:
    changes_at = None if changes_in_s is None else NOW + changes_in_s * S
    session = MarketSession(is_open=is_open, seen_at=NOW - S, changes_at=changes_at)
    return {"snapshot": replace(SNAPSHOT, market=session)}


CASES = [
    Case("no rule set", {"snapshot": SNAPSHOT, "held": (position(),)}, None),
    Case(
        "blocked by the venue",
        {"snapshot": replace(SNAPSHOT, blocks=("account_blocked", "PDT"))},
        C.ACCOUNT_BLOCKED,
        "account_blocked, PDT",
    ),
    Case("the market is open", market(True, changes_in_s=60), None),
    Case("the market is closed", market(False, changes_in_s=60), C.MARKET_CLOSED, "until 2026"),
    Case("it closed since", market(True, changes_in_s=0), C.MARKET_CLOSED, "since 2026"),
    Case("it opened since", market(False, changes_in_s=-1), None),
    Case("closed, for how long is not told", market(False), C.MARKET_CLOSED, "is closed"),
    Case("a quote of now", limited(quote_age_s_max=5), None),
    Case(
        "an old quote in a new snapshot",
        {
            **limited(quote_age_s_max=5),
            "snapshot": replace(SNAPSHOT, quotes={"AAPL": replace(AAPL_QUOTE, at=NOW - 6 * S)}),
        },
        C.QUOTE_STALE,
        "6.0 s old; 5 s is the most",
    ),
    Case(
        "no quote at all",
        {**limited(quote_age_s_max=5), "snapshot": replace(SNAPSHOT, quotes={})},
        C.QUOTE_STALE,
        "no quote",
    ),
    Case(
        "the same again",
        {**limited(duplicate_s=300), "standing": Standing(entries=(entry(299.9), entry(900)))},
        C.DUPLICATE_ENTRY,
        "299.9 s ago",
    ),
    Case(
        "the same, long after",
        {**limited(duplicate_s=300), "standing": Standing(entries=(entry(300),))},
        None,
    ),
    Case(
        "another side, symbol or strategy",
        {
            **limited(duplicate_s=300),
            "standing": Standing(
                entries=(entry(1, side=Side.SELL), entry(2, symbol="MSFT"), entry(3, bot="b@1"))
            ),
        },
        None,
    ),
    Case("flat", {**limited(flat_only=True), "held": (position(),)}, None),
    Case(
        "not flat",
        {**limited(flat_only=True), "held": (position("AAPL", Side.SELL),)},
        C.POSITION_EXISTS,
        "sell 100",
    ),
    Case(
        "an order on its way is not flat either",
        {**limited(flat_only=True), "working": (working("AAPL"),)},
        C.POSITION_EXISTS,
    ),
    Case("flat_only off", {**limited(flat_only=False), "held": (position("AAPL"),)}, None),
    Case(
        "closed just now",
        {**limited(cooldown_s=60), "standing": Standing(closed_at={"AAPL": NOW - 59 * S})},
        C.COOLDOWN,
        "59.0 s ago; 60 s is the least",
    ),
    Case(
        "cooled down",
        {
            **limited(cooldown_s=60),
            "standing": Standing(closed_at={"AAPL": NOW - 60 * S, "MSFT": NOW}),
        },
        None,
    ),
    Case(
        "the third in a minute",
        {
            **limited(entries_per_minute_max=2),
            "standing": Standing(entries=(entry(1), entry(59.9, bot="b@1"), entry(60))),
        },
        C.ENTRY_RATE,
        "entry 3",
    ),
    Case(
        "the second in a minute",
        {**limited(entries_per_minute_max=2), "standing": Standing(entries=(entry(1), entry(60)))},
        None,
    ),
    Case(
        "a second in the symbol",
        {**limited(symbol_positions_max=1), "held": (position("AAPL"),)},
        C.SYMBOL_POSITIONS_MAX,
        "position 2",
    ),
    Case(
        "a net position stays one",
        {**at_net(symbol_positions_max=1), "held": (position("AAPL"),)},
        None,
    ),
    Case(
        "within the day's loss",
        {**limited(daily_loss_fraction_max=D("0.03")), **equity("97000.01"), "standing": anchored(100_000, 1)},
        None,
    ),
    Case(
        "at the day's loss",
        {**limited(daily_loss_fraction_max=D("0.03")), **equity("97000"), "standing": anchored(100_000, 1)},
        C.DAILY_LOSS,
        "equity 97000 is 3000 below the day's anchor 100000; 3000",
    ),
    Case(
        "nobody knows the day's anchor",
        limited(daily_loss_fraction_max=D("0.03")),
        C.DAILY_LOSS,
        "not known yet",
    ),
    Case(
        "the anchor is of yesterday",
        {
            **limited(daily_loss_fraction_max=D("0.03")),
            "standing": anchored(100_000, 1, opened_at=datetime(2026, 3, 3, tzinfo=UTC)),
        },
        C.DAILY_LOSS,
        "of the day that began 2026-03-03T00:00:00Z; today's is not known yet",
    ),
    Case(
        "the day began in New York, ten hours ago",
        {
            **limited(daily_loss_fraction_max=D("0.03"), day_timezone="America/New_York"),
            "standing": anchored(100_000, 1, opened_at=datetime(2026, 3, 4, 5, tzinfo=UTC)),
        },
        None,
    ),
    Case(
        "within the drawdown",
        {**limited(drawdown_fraction_max=D("0.1")), "standing": anchored(1, 111_111)},
        None,
    ),
    Case(
        "at the drawdown",
        {**limited(drawdown_fraction_max=D("0.1")), "standing": anchored(1, 125_000), **equity("112500")},
        C.DRAWDOWN,
        "12500 below the peak 125000",
    ),
    Case("no peak", limited(drawdown_fraction_max=D("0.1")), C.DRAWDOWN, "not known yet"),
    Case(
        "a bet already made",
        {**limited(correlation_max=D("0.8")), "held": (position(),), "standing": ALIKE},
        C.CORRELATION,
        "same bet as buy MSFT (1.000, 60 returns); 0.8 is the most",
    ),
    Case(
        "the other side of what rises together is a hedge",
        {**limited(correlation_max=D("0.8")), "held": (position(side=Side.SELL),), "standing": ALIKE},
        None,
    ),
    Case(
        "short the mirror is the same bet",
        {**limited(correlation_max=D("0.8")), "held": (position(side=Side.SELL),), "standing": MIRROR},
        C.CORRELATION,
        "sell MSFT (-1.000",
    ),
    Case(
        "no kin",
        {**limited(correlation_max=D("0.8")), "held": (position("SPY"),), "standing": ALIKE},
        None,
    ),
    Case(
        "unknown counts as correlated",
        {**limited(correlation_max=D("0.8")), "held": (position("SPY", Side.SELL),)},
        C.CORRELATION,
        "sell SPY (unknown, 0 returns)",
    ),
    Case(
        "what is on its way counts, too",
        {**limited(correlation_max=D("0.8")), "working": (working(),), "standing": ALIKE},
        C.CORRELATION,
    ),
    Case(
        "the bet has room: 20,000 held and 1,000.20",
        {
            **limited(correlation_max=D("0.8"), correlated_fraction_max=D("0.210002")),
            "held": (position(),),
            "standing": ALIKE,
        },
        None,
    ),
    Case(
        "the bet is full",
        {
            **limited(correlation_max=D("0.8"), correlated_fraction_max=D("0.210001")),
            "held": (position(),),
            "standing": ALIKE,
        },
        C.CORRELATION,
        "20000 held and 1000.2",
    ),
    Case(
        "the symbol itself adds to the bet: 10 x 100.02 more",
        {
            **limited(correlation_max=D("0.8"), correlated_fraction_max=D("0.210002")),
            "held": (position(), position("AAPL", qty=10)),
            "standing": ALIKE,
        },
        C.CORRELATION,
    ),
    Case(
        "in the symbol, 9,001.80 held and 1,000.20",
        {**limited(symbol_fraction_max=D("0.100020")), "held": (position("AAPL", qty=90), position())},
        None,
    ),
    Case(
        "too much in the symbol, whichever side",
        {**limited(symbol_fraction_max=D("0.10001")), "held": (position("AAPL", Side.SELL, 90),)},
        C.CONCENTRATION,
        "symbol_fraction_max is 0.10001",
    ),
    Case(
        "in all, 50,000 and 19,000 and 1,000.20",
        {
            **limited(gross_fraction_max=D("0.71")),
            "held": (position("SPY"),),
            "working": (working(price=None, qty=95),),
        },
        None,
    ),
    Case(
        "too much in all",
        {
            **limited(gross_fraction_max=D("0.70")),
            "held": (position("SPY"),),
            "working": (working(price=D(300), qty=70),),
        },
        C.CONCENTRATION,
        "gross_fraction_max is 0.7",
    ),
    Case(
        "what cannot be measured is too much",
        {**limited(gross_fraction_max=D(9)), "held": (position("GOLD"),)},
        C.CONCENTRATION,
        "cannot be judged",
    ),
    Case(
        "an account without equity holds nothing more",
        {**limited(gross_fraction_max=D(9)), **equity("-1")},
        C.CONCENTRATION,
    ),
    Case(
        "buying power: 0.95 x 22,000 less 19,000 on its way leave 1,900",
        {
            **limited(buying_power_fraction_max=D("0.95")),
            "working": (working(price=D(200), qty=95),),
            "snapshot": replace(SNAPSHOT, margin_free=D(22_000)),
        },
        None,
    ),
    Case(
        "buying power is reserved for what is on its way",
        {
            **limited(buying_power_fraction_max=D("0.95")),
            "working": (working(price=D(200), qty=95),),
            "snapshot": replace(SNAPSHOT, margin_free=D(21_000)),
        },
        C.BUYING_POWER,
        "needs 1000.2; 950 is left of 0.95 x 21000 with 19000 on its way",
    ),
    Case(
        "what the venue holds already is not reserved twice",
        {
            **limited(buying_power_fraction_max=D("0.95")),
            "working": (working(price=D(200), qty=95, reserved=True),),
            "snapshot": replace(SNAPSHOT, margin_free=D(21_000)),
        },
        None,
    ),
    Case(
        "on margin it takes a part",
        {
            **limited(buying_power_fraction_max=D(1)),
            "snapshot": replace(SNAPSHOT, margin_free=D("500.1"), leverage=2),
        },
        None,
    ),
    Case(
        "what is reserved cannot be measured",
        {**limited(buying_power_fraction_max=D("0.95")), "working": (working("GOOG"),)},
        C.BUYING_POWER,
        "cannot be judged",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_entry_is_judged_by_the_risk_limits(case: Case, request_for: MakeRequest) -> None:
    denied = assess(request_for(**case.changes)).denied
    assert (denied and denied.code) == case.code, denied
    assert case.says in (denied.text if denied else "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_risk_limit_keeps_an_exit_back(case: Case, request_for: MakeRequest) -> None:
    request = request_for(**{**case.changes, "purpose": Purpose.EXIT})
    assert assess(request).denied is None
    assert assess(replace(request, purpose=Purpose.MODIFY)).denied is None


def test_rules_that_nobody_set_add_nothing_to_an_orders_checks(request_for: MakeRequest) -> None:
    plain = [check.check for check in assess(request_for()).checks]
    assert plain == [gate.__name__ for gate in ENTRY_GATES]
    ruled = [check.check for check in assess(request_for(**limited(cooldown_s=60))).checks]
    assert ruled == plain + [gate.__name__ for gate in VENUE_GATES + RISK_GATES]
    told = request_for(snapshot=replace(SNAPSHOT, blocks=()))
    assert [check.check for check in assess(told).checks] == [
        *plain,
        "account_unblocked",
        "market_open",
    ]


def test_what_a_node_does_not_tell_passes_and_says_so(request_for: MakeRequest) -> None:
    checks = assess(request_for(**limited(cooldown_s=60))).checks
    notes = {check.check: check.as_row().get("note") for check in checks}
    assert (
        notes["account_unblocked"]
        == "not judged: the node does not tell whether the account may trade"
    )
    assert notes["market_open"] == "not judged: the venue does not tell its sessions"


def test_a_pending_order_waits_for_the_session_at_its_venue(request_for: MakeRequest) -> None:
    closed = market(False, changes_in_s=60)
    pending = request_for(**closed, order_type=OrderType.LIMIT, price=D(100))
    [check] = [check for check in assess(pending).checks if check.check == "market_open"]
    assert check.ok
    assert "closed until 2026" in check.as_row()["note"]


def test_the_venues_own_buying_power_is_taken_at_its_word(request_for: MakeRequest) -> None:
    """The order is 1,000.20. Free margin x leverage would carry it: the venue says that it does not."""
    told = replace(SNAPSHOT, buying_power=D(1000), margin_free=D(90_000), leverage=30)
    request = request_for(**{**limited(buying_power_fraction_max=D(1)), "snapshot": told})
    denied = assess(request).denied
    assert denied is not None
    assert denied.code is C.BUYING_POWER
    assert denied.values["basis"] == "buying_power of the venue"
    assert denied.values["need"] == "1000.2"


def test_every_verdict_of_a_rule_that_is_set_has_its_numbers(request_for: MakeRequest) -> None:
    """But for flat_only, which is yes or no."""
    all_set = limited(
        quote_age_s_max=5, duplicate_s=1, cooldown_s=1, entries_per_minute_max=9, symbol_positions_max=9,
        daily_loss_fraction_max=D("0.1"), drawdown_fraction_max=D("0.1"), symbol_fraction_max=D(9),
        gross_fraction_max=D(9), correlation_max=D("0.8"), correlated_fraction_max=D(9),
        buying_power_fraction_max=D("0.95"), flat_only=True,
    )  # fmt: skip
    standing = replace(anchored(100_000, 100_000), daily_closes=ALIKE.daily_closes)
    checks = assess(request_for(**all_set, standing=standing, held=(position(),))).checks
    by_name = {check.check: check.verdict for check in checks}
    bare = {"flat"}
    for gate in RISK_GATES:
        verdict = by_name[gate.__name__]
        assert isinstance(verdict, Approved), (gate, verdict)
        assert verdict.values or gate.__name__ in bare, gate


def test_what_is_no_kin_is_told_with_the_correlation_that_says_so(
    request_for: MakeRequest,
) -> None:
    held = (position("SPY"), position(side=Side.SELL))
    request = request_for(**limited(correlation_max=D("0.8")), held=held, standing=ALIKE)
    [check] = [check for check in assess(request).checks if check.check == "uncorrelated"]
    value = correlation(closes(*UP_DOWN), closes(*NO_KIN)).value
    assert check.verdict.values == {
        "judged": "2",
        "correlation_max": "0.8",
        "nearest": f"buy SPY ({value:.3f}, 60 returns)",
    }


VOLUME = [
    # held and working on the buy side, the order's qty, volume_limit in lots -> denied
    (0, 10, "10", False),
    (0, 11, "10", True),
    (9, 1, "10", False),
    (9, 2, "10", True),
    (900, 900, "0", False),
]


@pytest.mark.parametrize(("held", "qty", "limit_lots", "denied"), VOLUME)
def test_the_brokers_volume_limit_holds_without_any_setting(
    held: int, qty: int, limit_lots: str, denied: bool, request_for: MakeRequest
) -> None:
    from_broker = replace(AAPL, venue_terms=_terms(volume_limit=D(limit_lots)))
    snapshot = make_snapshot(instruments={"AAPL": from_broker})
    before = (position("AAPL", qty=held),) if held else ()
    elsewhere = (position("AAPL", Side.SELL, 999), position("MSFT", qty=999))
    request = request_for(snapshot=snapshot, size=units(qty), held=before + elsewhere)
    found = assess(request).denied
    assert (found is not None and found.code is C.VOLUME_LIMIT) is denied


def _terms(**changes: Any) -> Any:
    from_fields = {
        "digits": 2, "point": D("0.01"), "tick_value_profit": D("0.01"), "tick_value_loss": D("0.01"),
        "volume_min": D(1), "volume_max": D(100), "volume_step": D(1), "trade_mode": 4, "calc_mode": 0,
        "execution": 2, "filling_flags": 1, "expiration_flags": 15, "stops_level": 0, "freeze_level": 0,
        "swap_mode": 0, "swap_long": D(0), "swap_short": D(0), "swap_triple_day": 3, "margin_currency": "USD",
    }  # fmt: skip
    return VenueTerms(**{**from_fields, **changes})


def test_the_meanings_name_every_rule_once() -> None:
    assert set(MEANINGS) == {item.name for item in fields(RiskLimits)}
    assert set(MEANINGS) >= WHOLE | AT_MOST_ONE


@pytest.mark.parametrize(
    "wrong", [{"cooldown_s": 0}, {"gross_fraction_max": D(0)}, {"daily_loss_fraction_max": D(5)}]
)
def test_a_rule_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        checked_risk_limits(RiskLimits(**wrong))
    assert refused.value.code == "RISK_LIMIT_INVALID"
    assert refused.value.field in wrong


def test_a_reached_loss_limit_sets_the_account_to_reducing(request_for: MakeRequest) -> None:
    limits = RiskLimits(daily_loss_fraction_max=D("0.03"), drawdown_fraction_max=D("0.1"))
    down = replace(SNAPSHOT, equity=D(97_000))
    assert loss_brake("a", limits, anchored(99_999, 100_000), down) is None
    brake = loss_brake("a", limits, anchored(100_000, 100_000), down)
    assert brake is not None
    assert (brake.scope, brake.key, brake.mode) == (HaltScope.ACCOUNT, "a", TradingMode.REDUCING)
    assert brake.reason.startswith("DAILY_LOSS: equity 97000 is 3000 below")
    held = replace(brake, key=make_account().account)
    entry_denied = assess(request_for(halts=(held,))).denied
    assert entry_denied is not None
    assert entry_denied.code is C.REDUCING
    assert assess(request_for(halts=(held,), purpose=Purpose.EXIT)).denied is None
    assert loss_brake("a", RiskLimits(), anchored(100_000, 900_000), down) is None


@given(
    reference=st.decimals(1, 10**7, places=2),
    fraction=st.decimals("0.001", 1, places=3),
    lower=st.decimals(0, 10**7, places=2),
    less=st.decimals("0.01", 10**6, places=2),
)
def test_less_equity_never_lifts_a_brake(
    reference: Decimal, fraction: Decimal, lower: Decimal, less: Decimal
) -> None:
    limits = RiskLimits(drawdown_fraction_max=fraction, daily_loss_fraction_max=fraction)
    standing = Standing(
        day=DayAnchor(opened_at=NOW, taken_at=NOW, balance=D(0), equity=reference),
        peaks=Peaks(equity=reference, balance=D(0), day_balance=D(0)),
    )

    def braked(value: Decimal) -> bool:
        return loss_brake("a", limits, standing, replace(SNAPSHOT, equity=value)) is not None

    assert braked(lower) <= braked(lower - less)
    assert braked(reference * (1 - fraction))


STEPS = st.lists(st.floats(-0.1, 0.1, allow_nan=False), min_size=RETURNS, max_size=RETURNS + 5)


@given(first=STEPS, second=STEPS)
def test_a_correlation_is_symmetric_bounded_and_turns_with_the_side(
    first: list[float], second: list[float]
) -> None:
    one, two = closes(*first), closes(*second)
    found = correlation(one, two).value
    assert found == correlation(two, one).value
    if found is None:
        return
    assert -1 <= found <= 1
    inverse = {day: 1 / price for day, price in two.items()}
    turned = correlation(one, inverse).value
    assert turned == pytest.approx(-found, abs=1e-6)


def test_a_correlation_needs_forty_returns_in_common_and_a_price_that_moves() -> None:
    long = closes(*UP_DOWN)
    assert correlation(long, closes(*UP_DOWN[: RETURNS_MIN - 1])).value is None
    assert correlation(long, closes(*UP_DOWN[:RETURNS_MIN])).value == pytest.approx(1)
    assert correlation(long, dict.fromkeys(long, D(7))).value is None
    assert correlation(long, dict.fromkeys(long, D(0))).value is None
    shifted = closes(*UP_DOWN, start=date(2027, 1, 1))
    assert correlation(long, shifted).returns == 0


def test_a_correlation_is_worked_by_hand() -> None:
    """Returns +a, -a in turn against +a, +a, -a, -a: of each four, two agree and two do not."""
    first, second = [0.01, -0.01] * 30, [0.01, 0.01, -0.01, -0.01] * 15
    assert correlation(closes(*first), closes(*second)).value == pytest.approx(0, abs=1e-9)
    # three of four agree: (3 - 1) / 4
    second = [-0.01, -0.01, 0.01, -0.01] * 7 + [0.01, 0.01, 0.01, -0.01] * 7 + [0.01, -0.01] * 2
    agree = sum((a > 0) == (b > 0) for a, b in zip(first, second, strict=True))
    expected = _pearson_by_definition(first, second)
    assert agree == 3 * 14 + 4
    assert correlation(closes(*first), closes(*second)).value == pytest.approx(expected, abs=1e-9)


def _pearson_by_definition(x: list[float], y: list[float]) -> float:
    n = len(x)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    top = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return top / math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))

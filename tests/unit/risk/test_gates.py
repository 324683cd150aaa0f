"""Each gate as a table of cases: what is changed in a request that passes, and the code it is denied with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountLimits, Halt, HaltScope, TradingHours, TradingMode
from argos.core.decision import Approved, CheckVerdict, Denied, Purpose, RiskRequest, Verdict
from argos.core.denial import FIXES, DenialCode
from argos.core.intent import OrderType, Side, Size, SizeMode
from argos.core.risk_limits import RiskLimits
from argos.risk.assess import assess
from argos.risk.gate import GateInput, run_gates
from argos.risk.gates import CHAINS, ENTRY_GATES, EXIT_GATES, MODIFY_GATES
from unit.core.builders import (
    AAPL,
    AAPL_QUOTE,
    HEDGE,
    NOW,
    make_account,
    make_intent,
    make_leg,
    make_route,
    make_snapshot,
    units,
)
from unit.risk.test_price_apart import CASES as PRICE_CASES
from unit.risk.test_risk_gates import CASES as RISK_CASES
from unit.risk.test_rule_gates import CASES as RULE_CASES

D = Decimal
S = timedelta(seconds=1)
MakeRequest = Callable[..., RiskRequest]
C = DenialCode


def halt(
    mode: TradingMode = TradingMode.HALTED, scope: HaltScope = HaltScope.GLOBAL, key: str = ""
) -> Halt:
    return Halt(scope=scope, key=key, mode=mode, reason="daily loss")


def account_with(**limits: Any) -> Mapping[str, Any]:
    return {"account": make_account(limits=AccountLimits(**limits))}


def aapl(**changes: Any) -> Mapping[str, Any]:
    return {"snapshot": make_snapshot(instruments={"AAPL": replace(AAPL, **changes)})}


def hours(*days: int, start: str, end: str, timezone: str = "UTC") -> Mapping[str, Any]:
    window = TradingHours(
        days=frozenset(days),
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        timezone=timezone,
    )
    return {"leg": make_leg(hours=(window,))}


def eur(**changes: Any) -> Any:
    """AAPL, priced in dollars, at an account in euros."""
    return make_snapshot(currency="EUR", **changes)


BY_RISK = {"size": Size(mode=SizeMode.RISK_FRACTION, value=D("0.001"))}
NO_QUOTE = make_snapshot(quotes={})
ANY_DISTANCE = RiskLimits(price_apart_fraction_max=None, level_apart_fraction_max=None)
LIMIT = {"order_type": OrderType.LIMIT, "price": D(98)}
SELL = {"side": Side.SELL, "sl": D(105), "tp": D(90)}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    changes: Mapping[str, Any]
    code: DenialCode | None
    says: str = ""


CASES = [
    Case("nothing is wrong", {}, None),
    Case("a sell", SELL, None),
    Case("a limit", LIMIT, None),
    Case("halted everywhere", {"halts": (halt(),)}, C.HALTED, "global is halted: daily loss"),
    Case("halted here", {"halts": (halt(scope=HaltScope.ACCOUNT, key=HEDGE),)}, C.HALTED, HEDGE),
    Case("halted elsewhere", {"halts": (halt(scope=HaltScope.ACCOUNT, key="other"),)}, None),
    Case("the route halted", {"halts": (halt(scope=HaltScope.ROUTE, key="main"),)}, C.HALTED),
    Case(
        "the strategy reducing",
        {"halts": (halt(TradingMode.REDUCING, HaltScope.STRATEGY, "ema-cross@3.2"),)},
        C.REDUCING,
        "strategy ema-cross@3.2 is reducing",
    ),
    Case(
        "the stricter of two brakes counts",
        {"halts": (halt(TradingMode.REDUCING), halt(scope=HaltScope.ROUTE, key="main"))},
        C.HALTED,
    ),
    Case("a brake that was set to active", {"halts": (halt(TradingMode.ACTIVE),)}, None),
    Case("route off", {"route": make_route(enabled=False)}, C.ROUTE_DISABLED, "route main"),
    Case("leg off", {"leg": make_leg(enabled=False)}, C.LEG_DISABLED, HEDGE),
    Case("account off", {"account": make_account(enabled=False)}, C.ACCOUNT_DISABLED, HEDGE),
    Case("inside the hours", hours(2, start="15:00", end="15:01"), None),
    Case("one minute late", hours(2, start="14:00", end="15:00"), C.OUTSIDE_HOURS, "Wed 15:00:00"),
    Case("another day", hours(0, 1, 3, 4, start="00:00", end="23:59"), C.OUTSIDE_HOURS),
    Case(
        "New York is open", hours(2, start="09:30", end="16:00", timezone="America/New_York"), None
    ),
    Case(
        "a time zone that is none",
        hours(2, start="00:00", end="23:59", timezone="Mars/Olympus"),
        C.OUTSIDE_HOURS,
        "unknown time zone",
    ),
    Case("a fast clock", {"timestamp_tv": NOW + 4 * S}, None),
    Case("from the future", {"timestamp_tv": NOW + 60 * S}, C.ALERT_FROM_FUTURE, "60.2 s after"),
    Case("just fresh", {"timestamp_tv": NOW - 30 * S}, None),
    Case("stale", {"timestamp_tv": NOW - 31 * S}, C.ALERT_STALE, "31.0 s old; 30 s is the most"),
    Case("valid to the last moment", {"valid_until": NOW}, None),
    Case("expired", {"valid_until": NOW - 2 * S}, C.INTENT_EXPIRED, "2.0 s ago"),
    Case("never seen", {"snapshot": None}, C.SNAPSHOT_MISSING, HEDGE),
    Case("seen in time", {"snapshot": make_snapshot(taken_at=NOW - 60 * S)}, None),
    Case(
        "seen long ago",
        {"snapshot": make_snapshot(taken_at=NOW - 61 * S)},
        C.SNAPSHOT_STALE,
        "61.0 s ago; 60 s is the most",
    ),
    Case("a tick's value read in time", {**BY_RISK, "snapshot": eur(terms_at=NOW - 300 * S)}, None),
    Case(
        "a tick's value read long ago",
        {**BY_RISK, "snapshot": eur(terms_at=NOW - 301 * S)},
        C.TERMS_STALE,
        f"the value of a tick of AAPL at {HEDGE} was read 301.0 s ago; 300 s is the most",
    ),
    Case(
        "a tick's value read nobody knows when",
        {**BY_RISK, "snapshot": eur()},
        C.TERMS_STALE,
        "never told",
    ),
    Case("in the account's own currency it does not move", BY_RISK, None),
    Case("units do not ask what a tick is worth", {"snapshot": eur(terms_at=NOW - 301 * S)}, None),
    Case(
        "a ceiling in money does",
        {"snapshot": eur(terms_at=NOW - 301 * S), **account_with(notional_max=D(100_000))},
        C.TERMS_STALE,
    ),
    Case(
        "an operator who allows older ones",
        {**BY_RISK, "snapshot": eur(terms_at=NOW - 301 * S), **account_with(terms_age_s_max=600)},
        None,
    ),
    Case("an unknown symbol", {"symbol": "AAPL.x"}, C.SYMBOL_UNKNOWN, f"AAPL.x at {HEDGE}"),
    Case("closed for trading", aapl(tradable=False), C.SYMBOL_NOT_TRADABLE, "closed for trading"),
    Case("no step", aapl(qty_step=D(0)), C.SYMBOL_NOT_TRADABLE, "qty_step of AAPL is 0"),
    Case("no value", aapl(unit_value=D(0)), C.SYMBOL_NOT_TRADABLE, "unit_value of AAPL is 0"),
    Case("a stop above a buy", {"sl": D(101)}, C.STOP_WRONG_SIDE, "101 lies on the wrong side"),
    Case("a stop at the bid", {"sl": AAPL_QUOTE.bid}, C.STOP_WRONG_SIDE, "99.98"),
    Case("a stop below a sell", {**SELL, "sl": D(99)}, C.STOP_WRONG_SIDE, "for a sell"),
    Case("a stop beyond the limit price", {**LIMIT, "sl": D("98.5")}, C.STOP_WRONG_SIDE, "98"),
    Case(
        "a stop that the market has passed since",
        {"sl": D("99.99"), "entry_price": D(101)},
        C.STOP_WRONG_SIDE,
    ),
    Case(
        "without a quote the strategy's price counts",
        {"snapshot": NO_QUOTE, "sl": D(101)},
        C.STOP_WRONG_SIDE,
        "price 100",
    ),
    Case("no quote and no price", {"snapshot": NO_QUOTE, "entry_price": None, "tp": None}, None),
    Case(
        "no quote and no price, yet a stop above the target",
        {"snapshot": NO_QUOTE, "entry_price": None, "sl": D(111)},
        C.STOP_WRONG_SIDE,
        "target 110",
    ),
    Case("a target below a buy", {"tp": D(99)}, C.TARGET_WRONG_SIDE, "target 99"),
    Case("a target above a sell", {**SELL, "tp": D(101)}, C.TARGET_WRONG_SIDE),
    Case("neither stop nor target", {"sl": None, "tp": None}, None),
    Case("a stop at the least distance", {"sl": D("99.88")}, None),
    Case(
        "a stop too close",
        {"sl": D("99.90")},
        C.STOP_TOO_CLOSE,
        "0.08 from 99.98; 0.1 is the least",
    ),
    Case("a target too close", {"tp": D("100.05")}, C.STOP_TOO_CLOSE, "target 100.05"),
    Case("no size anywhere", {"size": None}, C.SIZE_MISSING, HEDGE),
    Case("the leg's size", {"size": None, "leg": make_leg(size=units(5))}, None),
    Case("the route's size", {"size": None, "route": make_route(size=units(5))}, None),
    Case(
        "a risk without a stop",
        {"size": Size(mode=SizeMode.RISK_FRACTION, value=D("0.01")), "sl": None},
        C.SIZE_NEEDS_STOP,
    ),
    Case(
        "a consensus without a confidence",
        {"size": Size(mode=SizeMode.CONSENSUS, value=D("0.1"))},
        C.SIZE_NEEDS_CONFIDENCE,
    ),
    Case(
        "a notional without a price",
        {
            "size": Size(mode=SizeMode.NOTIONAL, value=D(1_000)),
            "snapshot": NO_QUOTE,
            "entry_price": None,
        },
        C.SIZE_NEEDS_PRICE,
    ),
    Case(
        "less than a share",
        {"size": units("0.4")},
        C.SIZE_BELOW_MINIMUM,
        "size 0.4 is below the minimum 1 of AAPL at meridian-hedge",
    ),
    Case("a share of nothing", {"leg": make_leg(share=D(0))}, C.SIZE_BELOW_MINIMUM, "size 0 "),
    Case("the minimum", {"size": units(1)}, None),
    Case(
        "above the minimum, below a step",
        {**aapl(qty_step=D(5)), "size": units(4)},
        C.SIZE_BELOW_MINIMUM,
        "less than one step 5",
    ),
    Case("the broker's maximum", {"size": units(10_000)}, None),
    Case("above it", {"size": units(10_001)}, C.SIZE_ABOVE_MAXIMUM, "broker's qty_max 10000"),
    Case("the account's maximum", account_with(qty_max=D(10)), None),
    Case(
        "above that",
        account_with(qty_max=D(9)),
        C.SIZE_ABOVE_MAXIMUM,
        "size 10 is above the account's qty_max 9 of AAPL at meridian-hedge",
    ),
    Case("as much as may be spent", account_with(notional_max=10 * AAPL_QUOTE.ask), None),
    Case(
        "more than may be spent",
        account_with(notional_max=10 * AAPL_QUOTE.ask - D("0.01")),
        C.SIZE_ABOVE_MAXIMUM,
        "1000.2 is above the account's notional_max 1000.19",
    ),
    Case(
        "a ceiling in money and no price",
        {**account_with(notional_max=D(1)), "snapshot": NO_QUOTE, "entry_price": None},
        C.SIZE_NEEDS_PRICE,
    ),
    Case(
        "against other trades at a netting account",
        {"opposed_trades": ("T-1", "T-2")},
        C.NETTING_OPPOSED,
        "AAPL at meridian-hedge is netted, and the other side is held by T-1, T-2",
    ),
    Case("the last position", {**account_with(positions_max=3), "positions_after": 3}, None),
    Case(
        "one position too many",
        {**account_with(positions_max=3), "positions_after": 4},
        C.POSITIONS_MAX,
        "would be position 4; 3 is the most",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_entry_is_judged(case: Case, request_for: MakeRequest) -> None:
    assessment = assess(request_for(**case.changes))
    assert (assessment.denied.code if assessment.denied else None) == case.code
    assert case.says in (assessment.denied.text if assessment.denied else "")


def test_every_gate_of_an_entry_is_recorded_also_after_a_denial(request_for: MakeRequest) -> None:
    checks = assess(request_for(halts=(halt(),), snapshot=None, size=None)).checks
    assert [check.check for check in checks] == [gate.__name__ for gate in ENTRY_GATES]
    denials = [check.verdict.code for check in checks if isinstance(check.verdict, Denied)]
    assert denials == [C.HALTED, C.SNAPSHOT_MISSING, C.SIZE_MISSING]


def test_a_gate_that_lacks_what_it_judges_by_says_so(request_for: MakeRequest) -> None:
    rows = {check.check: check.as_row() for check in assess(request_for(snapshot=None)).checks}
    assert rows["symbol_known"] == {
        "check": "symbol_known", "ok": True, "note": "not judged: no snapshot",
    }  # fmt: skip
    assert rows["not_halted"] == {"check": "not_halted", "ok": True}


def test_a_denial_is_stored_with_code_text_and_numbers(request_for: MakeRequest) -> None:
    checks = assess(request_for(size=units("0.4"))).checks
    row = next(check.as_row() for check in checks if not check.ok)
    assert row == {
        "check": "size_minimum",
        "ok": False,
        "code": "SIZE_BELOW_MINIMUM",
        "why": "size 0.4 is below the minimum 1 of AAPL at meridian-hedge",
        "values": {"qty": "0.4", "qty_min": "1"},
    }


def test_the_earlier_gate_of_the_chain_decides(request_for: MakeRequest) -> None:
    def first(given: GateInput, /) -> Verdict:
        return Denied(code=C.POSITIONS_MAX, text=given.place)

    def second(given: GateInput, /) -> Verdict:
        return Denied(code=C.HALTED, text=given.place)

    given_input = GateInput(request=request_for(), sized=None)
    for chain in ((first, second), (second, first)):
        checks = run_gates(chain, given_input)
        assert [check.check for check in checks] == [gate.__name__ for gate in chain]
        verdict = checks[0].verdict
        assert isinstance(verdict, Denied)
        assert verdict.text == f"AAPL at {HEDGE}"


def test_an_approved_entry_has_its_size_and_working(request_for: MakeRequest) -> None:
    assessment = assess(request_for(leg=make_leg(share=D("0.55"))))
    assert assessment.denied is None
    assert assessment.qty == 10 * D("0.55") // 1
    assert assessment.working["qty_exact"] == "5.5"


def test_a_denied_entry_keeps_the_size_it_would_have_had(request_for: MakeRequest) -> None:
    assert assess(request_for(halts=(halt(),))).qty == 10


def test_confidence_scales_a_size_only_when_asked_to(request_for: MakeRequest) -> None:
    request = request_for(confidence=D("0.5"))
    assert assess(request).qty == 10
    assert assess(request, scale_by_confidence=True).qty == 5


def test_an_exit_is_kept_back_by_a_halt_only(request_for: MakeRequest) -> None:
    everything_wrong = {
        "purpose": Purpose.EXIT,
        "route": make_route(enabled=False),
        "leg": make_leg(enabled=False),
        "account": make_account(enabled=False, limits=AccountLimits(positions_max=0)),
        "snapshot": None,
        "timestamp_tv": NOW - timedelta(days=2),
        "valid_until": NOW - timedelta(days=1),
        "size": None,
        "halts": (halt(TradingMode.REDUCING),),
    }
    assert assess(request_for(**everything_wrong)).denied is None
    halted = assess(request_for(**{**everything_wrong, "halts": (halt(),)})).denied
    assert halted is not None
    assert halted.code is C.HALTED


MODIFY_CASES = [
    Case("a stop below the bid", {"sl": D(99), "tp": None}, None),
    Case("a stop that locks a profit in", {"sl": D("99.97"), "entry_price": D(90)}, None),
    Case("a stop above the bid", {"sl": D("99.99"), "tp": None}, C.STOP_WRONG_SIDE),
    Case("a target below the bid", {"sl": None, "tp": D(99)}, C.TARGET_WRONG_SIDE),
    Case("reducing", {"halts": (halt(TradingMode.REDUCING),)}, None),
    Case("halted", {"halts": (halt(),)}, C.HALTED),
    Case("never seen", {"snapshot": None, "sl": D(105), "tp": None}, None),
    Case(
        "an old quote judges nothing",
        {"snapshot": make_snapshot(taken_at=NOW - timedelta(hours=1)), "sl": D(105), "tp": None},
        None,
    ),
    Case("a stop beyond its target", {"snapshot": None, "sl": D(111)}, C.STOP_WRONG_SIDE),
    Case("a working order's own price counts", {**LIMIT, "sl": D(99)}, C.STOP_WRONG_SIDE, "98"),
]


@pytest.mark.parametrize("case", MODIFY_CASES, ids=lambda case: case.name)
def test_a_modification_is_judged(case: Case, request_for: MakeRequest) -> None:
    denial = assess(request_for(purpose=Purpose.MODIFY, **case.changes)).denied
    assert (denial.code if denial else None) == case.code
    assert case.says in (denial.text if denial else "")


def test_every_code_has_a_fix_and_every_chain_is_free_of_repeats() -> None:
    assert set(FIXES) == set(DenialCode)
    assert all(code.fix and code.value == code.name for code in DenialCode)
    assert set(CHAINS) == set(Purpose)
    for chain in (ENTRY_GATES, MODIFY_GATES, EXIT_GATES):
        assert len({gate.__name__ for gate in chain}) == len(chain)


def test_every_code_that_a_gate_can_give_is_given_by_a_case() -> None:
    given_elsewhere = {  # by routing, which has tests of its own
        C.ROUTE_UNKNOWN, C.ROUTE_WITHOUT_LEGS, C.CLOSE_NOTHING_OPEN, C.MODIFY_NOTHING_OPEN,
        C.MODIFY_NOTHING_GIVEN, C.CANCEL_NOTHING_WORKING,
    }  # fmt: skip
    cases = [*CASES, *PRICE_CASES, *RISK_CASES, *RULE_CASES]
    given_elsewhere |= {C.VOLUME_LIMIT}  # test_risk_gates has a table of its own for it
    assert {case.code for case in cases} - {None} == set(DenialCode) - given_elsewhere


@given(
    bid=st.decimals("1", "1000", places=2),
    spread=st.decimals("0", "2", places=2),
    sl=st.decimals("1", "1000", places=2),
    tp=st.decimals("1", "1000", places=2),
    side=st.sampled_from(list(Side)),
)
def test_what_passes_has_the_stop_behind_and_the_target_ahead(
    bid: Decimal, spread: Decimal, sl: Decimal, tp: Decimal, side: Side
) -> None:
    quote = replace(AAPL_QUOTE, bid=bid, ask=bid + spread)
    request = RiskRequest(
        purpose=Purpose.ENTRY,
        intent=make_intent(entry_price=bid),
        route=make_route(),
        leg=make_leg(),
        account=make_account(limits=AccountLimits(risk=ANY_DISTANCE)),
        snapshot=make_snapshot(quotes={"AAPL": quote}),
        symbol="AAPL",
        side=side,
        order_type=OrderType.MARKET,
        sl=sl,
        tp=tp,
        halts=(),
        now=NOW,
    )
    closes_at = bid if side is Side.BUY else bid + spread
    low, high = (sl, tp) if side is Side.BUY else (tp, sl)
    apart = min(abs(sl - closes_at), abs(tp - closes_at)) >= AAPL.stops_distance_min
    assert (assess(request).denied is None) == (low < closes_at < high and apart)


def test_a_check_is_ok_exactly_when_it_was_approved() -> None:
    assert CheckVerdict(check="x", verdict=Approved()).ok
    assert not CheckVerdict(check="x", verdict=Denied(code=C.HALTED, text="")).ok


@pytest.mark.parametrize("ago_ms", [1_500, 2_500], ids=["before the alert", "long ago"])
def test_a_quote_older_than_the_alert_refuses_no_stop(
    request_for: MakeRequest, ago_ms: int
) -> None:
    """The strategy saw its price later than the node saw that quote: the broker has the last word."""
    taken_at = NOW - timedelta(milliseconds=ago_ms)
    below_the_stop = replace(AAPL_QUOTE, bid=D(90), ask=D("90.04"))
    seen = make_snapshot(taken_at=taken_at, quotes={"AAPL": below_the_stop})
    assert assess(request_for(snapshot=seen, sl=D(95), tp=None)).denied is None

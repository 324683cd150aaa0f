"""Sizes by risk, worked by hand: what the chosen volume loses at the stop, and what one step more would lose.

The table of docs/concepts/sizing.md is this one.
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from argos.core.account import AccountLimits
from argos.core.decision import Denied
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument, ProfitRule, Quote, unit_value_of
from argos.core.intent import Side, Size, SizeMode
from argos.core.money import divide_up
from argos.risk.assess import assess
from argos.risk.sizing import Sized, SizeTerms, size_order
from argos.risk.tick_values import loss_value
from unit.core.builders import AAPL, NOW, make_account, make_snapshot

D = Decimal
EQUITY = D(100_000)
RISK = D(1_000)
"""1 % of it."""

# What a loss of one tick of one lot costs is tick size x contract size in the symbol's quote currency, converted. In
# the dollar account 100 yen cost 100 / 160 = 0.625 dollars at the stop of USDJPY, not 100 / 160.5 as at its entry: the
# loss is converted by the price that made it. In the euro account a euro is 1.25 dollars (a dollar 0.8 euros) and
# 200 yen (100 yen are 0.5 euros); a loss in EURUSD is converted at its own stop, which is 1.25, too.
#
# loss of a lot = |entry - stop| / tick size x tick value; lots = 1,000 / loss of a lot, down to the step.
EXAMPLES = """
symbol  account  tick     tick value  contract  step  entry    stop     loss of a lot  lots  loses    one step more
EURUSD  USD      0.00001  1           100000    0.01  1.0850   1.0800   500.00         2.00  1000.00  1005.00
EURUSD  USD      0.00001  1           100000    0.01  1.0850   1.0813   370.00         2.70  999.00   1002.70
USDJPY  USD      0.001    0.625       100000    0.01  160.500  160.000  312.50         3.20  1000.00  1003.125
XAUUSD  USD      0.01     1           100       0.01  2400.00  2387.35  1265.00        0.79  999.35   1012.00
US30    USD      0.01     0.01        1         0.1   39000    38865    135.00         7.4   999.00   1012.50
AAPL    USD      0.01     0.01        1         1     187.50   180.25   7.25           137   993.25   1000.50
EURUSD  EUR      0.00001  0.8         100000    0.01  1.2550   1.2500   400.00         2.50  1000.00  1004.00
USDJPY  EUR      0.001    0.5         100000    0.01  160.500  159.800  350.00         2.85  997.50   1001.00
XAUUSD  EUR      0.01     0.8         100       0.01  2400.00  2387.35  1012.00        0.98  991.76   1001.88
US30    EUR      0.01     0.008       1         0.1   39000    38865    108.00         9.2   993.60   1004.40
AAPL    EUR      0.01     0.008       1         1     187.50   180.25   5.80           172   997.60   1003.40
"""
NAMES = (
    "symbol", "account", "tick", "tick_value", "contract", "step", "entry", "stop", "lot", "lots", "loses",
    "more",
)  # fmt: skip
ROWS = [dict(zip(NAMES, line.split(), strict=True)) for line in EXAMPLES.strip().splitlines()[1:]]


def instrument(**told: Any) -> Instrument:
    """A symbol as a node makes it of what the broker tells: volumes in lots, the value of a lost tick of one lot."""
    tick, contract, step = (D(told[name]) for name in ("tick", "contract", "step"))
    return replace(
        AAPL,
        symbol=told.get("symbol", "AAPL"),
        tick_size=tick,
        contract_size=contract,
        stops_distance_min=D(0),
        qty_min=D(told.get("min", told["step"])) * contract,
        qty_step=step * contract,
        qty_max=D(told.get("max", 10_000)) * contract,
        unit_value=unit_value_of(D(told["tick_value"]), tick_size=tick, contract_size=contract),
    )


def at_risk(symbol: Instrument, entry: Any, stop: Any, **more: Any) -> Sized:
    terms = SizeTerms(instrument=symbol, equity=EQUITY, prices=(D(entry),), sl=D(stop))
    found = size_order(
        Size(mode=SizeMode.RISK_FRACTION, value=more.pop("fraction", D("0.01"))),
        replace(terms, **more),
    )
    assert isinstance(found, Sized), found
    return found


def lost(row: dict[str, str], lots: Decimal) -> Decimal:
    ticks = abs(D(row["entry"]) - D(row["stop"])) / D(row["tick"])
    return lots * ticks * D(row["tick_value"])


OWN_RATE = {("USDJPY", "USD"), ("EURUSD", "EUR")}
"""Pairs whose base currency is the account's: their losses are converted by their own price."""


def told(row: dict[str, str]) -> tuple[Instrument, Quote]:
    """The symbol of a row as its broker tells it at the entry, with a quote whose ask is the entry."""
    symbol, entry = instrument(**row), D(row["entry"])
    quote = Quote(symbol=symbol.symbol, bid=entry - D(row["tick"]), ask=entry, at=NOW)
    if (row["symbol"], row["account"]) in OWN_RATE:
        base = row["symbol"][:3]
        symbol = replace(
            symbol,
            profit_rule=ProfitRule.PAIR,
            base_currency=base,
            quote_currency=row["symbol"][3:],
            unit_value=divide_up(D(1), quote.bid),
        )
    return symbol, quote


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['symbol']} {row['account']} {row['stop']}"
)
def test_a_risk_comes_to_the_lots_of_the_table(row: dict[str, str], request_for: Any) -> None:
    symbol, quote = told(row)
    snapshot = make_snapshot(
        currency=row["account"],
        instruments={symbol.symbol: symbol},
        quotes={symbol.symbol: quote},
        terms_at=NOW,
    )
    assessment = assess(
        request_for(
            symbol=symbol.symbol, entry_price=D(row["entry"]), sl=D(row["stop"]), tp=None, snapshot=snapshot,
            size=Size(mode=SizeMode.RISK_FRACTION, value=D("0.01")),
        )
    )  # fmt: skip
    assert assessment.denied is None
    assert assessment.qty / symbol.contract_size == D(row["lots"])
    assert lost(row, D(1)) == D(row["lot"])
    assert lost(row, D(row["lots"])) == D(row["loses"]) <= RISK
    assert lost(row, D(row["lots"]) + D(row["step"])) == D(row["more"]) > RISK


def test_a_sell_of_such_a_pair_loses_less_at_its_stop_than_now() -> None:
    # Sold at 160.00, stopped at 160.50, where the bid is 160.49 and 100 yen cost 100 / 160.49 dollars.
    sold = Quote(symbol="USDJPY", bid=D("160.00"), ask=D("160.01"), at=NOW)
    symbol = replace(told(ROWS[2])[0], unit_value=divide_up(D(1), sold.bid))
    snapshot = make_snapshot(instruments={"USDJPY": symbol}, quotes={"USDJPY": sold})
    value = loss_value(symbol, snapshot, side=Side.SELL, sl=D("160.50"))
    assert value.quantize(D("1e-12")) == (1 / D("160.49")).quantize(D("1e-12"))


def test_without_a_quote_the_stop_or_the_told_value_counts_whichever_is_dearer() -> None:
    symbol, _ = told(ROWS[2])
    snapshot = make_snapshot(instruments={"USDJPY": symbol}, quotes={})
    assert loss_value(symbol, snapshot, side=Side.BUY, sl=D(160)) == 1 / D(160)
    assert loss_value(symbol, snapshot, side=Side.SELL, sl=D(200)) == symbol.unit_value


def test_a_sell_is_measured_upwards() -> None:
    row = ROWS[3]
    above = D(row["entry"]) + (D(row["entry"]) - D(row["stop"]))
    assert at_risk(instrument(**row), row["entry"], above).qty == D(row["lots"]) * 100


def test_a_commission_that_is_stated_is_part_of_the_risk() -> None:
    # 3.50 on each side of a lot: a lot loses 370 + 7 = 377. 1,000 / 377 = 2.652: 2.65 lots lose 999.05, 2.66 1,002.82.
    found = at_risk(instrument(**ROWS[1]), "1.0850", "1.0813", commission_per_lot=D("3.5"))
    assert found.qty == D("2.65") * 100_000
    assert D(found.working["risk_taken"]) == D("2.65") * 377 == D("999.05")
    assert found.working["commission_per_lot"] == "3.5"


def test_a_share_and_a_confidence_scale_the_risk_not_the_rounded_size() -> None:
    # 1,000 x 0.5 x 0.9 = 450 over 370 a lot: 1.216 lots, and 1.21 are taken.
    found = at_risk(instrument(**ROWS[1]), "1.0850", "1.0813", share=D("0.5"), confidence=D("0.9"))
    assert found.qty == D("1.21") * 100_000


def entry(symbol: Instrument, *, fraction: str = "0.01", **limits: Any) -> dict[str, Any]:
    """Changes of a request: a buy at 100 with a stop at 95."""
    return {
        "entry_price": D(100),
        "size": Size(mode=SizeMode.RISK_FRACTION, value=D(fraction)),
        "tp": None,
        "snapshot": make_snapshot(instruments={"AAPL": symbol}, quotes={}, terms_at=NOW),
        "account": make_account(limits=AccountLimits(**limits)),
    }


SHARE = {"tick": "0.01", "tick_value": "0.01", "contract": "1", "step": "1"}


def test_a_smallest_volume_that_risks_too_much_is_denied_and_never_rounded_up(
    request_for: Any,
) -> None:
    # 0.01 % of 100,000 is 10, and a share loses 5: two. The broker takes no less than three.
    assessment = assess(request_for(**entry(instrument(**SHARE, min="3"), fraction="0.0001")))
    assert assessment.denied is not None
    assert assessment.denied.code is DenialCode.SIZE_BELOW_MINIMUM
    assert assessment.qty == 2


def test_the_brokers_largest_order_binds_and_the_order_says_so(request_for: Any) -> None:
    # 1 % is 1,000, a share loses 5: 200. The broker takes 150 in one order.
    assessment = assess(request_for(**entry(instrument(**SHARE, max="150"))))
    assert assessment.denied is None
    assert (assessment.qty, assessment.working["binding"]) == (150, "qty_max")
    row = next(item.as_row() for item in assessment.checks if item.check == "size_found")
    assert row["note"] == "the risk would allow 200; qty_max keeps it at 150"
    assert row["values"]["risk_taken"] == "750"


def test_the_operators_own_largest_order_still_denies(request_for: Any) -> None:
    assessment = assess(request_for(**entry(instrument(**SHARE), qty_max=D(150))))
    assert isinstance(assessment.denied, Denied)
    assert assessment.denied.code is DenialCode.SIZE_ABOVE_MAXIMUM


ticks = st.sampled_from([D(text) for text in ("0.00001", "0.001", "0.01", "0.1", "0.25", "1", "5")])
contracts = st.sampled_from([D(number) for number in (1, 5, 10, 100, 1_000, 100_000)])
steps = st.sampled_from([D(text) for text in ("0.001", "0.01", "0.1", "0.5", "1")])
tick_values = st.decimals(min_value="0.00000001", max_value="1000", places=15)
counts = st.integers(min_value=1, max_value=200_000)
fractions = st.decimals(min_value="0.0001", max_value="0.2", places=4)
shares = st.decimals(min_value="0.01", max_value="1", places=2)
commissions = st.none() | st.decimals(min_value="0", max_value="50", places=4)
equities = st.decimals(min_value="0.01", max_value="100000000", places=2)


@given(
    tick=ticks, contract=contracts, step=steps, value=tick_values, distance=counts, fraction=fractions,
    share=shares, commission=commissions, equity=equities, largest=st.integers(min_value=1, max_value=1_000_000),
)  # fmt: skip
def test_no_size_risks_more_than_stated_and_one_step_more_always_would(
    tick: Decimal,
    contract: Decimal,
    step: Decimal,
    value: Decimal,
    distance: int,
    fraction: Decimal,
    share: Decimal,
    commission: Decimal | None,
    equity: Decimal,
    largest: int,
) -> None:
    told = {"tick": tick, "contract": contract, "step": step, "tick_value": value, "max": largest}
    symbol = instrument(**told)
    assume(symbol.unit_value > 0)
    stop = tick * 1_000
    found = at_risk(
        symbol, stop + tick * distance, stop,
        fraction=fraction, share=share, commission_per_lot=commission, equity=equity,
    )  # fmt: skip

    def loses(lots: Fraction) -> Fraction:
        return lots * (distance * Fraction(value) + 2 * Fraction(commission or 0))

    lots, risk = Fraction(found.qty / contract), Fraction(equity * fraction * share)
    assert lots % Fraction(step) == 0
    assert loses(lots) <= risk
    if found.binding:
        assert lots == largest - Fraction(largest) % Fraction(step)
    # One in 10^26 is what a value that does not end in decimals may be told dearer than it is.
    assert found.binding or loses(lots + Fraction(step)) * (1 + Fraction(1, 10**26)) > risk


def test_the_page_on_sizing_shows_these_examples() -> None:
    page = (Path(__file__).parents[3] / "docs" / "concepts" / "sizing.md").read_text(
        encoding="utf-8"
    )
    for row in ROWS:
        assert "| " + " | ".join(row.values()) + " |" in page

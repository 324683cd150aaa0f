"""Accounts in figures."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.reconcile.result import Outcome, ReconciledLeg, SlippageReference
from argos.reconcile.summary import encode_summary, percentile, receipt_to_fill_ms, summarise
from unit.reconcile.stories import Teller


def traded(
    trade_id: str, *, qty: str, fill_price: str, exit_price: str, wait_ms: str = "0"
) -> ReconciledLeg:
    teller = Teller(trade_id=trade_id)
    teller.open("buy", qty, ref="100")
    teller.wait(wait_ms)
    teller.fill(qty, fill_price, cost="0.50")
    teller.close(qty)
    teller.fill(qty, exit_price, cost="0.50", swap="0.10")
    return teller.leg()


def denied(trade_id: str) -> ReconciledLeg:
    teller = Teller(trade_id=trade_id)
    teller.deny("buy", "1000", "QTY_TOO_LARGE")
    return teller.leg()


def canceled(trade_id: str, *, qty: str) -> ReconciledLeg:
    teller = Teller(trade_id=trade_id)
    teller.open("buy", qty, limit="90")
    teller.cancel()
    return teller.leg()


def test_an_account_is_summed_up_over_its_legs():
    won = traded("1", qty="10", fill_price="100.10", exit_price="102", wait_ms="50")
    lost = traded("2", qty="30", fill_price="100.02", exit_price="99")
    (summary,) = summarise([won, lost, denied("3"), canceled("4", qty="40")])
    assert (summary.legs, summary.trades, summary.wins, summary.losses) == (4, 2, 1, 1)
    assert summary.outcomes == {
        Outcome.WIN: 1,
        Outcome.LOSS: 1,
        Outcome.DENIED: 1,
        Outcome.CANCELED: 1,
    }
    assert summary.fill_ratio == Decimal(10 + 30) / (10 + 30 + 40)
    assert summary.commission == 4 * Decimal("0.50")
    assert summary.swap == 2 * Decimal("0.10")
    assert summary.net_pnl == won.net_pnl + lost.net_pnl
    assert summary.net_cost == won.net_cost + lost.net_cost
    won_value, lost_value = 10 * Decimal("100.10"), 30 * Decimal("100.02")
    costs = won.slippage_signal_bps * won_value + lost.slippage_signal_bps * lost_value
    bps = (costs / (won_value + lost_value)).quantize(Decimal("0.0001"))
    assert summary.slippage_bps[SlippageReference.SIGNAL] == bps
    assert summary.slippage_bps[SlippageReference.BROKER] is None


def test_latency_is_counted_from_receipt_to_the_first_fill():
    leg = traded("1", qty="1", fill_price="100", exit_price="100", wait_ms="50")
    latency = leg.latency_ms
    assert receipt_to_fill_ms(leg) == latency["total"] - latency["alert_to_receipt"]
    (summary,) = summarise([leg, denied("2")])
    assert set(summary.latency_ms.values()) == {receipt_to_fill_ms(leg)}
    (nothing,) = summarise([denied("2")])
    assert nothing.latency_ms == {"p50": None, "p95": None, "p99": None}
    assert nothing.fill_ratio is None


def test_accounts_are_kept_apart_and_sorted():
    leg = traded("1", qty="1", fill_price="100", exit_price="100")
    summaries = summarise([replace(leg, account="b"), replace(leg, account="a"), leg])
    assert [summary.account for summary in summaries] == ["a", "b", "paper-1"]
    assert summarise([]) == ()


def test_external_legs_are_counted_and_left_out_of_everything_else():
    leg = traded("1", qty="1", fill_price="100", exit_price="103")
    foreign = replace(leg, trade_id="external:1", outcome=Outcome.EXTERNAL)
    (with_foreign,), (without,) = summarise([leg, foreign]), summarise([leg])
    assert with_foreign.outcomes[Outcome.EXTERNAL] == 1
    assert replace(with_foreign, outcomes=without.outcomes) == without


@pytest.mark.parametrize(
    ("rank", "expected"), [(5, 15), (30, 20), (40, 20), (50, 35), (95, 50), (99, 50), (100, 50)]
)
def test_percentiles_are_the_textbooks_nearest_rank(rank, expected):
    assert percentile([50, 35, 20, 40, 15], rank) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values, rank):
    found = percentile(values, rank)

    def covered(limit: float) -> bool:
        return 100 * sum(1 for value in values if value <= limit) >= rank * len(values)

    assert found in values
    assert covered(found)
    assert not any(covered(value) for value in values if value < found)


def test_a_summary_travels_as_json():
    (summary,) = summarise([traded("1", qty="10", fill_price="100.10", exit_price="102")])
    encoded = json.loads(json.dumps(encode_summary(summary)))
    assert encoded["slippage_bps"] == {"signal": "10", "arrival": None, "broker": None}
    assert Decimal(encoded["net_pnl"]) == 10 * (102 - Decimal("100.10")) - Decimal("1.1")
    assert encoded["outcomes"] == {"win": 1}
    assert encoded["fill_ratio"] == "1"

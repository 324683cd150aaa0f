"""Whole stories: after each step the leg is what the facts so far add up to."""

from decimal import Decimal

import pytest

from argos.reconcile.result import Divergence, Outcome, SlippageReference
from unit.reconcile.stories import Teller, tell


def test_a_clean_win_earns_the_price_difference_less_what_it_cost():
    leg = tell("""
        step                              -> outcome filled_qty exit_qty gross_pnl             net_pnl
        open buy 10 ref=100 sl=98         -> open    0          0        0                     0
        lease                             -> open    0          0        0                     0
        send 100.00 100.02                -> open    0          0        0                     0
        accept v1                         -> open    0          0        0                     0
        fill 10 @ 100.03 cost=0.50        -> open    10         0        0                     -0.50
        close 10 ref=104                  -> open    10         0        0                     -0.50
        fill 10 @ 103.95 cost=0.50 fee=.1 -> win     10         10       (103.95-100.03)*10    (103.95-100.03)*10-1.1
    """)
    assert leg.divergence == ()
    assert leg.fill_ratio == 1
    assert leg.entry_price_filled == Decimal("100.03")
    assert leg.exit_price_filled == Decimal("103.95")
    assert leg.slippage_reference is SlippageReference.SIGNAL
    entry_slippage, exit_slippage = Decimal("100.03") - 100, 104 - Decimal("103.95")
    assert leg.slippage_price == entry_slippage
    assert leg.slippage_cost == (entry_slippage + exit_slippage) * 10
    assert leg.net_cost == leg.slippage_cost + Decimal("1.1")
    risk = (Decimal("100.03") - 98) * 10
    assert leg.r_multiple == (leg.net_pnl / risk).quantize(Decimal("1E-6"))


def test_a_short_that_falls_wins():
    leg = tell("""
        step                     -> outcome filled_qty exit_qty net_pnl
        open sell 4 ref=50 sl=51 ->
        fill 4 @ 49.99           -> open    4          0        0
        close 4                  ->
        fill 4 @ 48.50           -> win     4          4        (49.99-48.50)*4
    """)
    assert leg.slippage_price == 50 - Decimal("49.99")
    assert leg.r_multiple == ((leg.net_pnl) / ((51 - Decimal("49.99")) * 4)).quantize(
        Decimal("1E-6")
    )


def test_equal_prices_without_costs_break_even_and_with_costs_lose():
    tell("""
        step             -> outcome   net_pnl
        open buy 1       ->
        fill 1 @ 10      -> open      0
        close 1          ->
        fill 1 @ 10      -> breakeven 0
    """)
    tell("""
        step               -> outcome net_pnl
        open buy 1         ->
        fill 1 @ 10        -> open    0
        close 1            ->
        fill 1 @ 10 fee=.1 -> loss    -0.1
    """)


def test_a_partial_fill_counts_what_was_filled_and_names_the_rest():
    leg = tell("""
        step                     -> outcome  filled_qty entry_price_filled         divergence
        open buy 10 limit=100    -> open     0          -                          -
        accept v1                -> open     0          -                          -
        fill 3 @ 100             -> open     3          100                        -
        fill 2 @ 99.90           -> open     5          (3*100+2*99.90)/5          -
        cancel                   -> open     5          (3*100+2*99.90)/5          QTY
        close 5                  ->
        fill 5 @ 101             -> win      5          (3*100+2*99.90)/5          QTY
    """)
    assert leg.fill_ratio == Decimal(5) / 10


def test_a_flat_leg_stays_open_while_its_entry_may_still_fill():
    tell("""
        step                     -> outcome  filled_qty exit_qty
        open buy 10 limit=100    ->
        accept v1                ->
        fill 4 @ 100             -> open     4          0
        close 4                  ->
        fill 4 @ 101             -> open     4          4
        cancel of=1              -> win      4          4
    """)


@pytest.mark.parametrize("reason", ["sl", "tp"])
def test_a_stop_or_target_at_the_broker_closes_the_leg_without_an_order_of_ours(reason):
    leg = tell(f"""
        step                             -> outcome filled_qty exit_qty net_pnl
        open buy 10 ref=100 sl=99 tp=103 ->
        fill 10 @ 100 cost=1            -> open    10         0        -1
        stop 10 @ 98.90 reason={reason} -> loss    10         10       (98.90-100)*10-1
    """)
    assert leg.divergence == ()
    assert leg.r_multiple == (((Decimal("98.90") - 100) * 10 - 1) / ((100 - 99) * 10))
    assert leg.exit_price_intended is None


@pytest.mark.parametrize("reason", ["manual", "stop_out"])
def test_a_close_by_hand_or_margin_call_was_not_expected(reason):
    tell(f"""
        step                            -> outcome exit_qty divergence
        open buy 10                     ->
        fill 10 @ 100                   -> open    0        -
        stop 10 @ 101 reason={reason}   -> win     10       UNEXPECTED
    """)


def test_a_denied_leg_says_what_was_intended_and_why_it_was_refused():
    leg = tell("""
        step                               -> outcome filled_qty intended_qty reason_code
        deny buy 10 QTY_TOO_LARGE ref=100  -> denied  0          10           QTY_TOO_LARGE
    """)
    assert leg.fill_ratio == 0
    assert leg.reason_text == "because of QTY_TOO_LARGE"
    assert leg.entry_price_intended == 100
    assert leg.slippage_cost is None
    assert leg.net_cost == 0
    assert leg.latency_ms["total"] is None


def test_a_leg_refused_before_there_was_an_order_is_denied_with_nothing_intended():
    leg = tell("""
        step             -> outcome intended_qty reason_code
        intent open buy  -> open    0            -
        refuse HALTED    -> denied  0            HALTED
    """)
    assert leg.symbol == "AAPL"
    assert leg.bot_version == "tests@1"


def test_a_rejected_leg_keeps_the_words_of_the_venue():
    leg = tell("""
        step                -> outcome  filled_qty reason_code
        open buy 10         -> open     0          -
        send 99 100         -> open     0          -
        reject NO_MONEY     -> rejected 0          NO_MONEY
    """)
    assert leg.reason_text == "the venue said NO_MONEY"


def test_an_entry_dropped_as_too_late_expires():
    tell("""
        step                    -> outcome filled_qty reason_code
        open buy 10 within=1    -> open    0          -
        unsent EXPIRED_UNSENT   -> expired 0          EXPIRED_UNSENT
    """)


def test_an_attempt_that_was_not_sent_does_not_make_the_fill_of_another_late():
    tell("""
        step                    -> outcome filled_qty divergence
        open buy 10             ->
        unsent LEASE_OVER       -> expired 0          -
        fill 10 @ 100           -> open    10         -
    """)


def test_a_result_in_risks_stands_only_once_the_leg_is_flat():
    tell("""
        step                    -> outcome r_multiple
        open buy 10 sl=98       ->
        fill 10 @ 100           -> open    -
        close 5                 ->
        fill 5 @ 103            -> open    -
        stop 5 @ 102            -> win     (5*3+5*2)/(10*2)
    """)
    tell("""
        step                    -> outcome r_multiple
        open buy 10             ->
        fill 10 @ 100           ->
        close 10                ->
        fill 10 @ 103           -> win     -
    """)


def test_a_resting_order_that_the_venue_lets_expire_or_we_cancel_ends_the_leg():
    tell("""
        step                    -> outcome
        open buy 10 limit=90    -> open
        accept v1               -> open
        expire                  -> expired
    """)
    tell("""
        step                    -> outcome
        open buy 10 limit=90    -> open
        accept v1               -> open
        cancel                  -> canceled
    """)


def test_doubt_about_an_entry_ends_with_evidence_and_not_before():
    tell("""
        step             -> outcome  filled_qty
        open buy 10      -> open     0
        send 99 100      -> open     0
        doubt            -> in_doubt 0
        wait 3600000     -> in_doubt 0
        fill 10 @ 100    -> open     10
    """)
    tell("""
        step             -> outcome  filled_qty
        open buy 10      -> open     0
        send 99 100      -> open     0
        doubt            -> in_doubt 0
        notfound         -> expired  0
    """)


def test_doubt_about_an_exit_puts_the_whole_leg_in_doubt():
    tell("""
        step             -> outcome  exit_qty
        open buy 10      ->
        fill 10 @ 100    -> open     0
        close 10         -> open     0
        send 101 102     -> open     0
        doubt            -> in_doubt 0
        fill 10 @ 101    -> win      10
    """)


def test_a_fill_after_our_cancel_is_still_a_fill_and_is_called_late():
    tell("""
        step                  -> outcome  filled_qty divergence
        open buy 10 limit=100 -> open     0          -
        accept v1             -> open     0          -
        cancel                -> canceled 0          -
        fill 10 @ 100         -> open     10         LATE
        close 10              ->
        fill 10 @ 99          -> loss     10         LATE
    """)


def test_a_fill_after_a_refusal_reopens_the_leg():
    tell("""
        step           -> outcome  filled_qty divergence
        open buy 10    ->
        reject BUSY    -> rejected 0          -
        fill 10 @ 100  -> open     10         LATE
    """)


def test_pyramiding_averages_the_entries_and_their_risk():
    leg = tell("""
        step                       -> outcome filled_qty entry_price_filled        net_pnl
        open buy 10 ref=100 sl=98  ->
        fill 10 @ 100.10 cost=1    -> open    10         100.10                    -1
        open buy 5 ref=103 sl=101  ->
        fill 5 @ 103.20 cost=0.5   -> open    15         (10*100.10+5*103.20)/15   -1.5
        close 15 ref=105           ->
        fill 15 @ 104.90 cost=1.5  -> win     15         (10*100.10+5*103.20)/15   15*104.90-10*100.10-5*103.20-3
    """)
    assert leg.intended_qty == 15
    adverse = Decimal("0.10") * 10 + Decimal("0.20") * 5
    value = 100 * 10 + 103 * 5
    assert leg.slippage_bps == (adverse / value * 10_000).quantize(Decimal("1E-4"))
    assert leg.slippage_cost == adverse + Decimal("0.10") * 15
    risk = (Decimal("100.10") - 98) * 10 + (Decimal("103.20") - 101) * 5
    assert leg.r_multiple == (leg.net_pnl / risk).quantize(Decimal("1E-6"))


def test_a_second_entry_that_was_denied_leaves_the_first_one_standing():
    tell("""
        step                      -> outcome filled_qty intended_qty
        open buy 10               ->
        fill 10 @ 100             -> open    10         10
        deny buy 10 QTY_TOO_LARGE -> open    10         20
        close 10                  ->
        fill 10 @ 101             -> win     10         20
    """)


def test_partial_closes_realise_their_part_at_average_cost():
    leg = tell("""
        step                  -> outcome filled_qty exit_qty gross_pnl                     exit_price_filled
        open buy 10           ->
        fill 10 @ 100         -> open    10         0        0                             -
        close 4               ->
        fill 4 @ 102          -> open    10         4        (102-100)*4                   102
        close 3               ->
        fill 3 @ 99           -> open    10         7        (102-100)*4+(99-100)*3        (4*102+3*99)/7
        stop 3 @ 98           -> loss    10         10       (102-100)*4-(100-99)*3-6      (4*102+3*99+3*98)/10
    """)
    assert leg.outcome is Outcome.LOSS


def test_money_is_in_account_currency_by_the_unit_value():
    teller = Teller(unit_value=Decimal("0.0067"))
    leg = tell(
        """
        step                    -> outcome gross_pnl
        open buy 1000 ref=150   ->
        fill 1000 @ 150.02      -> open    0
        close 1000              ->
        fill 1000 @ 150.52      -> win     0.50*1000*0.0067
        """,
        teller=teller,
    )
    assert leg.slippage_cost == Decimal("0.02") * 1000 * Decimal("0.0067")


def test_closing_more_than_was_opened_leaves_the_leg_open_and_says_so():
    tell("""
        step            -> outcome gross_pnl       divergence
        open buy 10     ->
        fill 10 @ 100   -> open    0               -
        close 10        ->
        fill 10 @ 101   -> win     10*(101-100)    -
        stop 10 @ 99    -> open    10*(101-100)    QTY
    """)
    tell("""
        step            -> outcome gross_pnl       divergence
        open buy 10     ->
        fill 10 @ 100   -> open    0               -
        stop 15 @ 101   -> open    10*(101-100)    QTY
    """)


def test_a_leg_nobody_decided_yet_is_open():
    leg = tell("""
        step            -> outcome filled_qty
        intent open buy -> open    0
    """)
    assert leg.side == "buy"
    assert leg.divergence == ()


def test_a_refused_close_without_a_position_is_a_denied_leg_with_the_side_it_would_have_closed():
    teller = Teller()
    teller.deny("sell", "0", "CLOSE_NOTHING_OPEN")
    leg = teller.leg()
    assert leg.outcome is Outcome.DENIED
    assert leg.intended_qty == 0
    assert leg.fill_ratio == 0


def test_an_overfill_is_counted_and_named():
    leg = tell("""
        step            -> outcome filled_qty divergence
        open buy 10     ->
        fill 10 @ 100   -> open    10         -
        fill 2 @ 100    -> open    12         QTY
    """)
    assert leg.divergence == (Divergence.QTY,)
    assert leg.fill_ratio == Decimal(12) / 10

"""Lives of orders, told as tables: a `!` means legal and alarming, a `?` means illegal."""

from collections.abc import Callable

Story = Callable[[str], None]


def test_a_market_order_is_filled_at_once(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        send             -> submitted       0      10
        accept           -> accepted        0      10
        fill 10 @ 1.0701 -> filled         10       0
    """)


def test_an_order_is_filled_in_parts(story: Story) -> None:
    story("""
        event            -> state             filled  leaves
        plan 10          -> planned                0      10
        lease            -> leased                 0      10
        send             -> submitted              0      10
        accept           -> accepted               0      10
        fill 4 @ 1.0701  -> partially_filled       4       6
        fill 6 @ 1.0702  -> filled                10       0
    """)


def test_a_fill_that_crosses_our_cancel_is_still_ours(story: Story) -> None:
    story("""
        event            -> state           filled  leaves
        plan 10          -> planned              0      10
        lease            -> leased               0      10
        send             -> submitted            0      10
        accept           -> accepted             0      10
        cancel lease     -> accepted             0      10
        cancel send      -> pending_cancel       0      10
        canceled         -> canceled             0       0
        fill 10 @ 1.0701 -> filled!             10       0
    """)


def test_a_fill_while_the_cancel_is_on_its_way_ends_the_order(story: Story) -> None:
    story("""
        event            -> state           filled  leaves
        plan 10          -> planned              0      10
        lease            -> leased               0      10
        accept           -> accepted             0      10
        cancel send      -> pending_cancel       0      10
        fill 10 @ 1.0701 -> filled              10       0
        cancel reject    -> filled              10       0
    """)


def test_a_partial_fill_after_the_cancel_counts_and_the_rest_stays_canceled(story: Story) -> None:
    story("""
        event            -> state       filled  leaves
        plan 10          -> planned          0      10
        lease            -> leased           0      10
        accept           -> accepted         0      10
        cancel canceled  -> canceled         0       0
        fill 3 @ 1.0701  -> canceled!        3       0
    """)


def test_a_fill_may_come_before_the_acceptance(story: Story) -> None:
    story("""
        event            -> state             filled  leaves
        plan 10          -> planned                0      10
        lease            -> leased                 0      10
        send             -> submitted              0      10
        fill 4 @ 1.0701  -> partially_filled       4       6
        accept           -> partially_filled       4       6
        fill 6 @ 1.0701  -> filled                10       0
    """)


def test_reports_may_overtake_the_word_that_sending_began(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        fill 10 @ 1.0701 -> filled         10       0
        accept           -> filled         10       0
        send             -> filled         10       0
    """)


def test_doubt_ends_when_the_order_is_found(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        send             -> submitted       0      10
        doubt            -> in_doubt        0      10
        accept           -> accepted        0      10
        fill 10 @ 1.0701 -> filled         10       0
    """)


def test_an_order_not_found_that_fills_late_is_found_after_all(story: Story) -> None:
    story("""
        event            -> state            filled  leaves
        plan 10          -> planned               0      10
        lease            -> leased                0      10
        send             -> submitted             0      10
        doubt            -> in_doubt              0      10
        not_found        -> expired_unsent        0       0
        fill 10 @ 1.0701 -> filled!              10       0
    """)


def test_doubt_that_is_told_after_its_end_changes_nothing(story: Story) -> None:
    story("""
        event            -> state            filled  leaves
        plan 10          -> planned               0      10
        lease            -> leased                0      10
        not_found        -> expired_unsent        0       0
        send             -> expired_unsent        0       0
        doubt            -> expired_unsent        0       0
    """)


def test_dropping_a_later_attempt_does_not_end_the_doubt_about_an_earlier_one(story: Story) -> None:
    story("""
        event            -> state           filled  leaves
        plan 10          -> planned              0      10
        lease            -> leased               0      10
        send             -> submitted            0      10
        doubt            -> in_doubt             0      10
        lease            -> in_doubt             0      10
        unsent           -> in_doubt             0      10
        not_found        -> expired_unsent       0       0
    """)


def test_an_order_given_up_as_unsent_is_in_doubt_again_when_its_sending_was(story: Story) -> None:
    story("""
        event            -> state           filled  leaves
        plan 10          -> planned              0      10
        lease            -> leased               0      10
        unsent           -> expired_unsent       0       0
        send             -> expired_unsent       0       0
        doubt            -> in_doubt             0      10
        accept           -> accepted             0      10
    """)


def test_an_entry_that_is_too_late_is_never_sent(story: Story) -> None:
    story("""
        event            -> state           filled  leaves
        plan 10          -> planned              0      10
        unsent           -> expired_unsent       0       0
    """)


def test_an_overfill_is_recorded_and_alarmed_never_clipped(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        accept           -> accepted        0      10
        fill 10 @ 1.0701 -> filled         10       0
        fill 2 @ 1.0702  -> filled!        12       0
    """)


def test_the_same_fill_told_twice_counts_once(story: Story) -> None:
    story("""
        event                -> state             filled  leaves
        plan 10              -> planned                0      10
        lease                -> leased                 0      10
        fill 4 as one @ 1.07 -> partially_filled       4       6
        fill 4 as one @ 1.07 -> partially_filled       4       6
        fill 6 as two @ 1.07 -> filled                10       0
    """)


def test_a_fill_told_with_two_quantities_counts_as_the_larger(story: Story) -> None:
    story("""
        event                -> state             filled  leaves
        plan 10              -> planned                0      10
        lease                -> leased                 0      10
        fill 5 as one @ 1.07 -> partially_filled       5       5
        fill 3 as one @ 1.07 -> partially_filled       5       5
    """)


def test_a_refusal_after_a_partial_fill_does_not_undo_it(story: Story) -> None:
    story("""
        event            -> state             filled  leaves
        plan 10          -> planned                0      10
        lease            -> leased                 0      10
        fill 4 @ 1.0701  -> partially_filled       4       6
        reject           -> partially_filled       4       6
        canceled         -> canceled               4       0
    """)


def test_a_fill_after_a_refusal_is_still_a_fill(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        send             -> submitted       0      10
        reject           -> rejected        0       0
        fill 10 @ 1.0701 -> filled!        10       0
    """)


def test_a_refused_cancel_leaves_the_order_working(story: Story) -> None:
    story("""
        event            -> state             filled  leaves
        plan 10          -> planned                0      10
        lease            -> leased                 0      10
        accept           -> accepted               0      10
        fill 4 @ 1.0701  -> partially_filled       4       6
        cancel send      -> pending_cancel         4       6
        cancel reject    -> partially_filled       4       6
    """)


def test_a_cancel_outranks_a_change_that_is_still_open(story: Story) -> None:
    story("""
        event            -> state            filled  leaves
        plan 10          -> planned               0      10
        lease            -> leased                0      10
        accept           -> accepted              0      10
        modify send      -> pending_replace       0      10
        cancel send      -> pending_cancel        0      10
        cancel reject    -> pending_replace       0      10
        modify modified  -> accepted              0      10
    """)


def test_an_answer_may_overtake_the_request_it_answers(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        accept           -> accepted        0      10
        modify modified  -> accepted        0      10
        modify send      -> accepted        0      10
    """)


def test_an_order_that_the_venue_let_expire_may_still_have_filled(story: Story) -> None:
    story("""
        event            -> state      filled  leaves
        plan 10          -> planned         0      10
        lease            -> leased          0      10
        accept           -> accepted        0      10
        expired          -> expired         0       0
        fill 10 @ 1.0701 -> filled!        10       0
    """)


def test_nothing_is_legal_for_an_order_that_we_denied(story: Story) -> None:
    story("""
        event            -> state     filled  leaves
        deny 10          -> denied         0       0
        lease            -> denied?        0       0
        fill 10 @ 1.0701 -> filled?       10       0
    """)


def test_a_stranger_word_about_an_order_that_never_left_us_is_illegal(story: Story) -> None:
    story("""
        event            -> state       filled  leaves
        plan 10          -> planned          0      10
        accept           -> accepted?        0      10
        lease            -> accepted         0      10
    """)
